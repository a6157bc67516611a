// SPDX-License-Identifier: MIT
import AgentAPI
package import AuditTrail
import JSONCoding
package import Postgres

/// The history of runs in `agent_runs`, `links` and `once_claims`.
package struct PostgresRunHistory: RunHistory {
    private let client: PostgresClient

    package init(client: PostgresClient) { self.client = client }

    /// The unique index decides between two runs that want one labelling; the loser's row is not written.
    package func claim(_ record: RunRecord) async throws(AuditError) -> LabelEventClaim {
        guard let event = record.labelEventID else {
            try await save(record)
            return .granted
        }
        // Whoever inserts first owns the event; the row of another run of the same event is left alone.
        let rows = try await AuditStoreError.wrapped("claim label event \(event)") { () async throws(PostgresError) in
            _ = try await client.execute(
                """
                INSERT INTO agent_runs (run_uid, name, namespace, correlation_id, repository_id, repository, issue, kind,
                    revise, agent, label_event_id, review_id, pull_request, branch, phase)
                VALUES (\(record.runUID), \(record.name), \(record.namespace), \(record.correlationID),
                    \(record.repositoryID), \(record.repository), \(record.issue), \(record.kind),
                    \(SQLParameter.bool(record.revise)), \(record.agent), \(event), \(record.reviewID),
                    \(record.pullRequest), \(record.branch), \(record.phase))
                ON CONFLICT DO NOTHING
                """)
            return try await client.query(
                """
                SELECT run_uid FROM agent_runs
                WHERE repository_id = \(record.repositoryID) AND label_event_id = \(event)
                """)
        }
        let owner = try await AuditStoreError.wrapped("read the owner of label event \(event)") {
            () async throws(PostgresError) in try rows.first?.string("run_uid")
        }
        return owner == nil || owner == record.runUID ? .granted : .takenBy(runUID: owner ?? "")
    }

    package func save(_ record: RunRecord) async throws(AuditError) {
        try await AuditStoreError.wrapped("save run \(record.runUID)") { () async throws(PostgresError) in
            _ = try await client.execute(
                """
                INSERT INTO agent_runs (run_uid, name, namespace, correlation_id, repository_id, repository, issue, kind,
                    revise, agent, label_event_id, review_id, pull_request, branch, phase, reason, model,
                    reasoning_effort, session_id)
                VALUES (\(record.runUID), \(record.name), \(record.namespace), \(record.correlationID),
                    \(record.repositoryID), \(record.repository), \(record.issue), \(record.kind),
                    \(SQLParameter.bool(record.revise)), \(record.agent), \(record.labelEventID), \(record.reviewID),
                    \(record.pullRequest), \(record.branch), \(record.phase), \(record.reason), \(record.model),
                    \(record.reasoningEffort), \(record.sessionID))
                ON CONFLICT (run_uid) DO UPDATE SET
                    agent = excluded.agent, pull_request = excluded.pull_request, branch = excluded.branch,
                    phase = excluded.phase, reason = excluded.reason, model = excluded.model,
                    reasoning_effort = excluded.reasoning_effort, session_id = excluded.session_id,
                    updated_at = clock_timestamp()
                """)
        }
    }

    package func knownLabelEvents(_ ids: [Int64], repositoryID: Int64) async throws(AuditError) -> Set<Int64> {
        try await AuditStoreError.wrapped("look up label events") { () async throws(PostgresError) in
            let rows = try await client.query(
                """
                SELECT label_event_id FROM agent_runs
                WHERE repository_id = \(repositoryID) AND label_event_id = ANY (\(SQLParameter.integerArray(ids)))
                """)
            var known: Set<Int64> = []
            for row in rows { known.insert(try row.int("label_event_id")) }
            return known
        }
    }

    package func runs(repositoryID: Int64, issue: Int, limit: Int) async throws(AuditError) -> [RunRecord] {
        try await AuditStoreError.wrapped("read the runs of issue \(issue)") { () async throws(PostgresError) in
            let rows = try await client.query(
                """
                SELECT * FROM agent_runs
                WHERE repository_id = \(repositoryID) AND issue = \(issue) AND phase <> 'Rejected'
                ORDER BY created_at DESC LIMIT \(limit)
                """)
            var records: [RunRecord] = []
            for row in rows { records.append(try RunRecord(row)) }
            return records
        }
    }

    package func link(_ links: [TraceLink], runUID: String) async throws(AuditError) {
        let rows = JSONValue.array(links.filter { !$0.from.isEmpty && !$0.to.isEmpty }.map { link in
            [
                "from_kind": .string(link.fromKind.rawValue), "from_id": .string(link.from),
                "to_kind": .string(link.toKind.rawValue), "to_id": .string(link.to),
            ]
        })
        try await AuditStoreError.wrapped("link the trace of run \(runUID)") { () async throws(PostgresError) in
            _ = try await client.execute(
                """
                INSERT INTO links (run_uid, from_kind, from_id, to_kind, to_id)
                SELECT \(runUID), from_kind, from_id, to_kind, to_id
                FROM jsonb_to_recordset(\(SQLParameter.json(rows))) AS pairs (
                    from_kind text, from_id text, to_kind text, to_id text)
                ON CONFLICT DO NOTHING
                """)
        }
    }

    package func claimOnce(_ key: String, runUID: String) async throws(AuditError) -> Bool {
        try await AuditStoreError.wrapped("claim \(key)") { () async throws(PostgresError) in
            try await client.execute(
                "INSERT INTO once_claims (key, run_uid) VALUES (\(key), \(runUID)) ON CONFLICT DO NOTHING") == 1
        }
    }
}

extension RunRecord {
    /// A row of `agent_runs`.
    fileprivate init(_ row: PostgresRow) throws(PostgresError) {
        self.init(
            runUID: try row.string("run_uid"), name: try row.string("name"), namespace: try row.string("namespace"),
            correlationID: try row.string("correlation_id"), repositoryID: try row.int("repository_id"),
            repository: try row.string("repository"), issue: Int(try row.int("issue")), kind: try row.string("kind"),
            revise: try row.bool("revise"), agent: try row.string("agent"),
            labelEventID: try row.optionalInt("label_event_id"), reviewID: try row.optionalInt("review_id"),
            pullRequest: try row.optionalInt("pull_request").map { Int($0) }, branch: try row.optionalString("branch"),
            phase: try row.string("phase"), reason: try row.optionalString("reason"),
            model: try row.optionalString("model"), reasoningEffort: try row.optionalString("reasoning_effort"),
            sessionID: try row.optionalString("session_id"))
    }
}
