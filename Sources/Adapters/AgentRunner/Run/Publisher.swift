// SPDX-License-Identifier: MIT
import ChildProcesses

/// Commits what the agent left and brings it to the remote, without ever rewriting what is there.
struct Publisher: Sendable {
    let configuration: RunnerConfiguration
    let workspace: Workspace
    let git: GitCommand

    /// What the remote has afterwards.
    enum Outcome: Equatable {
        /// The branch holds the run's work at this commit.
        case pushed(head: String)
        /// There is nothing of this run on the branch, and nothing to put there.
        case nothing
    }

    /// Commits and pushes. Doing it again after a kill at any moment ends in the same.
    func publish(since start: Workspace.Start, subject: String) async throws -> Outcome {
        try workspace.takeOver()
        try await AgentCommits(configuration: configuration, git: git).rewrite(since: start)
        try await commit(subject: subject)
        let head = try await git.run(["rev-parse", "HEAD"])
        if head == start.head {
            // An attempt before this one may have pushed and then been killed before it could say so.
            return try await hasCommitsOfThisRun(head) ? .pushed(head: head) : .nothing
        }
        if case .moved = try await push() {
            try await rebase()
            if case .moved(let reason) = try await push() {
                throw RunnerError.branchMoved(branch: configuration.branch, reason: reason)
            }
        }
        return .pushed(head: try await git.run(["rev-parse", "HEAD"]))
    }

    private func commit(subject: String) async throws {
        try await workspace.stage()
        if try await git.asks(["diff", "--cached", "--quiet"]) { return }
        let message = CommitMessage(
            subject: subject, runUID: configuration.runUID, reference: configuration.commitReference)
        try await git.run(["commit", "--quiet", "--no-verify", "--file", "-"], input: Array(message.text.utf8))
    }

    private func hasCommitsOfThisRun(_ head: String) async throws -> Bool {
        let found = try await git.run([
            "log", "--format=%H", "--fixed-strings", "--grep", "\(CommitMessage.trailer): \(configuration.runUID)",
            "refs/remotes/origin/\(configuration.baseBranch)..\(head)",
        ])
        return !found.isEmpty
    }

    /// Answers `accepted` or `moved`; anything else is an error.
    private func push() async throws -> PushReport {
        try await workspace.connect()
        let arguments = ["push", "--porcelain", "--no-verify", "origin", "HEAD:refs/heads/\(configuration.branch)"]
        let result = try await git.attemptRemotely(arguments)
        let report = PushReport(result.outputText)
        switch report {
        case .accepted, .moved: return report
        case .refused(let reason):
            let words = BrokerURL.hide(in: PushReport.words(ofRemote: result.errorText))
            throw RunnerError.pushRefused(
                branch: configuration.branch, reason: words.isEmpty ? reason : "\(reason): \(words)")
        case .unknown where RemoteFailure.isTooLarge(result.errorText):
            throw RunnerError.pushRefused(
                branch: configuration.branch,
                reason: "it has more than the \(BrokerConfiguration.largestPush >> 20) MiB that a push may have")
        case .unknown: throw git.failure(arguments, result)
        }
    }

    /// Puts our commits on top of what someone else pushed.
    private func rebase() async throws {
        guard try await workspace.fetch() else {
            throw RunnerError.branchMoved(branch: configuration.branch, reason: "it was deleted on the remote")
        }
        let onto = "refs/remotes/origin/\(configuration.branch)"
        let result = try await git.attempt(["rebase", "--quiet", onto])
        if result.exitCode != 0 {
            _ = try await git.attempt(["rebase", "--abort"])
            throw RunnerError.branchMoved(branch: configuration.branch, reason: "both changed the same lines")
        }
    }
}
