// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import KubernetesAPI
import RunPolicy
import SourceProvider

/// What was pushed, and what was there before.
struct PublicationInput {
    var kind: TriggerKind
    var agent: String
    var allowsWorkflows: Bool
    /// The run was to talk only.
    var discussion = false
    /// The run's attempts, oldest first, the current one last.
    var attempts: [AgentRunStatus.AttemptStatus]
    /// The branch's head now; `nil` when there is no branch.
    var head: String?
    /// How the head stands to the last attempt's start; `nil` when they are the same commit.
    var comparison: CommitComparison?
    /// The tree the change is measured from: that of the baseline.
    var before: SourceTree?
    /// The head's tree.
    var after: SourceTree?
    /// The open pull request from the branch.
    var openPullRequest: PullRequest?
    /// The pod ended without saying how: the branch alone tells whether there was work.
    var isResultLost = false

    /// What the run may change.
    var scope: WriteScope { .of(kind: kind, agent: agent, allowsWorkflows: allowsWorkflows) }

    /// Whether words are all that the run may leave: a discussion, or an agent that may change nothing.
    var talksOnly: Bool { discussion || scope == .nothing }

    /// Whether the trees have to be looked at: something was pushed that may be published.
    var needsTrees: Bool { head != nil && head != PublicationPlan.start(of: attempts.first) && !talksOnly }
}

/// What is to be done with what was pushed: pure. What was pushed is the truth, never what pod or model say.
enum PublicationPlan: Equatable {
    /// Nothing was pushed.
    case noChanges
    /// Nothing was pushed and nothing was to be: what the agent said is the result.
    case talk
    /// Nothing was pushed and nobody said that nothing had to be: the attempt failed.
    case lost
    /// The branch is not where the run left it, and nothing of ours did that.
    case moved(String)
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
    /// Where a pull request is open and all of the branch was checked when it came there, what it held before the run
    /// counts as looked at. Else everything since the base is checked: otherwise a second run would publish what the
    /// first one was refused for.
    static func baseline(
        attempts: [AgentRunStatus.AttemptStatus], openPullRequest: PullRequest?, isTrusted: Bool, mergeBase: String?
    ) -> String? {
        openPullRequest != nil && isTrusted ? start(of: attempts.first) : mergeBase ?? attempts.first?.baseSHA
    }

    /// Whether the last run that may have pushed to the branch was looked at when it ended and found in order.
    ///
    /// One that failed or was cancelled may have pushed before that, and nobody looked; one that history does not know
    /// may be anything. Runs that ended well without a commit left the branch as they found it.
    ///
    /// - Parameter history: the other runs of the issue, newest first.
    static func isTrusted(branch: String, history: [RunRecord]) -> Bool {
        let unmoved: Set<String?> = [Reason.noChanges.rawValue, Reason.discussion.rawValue]
        let last = history.first { run in
            run.branch == branch && !(run.phase == RunPhase.succeeded.rawValue && unmoved.contains(run.reason))
        }
        return last?.phase == RunPhase.succeeded.rawValue
    }

    /// Decides: first whether the branch grew as a branch of ours grows, then whether anything came, then what it is.
    static func decide(_ input: PublicationInput) -> PublicationPlan {
        let runStart = start(of: input.attempts.first)
        guard let head = input.head else {
            if input.attempts.last?.headBefore != nil {
                return .moved("the branch was deleted while the run went on; set the label again to start anew")
            }
            return unchanged(input)
        }
        let attemptStart = start(of: input.attempts.last) ?? runStart
        if let attemptStart, head != attemptStart {
            guard let comparison = input.comparison, comparison.headDescendsFromBase else {
                return .violation(
                    "the branch was rewritten: \(short(head)) does not descend from \(short(attemptStart))")
            }
        }
        guard runStart != nil, head != runStart else { return unchanged(input) }
        if input.talksOnly {
            let who = input.discussion ? "a discussion" : "the agent \(input.agent)"
            return .violation("\(who) may push nothing, but the branch moved to \(short(head))")
        }
        guard let before = input.before, let after = input.after, !before.isTruncated, !after.isTruncated else {
            return .violation("the repository's tree is too large to be compared, so the change cannot be checked")
        }
        let changes = before.differences(to: after).map {
            WriteScope.Change(path: $0.path, oldMode: $0.oldMode, newMode: $0.newMode)
        }
        let violations = input.scope.violations(in: changes)
        guard violations.isEmpty else {
            let shown = violations.prefix(5).joined(separator: "; ")
            let more = violations.count > 5 ? " and \(violations.count - 5) more" : ""
            return .violation("outside the write scope of run:\(input.kind.rawValue): \(shown)\(more)")
        }
        if let open = input.openPullRequest { return .update(number: open.number) }
        return .create
    }

    private static func unchanged(_ input: PublicationInput) -> PublicationPlan {
        if input.isResultLost { return .lost }
        return input.talksOnly ? .talk : .noChanges
    }

    private static func short(_ sha: String) -> String { String(sha.prefix(12)) }
}
