// SPDX-License-Identifier: MIT
import AgentAPI
import RunPolicy
import SourceProvider

/// What the code host says of the run's branch after the agent ended.
struct PublicationInput {
    var kind: TriggerKind
    var agent: String
    var allowsWorkflows: Bool
    /// The run's attempts, the current one last.
    var attempts: [AgentRunStatus.AttemptStatus]
    /// The branch's head now; `nil` when there is no such branch.
    var head: String?
    /// How the head stands to where the current attempt began; asked for only when the head is another one.
    var comparison: CommitComparison?
    /// The trees at ``PublicationPlan/baseline(attempts:openPullRequest:isTrusted:mergeBase:)`` and at the head.
    var before: SourceTree?
    var after: SourceTree?
    /// The open pull request from the branch.
    var openPullRequest: PullRequest?
    /// The pod ended without saying how: the branch alone tells whether there was work.
    var isResultLost = false
}

/// What is to be done with what was pushed: pure. What was pushed is the truth, never what pod or model say.
enum PublicationPlan: Equatable {
    /// Nothing was pushed.
    case noChanges
    /// Nothing was pushed and nobody said that nothing had to be: the attempt failed.
    case lost
    /// What was pushed may not be published.
    case violation(String)
    /// Make the pull request.
    case create
    /// The pull request is there: bring it up to date.
    case update(number: Int)

    /// Where an attempt began: the branch's own head, or the base when there was no branch.
    static func start(of attempt: AgentRunStatus.AttemptStatus?) -> String? { attempt?.headBefore ?? attempt?.baseSHA }

    /// The commit whose tree the head's is compared with.
    ///
    /// Where a pull request is open, what it held before the run has been checked. Where none is, or where the last run
    /// on the branch was refused for what it pushed, everything since the base is checked: otherwise a second run would
    /// publish what the first one was refused for.
    static func baseline(
        attempts: [AgentRunStatus.AttemptStatus], openPullRequest: PullRequest?, isTrusted: Bool, mergeBase: String?
    ) -> String? {
        openPullRequest != nil && isTrusted ? start(of: attempts.first) : mergeBase ?? attempts.first?.baseSHA
    }

    static func decide(_ input: PublicationInput) -> PublicationPlan {
        guard let head = input.head, let runStart = start(of: input.attempts.first), head != runStart else {
            return input.isResultLost ? .lost : .noChanges
        }
        let attemptStart = start(of: input.attempts.last) ?? runStart
        if head != attemptStart {
            guard let comparison = input.comparison, comparison.headDescendsFromBase else {
                return .violation("the branch was rewritten: \(short(head)) does not descend from \(short(attemptStart))")
            }
        }
        guard let before = input.before, let after = input.after, !before.isTruncated, !after.isTruncated else {
            return .violation("the repository's tree is too large to be compared, so the change cannot be checked")
        }
        let changes = before.differences(to: after).map {
            WriteScope.Change(path: $0.path, oldMode: $0.oldMode, newMode: $0.newMode)
        }
        let scope = WriteScope.of(kind: input.kind, agent: input.agent, allowsWorkflows: input.allowsWorkflows)
        let violations = scope.violations(in: changes)
        guard violations.isEmpty else {
            let shown = violations.prefix(5).joined(separator: "; ")
            let more = violations.count > 5 ? " and \(violations.count - 5) more" : ""
            return .violation("outside the write scope of run:\(input.kind.rawValue): \(shown)\(more)")
        }
        if let open = input.openPullRequest { return .update(number: open.number) }
        return .create
    }

    private static func short(_ sha: String) -> String { String(sha.prefix(12)) }
}
