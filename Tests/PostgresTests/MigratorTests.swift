// SPDX-License-Identifier: MIT
import DevPostgres
import Postgres
import ServiceRuntime
import SystemCalls
import Testing

@Suite(.timeLimit(.minutes(1)))
struct MigratorTests {
    private static func migrations(_ files: [(String, String)]) throws -> MigrationSource {
        .list(try files.map { try Migration(name: $0.0, sql: $0.1) })
    }

    private let first = ("0001_one.sql", "CREATE TABLE one (a int); INSERT INTO one VALUES (1);")
    private let second = ("0002_two.sql", "CREATE TABLE two (b int);")

    @Test
    func appliesEachOnce() async throws {
        try await withClient { client in
            let migrator = try Migrator(Self.migrations([second, first]))
            #expect(try await migrator.pending(on: client) == ["0001_one.sql", "0002_two.sql"])
            #expect(try await migrator.migrate(on: client).map(\.name) == ["0001_one.sql", "0002_two.sql"])
            #expect(try await migrator.migrate(on: client) == [])
            #expect(try await migrator.pending(on: client) == [])
            #expect(try await client.query("SELECT a FROM one").count == 1)
        }
    }

    @Test
    func manyMigratorsApplyEachOnce() async throws {
        let url = try await DisposablePostgres.makeDatabase()
        let migrator = try Migrator(Self.migrations([first, second]))
        let applied = try await withThrowingTaskGroup(of: [AppliedMigration].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let client = PostgresClient(url: url, configuration: PostgresConfiguration(connections: 1))
                    defer { client.shutdown() }
                    return try await migrator.migrate(on: client)
                }
            }
            return try await group.reduce(into: []) { $0 += $1.map(\.name) }
        }
        #expect(applied.sorted() == ["0001_one.sql", "0002_two.sql"])
    }

    @Test
    func refusesAChangedFileByName() async throws {
        try await withClient { client in
            _ = try await Migrator(Self.migrations([first, second])).migrate(on: client)
            let changed = try Migrator(Self.migrations([(first.0, first.1 + " "), second]))
            await #expect(throws: MigrationError.changed(["0001_one.sql"])) { try await changed.migrate(on: client) }
            await #expect(throws: MigrationError.changed(["0001_one.sql"])) { try await changed.pending(on: client) }
            #expect(MigrationError.changed(["0001_one.sql"]).description.contains("0001_one.sql"))
        }
    }

    @Test
    func refusesUnknownAndLateFiles() async throws {
        try await withClient { client in
            let third = ("0003_three.sql", "CREATE TABLE three (c int);")
            _ = try await Migrator(Self.migrations([first, third])).migrate(on: client)
            await #expect(throws: MigrationError.unknown(["0003_three.sql"])) {
                try await Migrator(Self.migrations([first])).migrate(on: client)
            }
            await #expect(throws: MigrationError.outOfOrder(["0002_two.sql"], after: "0003_three.sql")) {
                try await Migrator(Self.migrations([first, second, third])).migrate(on: client)
            }
        }
    }

    @Test
    func aFailedFileLeavesNothing() async throws {
        try await withClient { client in
            let broken = try Migrator(
                Self.migrations([first, ("0002_bad.sql", "CREATE TABLE half (a int); SELECT nothing_here;")]))
            let error = await #expect(throws: MigrationError.self) { try await broken.migrate(on: client) }
            guard case .failed(let name, let reason) = error else {
                Issue.record("unexpected error")
                return
            }
            #expect(name == "0002_bad.sql")
            #expect(reason.sqlState?.rawValue == "42703")
            #expect(try await client.query("SELECT to_regclass('half') AS t")[0].optionalString("t") == nil)
            #expect(try await Migrator(Self.migrations([first, second])).pending(on: client) == ["0002_two.sql"])
        }
    }

    @Test
    func readsAFolder() throws {
        let folder = try Files.temporaryDirectory(prefix: "codex-k8s-migrations")
        defer { try? Files.remove(folder) }
        #expect(throws: MigrationError.self) { try MigrationSource.directory(folder).load() }
        try Files.writeAtomically("\(folder)/0002_b.sql", Array("SELECT 2".utf8), mode: 0o644)
        try Files.writeAtomically("\(folder)/0001_a.sql", Array("SELECT 1".utf8), mode: 0o644)
        try Files.writeAtomically("\(folder)/README.md", Array("x".utf8), mode: 0o644)
        #expect(try MigrationSource.directory(folder).load().map(\.number) == [1, 2])
        try Files.writeAtomically("\(folder)/2_c.sql", Array("SELECT 3".utf8), mode: 0o644)
        #expect(throws: MigrationError.sameNumber("0002_b.sql", "2_c.sql")) {
            try MigrationSource.directory(folder).load()
        }
        try Files.remove("\(folder)/2_c.sql")
        try Files.writeAtomically("\(folder)/later.sql", Array("SELECT 3".utf8), mode: 0o644)
        #expect(throws: MigrationError.badName("later.sql")) { try MigrationSource.directory(folder).load() }
    }

    @Test
    func findsTheFolderOfAnInstallationOrACheckout() throws {
        let root = try Files.temporaryDirectory(prefix: "codex-k8s-prefix")
        defer { try? Files.remove(root) }
        try Files.createDirectory("\(root)/.build/debug")
        #expect(MigrationSource.beside(executable: "\(root)/.build/debug/codex-k8s") == nil)
        try Files.createDirectory("\(root)/migrations")
        try Files.writeAtomically("\(root)/Package.swift", [], mode: 0o644)
        guard
            case .directory("\(root)/migrations") = MigrationSource.beside(executable: "\(root)/.build/debug/codex-k8s")
        else {
            Issue.record("the checkout's folder was not found")
            return
        }
        try Files.createDirectory("\(root)/.build/share/codex-k8s/migrations")
        guard
            case .directory("\(root)/.build/share/codex-k8s/migrations") =
                MigrationSource.beside(executable: "\(root)/.build/debug/codex-k8s")
        else {
            Issue.record("the installation's folder was not preferred")
            return
        }
    }
}
