// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import RunPolicy
import SourceProvider
import Testing

@testable import AgentControllers

/// A review that asks for changes: who may, of what, and which kind of run answers.
@Suite struct ReviewAdmissionTests {
    static func input(
        kind: String = "dev", pullRequest: PullRequest? = AdmissionPlanTests.pullRequest(),
        review: PullRequestReview? = AdmissionPlanTests.review(), issueLabels: [String] = [],
        history: [RunRecord] = [AdmissionPlanTests.record()], lastStage: String? = nil, answeredBy: String? = nil,
        permission: RepositoryPermission? = .write, others: [AgentRun] = [], isOpen: Bool = true
    ) throws -> AdmissionInput {
        try AdmissionPlanTests.input(
            run: AdmissionPlanTests.run(label: nil, kind: kind, revise: true, pullRequest: 5, review: 80),
            labels: issueLabels, isOpen: isOpen, events: [], permission: permission, named: pullRequest, review: review,
            answeredBy: answeredBy, others: others, history: history, lastStage: lastStage)
    }

    func rejection(_ input: AdmissionInput) -> Rejection? {
        if case .reject(let rejection) = AdmissionPlan.decide(input) { rejection } else { nil }
    }

    @Test func isAdmittedForWhoeverPassesTheActorPolicy() throws {
        guard case .admit(let admitted) = AdmissionPlan.decide(try Self.input()) else {
            Issue.record("not admitted")
            return
        }
        #expect(admitted.kind == .dev && admitted.revise && admitted.kindSource == .lastRun)
        #expect(admitted.branch == "codex/issue-42" && admitted.pullRequest?.number == 5)
        #expect(admitted.requester == AuditActor(kind: .human, id: "octo"))
        #expect(!admitted.byKubernetes && admitted.labelEventID == nil)
        let stranger = AdmissionPlanTests.review(author: SourceActor(id: 8, login: "eve", isBot: false))
        let refused = rejection(try Self.input(review: stranger, permission: .read))
        #expect(refused?.reason == .actorNotAllowed && refused?.notice == .reactionOnly)
    }

    @Test(arguments: [
        (nil, "no pull request"), (AdmissionPlanTests.pullRequest(isOpen: false), "not open"),
        (AdmissionPlanTests.pullRequest(headRepository: 9), "another repository"),
        (AdmissionPlanTests.pullRequest(headRepository: nil), "another repository"),
        (AdmissionPlanTests.pullRequest(author: AdmissionPlanTests.person), "not opened by"),
        (AdmissionPlanTests.pullRequest(head: "main"), "no branch of issue 42"),
        (AdmissionPlanTests.pullRequest(head: "codex/issue-43"), "no branch of issue 42"),
    ] as [(PullRequest?, String)])
    func needsAnOpenPullRequestOfOurs(pullRequest: PullRequest?, words: String) throws {
        let refused = rejection(try Self.input(pullRequest: pullRequest))
        #expect(refused?.reason == .pullRequestNotFound && refused?.event == .runRevisePRNotFound)
        #expect(refused?.message.contains(words) == true, "\(refused?.message ?? "")")
    }

    @Test func countsOnceAndWhileItAsksForChanges() throws {
        let answered = rejection(try Self.input(answeredBy: "u0"))
        #expect(answered?.reason == .duplicate && answered?.notice == .silent)
        #expect(rejection(try Self.input(review: nil))?.reason == .pullRequestNotFound)
        guard case .cancel = AdmissionPlan.decide(try Self.input(review: AdmissionPlanTests.review(state: "DISMISSED")))
        else {
            Issue.record("a dismissed review was answered")
            return
        }
        #expect(rejection(try Self.input(isOpen: false))?.reason == .issueClosed)
    }

    /// One case of the chain: what each level says, and what comes of it.
    struct Chain: Sendable, CustomTestStringConvertible {
        var onPullRequest: [String] = []
        var onIssue: [String] = []
        var lastRun: String?
        var audit: String?
        var kind: TriggerKind?
        var level: StageResolution.Level?

        var testDescription: String { "\(onPullRequest) \(onIssue) \(lastRun ?? "-") \(audit ?? "-")" }
    }

    static let chains: [Chain] = [
        // The first level wins, whatever the others say.
        Chain(
            onPullRequest: ["run:design"], onIssue: ["run:plan"], lastRun: "dev", audit: "prd", kind: .design,
            level: .pullRequestLabel),
        Chain(onPullRequest: ["run:design:revise"], kind: .design, level: .pullRequestLabel),
        Chain(onIssue: ["run:plan"], lastRun: "dev", audit: "prd", kind: .plan, level: .issueLabel),
        Chain(lastRun: "arch", audit: "prd", kind: .arch, level: .lastRun),
        Chain(audit: "prd", kind: .prd, level: .audit),
        // Both labels of one kind say one thing.
        Chain(
            onPullRequest: ["run:dev", "run:dev:revise"], onIssue: ["run:plan"], kind: .dev, level: .pullRequestLabel),
        // What is no stage says nothing: other labels, and triggers of kinds that cannot be revised.
        Chain(
            onPullRequest: ["state:in-review", "run:qa", "bug"], onIssue: ["run:rethink"], lastRun: "dev", kind: .dev,
            level: .lastRun),
        // A kind that this version does not know says nothing.
        Chain(lastRun: "future", audit: "dev", kind: .dev, level: .audit),
        // Two stages at the first level that has any: nobody guesses, whatever the levels below say.
        Chain(
            onPullRequest: ["run:dev", "run:arch:revise"], onIssue: ["run:plan"], lastRun: "dev", audit: "dev",
            level: .pullRequestLabel),
        Chain(onIssue: ["run:dev:revise", "run:plan", "run:prd"], lastRun: "dev", level: .issueLabel),
        // Nothing at all.
        Chain(),
    ]

    @Test(arguments: chains) func theKindIsTheFirstLevels(chain: Chain) throws {
        let history = [
            AdmissionPlanTests.record("elsewhere", kind: "vision", pullRequest: 6),
            chain.lastRun.map { AdmissionPlanTests.record(kind: $0) },
            AdmissionPlanTests.record("older", kind: "intake", pullRequest: chain.lastRun == nil ? nil : 5),
        ].compactMap { $0 }
        let input = try Self.input(
            pullRequest: AdmissionPlanTests.pullRequest(labels: chain.onPullRequest), issueLabels: chain.onIssue,
            history: history, lastStage: chain.audit)
        switch AdmissionPlan.decide(input) {
        case .admit(let admitted):
            #expect(admitted.kind == chain.kind && admitted.kindSource == chain.level)
            // The branch stays the pull request's; agent, prompt and write scope are the kind's.
            #expect(admitted.branch == "codex/issue-42" && admitted.agent.key == chain.kind?.defaultAgent)
        case .reject(let rejection):
            #expect(chain.kind == nil, "\(rejection)")
            #expect(rejection.reason == .stageAmbiguous && rejection.needsInput && rejection.notice == .comment)
            #expect(rejection.event == .runReviseStageAmbiguous)
            #expect(rejection.particulars["level"]?.stringValue == chain.level?.rawValue)
            #expect(rejection.message.contains(":revise"), "it says what to do: \(rejection.message)")
        case let other: Issue.record("\(other)")
        }
    }

    @Test(arguments: TriggerKind.allCases) func whatCannotBeRevisedIsRefusedWithWords(kind: TriggerKind) throws {
        let input = try Self.input(
            kind: kind.rawValue, pullRequest: AdmissionPlanTests.pullRequest(head: kind.branch(issue: 42)),
            history: [AdmissionPlanTests.record(kind: kind.rawValue, branch: kind.branch(issue: 42))])
        let refused = rejection(input)
        guard kind.allowsRevise else {
            #expect(refused?.reason == .notAllowed && refused?.notice == .comment)
            #expect(refused?.message.contains("run:\(kind.rawValue)") == true)
            return
        }
        #expect(refused == nil)
    }

    @Test func aBusyIssueSaysHowToGoOn() throws {
        let busy = AdmissionPlanTests.run(uid: "u0", name: "r0", phase: .running, accepted: true)
        let refused = rejection(try Self.input(others: [busy]))
        #expect(refused?.reason == .triggerConflict)
        #expect(refused?.message.contains("set run:dev:revise") == true)
    }

    /// A person may name the pull request; it still has to be the kind's own.
    @Test(arguments: [
        (AdmissionPlanTests.pullRequest(), nil), (nil, Reason.pullRequestNotFound),
        (AdmissionPlanTests.pullRequest(head: "codex/issue-42-arch"), .pullRequestNotFound),
        (AdmissionPlanTests.pullRequest(author: AdmissionPlanTests.person), .pullRequestNotFound),
    ] as [(PullRequest?, Reason?)])
    func aPullRequestCanBeNamedByHand(named: PullRequest?, expected: Reason?) throws {
        let input = try AdmissionPlanTests.input(
            run: AdmissionPlanTests.run(label: nil, revise: true, pullRequest: 5), events: [], named: named)
        #expect(rejection(input)?.reason == expected)
    }
}
