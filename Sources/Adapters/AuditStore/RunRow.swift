// SPDX-License-Identifier: MIT
import AuditTrail
import Postgres

/// The statements and columns of `agent_runs`.
enum RunRow {
    static let columns: SQLQuery = """
        run_uid, name, namespace, correlation_id, repository_id, repository, issue, kind, revise, agent, label_event_id,
        review_id, pull_request, branch, phase, reason, model, reasoning_effort, session_id
        """

    static func insert(_ record: RunRecord, labelEventID: Int64?) -> SQLQuery {
        """
        INSERT INTO agent_runs (\(fragment: columns))
        VALUES (
            \(record.runUID), \(record.name), \(record.namespace), \(record.correlationID.storable(limit: 256)),
            \(record.repositoryID), \(record.repository), \(record.issue), \(record.kind), \(record.revise),
            \(record.agent), \(labelEventID), \(record.reviewID), \(record.pullRequest), \(record.branch),
            \(record.phase), \(record.reason), \(record.model?.storable(limit: 128)),
            \(record.reasoningEffort?.storable(limit: 64)), \(record.sessionID?.storable(limit: 128))
        )
        """
    }

    /// Inserts or updates all but the label event. What a record does not say keeps its earlier value, and a row that
    /// would not change is not written.
    static func upsert(_ record: RunRecord) -> SQLQuery {
        """
        \(fragment: insert(record, labelEventID: nil))
        ON CONFLICT (run_uid) DO UPDATE SET
            repository_id = CASE WHEN excluded.repository_id > 0 THEN excluded.repository_id
                ELSE agent_runs.repository_id END,
            repository = excluded.repository,
            agent = CASE WHEN excluded.agent <> '' THEN excluded.agent ELSE agent_runs.agent END,
            kind = excluded.kind,
            revise = excluded.revise,
            review_id = coalesce(excluded.review_id, agent_runs.review_id),
            pull_request = coalesce(excluded.pull_request, agent_runs.pull_request),
            branch = coalesce(excluded.branch, agent_runs.branch),
            phase = excluded.phase,
            reason = coalesce(excluded.reason, agent_runs.reason),
            model = coalesce(excluded.model, agent_runs.model),
            reasoning_effort = coalesce(excluded.reasoning_effort, agent_runs.reasoning_effort),
            session_id = coalesce(excluded.session_id, agent_runs.session_id),
            updated_at = clock_timestamp()
        WHERE (agent_runs.repository, agent_runs.kind, agent_runs.revise, agent_runs.phase)
                IS DISTINCT FROM (excluded.repository, excluded.kind, excluded.revise, excluded.phase)
            OR (excluded.repository_id > 0 AND excluded.repository_id <> agent_runs.repository_id)
            OR (excluded.agent <> '' AND excluded.agent <> agent_runs.agent)
            OR (excluded.review_id IS NOT NULL AND excluded.review_id IS DISTINCT FROM agent_runs.review_id)
            OR (excluded.pull_request IS NOT NULL AND excluded.pull_request IS DISTINCT FROM agent_runs.pull_request)
            OR (excluded.branch IS NOT NULL AND excluded.branch IS DISTINCT FROM agent_runs.branch)
            OR (excluded.reason IS NOT NULL AND excluded.reason IS DISTINCT FROM agent_runs.reason)
            OR (excluded.model IS NOT NULL AND excluded.model IS DISTINCT FROM agent_runs.model)
            OR (excluded.reasoning_effort IS NOT NULL
                AND excluded.reasoning_effort IS DISTINCT FROM agent_runs.reasoning_effort)
            OR (excluded.session_id IS NOT NULL AND excluded.session_id IS DISTINCT FROM agent_runs.session_id)
        """
    }

    static func records(_ rows: [PostgresRow]) throws(PostgresError) -> [RunRecord] {
        var records: [RunRecord] = []
        for row in rows {
            records.append(
                RunRecord(
                    runUID: try row.string("run_uid"), name: try row.string("name"),
                    namespace: try row.string("namespace"), correlationID: try row.string("correlation_id"),
                    repositoryID: try row.int("repository_id"), repository: try row.string("repository"),
                    issue: Int(try row.int("issue")), kind: try row.string("kind"), revise: try row.bool("revise"),
                    agent: try row.string("agent"), labelEventID: try row.optionalInt("label_event_id"),
                    reviewID: try row.optionalInt("review_id"),
                    pullRequest: try row.optionalInt("pull_request").map { Int($0) },
                    branch: try row.optionalString("branch"), phase: try row.string("phase"),
                    reason: try row.optionalString("reason"), model: try row.optionalString("model"),
                    reasoningEffort: try row.optionalString("reasoning_effort"),
                    sessionID: try row.optionalString("session_id")))
        }
        return records
    }
}
