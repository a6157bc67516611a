// SPDX-License-Identifier: MIT
package import AuditTrail
package import JSONCoding
package import Postgres

/// One fact as it stands in the record.
package struct RecordedEvent: Sendable, Hashable {
    package var type: String
    package var key: String
    package var payload: JSONValue
    package var createdAt: Timestamp
}

/// The way of one run, from the issue to the pull request.
package struct RunTrace: Sendable, Hashable {
    package var issue: Int
    package var run: String
    package var namespace: String?
    package var job: String?
    package var pullRequest: Int?
    package var events: [RecordedEvent]

    /// From the webhook's arrival at the edge to the Job's creation; `nil` where one of them is not on record.
    package var labelToJobMilliseconds: Int? {
        let received = events.first { $0.type == AuditEventType.webhookReceived.rawValue }?.payload["received_at"]
        let created = events.first { $0.type == AuditEventType.jobCreated.rawValue }?.payload["created_at"]
        guard let received = received?.stringValue.flatMap({ Timestamp($0) }),
            let created = created?.stringValue.flatMap({ Timestamp($0) })
        else { return nil }
        return Int(created.microseconds - received.microseconds) / 1000
    }

    /// The trace as one line for people and scripts.
    package var line: String {
        let facts = events.filter { $0.type != AuditEventType.effectIntended.rawValue }.count
        let fields = [
            "TRACE", "issue=\(issue)", "run=\(run)", "namespace=\(namespace ?? "-")", "job=\(job ?? "-")",
            "pull-request=\(pullRequest.map(String.init) ?? "-")", "events=\(facts)",
            "label-to-job-ms=\(labelToJobMilliseconds.map(String.init) ?? "-")",
        ]
        return fields.joined(separator: " ")
    }
}

/// Reads the record.
package struct PostgresAuditQuery: Sendable {
    private let client: PostgresClient

    package init(client: PostgresClient) { self.client = client }

    /// The traces of an issue's runs, oldest first; runs that were rejected are left out.
    package func traces(issue: Int, repository: String?) async throws(AuditError) -> [RunTrace] {
        try await AuditStoreError.wrapped("read the trace of issue \(issue)") { () async throws(PostgresError) in
            let runs = try await client.query(
                """
                SELECT run_uid, name, pull_request FROM agent_runs
                WHERE issue = \(issue) AND phase <> 'Rejected'
                    AND (\(repository)::text IS NULL OR lower(repository) = lower(\(repository)))
                ORDER BY created_at
                """)
            var traces: [RunTrace] = []
            for run in runs {
                let uid = try run.string("run_uid")
                var events: [RecordedEvent] = []
                for row in try await client.query(
                    "SELECT event_type, event_key, payload, created_at FROM flow_events WHERE run_uid = \(uid) ORDER BY seq")
                {
                    events.append(
                        RecordedEvent(
                            type: try row.string("event_type"), key: try row.string("event_key"),
                            payload: try row.json("payload"), createdAt: try row.timestamp("created_at")))
                }
                let created = events.last { $0.type == AuditEventType.jobCreated.rawValue }?.payload
                traces.append(
                    RunTrace(
                        issue: issue, run: try run.string("name"), namespace: created?["namespace"]?.stringValue,
                        job: created?["job"]?.stringValue,
                        pullRequest: try run.optionalInt("pull_request").map { Int($0) }, events: events))
            }
            return traces
        }
    }
}
