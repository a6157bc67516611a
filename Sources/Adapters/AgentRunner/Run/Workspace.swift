// SPDX-License-Identifier: MIT
import ChildProcesses
import ServiceRuntime
import SystemCalls

/// The working copy: made anew from what the remote has, whatever an earlier attempt left behind.
struct Workspace: Sendable {
    let configuration: RunnerConfiguration
    let git: GitCommand
    let logger: Logger

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
        let own = repository
        if let kind = try? Files.linkStatus(own).kind, kind != .directory { try Files.remove(own) }
        // Before git looks at it: what an earlier attempt left there may be anything. init is harmless on a copy that
        // exists.
        if Files.exists(own) { try takeOver() }
        try await git.run(["init", "--quiet", "--initial-branch", configuration.branch, "."])
        let isContinued = try await fetch()
        let start = try await startingPoint(isContinued: isContinued)
        try await git.run(["checkout", "--quiet", "--force", "-B", configuration.branch, start])
        try await git.run(["clean", "--quiet", "-ffdx"])
        return Start(head: try await git.run(["rev-parse", "HEAD"]), isContinued: isContinued)
    }

    private var repository: String { "\(configuration.checkout)/.git" }

    /// Makes the repository the runner's again: its settings, and no lock that a killed git left.
    ///
    /// An agent may set there what it likes for its own calls of git: filters, programs, other addresses. What the runner
    /// commits and pushes depends on none of it.
    ///
    /// - Parameter remote: the repository's address at the broker; nil where it is not asked for now.
    func takeOver(remote: String? = nil) throws {
        guard (try? Files.linkStatus(repository))?.kind == .directory else {
            throw RunnerError.checkoutReplaced(folder: configuration.checkout)
        }
        // Each of them would have git read settings or objects from elsewhere.
        for name in ["config.worktree", "commondir", "info/grafts"] { try Files.remove("\(repository)/\(name)") }
        var settings = [
            "[core]", "repositoryformatversion = 0", "filemode = true", "bare = false", "logallrefupdates = true",
            #"[remote "origin"]"#, "fetch = +refs/heads/*:refs/remotes/origin/*",
        ]
        if let remote { settings.append("url = \(remote)") }
        let text = settings.joined(separator: "\n") + "\n"
        try Files.remove("\(repository)/config")
        try Files.writeAtomically("\(repository)/config", Array(text.utf8), durable: false)
        for name in try Files.list(repository) where name.hasSuffix(".lock") {
            try Files.remove("\(repository)/\(name)")
        }
        try removeLocks(below: "\(repository)/refs")
    }

    /// No ref's name ends like that.
    private func removeLocks(below folder: String) throws {
        for name in (try? Files.list(folder)) ?? [] {
            let path = "\(folder)/\(name)"
            if name.hasSuffix(".lock") {
                try Files.remove(path)
            } else if try Files.linkStatus(path).kind == .directory {
                try removeLocks(below: path)
            }
        }
    }

    /// Puts everything that lies in the checkout into the index.
    ///
    /// Repositories that the agent made or cloned there are left out: git would refuse an empty one, and of another it
    /// would keep a link that leads nowhere.
    func stage() async throws {
        let question = ["ls-files", "--others", "--exclude-standard", "-z", "--", "*/"]
        let answer = try await git.attempt(question)
        guard answer.exitCode == 0 else { throw git.failure(question, answer) }
        // Names are bytes.
        let foreign = answer.stdout.split(separator: 0)
        if !foreign.isEmpty {
            let folders = foreign.prefix(10).map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
            logger.warning("repositories in the checkout are left out", ["folders": folders])
        }
        try await git.run(
            ["add", "--all", "--pathspec-from-file=-", "--pathspec-file-nul"],
            input: foreign.reduce(Array(".".utf8)) { $0 + [0] + Array(":(exclude,literal)".utf8) + $1 })
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
        try takeOver(remote: address + "/repository.git")
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
