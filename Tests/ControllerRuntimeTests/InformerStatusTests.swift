// SPDX-License-Identifier: MIT
import KubernetesAPI
import Testing

@testable import ControllerRuntime

@Suite struct InformerStatusTests {
    private func poison(_ name: String) -> PoisonObject {
        PoisonObject(metadata: ObjectMeta(name: name, namespace: "n"), problem: "p")
    }

    @Test func `before it starts it says so`() {
        let health = InformerStatus(parts: 1).health(now: .seconds(5))
        #expect(!health.isSynced && health.problem == "not started" && health.poison.isEmpty)
        #expect(health.failingFor == nil && health.silentFor == nil && health.fallback == nil)
    }

    @Test func `every part must be filled, and the first problem is shown`() {
        var status = InformerStatus(parts: 2)
        status.filled(part: 0)
        status.set(problem: nil, part: 0, now: .zero)
        #expect(!status.isSynced && status.problem == "not started")
        status.filled(part: 1)
        status.set(problem: nil, part: 1, now: .zero)
        #expect(status.isSynced && status.problem == nil)
    }

    @Test func `a problem is as old as its beginning, until it is over`() {
        var status = InformerStatus(parts: 1)
        status.set(problem: "a", part: 0, now: .seconds(10))
        status.set(problem: "b", part: 0, now: .seconds(20))
        #expect(status.health(now: .seconds(25)).failingFor == .seconds(15))
        #expect(status.health(now: .seconds(25)).problem == "b")
        status.set(problem: nil, part: 0, now: .seconds(30))
        #expect(status.health(now: .seconds(35)).failingFor == nil)
        status.set(problem: "c", part: 0, now: .seconds(40))
        #expect(status.health(now: .seconds(41)).failingFor == .seconds(1))
    }

    @Test func `silence is counted from the last message`() {
        var status = InformerStatus(parts: 1)
        status.heard(now: .seconds(3))
        status.heard(now: .seconds(7))
        #expect(status.health(now: .seconds(70)).silentFor == .seconds(63))
    }

    @Test func `a fallback is news once`() {
        var status = InformerStatus(parts: 1)
        let news = [status.set(fallback: "r", part: 0), status.set(fallback: "r", part: 0)]
        #expect(news == [true, false])
        #expect(status.health(now: .zero).fallback == "r")
        let isOver = status.set(fallback: nil, part: 0)
        #expect(isOver && status.health(now: .zero).fallback == nil)
    }

    @Test func `a list replaces the poison of its own part`() {
        var status = InformerStatus(parts: 2)
        status.replace(poison: [poison("a"), poison("b")], part: 0)
        status.add(poison: poison("c"), part: 1)
        #expect(status.poisonObjects.count == 3)
        status.replace(poison: [poison("d")], part: 0)
        #expect(Set(status.poisonObjects.keys.map(\.name)) == ["c", "d"])
        status.cure(ObjectKey("n/c"))
        #expect(Set(status.poisonObjects.keys.map(\.name)) == ["d"])
    }
}
