// SPDX-License-Identifier: MIT
import ChildProcesses
import SystemCalls

/// Where the programs of Postgres are.
struct PostgresInstallation {
    /// The folder with `postgres`, `initdb` and `pg_ctl`.
    var directory: String

    /// Finds an installation: Debian's folders, newest first, then `PATH`.
    ///
    /// - Parameter version: the major version that existing data need.
    static func find(version: String?, data: String) throws(DevPostgresError) -> PostgresInstallation {
        let base = "/usr/lib/postgresql"
        let versions = ((try? Files.list(base)) ?? []).sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }
        var searched = versions.filter { version == nil || $0 == version }.map { "\(base)/\($0)/bin" }
        // A version in PATH is not known from its name, so it serves new data only.
        if version == nil || versions.isEmpty {
            searched += ExecutableSearch.defaultPath.split(separator: ":").map(String.init)
        }
        let found = searched.first { folder in
            ["postgres", "initdb", "pg_ctl"].allSatisfy { Files.isExecutable("\(folder)/\($0)") }
        }
        if let found { return PostgresInstallation(directory: found) }
        if let version, !versions.isEmpty { throw .wrongVersion(data: data, version: version) }
        throw .notInstalled(searched: searched.isEmpty ? [base] : searched)
    }

    func path(_ program: String) -> String { "\(directory)/\(program)" }
}
