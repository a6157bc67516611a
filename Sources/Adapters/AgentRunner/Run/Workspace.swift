// SPDX-License-Identifier: MIT
import ChildProcesses
import SystemCalls

/// The working copy: made anew from what the remote has, whatever an earlier attempt left behind.
struct Workspace: Sendable {
    let configuration: RunnerConfiguration
    let git: GitCommand

    /// Where the work began.
    struct Start: Sendable, Equatable {
        /// The commit that the agent works on.
        let head: String
        /// The branch is on the remote already.
        let isContinued: Bool
    }

    /// Fetches, and checks out the run's branch.
    func prepare() async throws -> Start {
        try Files.createDirectory(configuration.checkout)
        try Files.createDirectory(configuration.home, mode: 0o700)
        // init is harmless on a copy that exists; leftovers of a killed git would block the next steps.
        try await git.run(["init", "--quiet", "--initial-branch", configuration.branch, "."])
        try removeLocks()
        try await git.run(["config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"])
        let isContinued = try await fetch()
        let start = try await startingPoint(isContinued: isContinued)
        try await git.run(["checkout", "--quiet", "--force", "-B", configuration.branch, start])
        try await git.run(["clean", "--quiet", "-ffdx"])
        return Start(head: try await git.run(["rev-parse", "HEAD"]), isContinued: isContinued)
    }

    /// Removes what a git that was killed left; no other may be running.
    func removeLocks() throws(SystemError) {
        for lock in ["index.lock", "HEAD.lock", "config.lock", "shallow.lock"] {
            try Files.remove("\(configuration.checkout)/.git/\(lock)")
        }
    }

    /// Brings the base and, where it exists, the run's branch. Answers whether it exists.
    func fetch() async throws -> Bool {
        try await connect()
        let branch = configuration.branch
        let known = try await git.runRemotely(["ls-remote", "--heads", "origin", "refs/heads/\(branch)"])
        let exists = known.split(separator: "\n").contains { $0.hasSuffix("\trefs/heads/\(branch)") }
        var refs = ["+refs/heads/\(configuration.baseBranch):refs/remotes/origin/\(configuration.baseBranch)"]
        if exists, branch != configuration.baseBranch {
            refs.append("+refs/heads/\(branch):refs/remotes/origin/\(branch)")
        }
        try await git.runRemotely(["fetch", "--quiet", "--no-tags", "--prune", "origin"] + refs)
        return exists
    }

    /// Takes the broker's address as it is now: one that was started again listens elsewhere.
    func connect() async throws {
        let address = try await BrokerConnection(configuration).address()
        try await git.run(["config", "remote.origin.url", address + "/repository.git"])
    }

    private func startingPoint(isContinued: Bool) async throws -> String {
        if isContinued { return "refs/remotes/origin/\(configuration.branch)" }
        if let before = configuration.headBefore {
            throw RunnerError.branchMoved(
                branch: configuration.branch, reason: "it was at \(before.prefix(12)) and is gone from the remote")
        }
        // A base that was rewritten since the run was planned no longer has that commit: its new head is all there is.
        if let base = configuration.baseSHA,
            try await git.attempt(["cat-file", "-e", "\(base)^{commit}"]).exitCode == 0
        {
            return base
        }
        return "refs/remotes/origin/\(configuration.baseBranch)"
    }
}
