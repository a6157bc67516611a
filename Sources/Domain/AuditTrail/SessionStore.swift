// SPDX-License-Identifier: MIT
package import AgentAPI
package import JSONCoding

/// Whose sessions belong together: a session goes on where repository, issue and agent are the same, nowhere else.
package struct SessionScope: Sendable, Hashable {
    /// The code host's number of the repository.
    package var repositoryID: Int64
    /// The issue's number.
    package var issue: Int
    /// The agent's key.
    package var agent: String

    /// Names a scope.
    package init(repositoryID: Int64, issue: Int, agent: String) {
        self.repositoryID = repositoryID
        self.issue = issue
        self.agent = agent
    }
}

/// Who writes a session: one pod of one attempt of one run.
package struct SessionOwner: Sendable, Hashable {
    /// Whose sessions it may see and go on with.
    package var scope: SessionScope
    /// The run; it must be in history.
    package var runUID: String
    /// The attempt, from 1.
    package var attempt: Int
    /// When the pod was made: of two pods of one attempt the later one is right.
    package var podCreated: Timestamp
    /// The branch that the run works on.
    package var branch: String
    /// The model, where one was chosen.
    package var model: String?
    /// The reasoning effort, where one was chosen.
    package var reasoningEffort: String?

    /// Names an owner.
    package init(
        scope: SessionScope, runUID: String, attempt: Int, podCreated: Timestamp, branch: String, model: String? = nil,
        reasoningEffort: String? = nil
    ) {
        self.scope = scope
        self.runUID = runUID
        self.attempt = attempt
        self.podCreated = podCreated
        self.branch = branch
        self.model = model
        self.reasoningEffort = reasoningEffort
    }
}

/// A piece of a session's files.
package struct SessionChunk: Sendable, Hashable {
    /// SHA-256 of the bytes before compression, in lower-case hexadecimal.
    package var sha256: String
    /// Bytes before compression.
    package var rawBytes: Int
    /// The bytes as a zlib stream.
    package var content: [UInt8]

    /// Describes a chunk, whose digest was checked by whoever made it.
    package init(sha256: String, rawBytes: Int, content: [UInt8]) {
        self.sha256 = sha256
        self.rawBytes = rawBytes
        self.content = content
    }
}

/// A session that can be gone on with.
package struct StoredSession: Sendable, Hashable {
    /// Its name.
    package var id: String
    /// The run that saved it last.
    package var runUID: String
    /// That run's attempt.
    package var attempt: Int
    /// Bytes of its files, before compression.
    package var bytes: Int
    /// When it was saved.
    package var savedAt: Timestamp

    /// Describes a session.
    package init(id: String, runUID: String, attempt: Int, bytes: Int, savedAt: Timestamp) {
        self.id = id
        self.runUID = runUID
        self.attempt = attempt
        self.bytes = bytes
        self.savedAt = savedAt
    }
}

/// What became of a chunk.
package enum ChunkOutcome: Sendable, Hashable {
    /// It is there, from now on or from an earlier call.
    case stored
    /// The session belongs to another issue or agent.
    case foreign
    /// The session, or the run with its sessions, has as much as it may have; with the bound in words.
    case full(String)
}

/// What became of a manifest.
package enum CommitOutcome: Sendable, Hashable {
    /// It is what is restored from now on.
    case committed
    /// Chunks that it names are not there: at most the first hundred of their digests.
    case incomplete(missing: [String])
    /// A later pod, attempt or snapshot was there before.
    case superseded
    /// The session belongs to another issue or agent.
    case foreign
    /// The manifest does not fit its chunks or bounds; with the reason.
    case refused(String)
}

/// Where the sessions of agents are kept, so that a later pod goes on where an earlier one stopped.
package protocol SessionStore: Sendable {
    /// Keeps a chunk for a manifest that is to come. Doing it again is harmless.
    ///
    /// - Parameter limit: the most bytes of a session's files; twice that is kept, for two snapshots that share
    ///   nothing.
    func putChunk(
        _ chunk: SessionChunk, session: String, owner: SessionOwner, limit: Int
    ) async throws(AuditError) -> ChunkOutcome
    /// Makes a snapshot the one that is restored; chunks that it does not name go.
    ///
    /// Refused while a chunk is missing, and when a later run, attempt, pod or sequence is there already. Doing it
    /// again is harmless.
    func commit(
        _ manifest: SessionManifest, session: String, owner: SessionOwner, limit: Int
    ) async throws(AuditError) -> CommitOutcome
    /// The session's last snapshot; nil where there is none in this scope.
    func manifest(session: String, scope: SessionScope) async throws(AuditError) -> SessionManifest?
    /// A chunk of the session's last snapshot; nil where there is none in this scope.
    func chunk(_ sha256: String, session: String, scope: SessionScope) async throws(AuditError) -> SessionChunk?
    /// The session of this branch that was saved last.
    func latest(scope: SessionScope, branch: String) async throws(AuditError) -> StoredSession?
    /// Removes a session with all that is kept of it.
    func delete(session: String) async throws(AuditError)
    /// Removes the sessions that nobody saved for so long, and those without any snapshot after a day.
    ///
    /// - Returns: how many there were.
    func expire(unusedFor age: Duration) async throws(AuditError) -> Int
}
