// SPDX-License-Identifier: MIT
import AgentAPI
import HTTPTransport
import ServiceRuntime
import SystemCalls

/// A run's session from its restore to its last snapshot: what `agent-runner run` has to do with sessions.
actor RunSession {
    private let configuration: RunnerConfiguration
    private let http: HTTPClient
    private let client: SessionClient
    private let keeper: SessionKeeper
    private let bundle: WorkBundle
    private let limit: Int
    private let logger: Logger

    /// The agent's session, once it has one.
    private var sessionID: String?
    private var start: Workspace.Start?
    private var hasEndedWell = false
    /// Why the session that was to be gone on with is not.
    private(set) var resumeProblem: String?

    /// - Returns: nil when sessions are not kept: there is no run API.
    init?(configuration: RunnerConfiguration, workspace: Workspace, git: GitCommand, logger: Logger) {
        guard let limit = configuration.sessionLimit else { return nil }
        self.configuration = configuration
        self.limit = limit
        self.logger = logger
        http = HTTPClient(configuration: .init(userAgent: "codex-k8s-agent-runner"))
        client = SessionClient(connection: BrokerConnection(configuration), client: http)
        keeper = SessionKeeper(
            client: client, folder: configuration.sessionDirectory, limit: limit, runUID: configuration.runUID,
            interval: configuration.sessionInterval, logger: logger)
        bundle = WorkBundle(
            workspace: workspace, git: git, file: "\(configuration.workspace)/\(WorkBundle.fileName)")
    }

    /// Restores the session that the controller names, and this run's unfinished work.
    ///
    /// - Returns: the session that the agent can go on with; nil for a fresh one.
    /// - Throws: `CancellationError` alone.
    func begin(_ start: Workspace.Start) async throws -> String? {
        self.start = start
        // What an earlier start in this folder left is no session that anybody chose.
        do { try Files.remove(configuration.sessionDirectory) } catch {
            logger.warning("the session's folder cannot be emptied", ["error": "\(error)"])
        }
        guard let wanted = try await sessionToGoOnWith() else { return nil }
        do {
            let restored = try await SessionRestore(
                client: client, folder: configuration.sessionDirectory, bundleFile: bundle.file,
                runUID: configuration.runUID, limit: limit
            ).restore(wanted, until: .now + configuration.restorePatience)
            await keeper.adopt(restored, of: wanted)
            try await putBack(restored, onto: start)
            // Work of a run whose agent never had a session is kept under a name of its own.
            guard !restored.manifest.files.isEmpty else { return nil }
            sessionID = wanted
            logger.info("session restored", ["session": wanted, "bytes": "\(restored.manifest.sessionBytes)"])
            return wanted
        } catch let error as CancellationError {
            throw error
        } catch {
            let reason = (error as? SessionProblem)?.description ?? "session \(wanted): \(error)"
            logger.warning("a fresh session is begun", ["reason": reason])
            resumeProblem = reason
            return nil
        }
    }

    /// The session that the controller names; else that of an earlier pod of this very run, which was lost with its
    /// node and whose Job made this one without asking anybody.
    private func sessionToGoOnWith() async throws -> String? {
        if let named = configuration.sessionID { return named }
        do {
            return try await client.own(until: .now + min(.seconds(10), configuration.restorePatience))
        } catch let error as CancellationError {
            throw error
        } catch {
            logger.warning("it is not known whether this run has a session", ["error": "\(error)"])
            return nil
        }
    }

    private func putBack(_ restored: SessionRestore.Restored, onto start: Workspace.Start) async throws {
        var problem = restored.workProblem
        if let work = restored.manifest.work, restored.bundle != nil {
            do {
                problem = try await bundle.restore(work, onto: start.head).map {
                    "work that was not pushed was not put back: \($0)"
                }
                if problem == nil {
                    await keeper.inherit(.init(start: work.start, head: work.head, file: bundle.file))
                }
            } catch let error as CancellationError {
                throw error
            } catch {
                problem = "work that was not pushed was not put back: \(error)"
                // Whatever was half done goes: the run begins where the branch is.
                try await bundle.git.run(["reset", "--quiet", "--hard", start.head])
                try await bundle.git.run(["clean", "--quiet", "-ffdx"])
            }
        }
        if let problem { logger.warning("unfinished work is lost", ["reason": problem]) }
    }

    /// Saves the session every now and then until the task is cancelled.
    func follow(_ progress: AgentProgress) async {
        await keeper.run { progress.sessionID }
    }

    /// Saves the session before the work is published: a stop in between loses nothing of it.
    func agentEnded(_ end: AgentProcess.End, session: String?) async {
        hasEndedWell = end.exitCode == 0
        sessionID = session ?? sessionID
        guard let sessionID, hasEndedWell else { return }
        await keeper.save(sessionID, .keep, isAtRest: true, within: configuration.savePatience)
    }

    /// The last save: of an attempt that did not publish its work, the work too.
    ///
    /// - Parameter isPublished: everything that was done is on the branch, or nothing was.
    func finish(isPublished: Bool) async -> SessionKeeper.Account {
        defer { http.shutdown() }
        var work: SessionKeeper.Work?
        var workProblem: SessionProblem?
        if !isPublished, let start, !configuration.isDiscussion {
            do {
                work = try await within(configuration.savePatience / 2) { [bundle] in
                    try await bundle.save(since: start.head)
                }
            } catch {
                workProblem =
                    error as? SessionProblem ?? .local(reason: "work that was not pushed is not kept: \(error)")
            }
        }
        if let name = sessionID ?? work.map({ _ in SessionManifest.workPrefix + configuration.runUID }) {
            // What could not be written anew is not thrown away as well.
            let change = workProblem == nil ? SessionKeeper.WorkChange.replace(work) : .keep
            await keeper.save(name, change, isAtRest: hasEndedWell, within: configuration.savePatience)
        }
        var account = await keeper.account
        account.problem = account.problem ?? workProblem
        return account
    }
}

/// Runs `body` and cancels it when it takes too long.
///
/// - Throws: what it throws; `CancellationError` when it was too late.
func within<T: Sendable>(_ limit: Duration, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await withThrowingTaskGroup(of: T.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw CancellationError()
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw CancellationError() }
        return first
    }
}
