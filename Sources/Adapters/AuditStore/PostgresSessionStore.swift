// SPDX-License-Identifier: MIT
package import AgentAPI
package import AuditTrail
import JSONCoding
package import Postgres

/// Keeps sessions in Postgres: a row a session, and its chunks beside it.
package struct PostgresSessionStore: SessionStore {
    /// The most sessions that one run may begin.
    static let sessionsPerRun = 32
    /// The most chunks of a session: those of two snapshots that share nothing.
    static let chunksPerSession = 2 * SessionManifest.chunkLimit
    /// How much more than one session all that a run began may have.
    static let sessionsWorth = 4

    let client: PostgresClient

    /// Reads and writes through `client`, whose owner runs it.
    package init(client: PostgresClient) { self.client = client }

    /// Keeps a chunk for a manifest that is to come.
    package func putChunk(
        _ chunk: SessionChunk, session: String, owner: SessionOwner, limit: Int
    ) async throws(AuditError) -> ChunkOutcome {
        let (client, scope) = (client, owner.scope)
        let most = 2 * (limit + SessionManifest.workBytes)
        let mostOfRun = Self.sessionsWorth * most
        return try await audited("keeping a chunk") { () throws(PostgresError) -> ChunkOutcome in
            try await client.execute(Self.begin(session, owner))
            let inserted = try await client.execute(
                """
                INSERT INTO session_chunks (session_id, sha256, raw_bytes, content)
                SELECT session_id, \(chunk.sha256), \(chunk.rawBytes), \(chunk.content)
                FROM agent_sessions
                WHERE session_id = \(session) AND \(fragment: Self.inScope(scope))
                    AND (SELECT coalesce(sum(raw_bytes), 0) + \(chunk.rawBytes) <= \(most)
                            AND count(*) < \(Self.chunksPerSession)
                        FROM session_chunks WHERE session_id = \(session))
                    AND (SELECT coalesce(sum(raw_bytes), 0) + \(chunk.rawBytes) <= \(mostOfRun)
                        FROM session_chunks JOIN agent_sessions AS others USING (session_id)
                        WHERE others.run_uid = \(owner.runUID))
                ON CONFLICT DO NOTHING
                """)
            if inserted == 1 { return .stored }
            let rows = try await client.query(
                """
                SELECT \(fragment: Self.inScope(scope)) AS ours, EXISTS (
                    SELECT FROM session_chunks WHERE session_id = \(session) AND sha256 = \(chunk.sha256)) AS kept
                FROM agent_sessions WHERE session_id = \(session)
                """)
            guard let row = rows.first else {
                return .full("a run may begin \(Self.sessionsPerRun) sessions")
            }
            if try !row.bool("ours") { return .foreign }
            if try row.bool("kept") { return .stored }
            return .full(
                "\(most) bytes in \(Self.chunksPerSession) chunks of a session are kept while it is saved, and "
                    + "\(mostOfRun) bytes of all that a run began")
        }
    }

    /// Makes a snapshot the one that is restored.
    package func commit(
        _ manifest: SessionManifest, session: String, owner: SessionOwner, limit: Int
    ) async throws(AuditError) -> CommitOutcome {
        if let problem = manifest.problem(limit: limit) { return .refused(problem) }
        let document: JSONValue
        do { document = try JSONValue(encoding: manifest) } catch {
            throw AuditError(isTransient: false, description: "saving a session: \(error)")
        }
        do {
            // A snapshot may be without any chunk, so the row may not be there yet.
            try await client.execute(Self.begin(session, owner))
            return try await client.transaction { transaction in
                try await Self.commit(manifest, document, session, owner, in: transaction)
            }
        } catch let error as PostgresError {
            throw AuditError(error, while: "saving a session")
        } catch {
            throw AuditError(isTransient: true, description: "saving a session: \(error)")
        }
    }

    /// The session's last snapshot.
    package func manifest(session: String, scope: SessionScope) async throws(AuditError) -> SessionManifest? {
        let client = client
        let document = try await audited("reading a session") { () throws(PostgresError) -> JSONValue? in
            try await client.query(
                """
                SELECT manifest FROM agent_sessions
                WHERE session_id = \(session) AND manifest IS NOT NULL AND \(fragment: Self.inScope(scope))
                """
            ).first?.json("manifest")
        }
        guard let document else { return nil }
        do { return try document.decode(SessionManifest.self) } catch {
            throw AuditError(
                isTransient: false, description: "session \(session) was saved by another version: \(error)")
        }
    }

    /// A chunk that the session's last snapshot names.
    package func chunk(
        _ sha256: String, session: String, scope: SessionScope
    ) async throws(AuditError) -> SessionChunk? {
        let client = client
        return try await audited("reading a chunk") { () throws(PostgresError) -> SessionChunk? in
            guard
                let row = try await client.query(
                    """
                    SELECT raw_bytes, content FROM session_chunks
                    WHERE session_id = \(session) AND sha256 = \(sha256) AND EXISTS (
                        SELECT FROM agent_sessions
                        WHERE session_id = \(session) AND manifest IS NOT NULL AND \(fragment: Self.inScope(scope)))
                    """
                ).first
            else { return nil }
            return SessionChunk(
                sha256: sha256, rawBytes: Int(try row.int("raw_bytes")), content: try row.bytes("content"))
        }
    }

    /// The session of this branch that was saved last.
    package func latest(scope: SessionScope, branch: String) async throws(AuditError) -> StoredSession? {
        let client = client
        return try await audited("looking for a session") { () throws(PostgresError) -> StoredSession? in
            guard
                let row = try await client.query(
                    """
                    SELECT agent_sessions.session_id, agent_sessions.run_uid, attempt, session_bytes, saved_at
                    FROM agent_sessions JOIN agent_runs USING (run_uid)
                    WHERE manifest IS NOT NULL AND agent_sessions.branch = \(branch)
                        AND \(fragment: Self.inScope(scope))
                    ORDER BY agent_runs.created_at DESC, attempt DESC, pod_created_at DESC, saved_at DESC LIMIT 1
                    """
                ).first
            else { return nil }
            return StoredSession(
                id: try row.string("session_id"), runUID: try row.string("run_uid"),
                attempt: Int(try row.int("attempt")), bytes: Int(try row.int("session_bytes")),
                savedAt: try row.timestamp("saved_at"))
        }
    }

    /// Removes a session with all that is kept of it.
    package func delete(session: String) async throws(AuditError) {
        let client = client
        try await audited("removing a session") { () throws(PostgresError) in
            _ = try await client.execute("DELETE FROM agent_sessions WHERE session_id = \(session)")
        }
    }

    /// Removes the sessions that nobody saved for so long, and those without any snapshot after a day.
    package func expire(unusedFor age: Duration) async throws(AuditError) -> Int {
        let (client, seconds) = (client, age.components.seconds)
        return try await audited("removing old sessions") { () throws(PostgresError) in
            try await client.execute(
                """
                DELETE FROM agent_sessions
                WHERE updated_at < clock_timestamp() - \(seconds)::bigint * interval '1 second'
                    OR (manifest IS NULL AND updated_at < clock_timestamp() - interval '1 day')
                """)
        }
    }
}
