// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import Testing

@Suite struct ConditionTests {
    let first = Timestamp(microseconds: 1_000_000_500_000)
    let later = Timestamp(microseconds: 2_000_000_500_000)

    @Test func `the time changes with the status alone`() {
        var conditions: [Condition] = []
        let change1 = conditions.set(Condition(type: "Ready", status: .false, reason: "A"), now: first)
        #expect(change1)
        #expect(conditions[0].lastTransitionTime == first.wholeSeconds)

        let change2 = conditions.set(Condition(type: "Ready", status: .false, reason: "B"), now: later)
        #expect(change2)
        #expect(conditions[0].reason == "B")
        #expect(conditions[0].lastTransitionTime == first.wholeSeconds)

        let change3 = conditions.set(Condition(type: "Ready", status: .true, reason: "B"), now: later)
        #expect(change3)
        #expect(conditions[0].lastTransitionTime == later.wholeSeconds)
    }

    @Test func `setting the same again changes nothing`() {
        var conditions: [Condition] = []
        let condition = Condition(type: "Ready", status: .true, reason: "A", message: "m", observedGeneration: 2)
        conditions.set(condition, now: first)
        let before = conditions
        let changed = conditions.set(condition, now: later)
        #expect(!changed)
        #expect(conditions == before)
    }

    @Test func `what was written is what is read`() throws {
        var conditions: [Condition] = []
        conditions.set(Condition(type: "Ready", status: .true, reason: "A"), now: first)
        let read = try JSONValue(encoding: conditions).decode([Condition].self)
        #expect(read == conditions)
    }

    @Test func `order is kept`() {
        var conditions: [Condition] = []
        for type in ["A", "B", "C"] { conditions.set(Condition(type: type, status: .unknown), now: first) }
        conditions.set(Condition(type: "B", status: .true), now: later)
        #expect(conditions.map(\.type) == ["A", "B", "C"])
        #expect(
            conditions.isTrue("B") && !conditions.isTrue("A") && !conditions.isFalse("A") && !conditions.isTrue("X"))
        let removals = [conditions.remove("B"), conditions.remove("B")]
        #expect(removals == [true, false])
    }
}
