// SPDX-License-Identifier: MIT
import AuditStore
import AuditTrail
import DevPostgres
import Postgres
import ServiceRuntime
import SystemCalls
import Testing

@Suite(.timeLimit(.minutes(1)))
struct AuditStoreFailureTests {
    @Test
    func theMigrationsRunTwiceAndRefuseAChangedFile() async throws {
        try await withStore { _, owner in
            #expect(try await Migrator(migrations).migrate(on: owner) == [])
            var files = try migrations.load()
            files[0] = try Migration(name: files[0].name, sql: files[0].sql + "\n-- changed")
            let changed = try Migrator(.list(files))
            await #expect(throws: MigrationError.changed([files[0].name])) { try await changed.migrate(on: owner) }
        }
    }

    @Test
    func missingTablesSayWhatToDo() async throws {
        let client = PostgresClient(url: try await DisposablePostgres.makeDatabase())
        defer { client.shutdown() }
        let error = await #expect(throws: AuditError.self) {
            try await PostgresAuditSink(client: client).record([fact("r", .runStarted)])
        }
        #expect(error?.isTransient == true)
        #expect(error?.description.contains("codex-k8s migrate") == true)
    }

    @Test
    func aValueThatTheTablesRefuseIsFinal() async throws {
        try await withStore { service, _ in
            let error = await #expect(throws: AuditError.self) {
                try await PostgresRunHistory(client: service).save(record("r", issue: 0))
            }
            #expect(error?.isTransient == false)
        }
    }

    /// What a database has as its default for everybody is not what the statements here were written for.
    @Test
    func aServersOtherDefaultsAreNotOurs() async throws {
        try await withStore(connections: 4) { service, owner in
            try await PostgresRunHistory(client: service).save(record("r", event: nil))
            let name = try #require(try await owner.query("SELECT current_database() AS name").first?.string("name"))
            for setting in ["default_transaction_isolation = 'serializable'", "default_transaction_read_only = on"] {
                try await owner.execute(
                    SQLQuery(stringLiteral: "ALTER DATABASE \"\(name)\" SET \(setting)"))
            }
            let budget = PostgresToolBudget(client: service)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 1...40 {
                    group.addTask {
                        _ = try await budget.take(runUID: "r", rate: ToolRate(burst: 100, interval: .seconds(1)))
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// Postgres goes away and comes back: writers learn it at once, and go on as soon as it is there.
    @Test
    func awayAndBack() async throws {
        let root = try Files.temporaryDirectory(prefix: "codex-k8s-audit-store")
        defer { try? Files.remove(root) }
        func start() async throws -> (Task<Void, any Error>, String) {
            let server = DevPostgres(directory: root, isDurable: false, logger: .disabled)
            let running = Task { try await server.run() }
            return (running, try await server.waitUntilReady())
        }
        let (first, url) = try await start()
        let client = PostgresClient(
            url: Secret(url),
            configuration: PostgresConfiguration(reconnectPause: .milliseconds(10) ... .milliseconds(100)))
        defer { client.shutdown() }
        _ = try await Migrator(migrations).migrate(on: client)
        let sink = PostgresAuditSink(client: client)
        try await sink.record([fact("r", .runStarted)])
        first.cancel()
        try await first.value
        let elapsed = await ContinuousClock().measure {
            for _ in 0..<3 {
                let error = await #expect(throws: AuditError.self) { try await sink.record([fact("r", .runSucceeded)]) }
                #expect(error?.isTransient == true)
            }
        }
        #expect(elapsed < .seconds(5))
        let (second, _) = try await start()
        try await client.waitUntilReachable()
        try await sink.record([fact("r", .runStarted), fact("r", .runSucceeded)])
        let events = try await PostgresAuditQuery(client: client).events(runUID: "r", after: 0, limit: 10)
        #expect(events.map(\.type) == ["run.started", "run.succeeded"])
        second.cancel()
        try await second.value
    }
}
