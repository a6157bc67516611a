// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Synchronization
import Testing

/// Waits, ends and cancels of a run, with the real controllers on a cluster of its own.
@Suite(BehaviourScope(), .serialized, .timeLimit(.minutes(4))) struct BehaviourWaiting {
    static func message(
        _ outcome: RunResultMessage.Outcome, run: AgentRun, resumed: Bool, usage: Int64, head: String? = nil
    ) -> RunResultMessage {
        var message = RunResultMessage(
            outcome: outcome, attempt: 1, branch: run.status?.branch ?? "", headSHA: head, sessionID: "s-1",
            sessionResumed: resumed)
        message.usage = .init(inputTokens: usage, cachedInputTokens: 0, outputTokens: usage, reasoningTokens: 0)
        message.sessionBytes = 100
        return message
    }

    /// The Job and its pod are told to end; the Job stays for the run API to know the pod by.
    static func untilEnding(_ played: PlayedRun, _ run: AgentRun) async throws {
        let name = run.status?.job ?? ""
        try await played.cluster.eventually(.job, run.status?.namespace, name) { $0.metadata.isBeingDeleted }
        try await played.cluster.eventually(.pod, run.status?.namespace, "\(name)-x") { $0.metadata.isBeingDeleted }
    }

    @Test func `a long wait ends the pod, and the attempt goes on in another`() async throws {
        try await PlayedRun.with("waits") { played in
            let run = try await played.start(issue: 101)
            // The first pod begins a fresh session.
            #expect(try await played.sessionID(of: run) == nil)
            try await played.startPod(of: run)
            try await played.hear(ProgressReport(sessionID: "s-1", line: "reads the issue"), of: run, after: .seconds(20))
            let working = try await played.eventually { $0.status?.progress?.line != nil }
            #expect(working.status?.progress?.line == "reads the issue" && working.status?.session?.id == "s-1")

            // A wait stops the clock.
            let until = played.clock.now.adding(.seconds(7200))
            let waiting = ProgressReport(
                sessionID: "s-1",
                waiting: .init(state: "WaitingRateLimit", reason: "429", until: until.microseconds / 1_000_000))
            try await played.hear(waiting, of: run, after: .seconds(20))
            let paused = try await played.eventually { $0.phase == .waiting }
            let left = try #require(paused.status?.wait?.remaining)
            #expect(paused.status?.wait?.state == "WaitingRateLimit" && paused.status?.wait?.until == until)
            #expect((5 * 3600 - 60...5 * 3600 - 30).contains(left))
            #expect(paused.status?.job == run.status?.job)
            #expect(played.records.facts(.waitPaused).count == 1)

            // After half an hour the pod is ended, and may save its session: the run stays as it is until it has.
            try await played.hear(waiting, of: run, after: .seconds(1900))
            let stopping = try await played.eventually { $0.status?.stopping != nil }
            #expect(stopping.phase == .waiting && stopping.status?.stopping?.reason == "WaitingRateLimit")
            try await Self.untilEnding(played, run)
            try await played.saveSession("s-1", of: run)
            try await played.endPod(of: run, Self.message(.cancelled, run: run, resumed: false, usage: 10), code: 143)
            let parked = try await played.eventually { $0.status?.job == nil }
            #expect(parked.phase == .waiting && parked.status?.stopping == nil && parked.status?.wait != nil)
            #expect(parked.status?.session?.savedBytes == 100 && parked.status?.usage?.inputTokens == 10)
            try await played.untilReleased(run)

            // When the time has come, it goes on with its clock where it was.
            played.clock.advance(.seconds(7200))
            try await played.poke()
            let resumed = try await played.eventually { $0.phase == .running }
            #expect(resumed.status?.job == "\(run.status?.job ?? "")-r1")
            #expect(resumed.status?.currentAttempt?.resumptions == 1 && resumed.status?.attempt == 1)
            #expect(resumed.status?.wait == nil)
            #expect((1900 + 7200 - 10...1900 + 7200 + 60).contains(resumed.status?.currentAttempt?.pausedSeconds ?? 0))
            #expect(played.records.facts(.waitResumed).count == 1)
            #expect(try await played.sessionID(of: resumed) == "s-1")
            try await played.startPod(of: resumed)
            let head = String(repeating: "b", count: 40)
            played.forge.push(run.status?.branch ?? "", head: head)
            try await played.endPod(of: resumed, Self.message(.succeeded, run: run, resumed: true, usage: 5, head: head))
            let done = try await played.eventually { $0.phase.isTerminal }
            #expect(done.phase == .succeeded, "\(done.status?.json.encodedString() ?? "")")
            #expect(done.status?.usage?.inputTokens == 15 && done.status?.attempts?.first?.usage?.outputTokens == 15)
            #expect(done.status?.session == .init(id: "s-1", resumed: true, savedBytes: 100))
            #expect(played.records.facts(.agentSessionSaved).count == 2)
            #expect(played.records.facts(.agentResumeUsed).map { $0.payload["session"] } == ["s-1"])
            #expect(played.records.facts(.jobCreated).count == 2)
            let used = played.records.state.withLock { $0.usage.map(\.tokens.inputTokens) }
            #expect(used == [10, 5])
            #expect(played.records.state.withLock { $0.records[run.metadata.uid]?.sessionID } == "s-1")
        }
    }

    /// The process dies behind each of its writes, from the decision to end the pod to the next pod's Job.
    @Test(arguments: 0..<12) func `a process that dies at any write ends and goes on once`(writes: Int) async throws {
        let played = PlayedRun(cluster: try .current, name: "dies-\(writes)")
        let waiting = ProgressReport(waiting: .init(state: "WaitingMCP", reason: "approve"))
        var started: AgentRun?
        try await played.controlled {
            let run = try await played.start(issue: Int64(200 + writes))
            try await played.startPod(of: run)
            try await played.hear(waiting, of: run, after: .seconds(20))
            try await played.eventually { $0.phase == .waiting }
            started = run
        }
        let run = try #require(started)
        let kubelet = Task {
            try await Self.untilEnding(played, run)
            try await played.endPod(of: run, Self.message(.cancelled, run: run, resumed: false, usage: 10), code: 143)
        }
        let budget = WriteBudget(writes)
        let goesOn = { (run: AgentRun) in run.phase == .running && run.status?.currentAttempt?.resumptions == 1 }
        try await played.controlled(budget) {
            try await played.hear(waiting, of: run, after: .seconds(1900))
            try await played.pass(budget, until: goesOn)
        }
        // Ending the pod, waiting, and the next Job take more writes than this.
        #expect(budget.isSpent || writes > 8)
        try await played.controlled {
            try await played.pass(until: goesOn)
            let resumed = try await played.now()
            #expect(resumed.status?.job == "\(run.status?.job ?? "")-r1" && resumed.status?.stopping == nil)
            #expect(resumed.status?.usage?.inputTokens == 10 && resumed.status?.session?.savedBytes == 100)
            let selector = LabelSelector(matchLabels: [Keys.runUID: run.metadata.uid])
            let jobs = try await played.cluster.admin.resource(Job.self, namespace: run.status?.namespace).list(
                ListOptions(labelSelector: selector))
            #expect(jobs.items.filter { !$0.metadata.isBeingDeleted }.map(\.metadata.name) == [resumed.status?.job])
            for type in [AuditEventType.waitPaused, .waitResumed, .agentSessionSaved] {
                #expect(played.records.facts(type).count == 1, "\(type)")
            }
            #expect(played.records.state.withLock { $0.usage.count } == 1)
            try await kubelet.value
            try await played.patch(["cancel": true])
            #expect(try await played.eventually { $0.phase.isTerminal }.phase == .cancelled)
        }
    }

    @Test func `a short wait is over in the same pod`() async throws {
        try await PlayedRun.with("waits-shortly") { played in
            let run = try await played.start(issue: 102)
            try await played.startPod(of: run)
            let waiting = ProgressReport(waiting: .init(state: "WaitingOwnerReview", reason: "asks"))
            try await played.hear(waiting, of: run, after: .seconds(20))
            _ = try await played.eventually { $0.phase == .waiting }
            try await played.hear(ProgressReport(line: "goes on"), of: run, after: .seconds(100))
            let working = try await played.eventually { $0.phase == .running }
            #expect(working.status?.job == run.status?.job && working.status?.wait == nil)
            #expect(working.status?.currentAttempt?.pausedSeconds == 100)
            try await played.endPod(of: run, Self.message(.failed, run: run, resumed: false, usage: 1), code: 1)
            #expect(try await played.eventually { $0.phase.isTerminal }.phase == .failed)
        }
    }

    @Test func `cancelling lets the agent save its session, and needs no database`() async throws {
        try await PlayedRun.with("cancelled") { played in
            let run = try await played.start(issue: 103)
            try await played.startPod(of: run)
            played.records.setAway(true)
            try await played.patch(["cancel": true])
            let stopping = try await played.eventually { $0.status?.stopping != nil }
            #expect(!stopping.phase.isTerminal)
            #expect(stopping.status?.conditions?["Ready"]?.reason == "Cancelling")
            try await Self.untilEnding(played, run)
            #expect(try await !played.now().phase.isTerminal, "the session is saved only while the run has not ended")
            try await played.endPod(of: run, Self.message(.cancelled, run: run, resumed: false, usage: 3), code: 143)
            let ended = try await played.eventually { $0.phase.isTerminal }
            #expect(ended.phase == .cancelled && ended.status?.stopping == nil)
            #expect(ended.status?.session == .init(id: "s-1", resumed: false, savedBytes: 100))
            #expect(ended.status?.usage?.inputTokens == 3)
            try await played.untilReleased(run)
        }
    }

    @Test func `a deleted run goes when its agent had its grace`() async throws {
        try await PlayedRun.with("deleted") { played in
            let run = try await played.start(issue: 104)
            try await played.startPod(of: run)
            try await played.delete()
            _ = try await played.eventually { $0.status?.stopping != nil }
            try await Self.untilEnding(played, run)
            try await played.endPod(of: run, Self.message(.cancelled, run: run, resumed: false, usage: 3), code: 143)
            try await played.cluster.untilGone(.agentRun, "codex-k8s", "deleted")
            #expect(played.records.state.withLock { $0.records[run.metadata.uid]?.sessionID } == "s-1")
            #expect(played.records.facts(.runCancelled).count == 1)
        }
    }

    @Test func `an agent that does not end has no more than its grace, and the clock ends it`() async throws {
        try await PlayedRun.with("too-long") { played in
            let run = try await played.start(issue: 105)
            try await played.startPod(of: run)
            played.clock.advance(.seconds(5 * 3600 + 1))
            try await played.poke()
            _ = try await played.eventually { $0.status?.stopping?.reason == "DeadlineExceeded" }
            try await Self.untilEnding(played, run)
            played.clock.advance(.seconds(91))
            try await played.poke()
            let ended = try await played.eventually { $0.phase.isTerminal }
            #expect(ended.phase == .failed)
            #expect(ended.status?.currentAttempt?.reason == "DeadlineExceeded")
        }
    }

    @Test func `a pod that falls silent is told of, and one whose words cannot be read is not`() async throws {
        try await PlayedRun.with("silent") { played in
            let run = try await played.start(issue: 106)
            try await played.startPod(of: run)
            try await played.hear(ProgressReport(line: "works"), of: run, after: .seconds(20))
            _ = try await played.eventually { $0.status?.progress != nil }
            played.clock.advance(.seconds(301))
            try await played.poke()
            let silent = try await played.eventually { $0.status?.conditions?["AgentCompleted"]?.reason == "HeartbeatLost" }
            #expect(silent.phase == .running)
            // Away and back: what could not be heard is no silence, and what is heard ends it.
            try await played.hear(ProgressReport(line: "works on"), of: run, after: .seconds(20))
            _ = try await played.eventually { $0.status?.conditions?["AgentCompleted"]?.reason == "Running" }
            played.records.setAway(true)
            played.clock.advance(.seconds(600))
            try await played.poke()
            played.records.setAway(false)
            try await played.endPod(of: run, Self.message(.failed, run: run, resumed: false, usage: 1), code: 1)
            let ended = try await played.eventually { $0.phase.isTerminal }
            #expect(ended.status?.currentAttempt?.reason == "AgentFailed")
        }
    }

    @Test func `a pod that falls silent in a wait is not known to wait`() async throws {
        try await PlayedRun.with("waits-silently") { played in
            let run = try await played.start(issue: 110)
            try await played.startPod(of: run)
            let waiting = ProgressReport(waiting: .init(state: "WaitingMCP", reason: "approve"))
            try await played.hear(waiting, of: run, after: .seconds(20))
            try await played.eventually { $0.phase == .waiting }
            played.clock.advance(.seconds(400))
            try await played.poke()
            let silent = try await played.eventually { $0.phase == .running }
            #expect(silent.status?.wait == nil && silent.status?.currentAttempt?.pausedSeconds == 400)
            #expect(silent.status?.conditions?["AgentCompleted"]?.reason == "HeartbeatLost")
            // The clock goes on, and ends it.
            played.clock.advance(.seconds(5 * 3600))
            try await played.poke()
            try await played.eventually { $0.status?.stopping?.reason == "DeadlineExceeded" }
            try await Self.untilEnding(played, run)
            try await played.endPod(of: run, Self.message(.cancelled, run: run, resumed: false, usage: 1), code: 143)
            #expect(try await played.eventually { $0.phase.isTerminal }.status?.session?.id == "s-1")
        }
    }

    @Test func `another attempt follows a pod that somebody deleted`() async throws {
        try await PlayedRun.with("attempts") { played in
            let run = try await played.start(issue: 107)
            try await played.startPod(of: run)
            try await played.patch(["attempts": 2])
            _ = try await played.cluster.admin.objects(.pod, namespace: run.status?.namespace).delete(
                "\(run.status?.job ?? "")-x")
            try await played.endPod(of: run, Self.message(.cancelled, run: run, resumed: false, usage: 4), code: 143)
            let second = try await played.eventually { $0.status?.attempt == 2 && $0.phase == .running }
            #expect(second.status?.attempts?.first?.reason == "PodDeleted")
            #expect(second.status?.session?.id == "s-1")
            try await played.startPod(of: second)
            try await played.endPod(of: second, Self.message(.noChanges, run: run, resumed: true, usage: 6))
            let done = try await played.eventually { $0.phase.isTerminal }
            #expect(done.phase == .succeeded)
            #expect(done.status?.attempts?.map(\.usage?.inputTokens) == [4, 6] && done.status?.usage?.inputTokens == 10)
            #expect(played.records.facts(.agentResumeUsed).map(\.attempt) == [2])
        }
    }
}
