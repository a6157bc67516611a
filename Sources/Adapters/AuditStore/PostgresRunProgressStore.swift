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

    /// Takes the place of what was known of the attempt; where it has no line, the one that is there stays.
    ///
    /// In one statement: between reading and writing, a tool's line would be lost.
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
                    DO UPDATE SET heartbeat_at = clock_timestamp(), report = CASE
                        WHEN excluded.report -> 'line' IS NULL AND run_progress.report -> 'line' IS NOT NULL
                        THEN excluded.report || jsonb_build_object('line', run_progress.report -> 'line')
                        ELSE excluded.report END
                """)
        }
    }

    /// Puts a line in the place of the one that is there, and leaves the rest of the report as it is.
    package func show(line: String, runUID: String, attempt: Int) async throws(AuditError) {
        let (client, document) = (client, ["line": .string(line)] as JSONValue)
        try await audited("showing a line") { () throws(PostgresError) in
            _ = try await client.execute(
                """
                INSERT INTO run_progress (run_uid, attempt, report)
                VALUES (\(runUID), \(attempt), \(document.storablePayload)::jsonb)
                ON CONFLICT (run_uid, attempt)
                    DO UPDATE SET report = run_progress.report || excluded.report, heartbeat_at = clock_timestamp()
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
