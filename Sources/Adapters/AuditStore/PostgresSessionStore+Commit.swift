// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import Postgres

extension PostgresSessionStore {
    /// What a row must be to be seen by a run.
    static func inScope(_ scope: SessionScope) -> SQLQuery {
        """
        (agent_sessions.repository_id = \(scope.repositoryID) AND agent_sessions.issue = \(scope.issue)
            AND agent_sessions.agent = \(scope.agent))
        """
    }

    /// Makes the session's row where there is none; a run that has begun too many makes no further.
    static func begin(_ session: String, _ owner: SessionOwner) -> SQLQuery {
        """
        INSERT INTO agent_sessions
            (session_id, run_uid, repository_id, issue, agent, branch, model, reasoning_effort)
        SELECT \(session), \(owner.runUID), \(owner.scope.repositoryID), \(owner.scope.issue), \(owner.scope.agent),
            \(owner.branch), \(owner.model?.storable(limit: 128)), \(owner.reasoningEffort?.storable(limit: 64))
        WHERE (SELECT count(*) FROM agent_sessions WHERE run_uid = \(owner.runUID)) < \(sessionsPerRun)
        ON CONFLICT (session_id) DO NOTHING
        """
    }

    /// Looks whether the snapshot may take the place of what is there, and writes it. The row is locked meanwhile, so
    /// that two pods commit one after the other.
    static func commit(
        _ manifest: SessionManifest, _ document: JSONValue, _ session: String, _ owner: SessionOwner,
        in transaction: PostgresTransaction
    ) async throws -> CommitOutcome {
        // Locked before anything is compared: a statement that waits for the row goes on with the runs that it found
        // before, and a session that another run took meanwhile would not be found any more.
        let locked = try await transaction.query(
            "SELECT FROM agent_sessions WHERE session_id = \(session) FOR NO KEY UPDATE")
        if locked.isEmpty { return .refused("a run may begin \(sessionsPerRun) sessions") }
        // Of two runs the later one is right; of one run the later attempt, then the later pod, then the later
        // snapshot.
        let rows = try await transaction.query(
            """
            SELECT \(fragment: inScope(owner.scope)) AS ours,
                manifest IS NOT NULL AND (theirs.created_at, theirs.run_uid, attempt, pod_created_at, sequence)
                    > (mine.created_at, mine.run_uid, \(owner.attempt)::int, \(owner.podCreated)::timestamptz,
                        \(manifest.sequence)::bigint) AS newer
            FROM agent_sessions
                JOIN agent_runs AS theirs ON theirs.run_uid = agent_sessions.run_uid
                JOIN agent_runs AS mine ON mine.run_uid = \(owner.runUID)
            WHERE agent_sessions.session_id = \(session)
            """)
        guard let row = rows.first else { return .refused("the run is not on record") }
        if try !row.bool("ours") { return .foreign }
        if try row.bool("newer") { return .superseded }
        if let problem = try await problem(with: manifest, session, in: transaction) { return problem }
        let named = Array(Set(manifest.allFiles.flatMap(\.chunks)))
        try await transaction.execute(
            """
            UPDATE agent_sessions SET
                run_uid = \(owner.runUID), branch = \(owner.branch), model = \(owner.model?.storable(limit: 128)),
                reasoning_effort = \(owner.reasoningEffort?.storable(limit: 64)), attempt = \(owner.attempt),
                pod_created_at = \(owner.podCreated), sequence = \(manifest.sequence), manifest = \(document),
                session_bytes = \(manifest.sessionBytes), saved_at = clock_timestamp(),
                heartbeat_at = clock_timestamp(), updated_at = clock_timestamp()
            WHERE session_id = \(session)
            """)
        try await transaction.execute(
            "DELETE FROM session_chunks WHERE session_id = \(session) AND sha256 <> ALL (\(named)::text[])")
        return .committed
    }

    /// Compares the manifest with the chunks that are there.
    private static func problem(
        with manifest: SessionManifest, _ session: String, in transaction: PostgresTransaction
    ) async throws -> CommitOutcome? {
        var sizes: [String: Int] = [:]
        for row in try await transaction.query(
            "SELECT sha256, raw_bytes FROM session_chunks WHERE session_id = \(session)")
        {
            sizes[try row.string("sha256")] = Int(try row.int("raw_bytes"))
        }
        let missing = Set(manifest.allFiles.flatMap(\.chunks)).filter { sizes[$0] == nil }
        if !missing.isEmpty { return .incomplete(missing: Array(missing.sorted().prefix(100))) }
        for file in manifest.allFiles {
            let sum = file.chunks.reduce(0) { $0 + (sizes[$1] ?? 0) }
            if sum != file.size { return .refused("\(file.path): its chunks have \(sum) bytes, not \(file.size)") }
        }
        return nil
    }
}
