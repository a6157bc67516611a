// SPDX-License-Identifier: MIT
import AgentAPI
import SystemCalls

/// Work of a run that is not on its branch: the agent's commits that were not pushed, and what lies in the checkout
/// without a commit.
struct WorkBundle: Sendable {
    /// Its name in a snapshot, and in the workspace.
    static let fileName = "work.bundle"
    /// Where the bundle's commit is named in the checkout; it is never pushed.
    private static let reference = "refs/codex-k8s/work"

    let workspace: Workspace
    let git: GitCommand
    /// Where the bundle is written.
    let file: String

    /// Writes the bundle. What lies without a commit becomes one more commit at its end, of which only the content
    /// counts.
    ///
    /// - Parameter start: the commit that the run began on.
    /// - Returns: nil when there is nothing that is not on the branch.
    func save(since start: String) async throws -> SessionKeeper.Work? {
        try workspace.takeOver()
        try Files.remove(file)
        guard try await git.asks(["merge-base", "--is-ancestor", start, "HEAD"]) else {
            throw SessionProblem.local(
                reason: "work that was not pushed is not kept: the checkout no longer continues \(start.prefix(12))")
        }
        try await workspace.stage()
        let head = try await git.run(["rev-parse", "HEAD"])
        let tree = try await git.run(["write-tree"])
        if head == start, tree == (try await git.run(["rev-parse", "HEAD^{tree}"])) { return nil }
        let last = try await git.run(["commit-tree", tree, "-p", head, "-m", "Unfinished work"])
        try await git.run(["update-ref", Self.reference, last])
        try await git.run(["bundle", "create", "--quiet", file, Self.reference, "^\(start)"])
        let size = try Files.linkStatus(file).size
        guard size <= SessionManifest.workBytes else {
            try Files.remove(file)
            throw SessionProblem.workTooLarge(bytes: size, limit: SessionManifest.workBytes)
        }
        return .init(start: start, head: last, file: file)
    }

    /// Puts the work back where it was done: commits as commits, the rest as changes of the checkout.
    ///
    /// - Parameter start: the commit that the run begins on now. On another one the work has no place.
    /// - Returns: why it was not put back; nil when it was.
    func restore(_ work: SessionManifest.Work, onto start: String) async throws -> String? {
        guard work.start == start else {
            return "the branch moved from \(work.start.prefix(12)) to \(start.prefix(12)) meanwhile"
        }
        try await git.run(["bundle", "unbundle", file])
        let parent = try await git.run(["rev-parse", "--verify", "--quiet", "\(work.head)^"])
        guard try await git.asks(["merge-base", "--is-ancestor", start, parent]) else {
            return "it does not continue \(start.prefix(12))"
        }
        try await git.run(["reset", "--quiet", "--hard", work.head])
        try await git.run(["reset", "--quiet", parent])
        return nil
    }
}
