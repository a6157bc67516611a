// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import KubernetesAPI
import KubernetesClient
import SourceProvider
import Synchronization
import Testing

@testable import AgentControllers

/// Whole runs through the real reconcilers: every kind of trigger, and what is published of what was pushed.
@Suite(ControllerScope(), .timeLimit(.minutes(3))) struct ReconcilerTests {
    // MARK: Kinds

    @Test(arguments: CatalogueTests.rows.indices) func everyKindComesToItsPullRequest(index: Int) async throws {
        let (op, row, issue) = (try Operator.current, CatalogueTests.rows[index], 100 + index)
        let branch = row.branch.replacing("issue-42", with: "issue-\(issue)")
        op.host.open(issue)
        let name = try await op.create(issue: issue, kind: row.kind)
        let run = try await op.perform(name) { host, branch in host.push(branch, ["docs/\(issue).md": "100644"]) }
        #expect(run.phase == .succeeded, "\(run.readyMessage)")
        #expect(run.status?.branch == branch && run.status?.effective?.agent == row.agent)
        #expect(run.status?.effective?.kind == row.kind.rawValue && run.status?.effective?.kindSource == nil)
        let pull = try #require(op.host.pull(run.status?.pullRequest?.number))
        #expect(pull.headBranch == branch && pull.body.hasPrefix("\(row.reference) #\(issue)\n"))
        #expect(pull.title.hasSuffix("Add a file (#\(issue))"))
        #expect(op.host.labels(issue) == ["state:in-review"] && op.host.labels(pull.number) == ["state:in-review"])
        let profile = try #require(op.record.events(run, .profileResolved).first?.payload)
        #expect(profile["agent"]?.stringValue == row.agent && profile["mode"] == "CodeOnly" && profile["model"] == .null)
    }

    // MARK: Reviews and revisions

    /// A run, a review that is answered on the same branch, and the model: by label, then carried on, then not allowed
    /// any more.
    @Test func aReviewIsAnsweredOnceAndLabelsAreReadAnew() async throws {
        let (op, issue) = (try Operator.current, 200)
        op.host.open(issue, labels: ["[ai-model-m-1]"])
        let first = try await op.perform(try await op.create(issue: issue)) { host, branch in
            host.push(branch, ["a.swift": "100644"])
        }
        let number = try #require(first.status?.pullRequest?.number)
        #expect(first.status?.effective?.model == .init(value: "m-1", source: "issue-label"))

        let review = op.host.submitReview(on: number)
        op.host.state.withLock { $0.labels[issue]?.removeAll { $0.hasPrefix("[ai") } }
        let second = try await op.perform(
            try await op.create(issue: issue, revise: true, review: (number, review.id))
        ) { host, branch in host.push(branch, ["b.swift": "100644"]) }
        #expect(second.phase == .succeeded && second.status?.pullRequest?.number == number, "\(second.readyMessage)")
        #expect(second.status?.effective?.model == .init(value: "m-1", source: "last-run"))
        #expect(second.status?.effective?.kindSource == "last-run")
        let resolved = op.record.events(second, .runReviseStageResolved).map(\.payload)
        #expect(
            resolved == [
                ["stage": "dev", "level": "last-run", "pull_request": .integer(Int64(number)), "review": .integer(review.id)]
            ])

        // The same review again, under a name of its own: the redelivery of one whose AgentRun is gone.
        let again = try await op.ended(try await op.create(issue: issue, revise: true, review: (number, review.id)))
        #expect(again.phase == .rejected && again.readyReason == .duplicate)

        op.host.set("[ai-model-m-2]", on: issue)
        let third = try await op.perform(try await op.create(issue: issue, revise: true)) { host, branch in
            host.push(branch, ["c.swift": "100644"])
        }
        #expect(third.status?.effective?.model == .init(value: "m-2", source: "issue-label"))
        #expect(op.host.pulls(from: "codex/issue-200").count == 1)
    }

    @Test func anAmbiguousReviewAsksPeople() async throws {
        let (op, issue) = (try Operator.current, 201)
        op.host.open(issue)
        let run = try await op.perform(try await op.create(issue: issue)) { host, branch in
            host.push(branch, ["a.swift": "100644"])
        }
        let number = try #require(run.status?.pullRequest?.number)
        for label in ["run:dev", "run:plan:revise"] { op.host.set(label, on: number) }
        let review = op.host.submitReview(on: number)
        let rejected = try await op.ended(try await op.create(issue: issue, revise: true, review: (number, review.id)))
        #expect(rejected.phase == .rejected && rejected.readyReason == .stageAmbiguous)
        #expect(op.host.labels(issue).contains("need:input"))
        let fact = op.record.events(rejected, .runReviseStageAmbiguous).first?.payload
        #expect(fact?["candidates"] == ["plan", "dev"] && fact?["level"] == "pull-request-label")
        try await Operator.until("the comment says what to do") {
            op.host.comments(issue).contains { $0.contains("name several stages (plan, dev)") }
        }
        #expect(rejected.status?.namespace == nil && rejected.status?.job == nil)
    }

    /// A label on the pull request lets another kind revise it: its agent and write scope, the pull request's branch.
    @Test func aStageLabelChoosesWhoRevises() async throws {
        let (op, issue) = (try Operator.current, 202)
        op.host.open(issue)
        let first = try await op.perform(try await op.create(issue: issue)) { host, branch in
            host.push(branch, ["a.swift": "100644"])
        }
        let number = try #require(first.status?.pullRequest?.number)
        op.host.set("run:design:revise", on: number)
        let review = op.host.submitReview(on: number)
        let name = try await op.create(issue: issue, revise: true, review: (number, review.id))
        let job = try await op.started(name).job
        #expect(variable("CODEXK8S_TRIGGER_KIND", of: "agent", job) == "design")
        #expect(variable("CODEXK8S_COMMIT_REFERENCE", of: "agent", job) == "Closes #202")
        let run = try await op.perform(name) { host, branch in host.push(branch, ["b.swift": "100644"]) }
        #expect(run.status?.effective?.kind == "design" && run.status?.effective?.agent == "sa")
        #expect(run.status?.branch == "codex/issue-202")
        #expect(run.readyReason == .policyViolation && run.readyMessage.contains("b.swift"))
    }

    @Test func aLostReviewIsFoundOnceAndCheaply() async throws {
        let (op, issue) = (try Operator.current, 203)
        op.host.open(issue)
        op.host.state.withLock { _ = $0.healable.insert(issue) }
        let first = try await op.perform(try await op.create(issue: issue)) { host, branch in
            host.push(branch, ["a.swift": "100644"])
        }
        let number = try #require(first.status?.pullRequest?.number)
        await op.set.healing.pass()
        let review = op.host.submitReview(on: number)
        for _ in 0..<3 { await op.set.healing.pass() }
        let name = Names.run(repositoryID: 1, pullRequest: number, reviewID: review.id)
        let healed = try await op.perform(name) { host, branch in host.push(branch, ["b.swift": "100644"]) }
        #expect(healed.phase == .succeeded && healed.spec.trigger.reviewID == review.id && healed.spec.issue == issue)
        for _ in 0..<3 { await op.set.healing.pass() }
        let looks = op.host.state.withLock { $0.calls.filter { $0 == "reviews \(number)" }.count }
        #expect(looks == 2, "a pull request that did not change is not looked at again")
    }

    @Test func whatTheAppsOwnAccountLabelsIsNotStarted() async throws {
        let (op, issue) = (try Operator.current, 204)
        op.host.open(issue, labels: ["run:dev"], by: MemoryHost.app)
        let run = AgentRun(
            metadata: ObjectMeta(name: "run-204-own", namespace: "codex-k8s"),
            spec: AgentRunSpec(
                repository: "acme/shop", issue: issue,
                trigger: .init(kind: "dev", label: "run:dev", actor: "codex-k8s[bot]")))
        _ = try await op.api.resource(AgentRun.self, namespace: "codex-k8s").create(run)
        let rejected = try await op.ended("run-204-own")
        #expect(rejected.readyReason == .approvalRequired)
        #expect(op.host.labels(issue).isEmpty)
        try await Operator.until("the comment says why") {
            op.host.comments(issue).contains { $0.contains("needs a person's approval") }
        }
    }

    // MARK: Talk

    @Test func aDiscussionLeavesACommentAndNothingElse() async throws {
        let (op, issue) = (try Operator.current, 210)
        op.host.open(issue, labels: ["mode:discussion"])
        let name = try await op.create(issue: issue)
        let job = try await op.started(name).job
        for container in ["agent", "broker"] { #expect(variable("CODEXK8S_DISCUSSION", of: container, job) == "true") }
        // The comment is made, its answer is lost: it is found again and not made twice.
        op.host.loseAnswers("createComment 210 <!-- codex-k8s:talk")
        let run = try await op.perform(name, outcome: .noChanges, summary: "ask @octo about #7")
        #expect(run.phase == .succeeded && run.status?.effective?.discussion == true, "\(run.readyMessage)")
        let ready = run.status?.conditions?[RunCondition.pullRequestReady.rawValue]
        #expect(ready?.status == .false && ready?.reason == "Discussion")
        let said = op.host.comments(issue).filter { $0.contains("codex-k8s:talk") }
        #expect(said.count == 1 && said.first?.contains("about") == true)
        #expect(said.first?.contains("@octo") == false && said.first?.contains("#7") == false)
        #expect(op.host.labels(issue) == ["mode:discussion"])
        #expect(op.host.pulls(from: "codex/issue-210").isEmpty && op.host.head("codex/issue-210") == nil)
        #expect(op.record.events(run, .statusCommentUpserted).contains { $0.key == "talk|#210" })
        // And a revision of nothing is still refused; one of a pull request talks as well.
        let refused = try await op.ended(try await op.create(issue: issue, revise: true))
        #expect(refused.readyReason == .pullRequestNotFound)
    }

    @Test func aDiscussionThatPushesIsAViolation() async throws {
        let (op, issue) = (try Operator.current, 211)
        op.host.open(issue, labels: ["mode:discussion"])
        let run = try await op.perform(try await op.create(issue: issue), summary: "words") { host, branch in
            host.push(branch, ["a.md": "100644"])
        }
        #expect(run.phase == .failed && run.readyReason == .policyViolation)
        #expect(op.host.pulls(from: "codex/issue-211").isEmpty)
        #expect(!op.host.comments(issue).contains { $0.contains("codex-k8s:talk") })
    }

    /// An old branch that no longer descends from the base is in nobody's way where nothing is pushed; a run stops there.
    @Test func aStaleBranchStopsARunButNoDiscussion() async throws {
        let (op, issue) = (try Operator.current, 212)
        op.host.open(issue, labels: ["mode:discussion"])
        op.host.push("codex/issue-212", ["old.md": "100644"], onto: "nowhere")
        let talk = try await op.perform(try await op.create(issue: issue), outcome: .noChanges)
        #expect(talk.readyReason == .discussion, "\(talk.readyMessage)")
        op.host.state.withLock { $0.labels[issue] = [] }
        let run = try await op.ended(try await op.create(issue: issue))
        #expect(run.phase == .failed && run.readyReason == .branchExists)
    }

    @Test func aReviewerCommentsOnThePullRequest() async throws {
        let (op, issue) = (try Operator.current, 213)
        op.host.open(issue)
        let first = try await op.perform(try await op.create(issue: issue)) { host, branch in
            host.push(branch, ["a.swift": "100644"])
        }
        let number = try #require(first.status?.pullRequest?.number)
        let name = try await op.create(issue: issue, revise: true, byLabel: false, agent: .init(key: "reviewer"))
        let job = try await op.started(name).job
        for container in ["agent", "broker"] { #expect(variable("CODEXK8S_DISCUSSION", of: container, job) == "true") }
        let run = try await op.perform(name, outcome: .noChanges, summary: "looks right")
        #expect(run.phase == .succeeded && run.readyReason == .noChanges, "\(run.readyMessage)")
        #expect(op.host.comments(number).filter { $0.contains("looks right") }.count == 1)
        // It made nothing of the pull request, so the pull request does not list it.
        let revised = try await op.perform(try await op.create(issue: issue, revise: true)) { host, branch in
            host.push(branch, ["c.swift": "100644"])
        }
        let body = try #require(op.host.pull(number)?.body)
        #expect(body.contains(first.metadata.name) && body.contains(revised.metadata.name))
        #expect(!body.contains(run.metadata.name))
        let pushing = try await op.create(issue: issue, revise: true, byLabel: false, agent: .init(key: "reviewer"))
        let refused = try await op.perform(pushing) { host, branch in host.push(branch, ["b.md": "100644"]) }
        #expect(refused.readyReason == .policyViolation)
    }

    // MARK: Rethink

    @Test func aRethinkSupersedesAndClosesNothing() async throws {
        let (op, issue) = (try Operator.current, 220)
        op.host.open(issue)
        var old: [Int] = []
        for kind in [TriggerKind.dev, .arch] {
            let run = try await op.perform(try await op.create(issue: issue, kind: kind)) { host, branch in
                host.push(branch, ["docs/\(kind.rawValue).md": "100644"])
            }
            old.append(try #require(run.status?.pullRequest?.number))
        }
        // Closed by people before: not ours to mark. Half of the marking is done, and its answer is lost.
        let closed = try await op.perform(try await op.create(issue: issue, kind: .plan)) { host, branch in
            host.push(branch, ["docs/plan.md": "100644"])
        }
        let closedNumber = try #require(closed.status?.pullRequest?.number)
        op.host.state.withLock { $0.pulls[closedNumber]?.isOpen = false }
        op.host.loseAnswers("createComment \(old[1]) <!-- codex-k8s:superseded")
        let rethink = try await op.perform(try await op.create(issue: issue, kind: .rethink)) { host, branch in
            host.push(branch, ["docs/new.md": "100644"])
        }
        #expect(rethink.phase == .succeeded, "\(rethink.readyMessage)")
        let new = try #require(rethink.status?.pullRequest?.number)
        for number in old {
            #expect(op.host.labels(number) == ["state:superseded"])
            #expect(op.host.pull(number)?.isOpen == true)
            let words = op.host.comments(number)
            #expect(words.count == 1 && words[0].contains(rethink.metadata.name) && words[0].contains("#\(new)"))
        }
        #expect(op.host.labels(closedNumber) == ["state:in-review"] && op.host.comments(closedNumber).isEmpty)
        #expect(op.host.labels(new) == ["state:in-review"] && op.host.labels(issue) == ["state:in-review"])
        let facts = op.record.events(rethink, .labelApplied).filter { $0.key.hasPrefix("state:superseded") }
        #expect(facts.map { $0.payload["superseded_by"] } == [.integer(Int64(new)), .integer(Int64(new))])
        // Worked on again, it is in review again.
        let revised = try await op.perform(try await op.create(issue: issue, revise: true)) { host, branch in
            host.push(branch, ["a.swift": "100644"])
        }
        #expect(revised.phase == .succeeded, "\(revised.readyMessage)")
        #expect(op.host.labels(old[0]) == ["state:in-review"])
    }

    // MARK: The truth of the push

    struct Push: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var kind = TriggerKind.dev
        var reason: Reason
        var phase = RunPhase.failed
        var outcome = RunResultMessage.Outcome.succeeded
        var isLost = false
        var work: @Sendable (MemoryHost, String) -> Void
    }

    static let pushes: [Push] = [
        Push(testDescription: "nothing", reason: .noChanges, phase: .succeeded, outcome: .noChanges) { _, _ in },
        Push(testDescription: "nothing, whatever the pod says", reason: .noChanges, phase: .succeeded) { _, _ in },
        Push(testDescription: "nothing, and no word", reason: .resultLost, isLost: true) { _, _ in },
        Push(testDescription: "a commit, and no word", reason: .succeeded, phase: .succeeded, isLost: true) { host, branch in
            host.push(branch, ["a.swift": "100644"])
        },
        Push(testDescription: "a commit that the pod denies", reason: .succeeded, phase: .succeeded, outcome: .noChanges) {
            host, branch in host.push(branch, ["a.swift": "100644"])
        },
        Push(testDescription: "unrelated history", reason: .policyViolation) { host, branch in
            host.push(branch, ["a.swift": "100644"], onto: "nowhere")
        },
        Push(testDescription: "a workflow file", reason: .policyViolation) { host, branch in
            host.push(branch, [".github/workflows/x.yml": "100644"])
        },
        Push(testDescription: "a workflow file in a commit before the last", reason: .policyViolation) { host, branch in
            host.push(branch, [".github/workflows/x.yml": "100644"])
            host.push(branch, ["a.swift": "100644"])
        },
        Push(testDescription: "a submodule", reason: .policyViolation) { host, branch in
            host.push(branch, ["lib": "160000"])
        },
        Push(testDescription: "a mode", kind: .arch, reason: .policyViolation) { host, branch in
            host.push(branch, ["README.md": "100755"])
        },
        Push(testDescription: "a rename out of the scope", kind: .arch, reason: .policyViolation) { host, branch in
            host.push(branch, ["README.md": nil, "README.txt": "100644"])
        },
        Push(testDescription: "a tree that is not given whole", reason: .policyViolation) { host, branch in
            let head = host.push(branch, ["a.swift": "100644"])
            host.state.withLock { _ = $0.truncated.insert(head) }
        },
        Push(testDescription: "what could not be rebased", reason: .branchMoved, outcome: .branchMoved) { _, _ in },
    ]

    @Test(arguments: pushes.indices) func whatWasPushedIsTheTruth(index: Int) async throws {
        let (op, push, issue) = (try Operator.current, Self.pushes[index], 300 + index)
        op.host.open(issue)
        let name = try await op.create(issue: issue, kind: push.kind)
        let run = try await op.perform(name, outcome: push.outcome, isLost: push.isLost, push.work)
        #expect(run.phase == push.phase && run.readyReason == push.reason, "\(run.readyMessage)")
        let isPublished = push.reason == .succeeded
        #expect(op.host.pulls(from: push.kind.branch(issue: issue)).count == (isPublished ? 1 : 0))
        #expect(op.host.labels(issue).contains("state:in-review") == isPublished)
    }

    /// What the branch held before the run stays as it was, or the run is not published.
    @Test func aBranchThatWasPutBackOrDeletedIsNotPublished() async throws {
        let op = try Operator.current
        for (issue, reason) in [(320, Reason.policyViolation), (321, .branchMoved)] {
            op.host.open(issue)
            _ = try await op.perform(try await op.create(issue: issue)) { host, branch in
                host.push(branch, ["a.swift": "100644"])
            }
            let run = try await op.perform(try await op.create(issue: issue, revise: true)) { host, branch in
                host.move(branch, to: reason == .branchMoved ? nil : host.head("main"))
            }
            #expect(run.phase == .failed && run.readyReason == reason, "\(run.readyMessage)")
        }
    }

    /// A run may push and then fail, so that nobody looks; the next one is not published on top of it.
    @Test func whatAFailedRunPushedIsLookedAtByTheNext() async throws {
        let (op, issue) = (try Operator.current, 330)
        op.host.open(issue)
        let first = try await op.perform(try await op.create(issue: issue)) { host, branch in
            host.push(branch, ["a.swift": "100644"])
        }
        #expect(first.phase == .succeeded)
        // People push what they like to the pull request; a run that follows is not blamed for it.
        op.host.push("codex/issue-330", [".github/workflows/people.yml": "100644"])
        let second = try await op.perform(try await op.create(issue: issue, revise: true)) { host, branch in
            host.push(branch, ["b.swift": "100644"])
        }
        #expect(second.phase == .succeeded, "\(second.readyMessage)")
        op.host.push("codex/issue-330", [".github/workflows/people.yml": nil])
        let failing = try await op.perform(
            try await op.create(issue: issue, revise: true), outcome: .failed
        ) { host, branch in host.push(branch, [".github/workflows/evil.yml": "100644"]) }
        #expect(failing.phase == .failed && failing.readyReason == .agentFailed, "\(failing.readyMessage)")
        let next = try await op.perform(try await op.create(issue: issue, revise: true)) { host, branch in
            host.push(branch, ["c.swift": "100644"])
        }
        #expect(next.readyReason == .policyViolation && next.readyMessage.contains("evil.yml"), "\(next.readyMessage)")
    }

    private func variable(_ name: String, of container: String, _ job: DynamicObject) -> String? {
        let spec = job.content.at("spec", "template", "spec")
        let all = (spec?["initContainers"]?.arrayValue ?? []) + (spec?["containers"]?.arrayValue ?? [])
        let variables = all.first { $0["name"]?.stringValue == container }?["env"]?.arrayValue ?? []
        return variables.first { $0["name"]?.stringValue == name }?["value"]?.stringValue
    }
}
