// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import KubernetesAPI
import Testing

@testable import AgentControllers

@Suite struct RunLedgerTests {
    typealias Usage = AgentRunStatus.UsageStatus

    static func usage(_ input: Int64, _ output: Int64 = 1) -> Usage {
        Usage(inputTokens: input, cachedInputTokens: 0, outputTokens: output, reasoningTokens: 0)
    }

    static func progress(
        _ seconds: Int64, line: String? = nil, session: String? = nil, usage: Usage? = nil, waiting: ProgressReport.Waiting? = nil
    ) -> RunProgress {
        RunProgress(
            report: ProgressReport(sessionID: session, line: line, usage: usage, waiting: waiting), heartbeatAt: at(seconds))
    }

    static func message(
        usage: Usage? = nil, session: String? = "s-1", resumed: Bool? = false, bytes: Int? = nil,
        problems: (resume: String?, save: String?) = (nil, nil)
    ) -> RunResultMessage {
        var message = RunResultMessage(
            outcome: .succeeded, attempt: 1, branch: "b", sessionID: session, sessionResumed: resumed)
        message.usage = usage
        message.sessionBytes = bytes
        message.resumeProblem = problems.resume
        message.sessionProblem = problems.save
        return message
    }

    // MARK: Progress

    @Test func `a report is taken once`() {
        var status = RunClockTests.status()
        #expect(RunLedger.take(Self.progress(1010, line: "reads", session: "s-1", usage: Self.usage(5)), into: &status))
        #expect(status.progress == .init(line: "reads", heartbeatTime: at(1010)))
        #expect(status.session == .init(id: "s-1", resumed: nil))
        #expect(status.usage == Self.usage(5))
        let known = status
        #expect(!RunLedger.take(Self.progress(1010, line: "other"), into: &status))
        #expect(!RunLedger.take(Self.progress(1009, usage: Self.usage(9)), into: &status))
        #expect(status == known)
        // A mere sign of life leaves what was said.
        #expect(RunLedger.take(Self.progress(1020), into: &status))
        #expect(status.progress == .init(line: "reads", heartbeatTime: at(1020)))
    }

    @Test func `only what can be seen is worth a write, and an old sign of life`() {
        var before = RunClockTests.status()
        #expect(!RunLedger.isWorthWriting(before, before))
        var after = before
        RunLedger.take(Self.progress(1010), into: &after)
        #expect(RunLedger.isWorthWriting(before, after), "the first word")
        before = after
        RunLedger.take(Self.progress(1030), into: &after)
        #expect(!RunLedger.isWorthWriting(before, after))
        var later = before
        RunLedger.take(Self.progress(1070), into: &later)
        #expect(RunLedger.isWorthWriting(before, later))
        RunLedger.take(Self.progress(1031, line: "writes"), into: &after)
        #expect(RunLedger.isWorthWriting(before, after))
    }

    @Test func `a pod's values are held to the definition's bounds`() {
        var status = RunClockTests.status()
        let long = String(repeating: "e\u{301}", count: 100) + "\n"
        RunLedger.take(
            Self.progress(
                1010, line: long, session: "../../etc", usage: Usage(inputTokens: -5, cachedInputTokens: .max, outputTokens: 2, reasoningTokens: .min)),
            into: &status)
        #expect((status.progress?.line?.unicodeScalars.count ?? 0) == 100)
        #expect(status.session == nil)
        #expect(status.usage == Usage(inputTokens: 0, cachedInputTokens: 1 << 50, outputTokens: 2, reasoningTokens: 0))
    }

    @Test(arguments: [
        (nil, Awaiting.unknown),
        (progress(1000), .nothing),
        (progress(1000, waiting: .init(state: "Dreaming", reason: "r")), .nothing),
        (
            progress(1000, waiting: .init(state: "WaitingRateLimit", reason: "429", until: 1500)),
            .something(.init(state: .rateLimit, reason: "429", until: at(1500)))
        ),
        (
            progress(1000, waiting: .init(state: "WaitingMCP", reason: "a\nb", until: .max)),
            .something(.init(state: .mcp, reason: "a b", until: at(1000 + 31 * 24 * 3600)))
        ),
        (
            progress(1000, waiting: .init(state: "WaitingOwnerReview", reason: "r", until: .min)),
            .something(.init(state: .ownerReview, reason: "r", until: at(0)))
        ),
    ] as [(RunProgress?, Awaiting)])
    func `what a pod waits for is read with care`(progress: RunProgress?, awaiting: Awaiting) {
        #expect(RunLedger.awaiting(progress) == awaiting)
    }

    // MARK: Ends

    @Test func `usage adds up over pods and attempts, and nothing counts twice`() {
        var status = RunClockTests.status()
        RunLedger.take(Self.progress(1010, usage: Self.usage(10, 2)), into: &status)
        RunLedger.take(Self.progress(1020, usage: Self.usage(30, 4)), into: &status)
        #expect(status.usage == Self.usage(30, 4))
        // The first pod ends for a long wait and says more than it had reported.
        #expect(RunLedger.close(&status, message: Self.message(usage: Self.usage(40, 5)), progress: nil) == Self.usage(40, 5))
        #expect(status.usage == Self.usage(40, 5) && status.currentAttempt?.usage == Self.usage(40, 5))
        // Its last report is still in the store, and is not the next one's.
        RunLedger.take(Self.progress(1020, usage: Self.usage(30, 4)), into: &status)
        #expect(status.usage == Self.usage(40, 5))
        // The next one reports, and is lost without a word.
        RunLedger.take(Self.progress(1100, usage: Self.usage(7, 1)), into: &status)
        #expect(status.usage == Self.usage(47, 6))
        #expect(RunLedger.close(&status, message: nil, progress: Self.progress(1110, usage: Self.usage(8, 1))) == Self.usage(8, 1))
        #expect(status.usage == Self.usage(48, 6))
        // Where the attempt has ended, its account is closed.
        var attempt = status.currentAttempt
        attempt?.completionTime = at(1111)
        status.currentAttempt = attempt
        #expect(RunLedger.close(&status, message: Self.message(usage: Self.usage(99, 9)), progress: nil) == nil)
        #expect(status.usage == Self.usage(48, 6))
        // Another attempt.
        status.attempt = 2
        status.progress = nil
        status.currentAttempt = .init(number: 2)
        RunLedger.take(Self.progress(1200, usage: Self.usage(1, 1)), into: &status)
        #expect(status.usage == Self.usage(49, 7))
        RunLedger.close(&status, message: Self.message(usage: Self.usage(2, 2)), progress: nil)
        #expect(status.attempts?.map(\.usage) == [Self.usage(48, 6), Self.usage(2, 2)])
        #expect(status.usage == Self.usage(50, 8))
    }

    @Test func `a pod that its Job made in the place of a lost one begins anew, and the lost one's usage stays`() {
        var status = RunClockTests.status()
        RunLedger.take(Self.progress(1010, usage: Self.usage(30, 4)), into: &status)
        let before = status
        RunLedger.take(Self.progress(1100, usage: Self.usage(3, 1)), into: &status)
        #expect(status.usage == Self.usage(33, 5))
        // The lost one's is a row of its own, however often it is told.
        let lost = RunLedger.lost(before, status)
        #expect(lost?.tokens == Self.usage(30, 4) && lost?.pod == "lost-0-0")
        #expect(RunLedger.lost(status, status) == nil)
        var ended = before
        let used = RunLedger.close(&ended, message: Self.message(usage: Self.usage(6, 2)), progress: nil)
        #expect(RunLedger.lost(before, ended, without: used)?.tokens == Self.usage(30, 4))
        RunLedger.close(&status, message: Self.message(usage: Self.usage(6, 2)), progress: nil)
        #expect(status.usage == Self.usage(36, 6))
    }

    @Test func `a pod without any usage leaves none`() {
        var status = RunClockTests.status()
        #expect(RunLedger.close(&status, message: Self.message(), progress: nil) == nil)
        #expect(status.usage == nil && status.currentAttempt?.usage == nil)
    }

    @Test func `the session's fate is in the status`() {
        var status = RunClockTests.status()
        RunLedger.close(&status, message: Self.message(resumed: true, bytes: 77), progress: nil)
        #expect(status.session == .init(id: "s-1", resumed: true, savedBytes: 77))
        RunLedger.close(
            &status, message: Self.message(session: "s-2", problems: ("no chunks", "200 MB is more than 64 MB")), progress: nil)
        #expect(
            status.session
                == .init(
                    id: "s-2", resumed: false, message: "not resumed: no chunks; not saved: 200 MB is more than 64 MB"))
    }

    @Test func `facts say what became of the session`() {
        func types(_ message: RunResultMessage?) -> [AuditEventType] {
            RunSessionFacts.facts(message, session: nil).map(\.type)
        }
        #expect(types(nil).isEmpty)
        #expect(types(Self.message()).isEmpty)
        #expect(types(Self.message(bytes: 5)) == [.agentSessionSaved])
        #expect(
            types(Self.message(resumed: true, bytes: 5))
                == [.agentSessionRestored, .agentResumeUsed, .agentSessionSaved])
        let broken = RunSessionFacts.facts(Self.message(problems: ("gone", "too large")), session: nil)
        #expect(broken.map(\.type) == [.agentSessionRestored, .agentSessionSaved])
        #expect(broken[0].payload == ["session": "s-1", "outcome": "failed", "problem": "gone"])
        #expect(broken[1].payload == ["session": "s-1", "outcome": "failed", "problem": "too large"])
        let old = RunSessionFacts.facts(Self.message(session: nil, bytes: 5, problems: (nil, "too large")), session: "s-0")
        #expect(old.map(\.payload) == [["session": "s-0", "outcome": "outdated", "bytes": 5, "problem": "too large"]])
    }
}
