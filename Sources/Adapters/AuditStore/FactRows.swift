// SPDX-License-Identifier: MIT
import AuditTrail
import JSONCoding
import Postgres

/// The statement that adds facts to `flow_events`, alone or as a part of another.
enum FactRows {
    /// How often a statement is tried that others keep getting in the way of.
    private static let attempts = 10

    /// Tries a statement again that the server stopped to end a deadlock.
    ///
    /// Two writers that record the same facts in different orders wait for each other; the one that the server stops
    /// has written nothing and tries again. Sorting would avoid it, and lose the order in which things happened.
    static func retryingDeadlocks<T>(_ body: () async throws(PostgresError) -> T) async throws(PostgresError) -> T {
        for _ in 1..<attempts {
            do throws(PostgresError) {
                return try await body()
            } catch {
                guard error.sqlState == .deadlockDetected else { throw error }
            }
        }
        return try await body()
    }

    /// Inserts the facts in their order; those that are there are passed over.
    ///
    /// - Parameter condition: where it does not hold nothing is inserted.
    static func insert(_ events: [AuditEvent], where condition: SQLQuery = "true") -> SQLQuery {
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
            \(events.map(\.payload.storablePayload))::text[]
        ) WITH ORDINALITY AS facts
            (id, correlation_id, run_uid, attempt, actor_type, actor_id, event_type, key, payload, place)
        WHERE \(fragment: condition)
        ORDER BY place
        ON CONFLICT (id) DO NOTHING
        """
    }
}
