// SPDX-License-Identifier: MIT
package import AuditTrail
import JSONCoding
package import Postgres

/// Writes facts into `flow_events`.
///
/// A fact's id is made of what it is about, so that a fact that is there already is passed over: whoever was stopped
/// between recording and going on records again, and nothing is there twice.
package struct PostgresAuditSink: AuditSink {
    /// The most facts in one statement.
    private static let batchSize = 100

    /// How often a statement is tried that others keep getting in the way of.
    private static let attempts = 10

    private let client: PostgresClient

    /// Writes through `client`, whose owner runs it.
    package init(client: PostgresClient) { self.client = client }

    /// Writes the facts in their order; those of one call, up to a hundred, appear together or not at all.
    package func record(_ events: [AuditEvent]) async throws(AuditError) {
        var rest = events[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(Self.batchSize))
            rest = rest.dropFirst(batch.count)
            let statement = Self.insert(batch)
            try await audited("recording facts") { () throws(PostgresError) in try await insert(statement) }
        }
    }

    /// Two writers that record the same facts in different orders wait for each other; the one that the server stops
    /// has written nothing and tries again. Sorting would avoid it, and lose the order in which things happened.
    private func insert(_ statement: SQLQuery) async throws(PostgresError) {
        for _ in 1..<Self.attempts {
            do throws(PostgresError) {
                try await client.execute(statement)
                return
            } catch {
                guard error.sqlState == .deadlockDetected else { throw error }
            }
        }
        try await client.execute(statement)
    }

    private static func insert(_ events: [AuditEvent]) -> SQLQuery {
        """
        INSERT INTO flow_events
            (id, correlation_id, run_uid, attempt, actor_type, actor_id, event_type, key, payload)
        SELECT id, correlation_id, run_uid, attempt, actor_type, actor_id, event_type, key, payload::jsonb
        FROM unnest(
            \(events.map(\.id))::uuid[],
            \(events.map { ($0.correlationID.isEmpty ? $0.runUID : $0.correlationID).storable(limit: 256) })::text[],
            \(events.map { $0.runUID.storable(limit: 256) })::text[],
            \(SQLParameter.integerArray(events.map { Int64($0.attempt) }))::int[],
            \(events.map(\.actor.kind.rawValue))::text[],
            \(events.map { $0.actor.id.isEmpty ? "unknown" : $0.actor.id.storable(limit: 256) })::text[],
            \(events.map(\.type.rawValue))::text[],
            \(events.map { $0.key.storable(limit: 1024) })::text[],
            \(events.map { $0.payload.storablePayload.encodedString() })::text[]
        ) WITH ORDINALITY AS facts
            (id, correlation_id, run_uid, attempt, actor_type, actor_id, event_type, key, payload, place)
        ORDER BY place
        ON CONFLICT (id) DO NOTHING
        """
    }
}
