// SPDX-License-Identifier: MIT
import Cryptography
import SystemCalls

/// One numbered SQL file.
package struct Migration: Sendable, Hashable {
    /// The number in front of the name; migrations run in its order.
    package let number: Int
    /// The file's name, such as `0001_audit.sql`.
    package let name: String
    /// The statements.
    package let sql: String
    /// SHA-256 of the file, in hexadecimal.
    package let checksum: String

    /// Makes a migration of a file's name and text.
    ///
    /// - Throws: `MigrationError.badName` for a name that is not `<digits>_<words>.sql`.
    package init(name: String, sql: String) throws(MigrationError) {
        let parts = name.split(separator: "_", maxSplits: 1)
        guard name.hasSuffix(".sql"), parts.count == 2, parts[1].count > 4, (1...9).contains(parts[0].utf8.count),
            parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(parts[0]), number > 0
        else { throw .badName(name) }
        self.number = number
        self.name = name
        self.sql = sql
        checksum = SHA256.hexDigest(Array(sql.utf8))
    }
}

/// Where migrations come from.
package enum MigrationSource: Sendable {
    /// The `.sql` files of a folder.
    case directory(String)
    /// Given ones, for tests.
    case list([Migration])

    /// The folder that belongs to an installed or built program: `migrations` beside it, `share/codex-k8s/migrations`
    /// of its prefix, or `migrations` of the checkout in which it was built.
    ///
    /// - Parameter executable: the program's path, with links resolved.
    package static func beside(executable: String) -> MigrationSource? {
        let folder = Files.directory(of: executable)
        var candidates = ["\(folder)/migrations", "\(Files.directory(of: folder))/share/codex-k8s/migrations"]
        var parent = folder
        while parent != "/", parent.count > 1 {
            parent = Files.directory(of: parent)
            if Files.exists("\(parent)/Package.swift") { candidates.append("\(parent)/migrations") }
        }
        return candidates.first(where: Files.isDirectory).map(MigrationSource.directory)
    }

    /// The migrations in the order of their numbers.
    ///
    /// - Throws: `MigrationError` for an unreadable or empty folder, a bad name, and two files of one number.
    package func load() throws(MigrationError) -> [Migration] {
        var migrations: [Migration] = []
        switch self {
        case .list(let list): migrations = list
        case .directory(let path):
            do {
                for name in try Files.list(path) where name.hasSuffix(".sql") && !name.hasPrefix(".") {
                    migrations.append(try Migration(name: name, sql: try Files.readText("\(path)/\(name)")))
                }
            } catch let error as MigrationError {
                throw error
            } catch {
                throw .unreadable(directory: path, reason: "\(error)")
            }
            if migrations.isEmpty { throw .unreadable(directory: path, reason: "there is no .sql file in it") }
        }
        migrations.sort { $0.number < $1.number }
        for (first, second) in zip(migrations, migrations.dropFirst()) where first.number == second.number {
            throw .sameNumber(first.name, second.name)
        }
        return migrations
    }
}

/// Why migrations were not applied.
package enum MigrationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The folder cannot be read.
    case unreadable(directory: String, reason: String)
    /// A file's name does not say its number.
    case badName(String)
    /// Two files have the same number.
    case sameNumber(String, String)
    /// Files were changed after they had been applied.
    case changed([String])
    /// The database has migrations that the folder has not: it belongs to a newer version.
    case unknown([String])
    /// Files are numbered before one that was applied already.
    case outOfOrder([String], after: String)
    /// A statement of a file was refused; nothing of the file took effect.
    case failed(name: String, PostgresError)

    /// What happened and what to do.
    package var description: String {
        switch self {
        case .unreadable(let directory, let reason): "cannot read migrations in \(directory): \(reason)"
        case .badName(let name):
            "\(name) is not named like a migration: expected NUMBER_WORDS.sql, as in 0001_audit.sql"
        case .sameNumber(let first, let second):
            "\(first) and \(second) have the same number: give the newer one the next"
        case .changed(let names):
            "applied migrations were changed: \(names.joined(separator: ", ")). Restore them and write a new file"
        case .unknown(let names):
            "the database has migrations that are not here: \(names.joined(separator: ", ")). Use the newer version"
        case .outOfOrder(let names, let after):
            "\(names.joined(separator: ", ")) would run after \(after), which is applied: give them higher numbers"
        case .failed(let name, let error): "migration \(name) failed and was rolled back: \(error)"
        }
    }
}
