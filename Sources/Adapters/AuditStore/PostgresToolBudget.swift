// SPDX-License-Identifier: MIT
package import AuditTrail
package import Postgres

/// Keeps budgets in Postgres, whose clock alone counts: all replicas agree, and a restart gives nobody a new budget.
package struct PostgresToolBudget: ToolBudget {
    private let client: PostgresClient

    /// Reads and writes through `client`, whose owner runs it.
    package init(client: PostgresClient) { self.client = client }

    /// Takes one call out of the run's budget.
    ///
    /// A token bucket as one point in time (the generic cell rate algorithm): each call moves it on by an interval, and
    /// no call may move it further than the burst beyond now. One statement, so that two calls at once take two.
    package func take(runUID: String, rate: ToolRate) async throws(AuditError) -> Duration? {
        let client = client
        let interval = rate.interval.microseconds
        let ahead = interval * Int64(max(0, rate.burst - 1))
        return try await audited("counting calls of tools") { () throws(PostgresError) -> Duration? in
            let taken = try await client.execute(
                """
                INSERT INTO tool_budgets AS kept (run_uid, used_until)
                VALUES (\(runUID), clock_timestamp() + \(interval)::bigint * interval '1 microsecond')
                ON CONFLICT (run_uid) DO UPDATE SET
                    used_until = greatest(kept.used_until, clock_timestamp())
                        + \(interval)::bigint * interval '1 microsecond'
                WHERE kept.used_until <= clock_timestamp() + \(ahead)::bigint * interval '1 microsecond'
                """)
            if taken == 1 { return nil }
            let rows = try await client.query(
                """
                SELECT (extract(epoch FROM used_until - clock_timestamp()) * 1000000)::bigint AS used FROM tool_budgets
                WHERE run_uid = \(runUID)
                """)
            return .microseconds(max(1, try (rows.first?.int("used") ?? ahead) - ahead))
        }
    }
}

extension Duration {
    fileprivate var microseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}
