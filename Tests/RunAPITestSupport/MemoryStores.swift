// SPDX-License-Identifier: MIT
package import AgentAPI
package import AuditTrail
import JSONCoding
import Synchronization

/// Sessions in memory, by the rules of the real store: whole snapshots, later ones first, a scope's own alone.
package final class MemorySessionStore: SessionStore {
    private struct Session {
        var scope: SessionScope
        var owner: SessionOwner?
        var manifest: SessionManifest?
        var chunks: [String: SessionChunk] = [:]
        var place = 0
    }

    private struct State {
        var sessions: [String: Session] = [:]
        var failures = 0
        var chunksPut: [String] = []
        var commits = 0
        var expiries: [Duration] = []
        var hook: (@Sendable (Moment) -> Void)?
        var readHook: (@Sendable () -> Void)?
    }

    /// Where a request that writes is.
    package enum Moment: Sendable { case arrived, served }

    private let state = Mutex(State())

    /// An empty store.
    package init() {}

    /// Digests of the chunks that were sent, in their order.
    package var chunksPut: [String] { state.withLock { $0.chunksPut } }
    /// How many snapshots were taken.
    package var commits: Int { state.withLock { $0.commits } }
    /// The sessions of which there is a snapshot.
    package var committed: [String: SessionManifest] { state.withLock { $0.sessions.compactMapValues(\.manifest) } }

    /// Tells of each request that writes, before it is served and after it.
    package func onRequest(_ hook: (@Sendable (Moment) -> Void)?) { state.withLock { $0.hook = hook } }

    /// Tells of each request that reads, before it is served.
    package func onRead(_ hook: (@Sendable () -> Void)?) { state.withLock { $0.readHook = hook } }

    private func tell(_ moment: Moment) { state.withLock { $0.hook }?(moment) }

    /// Makes the next calls fail as if the database was away.
    package func fail(_ count: Int) { state.withLock { $0.failures = count } }

    /// Forgets a chunk, as if it had been removed by hand.
    package func forget(chunk: String) {
        state.withLock { state in
            for name in state.sessions.keys { state.sessions[name]?.chunks[chunk] = nil }
        }
    }

    /// Puts other bytes in the place of a chunk.
    package func spoil(chunk: String, _ content: [UInt8]) {
        state.withLock { state in
            for name in state.sessions.keys { state.sessions[name]?.chunks[chunk]?.content = content }
        }
    }

    private func access<T>(_ body: (inout State) -> T) throws(AuditError) -> T {
        let result = state.withLock { state -> T? in
            if state.failures > 0 {
                state.failures -= 1
                return nil
            }
            return body(&state)
        }
        guard let result else { throw AuditError(isTransient: true, description: "the store is away") }
        return result
    }

    package func putChunk(
        _ chunk: SessionChunk, session: String, owner: SessionOwner, limit: Int
    ) async throws(AuditError) -> ChunkOutcome {
        tell(.arrived)
        defer { tell(.served) }
        return try access { state in
            var entry = state.sessions[session] ?? Session(scope: owner.scope)
            if entry.scope != owner.scope { return .foreign }
            entry.chunks[chunk.sha256] = chunk
            state.chunksPut.append(chunk.sha256)
            state.sessions[session] = entry
            return .stored
        }
    }

    package func commit(
        _ manifest: SessionManifest, session: String, owner: SessionOwner, limit: Int
    ) async throws(AuditError) -> CommitOutcome {
        tell(.arrived)
        defer { tell(.served) }
        return try access { state in
            if let problem = manifest.problem(limit: limit) { return .refused(problem) }
            var entry = state.sessions[session] ?? Session(scope: owner.scope)
            if entry.scope != owner.scope { return .foreign }
            if let old = entry.owner, let kept = entry.manifest, old.runUID == owner.runUID {
                let theirs = (old.attempt, old.podCreated.microseconds, kept.sequence)
                if theirs > (owner.attempt, owner.podCreated.microseconds, manifest.sequence) { return .superseded }
            }
            let named = Set(manifest.allFiles.flatMap(\.chunks))
            let missing = named.filter { entry.chunks[$0] == nil }
            if !missing.isEmpty { return .incomplete(missing: Array(missing.sorted().prefix(100))) }
            state.commits += 1
            entry.place = state.commits
            entry.owner = owner
            entry.manifest = manifest
            entry.chunks = entry.chunks.filter { named.contains($0.key) }
            state.sessions[session] = entry
            return .committed
        }
    }

    package func manifest(session: String, scope: SessionScope) async throws(AuditError) -> SessionManifest? {
        state.withLock { $0.readHook }?()
        return try access { state in
            state.sessions[session].flatMap { $0.scope == scope ? $0.manifest : nil }
        }
    }

    package func chunk(
        _ sha256: String, session: String, scope: SessionScope
    ) async throws(AuditError) -> SessionChunk? {
        state.withLock { $0.readHook }?()
        return try access { state in
            guard let entry = state.sessions[session], entry.scope == scope, entry.manifest != nil else { return nil }
            return entry.chunks[sha256]
        }
    }

    package func latest(scope: SessionScope, branch: String) async throws(AuditError) -> StoredSession? {
        try access { state in
            let found = state.sessions.filter {
                $0.value.scope == scope && $0.value.manifest != nil && $0.value.owner?.branch == branch
            }
            guard let (id, entry) = found.max(by: { $0.value.place < $1.value.place }), let owner = entry.owner else {
                return nil
            }
            return StoredSession(
                id: id, runUID: owner.runUID, attempt: owner.attempt, bytes: entry.manifest?.sessionBytes ?? 0,
                savedAt: Timestamp(microseconds: Int64(entry.place)))
        }
    }

    package func delete(session: String) async throws(AuditError) {
        try access { state in state.sessions[session] = nil }
    }

    /// Ages beyond which sessions were to go, in the order in which that was asked.
    package var expiries: [Duration] { state.withLock { $0.expiries } }

    package func expire(unusedFor age: Duration) async throws(AuditError) -> Int {
        try access { state in
            state.expiries.append(age)
            return 0
        }
    }
}

/// Progress in memory.
package final class MemoryProgressStore: RunProgressStore {
    private let reports = Mutex<[String: [ProgressReport]]>([:])
    private let asked = Mutex(0)

    /// An empty store.
    package init() {}

    /// Every report of a run's attempt, oldest first.
    package func reports(_ runUID: String, _ attempt: Int) -> [ProgressReport] {
        reports.withLock { $0["\(runUID)|\(attempt)"] ?? [] }
    }

    package func report(_ report: ProgressReport, runUID: String, attempt: Int) async throws(AuditError) {
        reports.withLock { reports in
            var report = report
            if report.line == nil { report.line = reports["\(runUID)|\(attempt)"]?.last?.line }
            reports["\(runUID)|\(attempt)", default: []].append(report)
        }
    }

    package func show(line: String, runUID: String, attempt: Int) async throws(AuditError) {
        reports.withLock { reports in
            var report = reports["\(runUID)|\(attempt)"]?.last ?? ProgressReport()
            report.line = line
            reports["\(runUID)|\(attempt)", default: []].append(report)
        }
    }

    /// How often somebody asked for a report.
    package var reads: Int { asked.withLock { $0 } }

    package func progress(runUID: String, attempt: Int) async throws(AuditError) -> RunProgress? {
        asked.withLock { $0 += 1 }
        return reports(runUID, attempt).last.map { RunProgress(report: $0, heartbeatAt: Timestamp(microseconds: 1)) }
    }
}

/// A budget of so many calls a run, which nothing fills again.
package final class MemoryToolBudget: ToolBudget {
    private let taken = Mutex<[String: Int]>([:])
    private let most: Int

    /// A budget of so many calls for each run.
    package init(_ most: Int = .max) { self.most = most }

    package func take(runUID: String, rate: ToolRate) async throws(AuditError) -> Duration? {
        let count = taken.withLock { taken in
            taken[runUID, default: 0] += 1
            return taken[runUID, default: 0]
        }
        return count <= most ? nil : rate.interval
    }
}

/// Facts in memory; one that is there is passed over.
package final class MemorySink: AuditSink {
    private let facts = Mutex<[AuditEvent]>([])
    private let broken = Mutex(false)

    /// Without facts.
    package init() {}

    /// What was recorded, in its order.
    package var events: [AuditEvent] { facts.withLock { $0 } }

    /// Makes every record fail from now on.
    package func breakDown() { broken.withLock { $0 = true } }

    package func record(_ events: [AuditEvent]) async throws(AuditError) {
        if broken.withLock({ $0 }) { throw AuditError(isTransient: true, description: "the audit is away") }
        facts.withLock { facts in
            for event in events where !facts.contains(where: { $0.id == event.id }) { facts.append(event) }
        }
    }
}
