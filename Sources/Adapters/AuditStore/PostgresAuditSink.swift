// SPDX-License-Identifier: MIT
package import AuditTrail
import JSONCoding
package import Postgres

/// Appends facts to `flow_events`; a fact that is there already stays as it is.
package struct PostgresAuditSink: AuditSink {
    private let client: PostgresClient

    package init(client: PostgresClient) { self.client = client }

    /// Records all of the facts in one statement, or none.
    package func record(_ events: [AuditEvent]) async throws(AuditError) {
        guard !events.isEmpty else { return }
        let rows = JSONValue.array(events.map { event in
            [
                "id": .string(event.id), "correlation_id": .string(event.correlationID), "run_uid": .string(event.runUID),
                "attempt": .integer(Int64(event.attempt)), "actor_type": .string(event.actor.kind.rawValue),
                "actor_id": .string(event.actor.id), "event_type": .string(event.type.rawValue),
                "event_key": .string(event.key), "payload": event.payload,
            ]
        })
        try await AuditStoreError.wrapped("record \(events.count) facts") { () async throws(PostgresError) in
            _ = try await client.execute(
                """
                INSERT INTO flow_events (id, correlation_id, run_uid, attempt, actor_type, actor_id, event_type, event_key, payload)
                SELECT id, correlation_id, run_uid, attempt, actor_type, actor_id, event_type, event_key, payload
                FROM jsonb_to_recordset(\(SQLParameter.json(rows))) AS facts (
                    id uuid, correlation_id text, run_uid text, attempt integer, actor_type text, actor_id text,
                    event_type text, event_key text, payload jsonb)
                ON CONFLICT (id) DO NOTHING
                """)
        }
    }
}

/// Turns the database's errors into the port's.
enum AuditStoreError {
    static func wrapped<T: Sendable>(
        _ what: String, _ body: () async throws(PostgresError) -> T
    ) async throws(AuditError) -> T {
        do {
            return try await body()
        } catch {
            throw AuditError(
                isTransient: error.isUnavailability || error.isRetryable, description: "cannot \(what): \(error.description)")
        }
    }
}
