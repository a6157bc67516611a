// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import KubernetesAPI
import Testing

@testable import AgentControllers

/// A pod as the kubelet describes it.
func samplePod(
    agent: ContainerState? = nil, broker: ContainerState? = nil, phase: PodPhase? = nil, reason: String? = nil,
    message: String? = nil, disruption: String? = nil, isBeingDeleted: Bool = false, restarts: Int = 0,
    lastBroker: ContainerState? = nil
) -> Pod {
    var pod = Pod(metadata: ObjectMeta(name: "p", namespace: "n", uid: "pod-1"))
    if let agent { pod.status.containerStatuses = [ContainerStatus(name: "agent", state: agent)] }
    if let broker {
        var status = ContainerStatus(name: "broker", state: broker, restartCount: restarts)
        if let lastBroker { status.lastState = lastBroker }
        pod.status.initContainerStatuses = [status]
    }
    pod.status.phase = phase
    pod.status.reason = reason
    pod.status.message = message
    if let disruption {
        pod.status.conditions = [
            Condition(type: "DisruptionTarget", status: .true, reason: disruption, message: "the node goes away")
        ]
    }
    if isBeingDeleted { pod.metadata.deletionTimestamp = at(1) }
    return pod
}

/// An agent that has ended, with what it left.
func ended(_ outcome: RunResultMessage.Outcome?, code: Int = 0, reason: String? = nil) throws -> ContainerState {
    let message = try outcome.map { try sampleMessage($0).encoded() }
    return ContainerState(
        terminated: .init(exitCode: code, reason: reason, message: message.map { String(decoding: $0, as: UTF8.self) }))
}

func sampleMessage(_ outcome: RunResultMessage.Outcome) throws -> RunResultMessage {
    RunResultMessage(outcome: outcome, attempt: 1, branch: "b", headSHA: "h")
}

let running = ContainerState(running: .init(startedAt: at(1000)))

@Suite struct RunProgressPlanTests {
    static let job = Job(metadata: ObjectMeta(name: "j", namespace: "n"))

    static func job(_ condition: String, reason: String = "BackoffLimitExceeded") -> Job {
        var job = job
        job.status.conditions = [Condition(type: condition, status: .true, reason: reason, message: "m")]
        return job
    }

    func decide(_ job: Job?, _ pod: Pod?, isOver: Bool = false, trouble: StartTrouble? = nil) -> RunProgressPlan {
        RunProgressPlan.decide(job: job, pod: pod, trouble: trouble, isOver: isOver, now: at(5000))
    }

    func loss(_ plan: RunProgressPlan) -> (reason: Reason, hasMessage: Bool, detail: String)? {
        if case .lost(let reason, let message, let detail) = plan { (reason, message != nil, detail) } else { nil }
    }

    @Test func `the agent's own words count`() throws {
        let message = try sampleMessage(.succeeded)
        #expect(
            decide(Self.job, samplePod(agent: try ended(.succeeded)))
                == .finished(message: message, detail: "exit code 0"))
    }

    @Test(arguments: [RunResultMessage.Outcome.succeeded, .noChanges, .failed, .branchMoved])
    func `what was said whole before the pod was lost still counts`(outcome: RunResultMessage.Outcome) throws {
        for job in [Self.job, Self.job("Failed"), nil] {
            let pod = samplePod(agent: try ended(outcome), phase: .failed, disruption: "DeletionByTaintManager")
            guard case .finished(let message, let detail) = decide(job, pod) else {
                Issue.record("\(decide(job, pod))")
                continue
            }
            #expect(message.outcome == outcome)
            #expect(detail.contains("node was lost"))
        }
    }

    @Test func `words that are none of ours are a lost result`() throws {
        let state = ContainerState(terminated: .init(exitCode: 137, reason: "OOMKilled", message: "garbage"))
        #expect(
            decide(Self.job, samplePod(agent: state))
                == .lost(reason: .resultLost, message: nil, detail: "exit code 137, OOMKilled"))
    }

    @Test func `a pod that its node lost is replaced by its Job, as long as there is time`() throws {
        for agent in [nil, try ended(nil, code: 143), try ended(.cancelled, code: 143)] {
            let pod = samplePod(agent: agent, phase: .failed, disruption: "EvictionByEvictionAPI")
            guard case .replacing(let detail) = decide(Self.job, pod) else {
                Issue.record("\(decide(Self.job, pod))")
                continue
            }
            #expect(detail == "the pod's node was lost or drained: EvictionByEvictionAPI: the node goes away")
            #expect(decide(Self.job, pod, isOver: true) == .deadlineExceeded)
            let given = try #require(loss(decide(Self.job("Failed"), pod)))
            #expect(given.reason == .nodeLost)
            #expect(loss(decide(nil, pod))?.reason == .nodeLost)
        }
    }

    struct Loss: Sendable {
        var pod: Pod
        var reason: Reason
        var words: String
    }

    @Test(arguments: [
        Loss(
            pod: samplePod(phase: .failed, reason: "Evicted", message: "low on resource: memory"), reason: .podEvicted,
            words: "low on resource: memory"),
        Loss(pod: samplePod(phase: .failed, reason: "NodeLost", message: "n1 is gone"), reason: .nodeLost, words: "n1 is gone"),
        Loss(
            pod: samplePod(phase: .failed, reason: "Terminated", message: "imminent node shutdown"), reason: .nodeLost,
            words: "shutdown"),
        Loss(pod: samplePod(phase: .failed, isBeingDeleted: true), reason: .podDeleted, words: "deleted from outside"),
        Loss(pod: samplePod(phase: .failed), reason: .resultLost, words: "ended without its agent"),
    ])
    func `who took the pod is told`(row: Loss) throws {
        let given = try #require(loss(decide(Self.job("Failed"), row.pod)))
        #expect(given.reason == row.reason)
        #expect(given.detail.contains(row.words), "\(given.detail)")
    }

    @Test func `an agent that was told to stop by somebody else did not fail`() throws {
        let cut = try ended(.cancelled, code: 143)
        let deleted = try #require(loss(decide(Self.job("Failed"), samplePod(agent: cut, isBeingDeleted: true))))
        #expect(deleted.reason == .podDeleted && deleted.hasMessage)
        let unknown = try #require(loss(decide(Self.job, samplePod(agent: cut))))
        #expect(unknown.reason == .podFailed && unknown.hasMessage)
    }

    @Test func `a pod that is not there is told from one that is to come`() {
        #expect(decide(Self.job, nil) == .starting)
        #expect(loss(decide(nil, nil))?.reason == .podDeleted)
        #expect(loss(decide(Self.job("Failed", reason: "DeadlineExceeded"), nil))?.detail.contains("DeadlineExceeded") == true)
        #expect(loss(decide(Self.job("Complete"), nil))?.reason == .resultLost)
        #expect(decide(Self.job, samplePod(agent: running)) == .working)
        // Deleted with its Job from outside: it has its grace, and may say something yet.
        #expect(decide(nil, samplePod(agent: running, isBeingDeleted: true)) == .working)
        #expect(decide(Self.job, samplePod(broker: running)) == .starting)
    }

    @Test func `the run's own clock ends it, whatever the pod does, unless it has ended`() throws {
        #expect(decide(Self.job, samplePod(agent: running), isOver: true) == .deadlineExceeded)
        #expect(decide(Self.job, nil, isOver: true) == .deadlineExceeded)
        let done = decide(Self.job, samplePod(agent: try ended(.succeeded)), isOver: true)
        #expect(done == .finished(message: try sampleMessage(.succeeded), detail: "exit code 0"))
    }

    @Test func `a trouble that does not pass ends the attempt in the kubelet's words`() {
        let state = ContainerState(waiting: .init(reason: "InvalidImageName", message: "couldn't parse \"::\""))
        let pod = samplePod(agent: state)
        let trouble = StartTrouble.observe(pod, before: nil, now: at(5000))
        #expect(
            decide(Self.job, pod, trouble: trouble)
                == .cannotStart(
                    reason: .imageError, message: "container agent: InvalidImageName: couldn't parse \"::\""))
    }
}

@Suite struct StartTroubleTests {
    static func waiting(_ reason: String, _ message: String? = nil) -> ContainerState {
        ContainerState(waiting: .init(reason: reason, message: message))
    }

    /// What is known after these states were seen, ten seconds apart.
    static func after(_ states: [ContainerState], from start: Int64 = 0, every: Int64 = 10) -> StartTrouble? {
        var known: StartTrouble?
        for (index, state) in states.enumerated() {
            known = .observe(samplePod(agent: state), before: known, now: at(start + Int64(index) * every))
        }
        return known
    }

    @Test func `a pull that failed once may pass`() throws {
        let first = try #require(Self.after([Self.waiting("ErrImagePull", "connection refused")]))
        #expect(!first.isOver(at: at(59)))
        #expect(first.isOver(at: at(60)))
        #expect(first.patience(at: at(45)) == .seconds(15))
        #expect(Self.after([Self.waiting("ErrImagePull"), running]) == nil)
        #expect(Self.after([Self.waiting("ErrImagePull"), Self.waiting("ContainerCreating")]) == nil)
    }

    @Test func `after three tries it is over, and the try's own words are kept`() throws {
        let pull = Self.waiting("ErrImagePull", "no such image")
        let pause = Self.waiting("ImagePullBackOff", "Back-off pulling image")
        let twice = try #require(Self.after([pull, pause, pause, pull, pause], every: 1))
        #expect(twice.tries == 2 && !twice.isOver(at: at(10)))
        let thrice = try #require(Self.after([pull, pause, pull, pull, pause, pull], every: 1))
        #expect(thrice.tries == 3 && thrice.isOver(at: at(10)))
        #expect(thrice.failure.reason == .imageError)
        #expect(thrice.failure.message == "container agent: ErrImagePull: no such image")
    }

    @Test func `a process that sees the pause first has its words until it sees better ones`() throws {
        let pause = Self.waiting("ImagePullBackOff", "Back-off pulling image")
        #expect(Self.after([pause])?.failure.message == "container agent: ImagePullBackOff: Back-off pulling image")
        let better = Self.after([pause, Self.waiting("ErrImagePull", "denied"), pause])
        #expect(better?.failure.message == "container agent: ErrImagePull: denied")
    }

    @Test(arguments: [
        ("InvalidImageName", true, Reason.imageError), ("ErrImageNeverPull", true, .imageError),
        ("RegistryUnavailable", false, .imageError), ("CreateContainerConfigError", false, .podFailed),
        ("CreateContainerError", false, .podFailed), ("RunContainerError", false, .podFailed),
    ] as [(String, Bool, Reason)])
    func `what cannot pass ends it at once`(word: String, atOnce: Bool, reason: Reason) throws {
        let trouble = try #require(Self.after([Self.waiting(word, "m")]))
        #expect(trouble.isOver(at: at(0)) == atOnce)
        #expect(trouble.isOver(at: at(60)))
        #expect(trouble.failure.reason == reason)
    }

    @Test func `containers before the agent's count as well`() throws {
        let pod = samplePod(
            agent: Self.waiting("PodInitializing"), broker: Self.waiting("CreateContainerConfigError", "secret \"x\" not found"))
        let trouble = try #require(StartTrouble.observe(pod, before: nil, now: at(0)))
        #expect(trouble.failure.message == "container broker: CreateContainerConfigError: secret \"x\" not found")
    }

    @Test func `a broker that falls again and again is told with its own last words`() throws {
        let crashed = ContainerState(terminated: .init(exitCode: 2, reason: "Error", message: "line 1\nno such key\n"))
        func pod(restarts: Int) -> Pod {
            samplePod(
                agent: running, broker: Self.waiting("CrashLoopBackOff", "back-off 10s"), restarts: restarts, lastBroker: crashed)
        }
        let once = try #require(StartTrouble.observe(pod(restarts: 1), before: nil, now: at(0)))
        #expect(!once.isOver(at: at(30)))
        let often = try #require(StartTrouble.observe(pod(restarts: 3), before: once, now: at(30)))
        #expect(often.isOver(at: at(30)))
        #expect(often.failure == (.podFailed, "container broker: CrashLoopBackOff: exit code 2: line 1 no such key"))
    }

    @Test func `a pod that has ended, and one that is well, have no trouble`() {
        #expect(StartTrouble.observe(nil, before: nil, now: at(0)) == nil)
        #expect(StartTrouble.observe(samplePod(agent: running, broker: running), before: nil, now: at(0)) == nil)
        let ended = samplePod(agent: Self.waiting("ErrImagePull"), phase: .failed)
        #expect(StartTrouble.observe(ended, before: nil, now: at(0)) == nil)
    }
}

@Suite struct RunStopPlanTests {
    func decide(_ pod: Pod?, now: Int64 = 1010) -> RunStopPlan {
        RunStopPlan.decide(pod: pod, since: at(1000), grace: .seconds(60), now: at(now))
    }

    @Test func `an agent that runs has its grace and a reserve`() {
        #expect(decide(samplePod(agent: running)) == .wait(.seconds(80)))
        #expect(decide(samplePod(agent: running), now: 1089) == .wait(.seconds(1)))
        guard case .ended(nil, _) = decide(samplePod(agent: running), now: 1090) else {
            Issue.record("waits for ever")
            return
        }
    }

    @Test func `what the agent left is taken, and nothing is waited for where nothing can come`() throws {
        #expect(
            decide(samplePod(agent: try ended(.cancelled, code: 143)))
                == .ended(message: try sampleMessage(.cancelled), detail: "exit code 143"))
        for pod in [
            nil, samplePod(phase: .failed), samplePod(broker: running), samplePod(),
            samplePod(agent: StartTroubleTests.waiting("PodInitializing")),
        ] {
            guard case .ended(nil, _) = decide(pod) else {
                Issue.record("\(decide(pod))")
                continue
            }
        }
    }

    @Test(arguments: [
        (RunResultMessage.Outcome.succeeded, true), (.noChanges, true), (.failed, false), (.branchMoved, false),
        (.cancelled, false),
    ])
    func `an agent that was done just then was done`(outcome: RunResultMessage.Outcome, isResult: Bool) throws {
        #expect(RunStopPlan.isResult(try sampleMessage(outcome)) == isResult)
        #expect(!RunStopPlan.isResult(nil))
    }
}

@Suite struct StartDelayTests {
    static func event(_ reason: String, _ message: String, _ time: String, type: String = "Warning") -> JSONValue {
        [
            "type": .string(type), "reason": .string(reason), "message": .string(message),
            "lastTimestamp": .string("2026-11-23T10:00:\(time)Z"),
        ]
    }

    static let job: Job = {
        var metadata = ObjectMeta(name: "j", namespace: "n", uid: "u")
        metadata.creationTimestamp = at(1000)
        return Job(metadata: metadata)
    }()

    static func delay(_ pod: Pod?, _ events: [JSONValue], now: Int64) -> StartDelay? {
        StartDelay.of(job: job, pod: pod, events: events, now: at(now))
    }

    /// Refused by a quota, a limit range, pod security or a webhook: the Job controller says so in an event alone.
    @Test func `a Job that gets no pod is given time, then up, in the words of who refuses`() {
        let events = [
            Self.event("FailedCreate", "pods \"x\" is forbidden: exceeded quota", "07"),
            Self.event("FailedCreate", "failed calling webhook", "03"), Self.event("SuccessfulCreate", "y", "09", type: "Normal"),
        ]
        #expect(Self.delay(nil, events, now: 1010) == nil)
        #expect(
            Self.delay(nil, events, now: 1020)
                == StartDelay(message: "the Job gets no pod: FailedCreate: pods \"x\" is forbidden: exceeded quota", isOver: false))
        #expect(Self.delay(nil, events, now: 1299)?.isOver == false && Self.delay(nil, events, now: 1300)?.isOver == true)
        #expect(Self.delay(nil, [], now: 5000) == nil)
        #expect(Self.delay(nil, [events[2]], now: 5000) == nil)
    }

    @Test func `a pod without a node or a volume is told, and waited for`() {
        var pod = samplePod(phase: .pending)
        pod.metadata.creationTimestamp = at(1000)
        #expect(Self.delay(pod, [], now: 5000) == nil)
        let volume = Self.event("FailedMount", "secret \"x\" not found", "03")
        #expect(
            Self.delay(pod, [volume], now: 5000)
                == StartDelay(message: "the pod does not start: FailedMount: secret \"x\" not found", isOver: false))
        pod.status.conditions = [
            Condition(type: "PodScheduled", status: .false, reason: "Unschedulable", message: "0/3 nodes are available")
        ]
        #expect(
            Self.delay(pod, [volume], now: 5000)
                == StartDelay(message: "the pod has no node: Unschedulable: 0/3 nodes are available", isOver: false))
    }
}
