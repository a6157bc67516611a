// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import SourceProvider
import Testing

@testable import AgentControllers

@Suite struct PublicationPlanTests {
    static func attempt(_ number: Int = 1, base: String = "base", before: String? = nil) -> AgentRunStatus.AttemptStatus {
        var attempt = AgentRunStatus.AttemptStatus(number: number)
        attempt.baseSHA = base
        attempt.headBefore = before
        return attempt
    }

    /// Plain files, or `path:mode`.
    static func tree(_ paths: [String], truncated: Bool = false) -> SourceTree {
        let entries = paths.map { text in
            let parts = text.split(separator: ":").map(String.init)
            return SourceTree.Entry(path: parts[0], mode: parts.count > 1 ? parts[1] : "100644", sha: parts[0])
        }
        return SourceTree(entries: entries, isTruncated: truncated)
    }

    static let forward = CommitComparison(aheadBy: 1, behindBy: 0, mergeBase: "base")
    static let diverged = CommitComparison(aheadBy: 1, behindBy: 1, mergeBase: "older")
    static let back = CommitComparison(aheadBy: 0, behindBy: 1, mergeBase: "base")

    static func input(
        kind: TriggerKind = .dev, agent: String = "dev", attempts: [AgentRunStatus.AttemptStatus] = [attempt()],
        head: String? = "new", comparison: CommitComparison? = forward, before: SourceTree? = tree(["a"]),
        after: SourceTree? = tree(["a", "b"]), open: PullRequest? = nil, discussion: Bool = false, lost: Bool = false
    ) -> PublicationInput {
        PublicationInput(
            kind: kind, agent: agent, allowsWorkflows: false, discussion: discussion, attempts: attempts, head: head,
            comparison: comparison, before: before, after: after, openPullRequest: open, isResultLost: lost)
    }

    func violation(_ input: PublicationInput) -> String? {
        if case .violation(let message) = PublicationPlan.decide(input) { message } else { nil }
    }

    /// Where base, branch and head stood, and what comes of it when the pod said how it ended and when it did not.
    static let stands: [(name: String, PublicationInput, said: PublicationPlan, unsaid: PublicationPlan)] = [
        ("no branch before or after", input(head: nil, comparison: nil), .noChanges, .lost),
        ("a new branch at the base", input(head: "base", comparison: nil), .noChanges, .lost),
        ("the branch as it was", input(attempts: [attempt(before: "new")], comparison: nil), .noChanges, .lost),
        ("a new branch", input(), .create, .create),
        ("more on the branch", input(attempts: [attempt(before: "old")]), .create, .create),
        (
            "more on the pull request", input(attempts: [attempt(before: "old")], open: AdmissionPlanTests.pullRequest()),
            .update(number: 5), .update(number: 5)
        ),
        (
            "what the first attempt pushed", input(attempts: [attempt(1), attempt(2, before: "new")], comparison: nil),
            .create, .create
        ),
        ("more in the second attempt", input(attempts: [attempt(1), attempt(2, before: "half")]), .create, .create),
    ]

    @Test(arguments: stands.indices) func whatWasPushedDecides(index: Int) {
        var (name, input, said, unsaid) = Self.stands[index]
        #expect(PublicationPlan.decide(input) == said, "\(name)")
        input.isResultLost = true
        #expect(PublicationPlan.decide(input) == unsaid, "\(name), result lost")
    }

    /// A branch of ours only grows. Put back, rewritten or deleted, it is not what the run left.
    @Test func aBranchThatDidNotGrowIsNotPublished() {
        #expect(violation(Self.input(comparison: Self.diverged))?.contains("rewritten") == true)
        #expect(violation(Self.input(comparison: nil)) != nil)
        #expect(violation(Self.input(attempts: [Self.attempt(before: "old")], head: "base", comparison: Self.back)) != nil)
        // Put back to where the run began, after its first attempt had pushed: that is no "nothing happened".
        let putBack = Self.input(
            attempts: [Self.attempt(1), Self.attempt(2, before: "pushed")], head: "base", comparison: Self.back)
        #expect(violation(putBack)?.contains("rewritten") == true)
        guard case .moved(let message) = PublicationPlan.decide(
            Self.input(attempts: [Self.attempt(before: "old")], head: nil, comparison: nil))
        else {
            Issue.record("a deleted branch was taken for no change")
            return
        }
        #expect(message.contains("deleted"))
    }

    /// What changed between two trees, in the scope of `run:dev` and of a kind that writes Markdown.
    @Test(arguments: [
        (["a"], ["a", "b.swift"], nil, "b.swift"), (["a"], ["a", "b.md"], nil, nil),
        (["a"], ["a", ".github/workflows/x.yml"], ".github/workflows/x.yml", ".github/workflows/x.yml"),
        // Removed, and renamed by either name.
        (["a", ".github/workflows/x.yml"], ["a"], ".github/workflows/x.yml", ".github/workflows/x.yml"),
        (["a", ".github/workflows/x.yml"], ["a", "x.yml"], ".github/workflows/x.yml", "x.yml"),
        (["a", "x.yml"], ["a", ".github/workflows/x.yml"], ".github/workflows/x.yml", "x.yml"),
        (["a", "b.md"], ["a", "b.swift"], nil, "b.swift"),
        // The same content in another mode.
        (["a", "run.md"], ["a", "run.md:100755"], nil, "run.md"), (["a", "b.md:120000"], ["a", "b.md"], nil, "b.md"),
        (["a"], ["a", "lib:160000"], "lib", "lib"), (["a", "lib:160000"], ["a"], "lib", "lib"),
        (["a", "lib:160000"], ["a", "lib"], "lib", "lib"),
    ] as [([String], [String], String?, String?)])
    func changesAreHeldToTheScopeAndNamed(before: [String], after: [String], dev: String?, arch: String?) {
        for (kind, named) in [(TriggerKind.dev, dev), (.arch, arch)] {
            let message = violation(Self.input(kind: kind, before: Self.tree(before), after: Self.tree(after)))
            #expect((message != nil) == (named != nil), "\(kind): \(message ?? "published")")
            if let named { #expect(message?.contains(named) == true && message?.contains("run:\(kind.rawValue)") == true) }
        }
    }

    @Test func manyViolationsAreCounted() {
        let message = violation(Self.input(kind: .arch, after: Self.tree(["a"] + (1...7).map { "f\($0).swift" })))
        #expect(message?.contains("f5.swift") == true && message?.contains("f6.swift") == false)
        #expect(message?.hasSuffix("and 2 more") == true)
    }

    @Test func aTreeThatCannotBeReadWholeIsAViolation() {
        #expect(violation(Self.input(after: Self.tree(["a"], truncated: true))) != nil)
        #expect(violation(Self.input(before: Self.tree(["a"], truncated: true))) != nil)
        #expect(violation(Self.input(before: nil)) != nil)
    }

    /// A discussion, and an agent that may change nothing: words are the result, and a commit is a violation, even one
    /// that changes no path.
    @Test(arguments: [(true, "dev"), (true, "reviewer"), (false, "reviewer")])
    func whoMayOnlyTalkPushesNothing(discussion: Bool, agent: String) {
        func decide(_ head: String?, open: PullRequest? = nil, lost: Bool = false) -> PublicationPlan {
            PublicationPlan.decide(
                Self.input(
                    agent: agent, head: head, comparison: head == "base" ? nil : Self.forward, before: nil, after: nil,
                    open: open, discussion: discussion, lost: lost))
        }
        #expect(decide(nil) == .talk && decide("base") == .talk)
        #expect(decide("base", open: AdmissionPlanTests.pullRequest()) == .talk)
        #expect(decide(nil, lost: true) == .lost)
        guard case .violation(let message) = decide("new", open: AdmissionPlanTests.pullRequest()) else {
            Issue.record("published")
            return
        }
        #expect(message.contains("push nothing"))
    }

    @Test func whatARefusedRunPushedIsNotLaunderedByTheNext() {
        let pullRequest = AdmissionPlanTests.pullRequest()
        let attempts = [Self.attempt(before: "refused")]
        func baseline(_ open: PullRequest?, _ isTrusted: Bool, _ mergeBase: String? = "m") -> String? {
            PublicationPlan.baseline(attempts: attempts, openPullRequest: open, isTrusted: isTrusted, mergeBase: mergeBase)
        }
        #expect(baseline(pullRequest, false) == "m" && baseline(nil, true) == "m" && baseline(nil, false) == "m")
        #expect(baseline(nil, false, nil) == "base")
        #expect(baseline(pullRequest, true) == "refused")
    }

    /// The runs of the branch, newest first, and whether what they left may be taken for looked at.
    @Test(arguments: [
        ([], false), ([(.succeeded, .succeeded)], true), ([(.failed, .policyViolation), (.succeeded, .succeeded)], false),
        // It may have pushed before it failed, and nobody looked.
        ([(.failed, .agentFailed), (.succeeded, .succeeded)], false),
        ([(.cancelled, .cancelled), (.succeeded, .succeeded)], false),
        // Well ended without a commit: the branch is as the run before left it.
        ([(.succeeded, .noChanges), (.succeeded, .succeeded)], true),
        ([(.succeeded, .discussion), (.succeeded, .noChanges), (.succeeded, .succeeded)], true),
        ([(.succeeded, .noChanges), (.failed, .policyViolation), (.succeeded, .succeeded)], false),
        ([(.succeeded, .discussion), (.failed, .policyViolation)], false), ([(.succeeded, .noChanges)], false),
        ([(.succeeded, .succeeded), (.failed, .policyViolation)], true),
    ] as [([(RunPhase, Reason)], Bool)])
    func trustComesFromTheLastRunThatWasLookedAt(runs: [(RunPhase, Reason)], isTrusted: Bool) {
        let history = runs.map { AdmissionPlanTests.record(phase: $0.0, reason: $0.1) }
        let elsewhere = AdmissionPlanTests.record(branch: "codex/issue-42-arch", phase: .failed, reason: .policyViolation)
        let unknown = AdmissionPlanTests.record(branch: nil)
        #expect(PublicationPlan.isTrusted(branch: "codex/issue-42", history: [elsewhere, unknown] + history) == isTrusted)
    }

    @Test func supersedingLooksAtEveryOtherBranchOfTheIssue() {
        let history = ["codex/issue-42", "codex/issue-42-arch", "codex/issue-42-rethink", "codex/issue-42", "", nil].map {
            AdmissionPlanTests.record(branch: $0)
        }
        #expect(
            AgentRunReconciler.branches(of: history, without: "codex/issue-42-rethink")
                == ["codex/issue-42", "codex/issue-42-arch"])
    }
}
