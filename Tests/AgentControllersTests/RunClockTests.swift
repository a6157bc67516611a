// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import KubernetesAPI
import Testing

@testable import AgentControllers

/// Moments in seconds: the attempt begins at 1000.
func at(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }

@Suite struct RunClockTests {
    static func status(
        started: Int64? = 1000, ended: Int64? = nil, paused: Int? = nil, waiting: Int64? = nil, remaining: Int? = nil
    ) -> AgentRunStatus {
        var status = AgentRunStatus()
        status.attempt = 1
        var attempt = AgentRunStatus.AttemptStatus(number: 1)
        attempt.startTime = started.map { at($0) }
        attempt.completionTime = ended.map { at($0) }
        attempt.pausedSeconds = paused
        status.currentAttempt = attempt
        if let waiting {
            status.wait = .init(state: "WaitingMCP", reason: "r", since: at(waiting), remaining: remaining)
        }
        return status
    }

    struct Row: Sendable {
        var status: AgentRunStatus
        var now: Int64
        var remaining: Int64
        var isOver: Bool
    }

    @Test(arguments: [
        Row(status: status(started: nil), now: 9000, remaining: 100, isOver: false),
        Row(status: status(), now: 1000, remaining: 100, isOver: false),
        Row(status: status(), now: 1099, remaining: 1, isOver: false),
        Row(status: status(), now: 1100, remaining: 0, isOver: true),
        Row(status: status(), now: 5000, remaining: 0, isOver: true),
        // A clock that was set back gives nothing and takes nothing.
        Row(status: status(), now: 900, remaining: 100, isOver: false),
        // Waits that are over do not count.
        Row(status: status(paused: 3900), now: 5000, remaining: 0, isOver: true),
        Row(status: status(paused: 3950), now: 5000, remaining: 50, isOver: false),
        // A wait that goes on stands still, however long.
        Row(status: status(waiting: 1040), now: 1050, remaining: 60, isOver: false),
        Row(status: status(waiting: 1040), now: 99_000, remaining: 60, isOver: false),
        Row(status: status(paused: 20, waiting: 1040), now: 99_000, remaining: 80, isOver: false),
        // An attempt that has ended counts nothing any more.
        Row(status: status(ended: 1010), now: 9000, remaining: 100, isOver: false),
    ])
    func `working time alone counts`(row: Row) {
        let clock = RunClock(row.status, limit: .seconds(100))
        #expect(clock.remaining(at: at(row.now)) == .seconds(row.remaining))
        #expect(clock.isOver(at: at(row.now)) == row.isOver)
    }

    @Test func `entering a wait keeps what is left, and leaving it takes its time off what counts`() {
        var status = Self.status(paused: 5)
        let limit = Duration.seconds(100)
        RunClock.pause(
            &status, for: .init(state: .mcp, reason: "approve it", until: at(1500)), limit: limit, now: at(1035))
        #expect(status.wait == .init(state: "WaitingMCP", reason: "approve it", since: at(1035), remaining: 70, until: at(1500)))
        // Something else is waited for: since when, and what is left, stays.
        RunClock.pause(&status, for: .init(state: .rateLimit, reason: "slow", until: nil), limit: limit, now: at(1090))
        #expect(status.wait == .init(state: "WaitingRateLimit", reason: "slow", since: at(1035), remaining: 70))
        RunClock.resume(&status, now: at(1135))
        #expect(status.wait == nil)
        #expect(status.currentAttempt?.pausedSeconds == 105)
        #expect(RunClock(status, limit: limit).remaining(at: at(1135)) == .seconds(70))
        RunClock.resume(&status, now: at(5000))
        #expect(status.currentAttempt?.pausedSeconds == 105, "leaving twice is leaving once")
    }

    @Test func `a status that was written and read again has the same clock`() throws {
        let status = Self.status(paused: 7, waiting: 1040, remaining: 3)
        let read = try status.json.decode(AgentRunStatus.self)
        #expect(RunClock(read, limit: .seconds(50)) == RunClock(status, limit: .seconds(50)))
    }

    @Test(arguments: [
        (status(waiting: 1010), 1012, 2), (status(waiting: 1010), 1010, 1), (status(waiting: 1010), 900, 1),
        // What was waited before the attempt began is none of its time.
        (status(waiting: 500), 1003, 3), (status(ended: 1005, waiting: 1001), 1010, nil),
        (status(started: nil, waiting: 1001), 1010, nil),
    ] as [(AgentRunStatus, Int64, Int?)])
    func `a wait takes whole seconds, at least one`(status: AgentRunStatus, now: Int64, paused: Int?) {
        var status = status
        RunClock.resume(&status, now: at(now))
        #expect(status.currentAttempt?.pausedSeconds == paused)
        #expect(status.wait == nil)
    }

    @Test func `fractions of a second are the run's`() {
        var status = Self.status(waiting: 1010)
        RunClock.resume(&status, now: Timestamp(microseconds: 1_012_000_001))
        #expect(status.currentAttempt?.pausedSeconds == 3)
    }

    @Test func `every wait is a fact when it begins and when it ends, each with a key of its own`() {
        let working = Self.status(paused: 4)
        var waiting = working
        RunClock.pause(&waiting, for: .init(state: .rateLimit, reason: "r", until: nil), limit: .seconds(100), now: at(1020))
        let paused = RunWaitFacts.facts(before: working, after: waiting)
        #expect(paused.map(\.type) == [.waitPaused] && paused.first?.key == "4")
        #expect(paused.first?.payload["remaining_seconds"] == 84)
        var over = waiting
        RunClock.resume(&over, now: at(1030))
        let resumed = RunWaitFacts.facts(before: waiting, after: over)
        #expect(resumed.map(\.type) == [.waitResumed] && resumed.first?.key == "4")
        #expect(resumed.first?.payload["seconds"] == 10)
        #expect(RunWaitFacts.facts(before: waiting, after: waiting).isEmpty)
        #expect(RunWaitFacts.facts(before: over, after: over).isEmpty)
        // Without a clock that runs there is nothing to pause.
        #expect(RunWaitFacts.facts(before: AgentRunStatus(), after: waiting).isEmpty)
    }
}

@Suite struct RunWaitPlanTests {
    static let rate = Awaited(state: .rateLimit, reason: "429", until: at(2000))
    static let approval = Awaited(state: .mcp, reason: "approve", until: nil)

    static func wait(_ awaited: Awaited, since: Int64 = 1000) -> AgentRunStatus.WaitStatus {
        .init(state: awaited.state.rawValue, reason: awaited.reason, since: at(since), remaining: 50, until: awaited.until)
    }

    struct Row: Sendable {
        var wait: AgentRunStatus.WaitStatus?
        var hasPod: Bool
        var awaiting: Awaiting
        var now: Int64
        var plan: RunWaitPlan
    }

    @Test(arguments: [
        // With a pod that works.
        Row(wait: nil, hasPod: true, awaiting: .nothing, now: 1000, plan: .keep),
        Row(wait: nil, hasPod: true, awaiting: .unknown, now: 1000, plan: .keep),
        Row(wait: nil, hasPod: true, awaiting: .something(rate), now: 1000, plan: .enter(rate)),
        Row(wait: nil, hasPod: true, awaiting: .something(approval), now: 1000, plan: .enter(approval)),
        // With a pod that waits.
        Row(wait: wait(rate), hasPod: true, awaiting: .nothing, now: 1001, plan: .leave),
        Row(wait: wait(approval), hasPod: true, awaiting: .nothing, now: 9000, plan: .leave),
        Row(wait: wait(rate), hasPod: true, awaiting: .something(rate), now: 1001, plan: .keep),
        Row(wait: wait(rate), hasPod: true, awaiting: .something(approval), now: 1001, plan: .change(approval)),
        Row(wait: wait(rate), hasPod: true, awaiting: .something(rate), now: 1059, plan: .keep),
        Row(wait: wait(rate), hasPod: true, awaiting: .something(rate), now: 1060, plan: .endPod),
        Row(wait: wait(rate), hasPod: true, awaiting: .something(approval), now: 1060, plan: .endPod),
        // A pod that cannot be heard may be working: it is not ended, and its wait is not over.
        Row(wait: wait(rate), hasPod: true, awaiting: .unknown, now: 9000, plan: .keep),
        // Without a pod.
        Row(wait: wait(rate), hasPod: false, awaiting: .nothing, now: 1001, plan: .goOn),
        Row(wait: wait(approval), hasPod: false, awaiting: .nothing, now: 1001, plan: .goOn),
        Row(wait: wait(approval), hasPod: false, awaiting: .something(approval), now: 99_000, plan: .keep),
        Row(wait: wait(rate), hasPod: false, awaiting: .something(approval), now: 99_000, plan: .change(approval)),
        Row(wait: wait(rate), hasPod: false, awaiting: .unknown, now: 1999, plan: .keep),
        Row(wait: wait(rate), hasPod: false, awaiting: .unknown, now: 2000, plan: .goOn),
        Row(wait: wait(approval), hasPod: false, awaiting: .unknown, now: 99_000, plan: .keep),
        Row(wait: nil, hasPod: false, awaiting: .something(rate), now: 1000, plan: .keep),
    ])
    func `decides the same way for every kind of wait`(row: Row) {
        let plan = RunWaitPlan.decide(
            wait: row.wait, hasPod: row.hasPod, awaiting: row.awaiting, waitLimit: .seconds(60), now: at(row.now))
        #expect(plan == row.plan)
    }

    @Test func `a wait without a pod is looked into at the time that was named, and else after as long as it may last`() {
        let limit = Duration.seconds(60)
        #expect(RunWaitPlan.until(Self.wait(Self.rate), waitLimit: limit, now: at(1100)) == at(2000))
        #expect(RunWaitPlan.until(Self.wait(Self.rate), waitLimit: limit, now: at(2000)) == at(2060))
        #expect(RunWaitPlan.until(Self.wait(Self.approval), waitLimit: limit, now: at(1100)) == at(1160))
        #expect(RunWaitPlan.until(nil, waitLimit: limit, now: at(1100)) == at(1160))
    }
}

@Suite struct RunHeartbeatTests {
    struct Row: Sendable {
        var begun: Int64? = 900
        var last: Int64?
        var deaf: Int64?
        var now: Int64
        var silentSince: Int64?
        var isUnheard: Bool
    }

    @Test(arguments: [
        Row(now: 1199, isUnheard: false), Row(now: 1200, isUnheard: true), Row(begun: nil, now: 9000, isUnheard: false),
        Row(last: 1000, now: 1299, isUnheard: false), Row(last: 1000, now: 1300, silentSince: 1000, isUnheard: true),
        Row(begun: nil, last: 1000, now: 1300, silentSince: 1000, isUnheard: true),
        Row(last: 1000, now: 900, isUnheard: false),
        // The word of an earlier pod is none of this one's.
        Row(begun: 1001, last: 1000, now: 1300, isUnheard: false), Row(begun: 1001, last: 1000, now: 1301, isUnheard: true),
        // While the store was away nothing could be heard.
        Row(last: 1000, deaf: 1200, now: 1400, isUnheard: false),
        Row(last: 1000, deaf: 1200, now: 1500, silentSince: 1000, isUnheard: true),
        Row(last: 1000, deaf: 500, now: 1300, silentSince: 1000, isUnheard: true),
    ])
    func `silence is told after five minutes of listening`(row: Row) {
        let hearing = RunHeartbeat(
            begun: row.begun.map { at($0) }, last: row.last.map { at($0) }, deafUntil: row.deaf.map { at($0) })
        #expect(hearing.silentSince(at: at(row.now)) == row.silentSince.map { at($0) })
        #expect(hearing.isUnheard(at: at(row.now)) == row.isUnheard)
    }
}
