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
            if let (key, _) = machine.take(now: now) {
                if key.hasPrefix("old") { oldDone += 1 }
                machine.done(key, now: now)
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
        #expect(machine.depth == 2 && machine.normalDepth == 1)
        #expect(machine.take(now: .zero)?.key == "b")
        machine.add("a", priority: .low, now: .zero)
        #expect(machine.take(now: .zero)?.key == "a")
        #expect(machine.take(now: .zero) == nil)
        #expect(machine.depth == 0 && machine.normalDepth == 0)
    }

    @Test func `delays end in order, the earliest of a key counts`() {
        var machine = Machine()
        machine.add("c", after: seconds(3), now: .zero)
        machine.add("a", after: seconds(5), now: .zero)
        machine.add("a", after: seconds(1), now: .zero)
        machine.add("a", after: seconds(4), now: .zero)
        machine.add("b", after: seconds(2), now: .zero)
        #expect(machine.nextDue() == seconds(1))
        #expect(machine.promote(now: seconds(0.5)) == 0)
        #expect(machine.promote(now: seconds(2)) == 2)
        #expect(machine.nextDue() == seconds(3))
        #expect(machine.promote(now: seconds(10)) == 1)
        #expect(machine.nextDue() == nil)
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
        #expect(machine.isIdle && machine.nextDue() == nil)
    }

    @Test func `memory follows the keys, not the events`() {
        var machine = Machine()
        for index in 0..<100_000 {
            machine.add("k\(index % 10)", priority: index % 3 == 0 ? .low : .normal, now: .milliseconds(index))
            machine.add("k\(index % 10)", after: .seconds(1000 - index % 7), now: .milliseconds(index))
        }
        #expect(machine.depth == 10)
        #expect(machine.promote(now: .seconds(100_000)) == 0)
        #expect((0..<11).compactMap { _ in machine.take(now: .zero)?.key }.count == 10)
    }

    /// The machine against a model that is too simple to be wrong.
    @Test(arguments: 0..<20)
    func `any order of calls keeps the promises`(seed: UInt64) {
        var random = SplitMix(state: seed)
        var machine = Machine()
        var now = Duration.zero
        var dirty: Set<String> = []
        var processing: Set<String> = []
        var delayed: [String: Duration] = [:]
        for _ in 0..<3000 {
            let key = "k\(Int.random(in: 0..<6, using: &random))"
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1:
                machine.add(key, priority: Bool.random(using: &random) ? .low : .normal, now: now)
                dirty.insert(key)
            case 2:
                let delay = Duration.milliseconds(Int.random(in: 1..<50, using: &random))
                machine.add(key, after: delay, now: now)
                delayed[key] = min(delayed[key] ?? .seconds(9999), now + delay)
            case 3:
                let ready = dirty.subtracting(processing)
                let taken = machine.take(now: now)?.key
                #expect((taken == nil) == ready.isEmpty)
                if let taken {
                    #expect(ready.contains(taken))
                    dirty.remove(taken)
                    processing.insert(taken)
                }
            case 4:
                if let key = processing.sorted().randomElement(using: &random) {
                    #expect(machine.done(key, now: now) != nil)
                    processing.remove(key)
                }
            default:
                now += .milliseconds(Int.random(in: 0..<20, using: &random))
                #expect(machine.nextDue() == delayed.values.min())
                _ = machine.promote(now: now)
                for (key, due) in delayed where due <= now {
                    dirty.insert(key)
                    delayed[key] = nil
                }
            }
            #expect(machine.depth == dirty.subtracting(processing).count)
            #expect(machine.processingCount == processing.count)
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
