// SPDX-License-Identifier: MIT
import AuditStore
import AuditTrail
import DevPostgres
import JSONCoding
import Postgres
import ServiceRuntime
import SystemCalls

/// `audit`: facts appended by eight writers, beside a plain insert of the same rows.
struct AuditWorkload {
    let run: BenchRun
    private static let writers = 8

    func measure() async throws {
        let seconds = run.settings.scaled(10, atLeast: 2)
        run.report.progress("audit: \(seconds) s each")
        let directory = "\(run.settings.directory)/audit"
        try Files.createDirectory(directory, mode: 0o755)
        let server = DevPostgres(directory: "\(directory)/postgres", logger: Logger(label: "postgres", level: .error))
        let serving = Task { try await server.run() }
        do {
            let result = try await measure(url: try await server.waitUntilReady(), seconds: seconds)
            serving.cancel()
            _ = try? await serving.value
            run.add(result)
        } catch {
            serving.cancel()
            _ = try? await serving.value
            throw error
        }
    }

    private func measure(url: String, seconds: Int) async throws -> WorkloadResult {
        var configuration = PostgresConfiguration.service
        configuration.connections = Self.writers
        let owner = PostgresClient(url: Secret(url))
        defer { owner.shutdown() }
        _ = try await Migrator(.directory("\(run.settings.resources)/migrations")).migrate(on: owner)
        // The same columns, checks and indexes; only what makes it an audit is left out.
        try await owner.execute("CREATE TABLE plain_events (LIKE flow_events INCLUDING ALL)")
        try await owner.execute("GRANT INSERT ON plain_events TO codexk8s_service")
        let client = PostgresClient(url: Secret(url), configuration: configuration)
        defer { client.shutdown() }
        let sink = PostgresAuditSink(client: client)
        // One after the other, twice, so that a drift of the machine does not pass for a difference.
        var plain = 0.0
        var audited = 0.0
        for round in 0..<2 {
            plain += try await rate(seconds, "plain-\(round)") { event in
                try await client.execute(
                    """
                    INSERT INTO plain_events (id, correlation_id, run_uid, attempt, actor_type, actor_id, event_type, key, payload)
                    VALUES (\(event.id)::uuid, \(event.correlationID), \(event.runUID), \(event.attempt),
                        \(event.actor.kind.rawValue), \(event.actor.id), \(event.type.rawValue), \(event.key),
                        \(event.payload.encodedString())::jsonb)
                    """)
            }
            audited += try await rate(seconds, "audit-\(round)") { try await sink.record([$0]) }
        }
        return WorkloadResult(
            name: .audit, fields: [("events_per_s", audited / 2), ("ratio_to_insert", audited / plain)],
            notes: [
                "a plain insert writes \(Report.rounded(plain / 2)) rows a second; both wait for the disk at each commit",
                "the chain of hashes over the record does not exist yet, so nothing seals beside",
            ])
    }

    private func rate(
        _ seconds: Int, _ name: String, _ write: @escaping @Sendable (AuditEvent) async throws -> Void
    ) async throws -> Double {
        let result = try await Load(connections: Self.writers, duration: .seconds(seconds)).run { number in
            try await write(
                AuditEvent(
                    correlationID: "bench-\(name)", runUID: "bench-\(name)-\(number)", attempt: 1, type: .jobCreated, key: "",
                    actor: .controller,
                    payload: ["namespace": "codex-issue-1001-42-dev", "job": .string("run-\(number)"), "created_at": "2026-11-22T21:00:00.000000Z"]))
            return true
        }
        return Double(result.numbers.count) / result.seconds
    }
}
