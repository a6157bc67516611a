// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import KubernetesAPI
import SourceProvider
import Testing

@testable import AgentControllers

@Suite struct PlacePlanTests {
    static let now = Timestamp(microseconds: 1_000_000_000_000)

    static func place(
        holders: [String] = [], phase: IssueNamespace.Phase? = .active, made: Bool = true, expiresAt: Timestamp? = nil,
        deleted: Bool = false, ttl: Int? = 60, generation: Int = 3
    ) -> IssueNamespace {
        var metadata = ObjectMeta(name: "p", uid: "u")
        metadata.generation = generation
        if deleted { metadata.deletionTimestamp = now }
        var status = IssueNamespaceStatus()
        status.phase = phase
        if made { status.namespaces = .init(run: "p", environment: nil) }
        status.expiresAt = expiresAt
        status.observedGeneration = 3
        return IssueNamespace(
            metadata: metadata,
            spec: .init(repository: "a/b", repositoryID: 1, issue: 2, agent: "dev", mode: .codeOnly, ttlSeconds: ttl, holders: holders),
            status: status)
    }

    @Test(arguments: [
        (place(phase: nil, made: false), PlacePlan.prepare), (place(holders: ["a"]), .keep),
        (place(holders: ["a"], expiresAt: now), .extend), (place(), .scheduleExpiry(now.adding(.seconds(60)))),
        (place(ttl: nil), .scheduleExpiry(now.adding(.seconds(3600)))),
        (place(expiresAt: now.adding(.seconds(5))), .wait(.seconds(5))), (place(expiresAt: now), .expire),
        (place(expiresAt: now.adding(.seconds(500)), generation: 4), .scheduleExpiry(now.adding(.seconds(60)))),
        (place(holders: ["a"], expiresAt: now, deleted: true), .tearDown),
    ])
    func decides(place: IssueNamespace, plan: PlacePlan) {
        #expect(PlacePlan.decide(place, defaultTTL: .seconds(3600), now: Self.now) == plan)
    }
}

@Suite struct PublicationPlanTests {
    static func attempt(_ number: Int = 1, base: String = "base", before: String? = nil) -> AgentRunStatus.AttemptStatus {
        var attempt = AgentRunStatus.AttemptStatus(number: number)
        attempt.baseSHA = base
        attempt.headBefore = before
        return attempt
    }

    static func tree(_ paths: [String], truncated: Bool = false) -> SourceTree {
        SourceTree(entries: paths.map { .init(path: $0, mode: "100644", sha: $0) }, isTruncated: truncated)
    }

    static let forward = CommitComparison(aheadBy: 1, behindBy: 0, mergeBase: "base")

    static func input(
        kind: TriggerKind = .dev, attempts: [AgentRunStatus.AttemptStatus] = [attempt()], head: String? = "new",
        comparison: CommitComparison? = forward, before: SourceTree? = tree(["a"]), after: SourceTree? = tree(["a", "b"]),
        open: PullRequest? = nil
    ) -> PublicationInput {
        PublicationInput(
            kind: kind, agent: "dev", allowsWorkflows: false, attempts: attempts, head: head, comparison: comparison,
            before: before, after: after, openPullRequest: open)
    }

    @Test func whatWasPushedDecides() {
        #expect(PublicationPlan.decide(Self.input()) == .create)
        #expect(PublicationPlan.decide(Self.input(open: AdmissionPlanTests.pullRequest())) == .update(number: 5))
        #expect(PublicationPlan.decide(Self.input(head: nil)) == .noChanges)
        #expect(PublicationPlan.decide(Self.input(head: "base")) == .noChanges)
        #expect(PublicationPlan.decide(Self.input(attempts: [Self.attempt(before: "new")])) == .noChanges)
    }

    @Test func aLostResultIsNoSuccessUnlessSomethingWasPushed() {
        for head in [nil, "base"] {
            var input = Self.input(head: head)
            input.isResultLost = true
            #expect(PublicationPlan.decide(input) == .lost)
        }
        var pushed = Self.input()
        pushed.isResultLost = true
        #expect(PublicationPlan.decide(pushed) == .create)
    }

    @Test func aRewrittenBranchIsAViolation() {
        let diverged = CommitComparison(aheadBy: 1, behindBy: 1, mergeBase: "older")
        guard case .violation = PublicationPlan.decide(Self.input(comparison: diverged)) else {
            Issue.record("published")
            return
        }
    }

    @Test func pathsOutsideTheScopeAreViolationsAndNamed() {
        for (kind, path) in [(TriggerKind.dev, ".github/workflows/x.yml"), (.arch, "src/a.swift")] {
            guard case .violation(let message) = PublicationPlan.decide(Self.input(kind: kind, after: Self.tree(["a", path])))
            else {
                Issue.record("published \(path)")
                continue
            }
            #expect(message.contains(path))
        }
    }

    @Test func aRemovedPathIsAChangeToo() {
        guard case .violation = PublicationPlan.decide(
            Self.input(before: Self.tree(["a", ".github/workflows/x.yml"]), after: Self.tree(["a"])))
        else {
            Issue.record("published")
            return
        }
    }

    @Test func aTreeThatCannotBeReadWholeIsAViolation() {
        guard case .violation = PublicationPlan.decide(Self.input(after: Self.tree(["a"], truncated: true))) else {
            Issue.record("published")
            return
        }
    }

    @Test func aSecondAttemptStillPublishesWhatTheFirstPushed() {
        let attempts = [Self.attempt(1), Self.attempt(2, before: "new")]
        #expect(PublicationPlan.decide(Self.input(attempts: attempts, comparison: nil)) == .create)
    }

    @Test func whatARefusedRunPushedIsNotLaunderedByTheNext() {
        let pullRequest = AdmissionPlanTests.pullRequest()
        let attempts = [Self.attempt(before: "refused")]
        #expect(
            PublicationPlan.baseline(attempts: attempts, openPullRequest: pullRequest, isTrusted: false, mergeBase: "m") == "m")
        #expect(PublicationPlan.baseline(attempts: attempts, openPullRequest: nil, isTrusted: true, mergeBase: "m") == "m")
        #expect(
            PublicationPlan.baseline(attempts: attempts, openPullRequest: pullRequest, isTrusted: true, mergeBase: "m") == "refused")
    }
}

@Suite struct RunProgressPlanTests {
    static let now = Timestamp(microseconds: 5_000_000_000)

    static func pod(_ state: ContainerState?, phase: PodPhase? = nil) -> Pod {
        var pod = Pod(metadata: ObjectMeta(name: "p", namespace: "n"))
        if let state { pod.status.containerStatuses = [ContainerStatus(name: "agent", state: state)] }
        pod.status.phase = phase
        return pod
    }

    func decide(_ job: Job?, _ pod: Pod?, started: Int64 = 4_999) -> RunProgressPlan {
        RunProgressPlan.decide(
            job: job, pod: pod, startedAt: Timestamp(microseconds: started * 1_000_000), timeout: .seconds(60), now: Self.now)
    }

    let job = Job(metadata: ObjectMeta(name: "j", namespace: "n"))

    @Test func readsTheResult() throws {
        let message = RunResultMessage(outcome: .succeeded, attempt: 1, branch: "b", headSHA: "h")
        let text = String(decoding: try message.encoded(), as: UTF8.self)
        var terminated = ContainerStateTerminated(exitCode: 0)
        terminated.message = text
        #expect(decide(job, Self.pod(ContainerState(terminated: terminated))) == .finished(message: message, detail: "exit code 0"))
    }

    @Test func aMessageThatIsNoneOfOursIsALostResult() {
        var terminated = ContainerStateTerminated(exitCode: 137)
        terminated.reason = "OOMKilled"
        terminated.message = "garbage"
        #expect(decide(job, Self.pod(ContainerState(terminated: terminated))) == .finished(message: nil, detail: "exit code 137, OOMKilled"))
    }

    @Test func startingWorkingLost() {
        #expect(decide(job, nil) == .starting)
        #expect(decide(job, Self.pod(ContainerState(running: ContainerStateRunning()))) == .working)
        #expect(decide(nil, nil) == .lost)
    }

    @Test func theKubeletsWordsAreKept() {
        let waiting = ContainerStateWaiting(reason: "ErrImagePull", message: "no such image")
        #expect(
            decide(job, Self.pod(ContainerState(waiting: waiting)))
                == .cannotStart(reason: .imageError, message: "container agent: ErrImagePull: no such image"))
    }

    @Test func theRunsOwnClockEndsIt() {
        #expect(decide(job, Self.pod(ContainerState(running: ContainerStateRunning())), started: 4_000) == .deadlineExceeded)
    }
}
