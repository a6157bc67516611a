// SPDX-License-Identifier: MIT
import KubernetesTestSupport
import ServiceRuntime
import Synchronization
import Testing

@testable import ControllerRuntime

@Suite(.timeLimit(.minutes(1))) struct WorkQueueTests {
    @Test func `an idle worker gets what is added`() async {
        let queue = WorkQueue<String>(name: "q")
        async let key = queue.next()
        queue.add("a")
        #expect(await key == "a")
    }

    @Test func `a cancelled worker leaves, and takes no key with it`() async {
        let queue = WorkQueue<String>(name: "q")
        let worker = Task { await queue.next() }
        worker.cancel()
        #expect(await worker.value == nil)
        queue.add("a")
        #expect(await queue.next() == "a")
    }

    @Test func `delayed keys come when it is time, also when an earlier one is added meanwhile`() async {
        let time = ManualTime()
        let queue = WorkQueue<String>(name: "q", time: time.source)
        let timer = Task { await queue.run() }
        queue.addAfter("late", .seconds(10))
        while time.dueTimes != [.seconds(10)] { await Task.yield() }
        queue.addAfter("early", .seconds(5))
        while time.dueTimes != [.seconds(5)] { await Task.yield() }
        time.advance(by: .seconds(5))
        #expect(await queue.next() == "early")
        while time.dueTimes != [.seconds(10)] { await Task.yield() }
        time.advance(by: .seconds(5))
        #expect(await queue.next() == "late")
        timer.cancel()
        await timer.value
    }

    @Test func `failures come back after their time, or the server's if that is longer`() async {
        let time = ManualTime()
        let queue = WorkQueue<String>(name: "q", time: time.source)
        let timer = Task { await queue.run() }
        queue.addRateLimited("a")
        while time.dueTimes != [.milliseconds(5)] { await Task.yield() }
        time.advance(by: .milliseconds(5))
        #expect(await queue.next() == "a")
        queue.addRateLimited("a", atLeast: .seconds(3))
        queue.done("a")
        while time.dueTimes != [.milliseconds(3005)] { await Task.yield() }
        #expect(queue.failureCount("a") == 2)
        timer.cancel()
        await timer.value
    }

    /// Counts how many workers hold a key.
    private final class Tally: Sendable {
        let active = Mutex<[Int: Int]>([:])
        let worst = Mutex(0)
        let addersLeft = Mutex(8)

        func enter(_ key: Int) {
            let count = active.withLock { active in
                active[key, default: 0] += 1
                return active[key, default: 0]
            }
            worst.withLock { $0 = max($0, count) }
        }

        func leave(_ key: Int) { active.withLock { $0[key, default: 0] -= 1 } }
    }

    @Test func `one key is with one worker at a time`() async {
        let queue = WorkQueue<Int>(name: "q")
        let tally = Tally()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    while let key = await queue.next() {
                        tally.enter(key)
                        await Task.yield()
                        tally.leave(key)
                        queue.done(key)
                    }
                }
            }
            for adder in 0..<8 {
                group.addTask {
                    for index in 0..<500 {
                        queue.add((adder + index) % 5, priority: index % 2 == 0 ? .low : .normal)
                        if index % 50 == 0 { await Task.yield() }
                    }
                    let isLast = tally.addersLeft.withLock { left in
                        left -= 1
                        return left == 0
                    }
                    guard isLast else { return }
                    while queue.depth > 0 { await Task.yield() }
                    queue.shutDown()
                }
            }
        }
        #expect(tally.worst.withLock { $0 } == 1)
        #expect(tally.active.withLock { $0.count } == 5)
    }

    @Test(arguments: 0..<10)
    func `shutting down under adders lets every worker go`(round: Int) async {
        let queue = WorkQueue<Int>(name: "q")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    while let key = await queue.next() { queue.done(key) }
                }
            }
            group.addTask { await queue.run() }
            for adder in 0..<20 {
                group.addTask {
                    for index in 0..<200 {
                        queue.add(adder * 1000 + index)
                        queue.addAfter(index, .milliseconds(1))
                        if index == 100 + round { queue.shutDown() }
                        if index % 20 == 0 { await Task.yield() }
                    }
                }
            }
        }
        #expect(await queue.next() == nil)
    }

    @Test func `its numbers have the names that dashboards know`() async {
        let metrics = MetricsRegistry()
        let queue = WorkQueue<String>(name: "agentrun", metrics: metrics)
        queue.add("a")
        queue.add("b", priority: .low)
        let text = metrics.render()
        #expect(text.contains(#"workqueue_depth{controller="agentrun",name="agentrun",priority="0"} 1"#))
        #expect(text.contains(#"workqueue_depth{controller="agentrun",name="agentrun",priority="-100"} 1"#))
        #expect(text.contains(#"workqueue_adds_total{controller="agentrun",name="agentrun"} 2"#))
    }
}
