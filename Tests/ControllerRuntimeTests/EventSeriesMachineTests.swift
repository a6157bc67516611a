// SPDX-License-Identifier: MIT
import KubernetesAPI
import Testing

@testable import ControllerRuntime

@Suite struct EventSeriesMachineTests {
    private typealias Write = EventSeriesMachine.Write

    private func note(_ message: String = "m", uid: String = "u", reason: String = "R", version: String? = nil)
        -> EventNote
    {
        EventNote(
            regarding: ObjectReference(kind: "Pod", name: "p", uid: uid, resourceVersion: version), isWarning: true,
            reason: reason, action: "Try", message: message)
    }

    @Test func `the first is created, the second makes a series, the rest are counted`() {
        var machine = EventSeriesMachine()
        #expect(machine.record(note(), now: .zero) == .create(id: 1, note(), count: 1))
        #expect(machine.record(note("other words", version: "7"), now: .seconds(1)) == .update(id: 1, note(), count: 2))
        for second in 2..<100 { #expect(machine.record(note(), now: .seconds(second)) == nil) }
        #expect(machine.record(note(reason: "Other"), now: .zero) == .create(id: 2, note(reason: "Other"), count: 1))
    }

    @Test func `a series that goes on is refreshed, one that is silent ends with its count`() {
        var machine = EventSeriesMachine()
        for second in 0..<10 { _ = machine.record(note(), now: .seconds(second)) }
        #expect(machine.nextDue == .seconds(301))
        #expect(machine.due(now: .seconds(300)) == [])
        #expect(machine.due(now: .seconds(301)) == [.update(id: 1, note(), count: 10)])
        #expect(machine.due(now: .seconds(302)) == [])
        _ = machine.record(note(), now: .seconds(303))
        // Six minutes after the last one.
        #expect(machine.nextDue == .seconds(601))
        #expect(machine.due(now: .seconds(663)) == [.update(id: 1, note(), count: 11)])
        #expect(machine.nextDue == nil)
        #expect(machine.record(note(), now: .seconds(664)) == .create(id: 2, note(), count: 1))
    }

    @Test func `a storm costs a bounded number of writes, and the count stays true`() {
        var machine = EventSeriesMachine()
        var writes: [Write] = []
        for index in 0..<20_000 {
            let now = Duration.milliseconds(index)
            writes += [machine.record(note(index < 10_000 ? "same" : "message \(index)"), now: now)].compactMap(\.self)
            writes += machine.due(now: now)
        }
        writes += machine.flush(now: .seconds(20))
        #expect(writes.count == 3)
        #expect(writes.last == .update(id: 1, note("same"), count: 20_000))
    }

    @Test func `many reasons use the object's budget up, and others have their own`() {
        var machine = EventSeriesMachine()
        let writes = (0..<10_000).compactMap { machine.record(note(reason: "R\($0)"), now: .zero) }
        #expect(writes.count == 25)
        #expect(machine.record(note(uid: "quiet"), now: .zero) != nil)
        // One more each five minutes, and it says how often.
        _ = machine.record(note(reason: "R9999"), now: .seconds(1))
        guard case .create(_, _, let count) = machine.record(note(reason: "R9999"), now: .seconds(301)) else {
            Issue.record("nothing is written")
            return
        }
        #expect(count == 3)
    }

    @Test func `memory is bounded under a storm of objects`() {
        var machine = EventSeriesMachine()
        for index in 0..<50_000 { _ = machine.record(note(uid: "u\(index)"), now: .milliseconds(index)) }
        #expect(machine.due(now: .seconds(10_000)).isEmpty)
        #expect(machine.nextDue == nil)
    }

    @Test func `what could not be created begins anew`() {
        var machine = EventSeriesMachine()
        _ = machine.record(note(), now: .zero)
        machine.forget(1)
        #expect(machine.record(note(), now: .zero) == .create(id: 2, note(), count: 1))
    }

    @Test func `a long message is cut at a character, to what the server takes`() {
        let text = String(repeating: "ä€🙂", count: 200)
        let message = note(text).message
        #expect(message.utf8.count <= 1024 && message.utf8.count > 1010)
        #expect(message.hasSuffix("…") && text.hasPrefix(message.dropLast()))
        #expect(note("short").message == "short")
    }
}
