// SPDX-License-Identifier: MIT
import AgentAPI
import ServiceRuntime
import SystemCalls

/// Saves an agent's session while the run goes and at its end.
///
/// Nothing here fails a run: what goes wrong is said in the result.
actor SessionKeeper {
    /// What came of it so far.
    struct Account: Sendable, Equatable {
        /// Bytes of the last snapshot that was saved.
        var bytes: Int?
        /// Why the last state is not saved.
        var problem: SessionProblem?
    }

    /// Unfinished work to be saved along.
    struct Work: Sendable, Equatable {
        var start: String
        var head: String
        /// A git bundle.
        var file: String
    }

    /// What becomes of the unfinished work that a snapshot holds.
    enum WorkChange: Sendable, Equatable {
        /// What an earlier pod left stays, because it is in the checkout and not on the branch yet.
        case keep
        /// What there is now, or nothing, because all of it is on the branch.
        case replace(Work?)
    }

    /// What the last snapshot held.
    private struct Committed: Equatable {
        var session: String
        var files: [SessionManifest.File]
        var work: SessionManifest.Work?
    }

    private let client: SessionClient
    private let folder: String
    private let limit: Int
    private let runUID: String
    private let logger: Logger
    private let interval: Duration

    private var snapshot = SessionSnapshot()
    private var committed: Committed?
    private var sequence: Int64 = 1
    /// Digests of chunks that the run API has for ``session``.
    private var stored: Set<String> = []
    private var session: String?
    private var isSuperseded = false
    private(set) var account = Account()
    /// What an earlier pod of this run left, and is in the checkout now.
    private var inherited: Work?

    /// How long one save while the run goes may take.
    static let patience = Duration.seconds(60)

    init(
        client: SessionClient, folder: String, limit: Int, runUID: String, interval: Duration = .seconds(30),
        logger: Logger
    ) {
        self.client = client
        self.folder = folder
        self.limit = limit
        self.runUID = runUID
        self.interval = interval
        self.logger = logger
    }

    /// Goes on from what was restored, so that only what is new is sent.
    func adopt(_ restored: SessionRestore.Restored, of session: String) {
        self.session = session
        stored = Set(restored.pieces.keys)
        sequence = restored.manifest.sequence + 1
        committed = Committed(session: session, files: restored.manifest.files, work: restored.manifest.work)
        if let now = try? SessionFolder(folder) { snapshot.adopt(restored.manifest, now, pieces: restored.pieces) }
    }

    /// Unfinished work was put back: it is saved along until it is on the branch.
    func inherit(_ work: Work) { inherited = work }

    /// Saves every now and then until the task is cancelled.
    ///
    /// - Parameter name: the session's name, once the agent has said it.
    func run(_ name: @Sendable () -> String?) async {
        while (try? await Task.sleep(for: interval)) != nil {
            guard let name = name() else { continue }
            await save(name, .keep, isAtRest: false, within: Self.patience)
        }
    }

    /// Saves what is there now, unless it is saved already.
    ///
    /// - Parameters:
    ///   - work: what becomes of unfinished work.
    ///   - isAtRest: the agent has ended well, so that its files are whole.
    func save(_ name: String, _ work: WorkChange, isAtRest: Bool, within patience: Duration) async {
        guard !isSuperseded else { return }
        do {
            try await attempt(name, work, isAtRest, until: .now + patience)
        } catch is CancellationError {
            // The last save, which follows, says how it stands.
        } catch {
            let problem = error as? SessionProblem ?? .local(reason: "the session could not be saved: \(error)")
            if problem == .superseded { isSuperseded = true }
            if account.problem != problem { logger.warning("session not saved", ["reason": problem.description]) }
            account.problem = problem
        }
    }

    private func attempt(
        _ name: String, _ work: WorkChange, _ isAtRest: Bool, until deadline: ContinuousClock.Instant
    ) async throws {
        if name != session {
            // Chunks belong to a session: those of another are not there.
            session = name
            stored = []
            snapshot.distrust()
        }
        // A chunk that was thought to be there may have gone with another pod's snapshot.
        for _ in 1...3 {
            var next = snapshot
            let (files, problem) = try await files(&next, name, isAtRest, until: deadline)
            let kept = try await kept(work, name, until: deadline)
            let wanted = Committed(session: name, files: files, work: kept)
            if wanted != committed {
                let manifest = SessionManifest(sequence: sequence, files: files, work: kept)
                if case .incomplete(let missing) = try await client.commit(manifest, as: name, until: deadline) {
                    stored.subtract(missing)
                    snapshot.distrust()
                    continue
                }
                sequence += 1
                committed = wanted
                logger.info(
                    "session saved",
                    ["session": name, "bytes": "\(manifest.sessionBytes)", "work": "\(kept != nil)"])
            }
            snapshot = next
            account = Account(bytes: files.reduce(0) { $0 + $1.size }, problem: problem)
            return
        }
        throw SessionProblem.refused(doing: "saving session \(name)", reason: "chunks that were sent keep going")
    }

    /// The session's files, sent as far as they are new; those of the last snapshot where they have become too many.
    private func files(
        _ next: inout SessionSnapshot, _ name: String, _ isAtRest: Bool, until deadline: ContinuousClock.Instant
    ) async throws -> ([SessionManifest.File], SessionProblem?) {
        let now = try SessionFolder(folder)
        if !now.passedOver.isEmpty {
            logger.debug("not kept of the session", ["what": now.passedOver.joined(separator: ", ")])
        }
        var problem: SessionProblem?
        if now.size > limit { problem = .tooLarge(bytes: now.size, limit: limit) }
        if now.isCut { problem = .tooManyFiles(count: SessionFolder.mostNames) }
        if now.entries.count > SessionManifest.fileLimit { problem = .tooManyFiles(count: now.entries.count) }
        if let problem {
            if account.problem != problem { logger.warning("session not saved", ["reason": problem.description]) }
            guard let last = committed, last.session == name else { throw problem }
            return (last.files, problem)
        }
        let files = try await next.update(now, root: folder, isAtRest: isAtRest) { digest, bytes in
            try await send(digest, bytes, name, until: deadline)
        }
        return (files, nil)
    }

    private func kept(
        _ change: WorkChange, _ name: String, until deadline: ContinuousClock.Instant
    ) async throws -> SessionManifest.Work? {
        let work: Work?
        switch change {
        case .replace(let now): work = now
        case .keep:
            work = inherited
            // Read once, not with every snapshot.
            if let last = committed, last.session == name, let saved = last.work, saved.head == work?.head {
                return saved
            }
        }
        guard let work else { return nil }
        return try await bundle(work, name, until: deadline)
    }

    private func bundle(
        _ work: Work, _ name: String, until deadline: ContinuousClock.Instant
    ) async throws -> SessionManifest.Work? {
        let status = try Files.linkStatus(work.file)
        let entry = SessionFolder.Entry(
            path: WorkBundle.fileName, size: status.size, modified: status.modified, inode: status.inode)
        let known = try await SessionSnapshot.read(
            entry, root: Files.directory(of: work.file), isAtRest: true, previous: []
        ) { digest, bytes in try await send(digest, bytes, name, until: deadline) }
        return known.map { .init(runUID: runUID, start: work.start, head: work.head, bundle: $0.file) }
    }

    private func send(
        _ digest: String, _ bytes: [UInt8], _ name: String, until deadline: ContinuousClock.Instant
    ) async throws {
        if stored.contains(digest) { return }
        try await client.put(bytes, digest, of: name, until: deadline)
        stored.insert(digest)
    }
}
