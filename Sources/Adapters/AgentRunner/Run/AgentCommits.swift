// SPDX-License-Identifier: MIT

/// Gives commits that the agent made itself the author and the message that every commit of a run has.
///
/// What a commit says is acted on when it is merged: `closes #7` in it closes another issue, whatever the pull request
/// says. Trees and parents stay, so a branch that the agent merged is merged.
struct AgentCommits: Sendable {
    let configuration: RunnerConfiguration
    let git: GitCommand

    /// Makes the commits since the start anew; those that the remote has stay as they are.
    func rewrite(since start: Workspace.Start) async throws {
        let commits = try await git.run(
            ["rev-list", "--reverse", "--topo-order", "HEAD", "--not", start.head, "--remotes=origin"]
        ).split(separator: "\n").map(String.init)
        guard !commits.isEmpty else { return }
        var renewed: [String: String] = [:]
        for commit in commits { renewed[commit] = try await renew(commit, renewed) }
        let head = try await git.run(["rev-parse", "HEAD"])
        // Moves the branch alone: what lies in the checkout without a commit stays where it is.
        try await git.run(["reset", "--quiet", "--soft", renewed[head] ?? head])
    }

    /// The same tree on the same or the renewed parents, in the name of the committer.
    private func renew(_ commit: String, _ renewed: [String: String]) async throws -> String {
        let text = try await git.run(["log", "-1", "--format=%T%n%P%n%B", commit])
        let lines = text.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
        let parents = lines.count > 1 ? lines[1].split(separator: " ").map(String.init) : []
        let message = CommitMessage(
            written: lines.count > 2 ? String(lines[2]) : "", otherwise: configuration.commitSubject,
            runUID: configuration.runUID, reference: configuration.commitReference)
        return try await git.run(
            ["commit-tree", String(lines[0])] + parents.flatMap { ["-p", renewed[$0] ?? $0] } + ["-F", "-"],
            input: Array(message.text.utf8))
    }
}
