// SPDX-License-Identifier: MIT
package import AuditTrail
import JSONCoding
package import Postgres

/// Reads traces out of Postgres.
package struct PostgresAuditQuery: AuditQuery {
    /// The most runs of an issue, and the most facts of a run, in one trace.
    private static let runLimit = 200
    private static let eventLimit = 5000

    private let client: PostgresClient

    /// Reads through `client`, whose owner runs it.
    package init(client: PostgresClient) { self.client = client }

    /// The runs of an issue with their facts, oldest run first; runs that were rejected are left out.
    package func traces(issue: Int, repository: String?) async throws(AuditError) -> [RunTrace] {
        let runs = try await runs(issue: issue, repository: repository)
        var traces: [RunTrace] = []
        for run in runs {
            traces.append(
                RunTrace(
                    run: run, events: try await events(runUID: run.runUID, after: 0, limit: Self.eventLimit),
                    links: try await links(runUID: run.runUID)))
        }
        return traces
    }

    /// A run's facts, oldest first, a page at a time.
    package func events(
        runUID: String, after position: Int64, limit: Int
    ) async throws(AuditError) -> [RecordedEvent] {
        let client = client
        return try await audited("reading facts") { () throws(PostgresError) in
            let rows = try await client.query(
                """
                SELECT id, position, correlation_id, run_uid, attempt, actor_type, actor_id, event_type, key, payload,
                    created_at
                FROM flow_events WHERE run_uid = \(runUID) AND position > \(position)
                ORDER BY position LIMIT \(max(0, limit))
                """)
            return try Self.events(rows)
        }
    }

    private func runs(issue: Int, repository: String?) async throws(AuditError) -> [RunRecord] {
        let client = client
        return try await audited("reading runs") { () throws(PostgresError) in
            let rows = try await client.query(
                """
                SELECT \(fragment: RunRow.columns) FROM agent_runs
                WHERE issue = \(issue) AND phase <> 'Rejected'
                    AND (\(repository)::text IS NULL OR lower(repository) = lower(\(repository)::text))
                ORDER BY created_at, run_uid LIMIT \(Self.runLimit)
                """)
            return try RunRow.records(rows)
        }
    }

    private func links(runUID: String) async throws(AuditError) -> [TraceLink] {
        let client = client
        return try await audited("reading a trace") { () throws(PostgresError) in
            let rows = try await client.query(
                """
                SELECT from_kind, from_id, to_kind, to_id FROM links WHERE run_uid = \(runUID) ORDER BY position
                """)
            var links: [TraceLink] = []
            for row in rows {
                // Kinds of newer versions are left out.
                guard let from = TraceLink.Kind(rawValue: try row.string("from_kind")),
                    let to = TraceLink.Kind(rawValue: try row.string("to_kind"))
                else { continue }
                links.append(TraceLink(from, try row.string("from_id"), to: to, try row.string("to_id")))
            }
            return links
        }
    }

    private static func events(_ rows: [PostgresRow]) throws(PostgresError) -> [RecordedEvent] {
        var events: [RecordedEvent] = []
        for row in rows {
            events.append(
                RecordedEvent(
                    id: try row.string("id"), position: try row.int("position"),
                    correlationID: try row.string("correlation_id"), runUID: try row.string("run_uid"),
                    attempt: Int(try row.int("attempt")), type: try row.string("event_type"),
                    key: try row.string("key"),
                    actor: AuditActor(
                        kind: AuditActor.Kind(rawValue: try row.string("actor_type")) ?? .system,
                        id: try row.string("actor_id")),
                    payload: try row.json("payload"), createdAt: try row.timestamp("created_at")))
        }
        return events
    }
}
