// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import Testing

@testable import ControllerRuntime

@Suite struct EventCorrelatorTests {
    private let now = Timestamp(microseconds: 1_000_000_000_000)

    private func note(_ message: String, uid: String = "u", reason: String = "R") -> EventCorrelator.Note {
        EventCorrelator.Note(
            object: ObjectReference(kind: "Pod", name: "p", uid: uid), isWarning: true, reason: reason,
            message: message,
            action: "")
    }

    private func writes(_ decisions: [EventCorrelator.Decision]) -> Int { decisions.count { $0 != .drop } }

    @Test func `the same again counts up`() {
        var correlator = EventCorrelator()
        #expect(correlator.decide(note("m"), now: now) == .create(note("m"), sequence: 1))
        #expect(correlator.decide(note("m"), now: now) == .update(note("m"), sequence: 1, count: 2, first: now))
        #expect(correlator.decide(note("other"), now: now) == .create(note("other"), sequence: 2))
    }

    @Test func `a storm costs a bounded number of writes, and the count stays true`() {
        var correlator = EventCorrelator()
        var decisions = (0..<10_000).map { _ in correlator.decide(note("same"), now: now) }
        decisions += (0..<10_000).map { correlator.decide(note("message \($0)"), now: now) }
        #expect(writes(decisions) <= 30)
        // One more write an object each five minutes.
        let later = correlator.decide(note("same"), now: now.adding(.seconds(301)))
        #expect(later == .update(note("same"), sequence: 1, count: 10_001, first: now))
    }

    @Test func `many different messages become one that says so`() {
        var correlator = EventCorrelator()
        let decisions = (0..<20).map { correlator.decide(note("message \($0)"), now: now) }
        let created = decisions.compactMap { decision -> String? in
            if case .create(let note, _) = decision { note.message } else { nil }
        }
        #expect(created.count == 11)
        #expect(created.last?.contains("several events") == true)
    }

    @Test func `objects have budgets of their own`() {
        var correlator = EventCorrelator()
        for _ in 0..<100 { _ = correlator.decide(note("m", uid: "noisy"), now: now) }
        #expect(correlator.decide(note("m", uid: "quiet"), now: now) != .drop)
        #expect(correlator.decide(note("m", uid: "noisy"), now: now) == .drop)
    }
}
