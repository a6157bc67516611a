// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import KubernetesAPI
import SourceProvider
import Testing

@testable import AgentControllers

/// Every row of the contract's table "who decides what is wrong" that is the controller's.
@Suite struct AdmissionPlanTests {
    static let person = SourceActor(id: 7, login: "octo", isBot: false)
    static let app = SourceActor(id: 99, login: "codex-k8s[bot]", isBot: true)

    static func configuration(_ more: JSONValue = [:]) throws -> OperatorConfiguration {
        var document: JSONValue = [
            "repositories": [["name": "acme/shop", "id": 1]], "actors": ["owner": "octo"],
            "models": ["m-1", "m-2"],
        ]
        for (key, value) in more.objectValue ?? [:] { document[key] = value }
        return try OperatorConfiguration(document)
    }

    static func run(
        uid: String = "u1", name: String = "r1", label: String? = "run:dev", kind: String = "dev", revise: Bool = false,
        phase: RunPhase? = nil, accepted: Bool = false, created: Int64 = 100, agent: AgentRunSpec.AgentSelection? = nil,
        issue: Int = 42, pullRequest: Int? = nil, review: Int64? = nil
    ) -> AgentRun {
        var metadata = ObjectMeta(name: name, namespace: "codex-k8s", uid: uid)
        metadata.creationTimestamp = Timestamp(microseconds: created * 1_000_000)
        var status: AgentRunStatus?
        if let phase {
            var value = AgentRunStatus()
            value.phase = phase
            var effective = AgentRunStatus.EffectiveSettings()
            effective.agent = "dev"
            value.effective = effective
            if accepted { value.conditions = [Condition(type: "Accepted", status: .true)] }
            status = value
        }
        return AgentRun(
            metadata: metadata,
            spec: AgentRunSpec(
                repository: "acme/shop", issue: issue,
                trigger: .init(
                    kind: kind, revise: revise, label: label, actor: label == nil ? nil : "octo", pullRequest: pullRequest,
                    reviewID: review), agent: agent),
            status: status)
    }

    static func event(_ id: Int64, _ label: String = "run:dev", set: Bool = true) -> LabelEvent {
        LabelEvent(id: id, isSet: set, label: label, actor: person, createdAt: Timestamp(microseconds: id))
    }

    static func pullRequest(
        author: SourceActor = app, head: String = "codex/issue-42", headRepository: Int64? = 1, isOpen: Bool = true,
        labels: [String] = []
    ) -> PullRequest {
        PullRequest(
            number: 5, url: "http://x/5", title: "t", body: "b", isOpen: isOpen, isMerged: false, headBranch: head,
            headSHA: "abc", headRepositoryID: headRepository, baseBranch: "main", baseRepositoryID: 1, author: author,
            labels: labels)
    }

    /// A run of the past, as history keeps it.
    static func record(
        _ uid: String = "past", kind: String = "dev", pullRequest: Int? = 5, branch: String? = "codex/issue-42",
        phase: RunPhase = .succeeded, reason: Reason = .succeeded, model: String? = nil, effort: String? = nil
    ) -> RunRecord {
        RunRecord(
            runUID: uid, name: uid, namespace: "codex-k8s", correlationID: uid, repositoryID: 1, repository: "acme/shop",
            issue: 42, kind: kind, revise: false, agent: "dev", labelEventID: nil, reviewID: nil,
            pullRequest: pullRequest, branch: branch, phase: phase.rawValue, reason: reason.rawValue, model: model,
            reasoningEffort: effort, sessionID: nil)
    }

    static func review(author: SourceActor = person, state: String = "CHANGES_REQUESTED") -> PullRequestReview {
        PullRequestReview(id: 80, author: author, state: state, body: "make it better")
    }

    static func input(
        run: AgentRun = run(), configuration: OperatorConfiguration? = nil, labels: [String] = ["run:dev"],
        isOpen: Bool = true, hasIssue: Bool = true, events: [LabelEvent] = [event(10)], permission: RepositoryPermission? = .write,
        open: PullRequest? = nil, named: PullRequest? = nil, review: PullRequestReview? = nil, answeredBy: String? = nil,
        others: [AgentRun] = [], history: [RunRecord] = [], lastStage: String? = nil, confined: Bool = true,
        repositoryID: Int64 = 1, isFresh: Bool = false
    ) throws -> AdmissionInput {
        let configuration = try configuration ?? Self.configuration()
        let name = try #require(RepositoryName("acme/shop"))
        return AdmissionInput(
            run: run, configuration: configuration, configured: configuration.repository(named: name),
            repository: SourceRepository(id: repositoryID, name: name, defaultBranch: "main"),
            issue: hasIssue
                ? SourceIssue(number: 42, title: "t", body: "b", isOpen: isOpen, labels: labels, author: person, url: "") : nil,
            labelEvents: events, permission: permission, review: review, reviewAnsweredBy: answeredBy,
            namedPullRequest: named, openPullRequest: open, identity: app, others: others, history: history,
            lastStage: lastStage, confined: confined, isFresh: isFresh)
    }

    func reason(_ decision: AdmissionDecision) -> Reason? {
        if case .reject(let rejection) = decision { rejection.reason } else { nil }
    }

    @Test func admitsAnAllowedLabel() throws {
        guard case .admit(let admitted) = AdmissionPlan.decide(try Self.input()) else {
            Issue.record("not admitted")
            return
        }
        #expect(admitted.branch == "codex/issue-42")
        #expect(admitted.labelEventID == 10)
        #expect(admitted.mode == .fullEnv)
        #expect(admitted.requester == AuditActor(kind: .human, id: "octo"))
        #expect(!admitted.byKubernetes)
    }

    @Test func aRunAppliedByHandIsAdmittedByKubernetesAlone() throws {
        let input = try Self.input(run: Self.run(label: nil), labels: [], events: [], permission: nil)
        guard case .admit(let admitted) = AdmissionPlan.decide(input) else {
            Issue.record("not admitted")
            return
        }
        #expect(admitted.byKubernetes)
        #expect(admitted.labelEventID == nil)
    }

    @Test(arguments: [
        ["[ai-model-m-1]", "[ai-model-m-2]"], ["[ai-reasoning-low]", "[ai-reasoning-high]"],
    ])
    func conflictingLabelsAreNamed(labels: [String]) throws {
        guard case .reject(let rejection) = AdmissionPlan.decide(try Self.input(labels: labels)) else {
            Issue.record("not rejected")
            return
        }
        #expect(rejection.reason == .conflictingLabels)
        for label in labels { #expect(rejection.message.contains(label)) }
    }

    @Test func anUnknownReasoningWordIsNoLabelOfTheGroup() throws {
        #expect(reason(AdmissionPlan.decide(try Self.input(labels: ["[ai-reasoning-low]", "[ai-reasoning-extreme]"]))) == nil)
    }

    @Test func aStrangerIsRefusedQuietly() throws {
        var event = Self.event(10)
        event.actor = SourceActor(id: 8, login: "eve", isBot: false)
        guard case .reject(let rejection) = AdmissionPlan.decide(try Self.input(events: [event], permission: .read)) else {
            Issue.record("not rejected")
            return
        }
        #expect(rejection.reason == .actorNotAllowed)
        #expect(rejection.notice == .reactionOnly)
    }

    @Test func whoSetTheLabelIsReadFromTheEventNotFromThePayload() throws {
        var event = Self.event(10)
        event.actor = SourceActor(id: 8, login: "eve", isBot: false)
        // The payload said "octo"; the code host says otherwise.
        #expect(reason(AdmissionPlan.decide(try Self.input(events: [event], permission: RepositoryPermission.none)))
                == .actorNotAllowed)
    }

    /// Whatever lists its account is on: what an agent asks for is for a person to decide.
    @Test(arguments: ["label", "review"]) func whatTheAgentsOwnAccountAsksForNeedsAnApproval(by way: String) throws {
        let configuration = try Self.configuration(["actors": ["owner": "codex-k8s[bot]", "botIDs": [99]]])
        var event = Self.event(10)
        event.actor = Self.app
        let input =
            way == "label"
            ? try Self.input(configuration: configuration, events: [event], permission: .admin)
            : try Self.input(
                run: Self.run(label: nil, revise: true, pullRequest: 5, review: 80), configuration: configuration,
                events: [], permission: .admin, named: Self.pullRequest(), review: Self.review(author: Self.app))
        guard case .reject(let rejection) = AdmissionPlan.decide(input) else {
            Issue.record("not rejected")
            return
        }
        #expect(rejection.reason == .approvalRequired)
        #expect(rejection.notice == .comment && rejection.message.contains("approval"))
    }

    @Test func theIssueMustExistAndBeOpen() throws {
        #expect(reason(AdmissionPlan.decide(try Self.input(isOpen: false))) == .issueClosed)
        #expect(reason(AdmissionPlan.decide(try Self.input(hasIssue: false))) == .issueNotFound)
    }

    @Test func theNameMustStillBelongToTheRepository() throws {
        #expect(reason(AdmissionPlan.decide(try Self.input(repositoryID: 2))) == .repositoryNotConfigured)
    }

    @Test func aLabelTakenOffCancels() throws {
        let decision = AdmissionPlan.decide(try Self.input(labels: [], events: [Self.event(10), Self.event(11, set: false)]))
        guard case .cancel = decision else {
            Issue.record("\(decision)")
            return
        }
    }

    /// A code host tells of a labelling by its webhook before its list of events has it. What is on the issue is not
    /// taken for taken off, nor refused, before the list had time to catch up; and never taken off.
    @Test(arguments: [[], [event(10), event(11, set: false)]])
    func aLabelThatTheEventsDoNotTellOfYetIsWaitedFor(events: [LabelEvent]) throws {
        let early = AdmissionPlan.decide(try Self.input(events: events, isFresh: true))
        #expect(early == .wait(message: "the events do not tell of run:dev yet", after: .seconds(3)))
        let late = AdmissionPlan.decide(try Self.input(events: events))
        guard case .reject(let rejection) = late else {
            Issue.record("\(late)")
            return
        }
        #expect(rejection.reason == .labelMissing && rejection.notice == .silent)
    }

    /// The code host keeps the case of a label's name, and does not tell two names apart by it.
    @Test func theCaseOfLabelsMeansNothing() throws {
        var run = Self.run()
        run.spec.trigger.label = "Run:Dev"
        let labels = ["RUN:dev", "Mode:Discussion", "[AI-Model-m-1]", "[ai-reasoning-Extra-High]"]
        let input = try Self.input(
            run: run, configuration: Self.configuration(["models": ["m-1"]]), labels: labels,
            events: [Self.event(10, "run:DEV")])
        guard case .admit(let admitted) = AdmissionPlan.decide(input) else {
            Issue.record("\(AdmissionPlan.decide(input))")
            return
        }
        #expect(admitted.labelEventID == 10 && admitted.discussion)
        #expect(admitted.model?.value == "m-1" && admitted.reasoningEffort?.value == "xhigh")
        let taken = try Self.input(run: run, labels: [], events: [Self.event(10, "run:DEV"), Self.event(11, "Run:dev", set: false)])
        guard case .cancel = AdmissionPlan.decide(taken) else {
            Issue.record("it was taken off")
            return
        }
        let catalogue = LabelCatalogue.default
        #expect(catalogue.trigger(for: "Run:Plan:Revise")?.kind == .plan && catalogue.trigger(for: "Run:Plan:Revise")?.revise == true)
        #expect(catalogue.stages(in: ["RUN:PLAN"]) == [.plan] && catalogue.trigger(for: "run:devs") == nil)
    }

    @Test func theNewestLabellingIsAnswered() throws {
        let input = try Self.input(events: [Self.event(10), Self.event(11, set: false), Self.event(12)])
        guard case .admit(let admitted) = AdmissionPlan.decide(input) else {
            Issue.record("not admitted")
            return
        }
        #expect(admitted.labelEventID == 12)
    }

    @Test func anotherRunOfTheIssueGoesFirst() throws {
        let busy = Self.run(uid: "u0", name: "r0", phase: .running, accepted: true)
        #expect(reason(AdmissionPlan.decide(try Self.input(others: [busy]))) == .triggerConflict)
        let queue = try Self.configuration(["conflictPolicy": "Queue"])
        guard case .queue = AdmissionPlan.decide(try Self.input(configuration: queue, others: [busy])) else {
            Issue.record("not queued")
            return
        }
        let done = Self.run(uid: "u0", name: "r0", phase: .succeeded, accepted: true)
        #expect(reason(AdmissionPlan.decide(try Self.input(others: [done]))) == nil)
        let elsewhere = Self.run(uid: "u0", name: "r0", phase: .running, accepted: true, issue: 43)
        #expect(reason(AdmissionPlan.decide(try Self.input(others: [elsewhere]))) == nil)
    }

    @Test func ofSeveralNewTriggersTheLowestEventWins() throws {
        let events = [Self.event(10, "run:qa"), Self.event(11, "run:dev")]
        let qa = Self.run(uid: "u2", name: "r2", label: "run:qa", kind: "qa", created: 200)
        let dev = Self.run(uid: "u1", name: "r1", created: 100)
        // Created later, labelled first.
        let first = AdmissionPlan.decide(try Self.input(run: qa, events: events, others: [dev]))
        guard case .admit = first else {
            Issue.record("\(first)")
            return
        }
        let second = AdmissionPlan.decide(try Self.input(run: dev, events: events, others: [qa]))
        guard case .wait = second else {
            Issue.record("\(second)")
            return
        }
    }

    @Test func anAgentHasSoManyRunsInARepository() throws {
        let others = (0..<2).map { Self.run(uid: "o\($0)", name: "o\($0)", phase: .running, accepted: true, issue: 50 + $0) }
        guard case .queue = AdmissionPlan.decide(try Self.input(others: others)) else {
            Issue.record("not queued")
            return
        }
        #expect(reason(AdmissionPlan.decide(try Self.input(others: Array(others.prefix(1))))) == nil)
    }

    @Test(arguments: [
        (nil, Reason.pullRequestNotFound), (pullRequest(author: person), .pullRequestNotFound),
        (pullRequest(head: "main"), .pullRequestNotFound), (pullRequest(headRepository: 9), .pullRequestNotFound),
        (pullRequest(), nil),
    ] as [(PullRequest?, Reason?)])
    func reviseNeedsAnOpenPullRequestOfOurs(open: PullRequest?, expected: Reason?) throws {
        let run = Self.run(label: "run:dev:revise", revise: true)
        let decision = AdmissionPlan.decide(try Self.input(run: run, events: [Self.event(10, "run:dev:revise")], open: open))
        #expect(reason(decision) == expected)
        if case .reject(let rejection) = decision { #expect(rejection.event == .runRevisePRNotFound) }
    }

    @Test func someKindsCannotBeRevised() throws {
        let run = Self.run(label: "x", kind: "qa", revise: true)
        #expect(reason(AdmissionPlan.decide(try Self.input(run: run, events: [Self.event(10, "x")]))) == .notAllowed)
    }

    @Test(arguments: [
        AgentRunSpec.AgentSelection(model: "other"), .init(image: "evil:latest"), .init(key: "nobody"),
        .init(key: "pm", mode: .fullEnv), .init(timeout: "soon"),
    ])
    func whatIsNotConfiguredIsRefused(agent: AgentRunSpec.AgentSelection) throws {
        #expect(reason(AdmissionPlan.decide(try Self.input(run: Self.run(agent: agent)))) == .notAllowed)
    }

    @Test func anUnprotectedRepositoryIsRefusedUnlessConfigured() throws {
        #expect(reason(AdmissionPlan.decide(try Self.input(confined: false))) == .unprotectedRepository)
        let open = try Self.configuration(["repositories": [["name": "acme/shop", "id": 1, "allowUnprotected": true]]])
        #expect(reason(AdmissionPlan.decide(try Self.input(configuration: open, confined: false))) == nil)
    }
}
