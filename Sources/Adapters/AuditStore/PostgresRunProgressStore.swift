// SPDX-License-Identifier: MIT
package import AgentAPI
package import AuditTrail
import JSONCoding
package import Postgres

/// Keeps the last report of each attempt's pod in Postgres, where all processes see it.
package struct PostgresRunProgressStore: RunProgressStore {
    private let client: PostgresClient

    /// Reads and writes through `client`, whose owner runs it.
    package init(client: PostgresClient) { self.client = client }

    /// Takes the place of what was known of the attempt.
    package func report(_ report: ProgressReport, runUID: String, attempt: Int) async throws(AuditError) {
        let client = client
        let document: JSONValue
        do { document = try JSONValue(encoding: report) } catch {
            throw AuditError(isTransient: false, description: "reporting progress: \(error)")
        }
        try await audited("reporting progress") { () throws(PostgresError) in
            _ = try await client.execute(
                """
                INSERT INTO run_progress (run_uid, attempt, report)
                VALUES (\(runUID), \(attempt), \(document.storablePayload)::jsonb)
                ON CONFLICT (run_uid, attempt)
                    DO UPDATE SET report = excluded.report, heartbeat_at = clock_timestamp()
                """)
        }
    }

    /// What the attempt's pod said last; nil before its first word.
    package func progress(runUID: String, attempt: Int) async throws(AuditError) -> RunProgress? {
        let client = client
        return try await audited("reading progress") { () throws(PostgresError) -> RunProgress? in
            guard
                let row = try await client.query(
                    "SELECT report, heartbeat_at FROM run_progress WHERE run_uid = \(runUID) AND attempt = \(attempt)"
                ).first
            else { return nil }
            // A report of another version is a sign of life all the same.
            let report = try? row.json("report").decode(ProgressReport.self)
            return RunProgress(report: report ?? ProgressReport(), heartbeatAt: try row.timestamp("heartbeat_at"))
        }
    }
}
