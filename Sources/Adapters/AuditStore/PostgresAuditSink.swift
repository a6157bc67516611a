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

    private let client: PostgresClient

    /// Writes through `client`, whose owner runs it.
    package init(client: PostgresClient) { self.client = client }

    /// Writes the facts in their order; those of one call, up to a hundred, appear together or not at all.
    package func record(_ events: [AuditEvent]) async throws(AuditError) {
        var rest = events[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(Self.batchSize))
            rest = rest.dropFirst(batch.count)
            let (client, statement) = (client, FactRows.insert(batch))
            try await audited("recording facts") { () throws(PostgresError) in
                _ = try await FactRows.retryingDeadlocks { () throws(PostgresError) in try await client.execute(statement) }
            }
        }
    }
}
