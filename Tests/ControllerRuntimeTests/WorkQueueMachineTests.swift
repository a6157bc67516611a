// SPDX-License-Identifier: MIT
import Testing

@testable import ControllerRuntime

@Suite struct WorkQueueMachineTests {
    private typealias Machine = WorkQueueMachine<String>

    private func seconds(_ value: Double) -> Duration { .milliseconds(Int(value * 1000)) }

    @Test func `keys come in order, each once`() {
        var machine = Machine()
        for key in ["a", "b", "a", "c", "b"] { machine.add(key, priority: .normal, now: .zero) }
        #expect(machine.depth == 3)
        #expect((0..<4).map { _ in machine.take(now: .zero)?.key } == ["a", "b", "c", nil])
    }

    @Test func `what becomes dirty while it is processed comes once more, afterwards`() {
        var machine = Machine()
        machine.add("a", priority: .normal, now: .zero)
        #expect(machine.take(now: .zero)?.key == "a")
        for _ in 0..<1000 { machine.add("a", priority: .normal, now: .zero) }
        #expect(machine.take(now: .zero) == nil)
        #expect(machine.done("a", now: seconds(2)) == seconds(2))
        #expect(machine.take(now: seconds(2))?.key == "a")
        machine.done("a", now: seconds(3))
        #expect(machine.take(now: seconds(3)) == nil)
        #expect(machine.isIdle)
    }

    @Test func `done for a key that is not processed does nothing`() {
        var machine = Machine()
        machine.add("a", priority: .normal, now: .zero)
        #expect(machine.done("a", now: .zero) == nil)
        #expect(machine.depth == 1)
    }

    @Test func `fresh work passes the initial list, but not for ever`() {
        var machine = Machine(handicap: .seconds(10))
        machine.add("old", priority: .low, now: .zero)
        machine.add("fresh", priority: .normal, now: seconds(9))
        #expect(machine.take(now: seconds(9))?.key == "fresh")
        machine.add("fresher", priority: .normal, now: seconds(11))
        #expect(machine.take(now: seconds(11))?.key == "old")
        #expect(machine.take(now: seconds(11))?.key == "fresher")
    }

    @Test func `five thousand old keys are all done beside twenty fresh ones a second`() {
        var machine = Machine()
        for index in 0..<5000 { machine.add("old \(index)", priority: .low, now: .zero) }
        var now = Duration.zero
        var oldDone = 0
        var fresh = 0
        // A worker that takes 50 ms a key, exactly as fast as fresh keys arrive: without ageing, old ones never come.
        while oldDone < 100, now < .seconds(1000) {
            machine.add("fresh \(fresh)", priority: .normal, now: now)
            fresh += 1
            if let item = machine.take(now: now) {
                if item.key.hasPrefix("old") { oldDone += 1 }
                machine.done(item.key, now: now)
            }
            now += .milliseconds(50)
        }
        #expect(oldDone == 100)
        #expect(now < .seconds(30))
    }

    @Test func `something that happened raises a key of the initial list`() {
        var machine = Machine()
        machine.add("a", priority: .low, now: .zero)
        machine.add("b", priority: .low, now: .zero)
        machine.add("b", priority: .normal, now: .zero)
        #expect(machine.depth == 2 && machine.depth(.normal) == 1)
        #expect(machine.take(now: .zero)?.key == "b")
        machine.add("a", priority: .low, now: .zero)
        #expect(machine.take(now: .zero)?.key == "a")
        #expect(machine.take(now: .zero) == nil)
        #expect(machine.depth == 0 && machine.depth(.low) == 0)
    }

    @Test func `delays end in order, the earliest of a key counts`() {
        var machine = Machine()
        machine.add("c", after: seconds(3), now: .zero)
        machine.add("a", after: seconds(5), now: .zero)
        machine.add("a", after: seconds(1), now: .zero)
        machine.add("a", after: seconds(4), now: .zero)
        machine.add("b", after: seconds(2), now: .zero)
        #expect(machine.nextDue == seconds(1))
        #expect(machine.promote(now: seconds(0.5)) == 0)
        #expect(machine.promote(now: seconds(2)) == 2)
        #expect(machine.nextDue == seconds(3))
        #expect(machine.promote(now: seconds(10)) == 1)
        #expect(machine.nextDue == nil)
        #expect((0..<3).map { _ in machine.take(now: seconds(10))?.key } == ["a", "b", "c"])
    }

    @Test func `failures wait longer and longer, and start anew after success`() {
        var machine = Machine()
        let delays = (0..<20).map { _ in machine.failed("a") }
        #expect(delays[..<5] == [5, 10, 20, 40, 80].map { Duration.milliseconds($0) }[...])
        #expect(delays[17] == .milliseconds(5) * (1 << 17))
        #expect(delays[18] == .seconds(1000) && delays[19] == .seconds(1000))
        #expect(machine.failureCount("a") == 20)
        #expect(machine.failed("b") == .milliseconds(5))
        machine.forgetFailures("a")
        #expect(machine.failed("a") == .milliseconds(5))
        for _ in 0..<200 { _ = machine.failed("a") }
        #expect(machine.failed("a") == .seconds(1000))
        // Spread over the time before the next step, and never beyond the longest.
        #expect(machine.failed("c", random: 0.5) == .milliseconds(7.5))
        #expect(machine.failed("c", random: 1) == .milliseconds(20))
        #expect(machine.failed("a", random: 1) == .seconds(1000))
    }

    @Test func `a closed queue gives and takes nothing`() {
        var machine = Machine()
        machine.add("a", priority: .normal, now: .zero)
        machine.add("b", after: seconds(1), now: .zero)
        _ = machine.take(now: .zero)
        machine.add("a", priority: .normal, now: .zero)
        machine.shutDown()
        machine.add("c", priority: .normal, now: .zero)
        machine.add("c", after: seconds(1), now: .zero)
        #expect(machine.promote(now: seconds(9)) == 0)
        #expect(machine.take(now: seconds(9)) == nil)
        #expect(machine.done("a", now: .zero) != nil)
        #expect(machine.take(now: seconds(9)) == nil)
        #expect(machine.isIdle && machine.nextDue == nil)
    }

    @Test func `work that is asked for now does not come again later`() {
        var machine = Machine()
        machine.add("a", after: seconds(5), now: .zero)
        machine.add("a", now: seconds(1))
        machine.add("a", after: seconds(1), now: seconds(1))
        #expect(machine.take(now: seconds(1))?.key == "a")
        machine.done("a", now: seconds(1))
        #expect(machine.promote(now: seconds(100)) == 0)
        #expect(machine.isIdle)
    }

    @Test func `of several delays the earliest time and the highest priority count`() {
        var machine = Machine()
        machine.add("a", after: seconds(5), priority: .low, now: .zero)
        machine.add("a", after: seconds(9), priority: .normal, now: .zero)
        #expect(machine.nextDue == seconds(5))
        #expect(machine.promote(now: seconds(6)) == 1)
        let item = machine.take(now: seconds(7))
        #expect(item?.priority == .normal)
        #expect(item?.waited == seconds(2))
    }

    @Test func `a delay for a key that is in line raises it and nothing else`() {
        var machine = Machine()
        machine.add("a", priority: .low, now: .zero)
        machine.add("b", priority: .low, now: .zero)
        machine.add("b", after: seconds(100), priority: .normal, now: .zero)
        #expect(machine.nextDue == nil)
        #expect(machine.take(now: .zero)?.key == "b")
    }

    @Test func `the first reason since the last run is told`() {
        var machine = Machine()
        machine.add("a", after: seconds(5), reason: "timer", now: .zero)
        machine.add("a", reason: "event", now: .zero)
        machine.add("a", reason: "another event", now: .zero)
        #expect(machine.take(now: .zero)?.reason == "event")
        machine.add("a", reason: "meanwhile", now: .zero)
        machine.done("a", now: .zero)
        #expect(machine.take(now: .zero)?.reason == "meanwhile")
    }

    @Test func `memory follows the keys, not the events`() {
        var machine = Machine()
        for index in 0..<200_000 {
            let key = "k\(index % 10)"
            let now = Duration.milliseconds(index)
            // One key stays first in line, so that nothing behind it is cleaned up by being looked at.
            if index == 0 { machine.add("first", priority: .low, now: now) }
            machine.add(key, after: .seconds(1000 - index % 7), priority: .low, now: now)
            machine.add(key, priority: index % 3 == 0 ? .low : .normal, now: now)
            if index % 5 == 0 {
                guard let item = machine.take(now: now) else { continue }
                machine.add(item.key, after: .milliseconds(1 + index % 50), now: now)
                machine.done(item.key, now: now)
            }
        }
        #expect(machine.keyCount <= 11)
        #expect(machine.footprint <= 6 * 11)
    }

    @Test func `what a start needed is given back when everything is done`() {
        var machine = Machine()
        for index in 0..<1000 { machine.add("key \(index)", priority: .low, now: .zero) }
        machine.add("late", after: .seconds(5), now: .zero)
        while let item = machine.take(now: .zero) { machine.done(item.key, now: .zero) }
        #expect(machine.footprint >= 1000, "one key still waits")
        #expect(machine.promote(now: .seconds(5)) == 1)
        #expect(machine.take(now: .seconds(5))?.key == "late")
        machine.done("late", now: .seconds(5))
        #expect(machine.isIdle && machine.footprint == 0)
        machine.add("new", now: .seconds(6))
        #expect(machine.take(now: .seconds(6))?.key == "new")
    }

    @Test func `failures of keys that are left alone are forgotten`() {
        var machine = Machine()
        for index in 0..<1000 {
            let key = "gone \(index)"
            machine.add(key, now: .zero)
            _ = machine.take(now: .zero)
            _ = machine.failed(key)
            machine.done(key, now: .zero)
        }
        #expect(machine.isIdle)
        #expect(machine.footprint <= 3)
        // A row goes on as long as the key comes again.
        machine.add("a", now: .zero)
        for round in 0..<5 {
            _ = machine.take(now: seconds(Double(round)))
            let delay = machine.failed("a")
            machine.add("a", after: delay, now: seconds(Double(round)))
            machine.done("a", now: seconds(Double(round)))
            _ = machine.promote(now: seconds(Double(round + 1)))
        }
        #expect(machine.failureCount("a") == 5)
    }

    @Test func `a hundred thousand keys are no burden`() {
        var machine = WorkQueueMachine<Int>()
        let keys = 100_000
        let start = ContinuousClock.now
        for key in 0..<keys { machine.add(key, after: .milliseconds(keys - key), now: .zero) }
        #expect(machine.promote(now: .seconds(1000)) == keys)
        for key in 0..<keys { machine.add(key, priority: .normal, now: .seconds(1000)) }
        var taken = 0
        while let item = machine.take(now: .seconds(1000)) {
            machine.done(item.key, now: .seconds(1000))
            taken += 1
        }
        #expect(taken == keys)
        #expect(machine.isIdle)
        // Linear operations would take minutes, these take a second without optimization.
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test(arguments: 0..<40)
    func `any order of calls does what the model does`(seed: UInt64) {
        var random = SplitMix(state: seed)
        var machine = WorkQueueMachine<Int>()
        var model = WorkQueueModel(handicap: machine.handicap)
        var now = Duration.zero
        for _ in 0..<2000 {
            let key = Int.random(in: 0..<6, using: &random)
            let priority = [nil, WorkPriority.low, .normal].randomElement(using: &random) ?? nil
            switch Int.random(in: 0..<7, using: &random) {
            case 0, 1:
                #expect(machine.add(key, priority: priority, now: now) == model.add(key, priority, now))
            case 2:
                let delay = Duration.milliseconds(Int.random(in: 0..<5000, using: &random))
                machine.add(key, after: delay, priority: priority, now: now)
                model.add(key, after: delay, priority, now)
            case 3:
                let (item, expected) = (machine.take(now: now), model.take(now))
                #expect(item?.key == expected?.key && item?.priority == expected?.priority)
            case 4, 5:
                if let key = model.processing.keys.sorted().randomElement(using: &random) {
                    #expect(machine.done(key, now: now) != nil)
                    model.done(key, now)
                }
            default:
                now += .milliseconds(Int.random(in: 0..<4000, using: &random))
                #expect(machine.nextDue == model.nextDue)
                #expect(machine.promote(now: now) == model.promote(now))
            }
            #expect(machine.depth(.low) == model.depth(.low) && machine.depth(.normal) == model.depth(.normal))
            #expect(machine.processingCount == model.processing.count)
            #expect(machine.keyCount == model.keyCount)
        }
    }
}

struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
