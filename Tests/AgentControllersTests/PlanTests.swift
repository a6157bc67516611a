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
