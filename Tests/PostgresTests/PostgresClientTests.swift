// SPDX-License-Identifier: MIT
import ChildProcesses
import DevPostgres
import JSONCoding
import Postgres
import ServiceRuntime
import Testing

/// Gives a test a client on an empty database of its own.
func withClient<T>(
    _ configuration: PostgresConfiguration = PostgresConfiguration(), logger: Logger = .disabled,
    _ body: (PostgresClient) async throws -> T
) async throws -> T {
    let client = PostgresClient(
        url: try await DisposablePostgres.makeDatabase(), configuration: configuration, logger: logger)
    defer { client.shutdown() }
    return try await body(client)
}

@Suite(.timeLimit(.minutes(1)))
struct PostgresClientTests {
    @Test
    func rowsWithoutColumnsAreRows() async throws {
        try await withClient { client async throws in
            #expect(try await client.query("SELECT FROM generate_series(1, 3)").count == 3)
            #expect(try await client.query("SELECT WHERE false").isEmpty)
        }
    }

    @Test
    func valuesComeBack() async throws {
        try await withClient { client in
            let moment = try #require(Timestamp("2026-11-22T21:00:00.123456Z"))
            let bytes: [UInt8] = [0, 1, 0x27, 0x5C, 0xFF]
            let document: JSONValue = ["a": [1, nil, "ü'\\"], "b": ["c": 1.5]]
            let texts = ["", "a,b", "{}", "\"q\"", "back\\slash", "NULL", "ü"]
            for _ in 0..<3 {
                let rows = try await client.query(
                    """
                    SELECT \("it's \\ $1")::text AS t, \(Int64.min)::bigint AS i, \(1.25)::float8 AS d,
                        \(true)::bool AS b,
                        \(bytes)::bytea AS y, \(document)::jsonb AS j, \(moment)::timestamptz AS m,
                        \(texts)::text[] AS a,
                        \(SQLParameter.null)::text AS n, \([] as [UInt8])::bytea AS e, \("")::text AS empty,
                        \([] as [String])::text[] AS none
                    """)
                let row = try #require(rows.first)
                #expect(try row.string("t") == "it's \\ $1")
                #expect(try row.int("i") == .min)
                #expect(try row.double("d") == 1.25)
                #expect(try row.bool("b"))
                #expect(try row.bytes("y") == bytes)
                #expect(try row.json("j") == document)
                #expect(try row.timestamp("m") == moment)
                #expect(try row.textArray("a") == texts)
                #expect(try row.optionalString("n") == nil)
                #expect(try row.bytes("e") == [])
                #expect(try row.string("empty") == "")
                #expect(try row.textArray("none") == [])
                #expect(throws: PostgresError.self) { try row.int("t") }
                #expect(throws: PostgresError.self) { try row.string("n") }
                #expect(throws: PostgresError.self) { try row.string("missing") }
            }
        }
    }

    @Test
    func manyTasksShareFewConnections() async throws {
        try await withClient(PostgresConfiguration(connections: 3, acquireTimeout: .seconds(30))) { client in
            let sum = try await withThrowingTaskGroup(of: Int64.self) { group in
                for number in 0..<200 {
                    group.addTask { try await client.query("SELECT \(number)::int + 1 AS n")[0].int("n") }
                }
                return try await group.reduce(0, +)
            }
            #expect(sum == 20_100)
            let used = try await client.query(
                "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()")
            #expect(try used[0].int("n") <= 3)
        }
    }

    @Test
    func refusalsAreTypedAndWithoutValues() async throws {
        try await withClient { client in
            try await client.execute("CREATE TABLE t (a text CONSTRAINT t_key UNIQUE, b int CHECK (b > 0))")
            try await client.execute("INSERT INTO t VALUES (\("hunter2"), \(1))")
            let twice = await #expect(throws: PostgresError.self) {
                try await client.execute("INSERT INTO t VALUES (\("hunter2"), \(1))")
            }
            #expect(twice?.code == .server)
            #expect(twice?.sqlState == .uniqueViolation)
            #expect(twice?.constraint == "t_key")
            let text = await #expect(throws: PostgresError.self) {
                try await client.execute("INSERT INTO t (b) VALUES (\("hunter2")::text::int)")
            }
            #expect(text?.sqlState?.classCode == "22")
            for error in [twice, text] {
                #expect(error.map { "\($0)\(String(reflecting: $0))" }?.contains("hunter2") == false)
            }
            let syntax = await #expect(throws: PostgresError.self) { try await client.query("SELEC 1") }
            #expect(syntax?.sqlState?.rawValue == "42601")
            #expect(syntax?.isRetryable == false)
        }
    }

    @Test
    func transactionsCommitOrRollBack() async throws {
        struct Stop: Error {}
        try await withClient(PostgresConfiguration(connections: 2)) { client in
            try await client.execute("CREATE TABLE t (a int PRIMARY KEY)")
            try await client.transaction { transaction in
                try await transaction.execute("INSERT INTO t VALUES (\(1))")
                #expect(try await client.query("SELECT * FROM t").isEmpty)
            }
            await #expect(throws: Stop.self) {
                try await client.transaction { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (\(2))")
                    throw Stop()
                }
            }
            // A failed statement whose error is swallowed must not look like a success.
            let swallowed = await #expect(throws: PostgresError.self) {
                try await client.transaction { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (\(3))")
                    _ = try? await transaction.execute("INSERT INTO t VALUES (\(1))")
                }
            }
            #expect(swallowed?.sqlState == .inFailedTransaction)
            let rows = try await client.query("SELECT a FROM t")
            #expect(try rows.map { try $0.int("a") } == [1])
            let kept = try await client.transaction { $0 }
            let late = await #expect(throws: PostgresError.self) { try await kept.query("SELECT 1") }
            #expect(late?.code == .closed)
            #expect(client.load == (0, 0))
        }
    }

    @Test
    func cancellingStopsTheStatementAtTheServer() async throws {
        try await withClient(PostgresConfiguration(connections: 1, statementTimeout: .seconds(50))) { client in
            let task = Task { try await client.query("SELECT pg_sleep(40) AS slept") }
            let watcher = PostgresClient(url: try await DisposablePostgres.makeDatabase())
            defer { watcher.shutdown() }
            while try await watcher.query(
                "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(40) AS slept%' AND state = 'active'"
            ).isEmpty {}
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            // The connection survives, and the request to stop does not hit the next statement.
            for number in 0..<20 { #expect(try await client.query("SELECT \(number)::int AS n")[0].int("n") == number) }
        }
    }

    @Test
    func waitersGiveUpInTimeOrWithTheirTask() async throws {
        try await withClient(PostgresConfiguration(connections: 1, acquireTimeout: .milliseconds(50))) { client in
            try await client.transaction { transaction in
                _ = try await transaction.query("SELECT 1")
                let late = await #expect(throws: PostgresError.self) { try await client.query("SELECT 1") }
                #expect(late?.code == .timeout)
                let task = Task { try await client.query("SELECT 1") }
                task.cancel()
                let cancelled = await #expect(throws: PostgresError.self) { try await task.value }
                #expect([.cancelled, .timeout].contains(cancelled?.code))
            }
            #expect(client.load == (0, 0))
            #expect(try await client.query("SELECT 1 AS n").count == 1)
        }
    }

    @Test
    func statementsEndAtTheirTimeout() async throws {
        try await withClient(PostgresConfiguration(statementTimeout: .milliseconds(50))) { client in
            let error = await #expect(throws: PostgresError.self) { try await client.query("SELECT pg_sleep(30)") }
            #expect(error?.code == .timeout)
            #expect(error?.sqlState == .queryCanceled)
            try await client.transaction(statementTimeout: .seconds(20)) { transaction in
                _ = try await transaction.query("SELECT pg_sleep(0.1)")
            }
        }
    }

    @Test
    func aServerThatStandsStillIsGivenUp() async throws {
        let configuration = PostgresConfiguration(
            connections: 1, statementTimeout: .milliseconds(100), answerGrace: .milliseconds(100))
        try await withClient(configuration) { client in
            let worker = try await client.query("SELECT pg_backend_pid() AS id")[0].int("id")
            func signal(_ name: String) async throws {
                _ = try await ChildProcess.run(.init(executable: "/bin/kill", arguments: ["-\(name)", "\(worker)"]))
            }
            try await signal("STOP")
            let error = await #expect(throws: PostgresError.self) { try await client.query("SELECT 1") }
            #expect(error?.code == .timeout)
            #expect(error?.isRetryable == true)
            let other = try await client.query("SELECT pg_backend_pid() AS id")[0].int("id")
            #expect(other != worker)
            try await signal("CONT")
        }
    }

    @Test
    func aStatementWhoseConnectionBreaksSaysSo() async throws {
        try await withClient(PostgresConfiguration(connections: 2)) { client in
            try await client.execute("CREATE TABLE t (a int)")
            let lost = await #expect(throws: PostgresError.self) {
                try await client.query("SELECT pg_terminate_backend(pg_backend_pid())")
            }
            #expect(lost?.code == .connectionLost)
            #expect(lost?.isRetryable == true)
            // In a transaction there is no reconnecting behind the caller's back.
            let inside = await #expect(throws: PostgresError.self) {
                try await client.transaction { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (1)")
                    _ = try? await transaction.query("SELECT pg_terminate_backend(pg_backend_pid())")
                    try await transaction.execute("INSERT INTO t VALUES (2)")
                }
            }
            #expect(inside?.code == .connectionLost)
            #expect(try await client.query("SELECT * FROM t").isEmpty)
        }
    }

    @Test
    func anIdleConnectionThatEndedIsReplaced() async throws {
        try await withClient(PostgresConfiguration(connections: 1)) { client in
            let worker = try await client.query("SELECT pg_backend_pid() AS id")[0].int("id")
            let other = PostgresClient(url: try await DisposablePostgres.makeDatabase())
            defer { other.shutdown() }
            _ = try await other.query("SELECT pg_terminate_backend(\(worker)::int, 10000)")
            #expect(try await client.query("SELECT pg_backend_pid() AS id")[0].int("id") != worker)
        }
    }

    @Test
    func preparedStatementsFollowTheTable() async throws {
        try await withClient(PostgresConfiguration(connections: 1)) { client in
            try await client.execute("CREATE TABLE t (a int)")
            try await client.execute("INSERT INTO t VALUES (1)")
            for _ in 0..<3 { #expect(try await client.query("SELECT * FROM t")[0].columnNames == ["a"]) }
            try await client.execute("ALTER TABLE t ADD b int")
            #expect(try await client.query("SELECT * FROM t")[0].columnNames == ["a", "b"])
            try await client.execute("DEALLOCATE ALL")
            #expect(try await client.query("SELECT * FROM t")[0].columnNames == ["a", "b"])
        }
    }

    @Test
    func noticesGoToTheLog() async throws {
        let memory = LogMemory()
        let logger = Logger(label: "test", level: .debug, sink: memory.sink)
        _ = try await withClient(PostgresConfiguration(connections: 1), logger: logger) { client in
            try await client.execute("DROP TABLE IF EXISTS nothing_here")
        }
        #expect(memory.records.contains { $0.metadata["postgres.notice"]?.contains("nothing_here") == true })
    }

    @Test
    func takesItsRole() async throws {
        let name = "role_\(UInt64.random(in: 0 ... .max))"
        _ = try await withClient { client in try await client.execute("CREATE ROLE \(identifier: name)") }
        try await withClient(PostgresConfiguration(role: name)) { client in
            let rows = try await client.query("SELECT current_user AS name")
            #expect(try rows[0].string("name") == name)
        }
        try await withClient(PostgresConfiguration(preferredRole: name)) { client in
            let rows = try await client.query("SELECT current_user AS name")
            #expect(try rows[0].string("name") == name)
        }
        try await withClient(PostgresConfiguration(preferredRole: "nobody_\(name)")) { client in
            let rows = try await client.query("SELECT current_user AS name")
            #expect(try rows[0].string("name") == "codex")
        }
        try await withClient(PostgresConfiguration(role: "nobody_\(name)")) { client in
            let error = await #expect(throws: PostgresError.self) { try await client.query("SELECT 1") }
            #expect(error?.code == .unavailable)
        }
        _ = try await withClient { client in try await client.execute("DROP ROLE \(identifier: name)") }
    }

    @Test(arguments: [
        ("postgresql://codex:hunter2@/x?host=/nowhere/at/all", PostgresError.Code.unavailable),
        ("postgresql://codex:hunter2@127.0.0.1:1/x", .unavailable),
        ("postgresql://codex:hunter2@host/x?nonsense=1", .usage),
        ("hunter2", .usage),
    ])
    func noServerIsATypedErrorAtOnce(url: String, code: PostgresError.Code) async throws {
        let memory = LogMemory()
        let client = PostgresClient(
            url: Secret(url), logger: Logger(label: "test", level: .debug, sink: memory.sink))
        defer { client.shutdown() }
        for _ in 0..<3 {
            let error = await #expect(throws: PostgresError.self) { try await client.query("SELECT 1") }
            #expect(error?.code == code)
            #expect(error.map { "\($0)" }?.contains("hunter2") == false)
        }
        #expect(!memory.records.contains { "\($0)".contains("hunter2") })
    }

    @Test
    func runEndsWithShutdownAndRefusesAfterwards() async throws {
        let client = PostgresClient(url: try await DisposablePostgres.makeDatabase())
        let running = Task { try await client.run() }
        #expect(try await client.query("SELECT 1 AS n").count == 1)
        client.shutdown()
        try await running.value
        let error = await #expect(throws: PostgresError.self) { try await client.query("SELECT 1") }
        #expect(error?.code == .closed)
        // Cancelling is the other way to end it.
        let other = PostgresClient(url: try await DisposablePostgres.makeDatabase())
        let cancelled = Task { try await other.run() }
        cancelled.cancel()
        try await cancelled.value
    }
}
