// SPDX-License-Identifier: MIT
import AgentAPI
package import AuditTrail
package import Postgres

/// Keeps what runs used in Postgres; rows are never changed.
package struct PostgresUsageStore: UsageStore {
    private let client: PostgresClient

    /// Writes through `client`, whose owner runs it.
    package init(client: PostgresClient) { self.client = client }

    /// Records a use; one that is there already is passed over.
    package func record(_ usage: TokenUsage) async throws(AuditError) {
        let client = client
        let tokens = usage.tokens
        // What an agent's provider counts is not ours: numbers that make no sense are brought into bounds, not lost.
        let input = max(0, tokens.inputTokens)
        try await audited("recording usage") { () throws(PostgresError) in
            _ = try await client.execute(
                """
                INSERT INTO token_usage (id, run_uid, attempt, session_id, model, input_tokens, cached_input_tokens,
                    output_tokens, reasoning_tokens)
                VALUES (\(usage.id)::uuid, \(usage.runUID), \(usage.attempt), \(usage.sessionID.storable(limit: 128)),
                    \(usage.model.storable(limit: 128)), \(input), \(min(max(0, tokens.cachedInputTokens), input)),
                    \(max(0, tokens.outputTokens)), \(max(0, tokens.reasoningTokens)))
                ON CONFLICT (id) DO NOTHING
                """)
        }
    }
}
