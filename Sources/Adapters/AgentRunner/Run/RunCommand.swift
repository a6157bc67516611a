// SPDX-License-Identifier: MIT
package import AgentAPI
import HTTPTransport
package import ServiceRuntime
import SystemCalls

/// `agent-runner run`: clone, agent, commit, push, result.
///
/// Nothing is remembered between attempts but what the remote has, so the container may be killed at any step.
package struct RunCommand: Sendable {
    private let configuration: RunnerConfiguration
    private let logger: Logger

    package init(configuration: RunnerConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Runs to the end and leaves the result in the termination message; cancelling the task ends the agent.
    package func run() async -> RunResultMessage {
        let message = await result()
        logger.info("run ended", ["outcome": message.outcome.rawValue, "error": message.error ?? ""])
        if let path = configuration.terminationMessage {
            do { try Files.overwrite(path, try message.encoded()) } catch {
                // The branch is the truth; the controller goes by its head when the message is missing.
                logger.error("the termination message cannot be written", ["error": "\(error)"])
            }
        }
        return message
    }

    /// The container's exit code for an outcome.
    package static func exitCode(_ outcome: RunResultMessage.Outcome) -> Int32 {
        switch outcome {
        case .succeeded, .noChanges: 0
        case .failed: 1
        case .branchMoved: 3
        // As if SIGTERM had ended it, which is what happened.
        case .cancelled: 143
        }
    }

    private func result() async -> RunResultMessage {
        var message = RunResultMessage(
            outcome: .failed, attempt: configuration.attempt, branch: configuration.branch)
        let git = GitCommand(
            folder: configuration.checkout, home: configuration.home, committerName: configuration.committerName,
            committerEmail: configuration.committerEmail,
            path: configuration.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")
        let workspace = Workspace(configuration: configuration, git: git, logger: logger)
        let session = RunSession(configuration: configuration, workspace: workspace, git: git, logger: logger)
        do {
            try await work(&message, git, workspace, session)
        } catch {
            message.outcome = outcome(of: error)
            // What git says may quote what the agent wrote.
            message.error = message.outcome == .cancelled ? "the run was told to stop" : SecretMask.mask("\(error)")
        }
        if let session {
            let isPublished = [.succeeded, .noChanges].contains(message.outcome)
            // In a task of its own, so that a run that was told to stop still saves what it has.
            let account = await Task { await session.finish(isPublished: isPublished) }.value
            message.sessionBytes = account.bytes
            message.sessionProblem = account.problem?.description
            message.resumeProblem = await session.resumeProblem ?? message.resumeProblem
        }
        return message
    }

    private func outcome(of error: any Error) -> RunResultMessage.Outcome {
        if error is CancellationError || Task.isCancelled { return .cancelled }
        if case RunnerError.branchMoved = error { return .branchMoved }
        return .failed
    }

    private func work(
        _ message: inout RunResultMessage, _ git: GitCommand, _ workspace: Workspace, _ session: RunSession?
    ) async throws {
        let start = try await workspace.prepare()
        logger.info("workspace is ready", ["head": start.head, "continued": "\(start.isContinued)"])
        let sessionID = try await session?.begin(start)
        let end = try await runAgent(&message, session, sessionID)
        if let failure = end.failure { throw failure }
        if configuration.isDiscussion {
            // What was said is the whole result; what lies in the checkout goes with the pod.
            message.outcome = .noChanges
            return
        }
        let publisher = Publisher(configuration: configuration, workspace: workspace, git: git)
        // Subjects are in English: an agent's that certainly is not gives way to the controller's.
        let subject = end.outcome.commitSubject.flatMap { EnglishLine.of($0) } ?? configuration.commitSubject
        switch try await publisher.publish(since: start, subject: subject) {
        case .pushed(let head):
            message.outcome = .succeeded
            message.headSHA = head
        case .nothing:
            message.outcome = .noChanges
            message.headSHA = start.isContinued ? start.head : nil
        }
    }

    /// Runs the agent, reports on it meanwhile, and notes what it and the broker say, however it ended.
    private func runAgent(
        _ message: inout RunResultMessage, _ session: RunSession?, _ sessionID: String?
    ) async throws -> AgentProcess.End {
        let broker = try await BrokerConnection(configuration).address()
        let client = HTTPClient(configuration: .init(userAgent: "codex-k8s-agent-runner"))
        defer { client.shutdown() }
        let progress = AgentProgress()
        let reporter = ProgressReporter(
            configuration: configuration, broker: broker, progress: progress, client: client, logger: logger)
        let agent = AgentProcess(configuration: configuration, broker: broker, sessionID: sessionID)
        try agent.clear()
        let reporting = Task { await reporter.run() }
        let saving = Task { if let session { await session.follow(progress) } }
        let end = await agent.run()
        for task in [reporting, saving] { task.cancel() }
        await reporting.value
        await saving.value
        message.agentExitCode = end.exitCode
        message.summary = end.outcome.summary
        message.sessionID = end.outcome.sessionID ?? progress.state.sessionID
        message.sessionResumed = end.outcome.sessionResumed ?? progress.state.sessionResumed
        message.resumeProblem = end.outcome.resumeProblem
        await session?.agentEnded(end, session: message.sessionID)
        // In a task of its own, so that a run that was told to stop still says what it used.
        message.usage = await Task { await reporter.usage() }.value?.totals
        return end
    }
}
