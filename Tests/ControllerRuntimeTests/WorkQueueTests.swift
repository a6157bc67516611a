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
        #expect(await key?.key == "a")
    }

    @Test func `a cancelled worker leaves, and takes no key with it`() async {
        let queue = WorkQueue<String>(name: "q")
        let worker = Task { await queue.next() }
        worker.cancel()
        #expect(await worker.value?.key == nil)
        queue.add("a")
        #expect(await queue.next()?.key == "a")
    }

    @Test func `delayed keys come when it is time, also when an earlier one is added meanwhile`() async {
        let time = ManualTime()
        let queue = WorkQueue<String>(name: "q", time: time.source)
        let timer = Task { await queue.run() }
        queue.addAfter("late", .seconds(10))
        await time.wait { $0 == [.seconds(10)] }
        queue.addAfter("early", .seconds(5))
        await time.wait { $0 == [.seconds(5)] }
        time.advance(by: .seconds(5))
        #expect(await queue.next()?.key == "early")
        await time.wait { $0 == [.seconds(10)] }
        time.advance(by: .seconds(5))
        #expect(await queue.next()?.key == "late")
        timer.cancel()
        await timer.value
    }

    @Test func `failures come back after their time, or the server's if that is longer`() async {
        let time = ManualTime()
        let queue = WorkQueue<String>(name: "q", time: time.source)
        let timer = Task { await queue.run() }
        queue.addRateLimited("a")
        await time.wait { $0 == [.milliseconds(5)] }
        time.advance(by: .milliseconds(5))
        #expect(await queue.next()?.key == "a")
        queue.addRateLimited("a", atLeast: .seconds(3))
        queue.done("a")
        await time.wait { $0 == [.milliseconds(3005)] }
        #expect(queue.failureCount("a") == 2)
        timer.cancel()
        await timer.value
    }

    /// Counts how many workers hold a key.
    private final class Tally: Sendable {
        private struct State {
            var active: [Int: Int] = [:]
            var worst = 0
            var runs = 0
        }

        private let state = Mutex(State())

        func enter(_ key: Int) {
            state.withLock { state in
                state.runs += 1
                state.active[key, default: 0] += 1
                state.worst = max(state.worst, state.active[key, default: 0])
            }
        }

        func leave(_ key: Int) { state.withLock { $0.active[key, default: 0] -= 1 } }

        var worst: Int { state.withLock { $0.worst } }
        var keys: Int { state.withLock { $0.active.count } }
        var runs: Int { state.withLock { $0.runs } }
    }

    @Test func `one key is with one worker at a time`() async {
        let queue = WorkQueue<Int>(name: "q")
        let tally = Tally()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    while let item = await queue.next() {
                        tally.enter(item.key)
                        // A real suspension, so that others get the chance to take the same key.
                        try? await Task.sleep(for: .microseconds(50))
                        tally.leave(item.key)
                        queue.done(item.key)
                    }
                }
            }
            for adder in 0..<8 {
                group.addTask {
                    for index in 0..<500 {
                        queue.add((adder + index) % 5, priority: index % 2 == 0 ? .low : .normal)
                    }
                }
            }
            #expect(await eventually { tally.keys == 5 && queue.isEmpty })
            queue.shutDown()
        }
        #expect(tally.worst == 1)
        #expect(tally.runs >= 5)
    }

    @Test(arguments: 0..<10)
    func `shutting down under twenty adders lets every worker go at once`(round: Int) async {
        let queue = WorkQueue<Int>(name: "q")
        let isOver = Flag()
        let stops = Collector<ContinuousClock.Instant>()
        let ends = Collector<Duration>()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    while let item = await queue.next() { queue.done(item.key) }
                    ends.append(stops.values.first.map { ContinuousClock.now - $0 } ?? .zero)
                }
            }
            group.addTask { await queue.run() }
            for adder in 0..<20 {
                group.addTask {
                    var index = 0
                    while !isOver.isSet {
                        index += 1
                        queue.add(adder * 1000 + index % 1000, priority: index % 2 == 0 ? .low : .normal)
                        queue.addAfter(index % 100, .milliseconds(1))
                        if index % 100 == 0 { try? await Task.sleep(for: .microseconds(10)) }
                    }
                }
            }
            try? await Task.sleep(for: .milliseconds(round))
            stops.append(.now)
            queue.shutDown()
            await ends.wait(count: 20)
            isOver.set()
        }
        #expect(ends.values.allSatisfy { $0 < .seconds(1) })
        #expect(await queue.next()?.key == nil)
        #expect(queue.isEmpty)
    }

    @Test func `what the work adds again is as urgent as the work`() async throws {
        let time = ManualTime()
        let queue = WorkQueue<String>(name: "q", time: time.source)
        let timer = Task { await queue.run() }
        queue.add("a", priority: .low, reason: "start")
        let first = try #require(await queue.next())
        #expect(first.priority == .low && first.reason == "start")
        queue.addRateLimited("a", reason: "again")
        queue.done("a")
        await time.wait { $0 == [.milliseconds(5)] }
        time.advance(by: .milliseconds(5))
        let second = try #require(await queue.next())
        #expect(second.priority == .low && second.reason == "again")
        timer.cancel()
        await timer.value
    }

    @Test func `its age says when nobody works and when the timer stands still`() async {
        let time = ManualTime()
        let queue = WorkQueue<String>(name: "q", time: time.source)
        #expect(queue.idleBacklog == .zero && queue.timerLag == .zero)
        queue.add("a")
        queue.addAfter("b", .seconds(10))
        time.advance(by: .seconds(30))
        #expect(queue.idleBacklog == .seconds(30))
        #expect(queue.timerLag == .seconds(20))
        #expect(await queue.next()?.key == "a")
        // It waits for a worker that is busy: that is no sign of death.
        queue.add("c")
        time.advance(by: .seconds(30))
        #expect(queue.idleBacklog == .zero)
        #expect(queue.longestRunning == .seconds(30))
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

    @Test func `its numbers are exact whenever somebody asks`() async {
        let time = ManualTime()
        let metrics = MetricsRegistry()
        let queue = WorkQueue<String>(name: "q", metrics: metrics, time: time.source)
        func number(_ name: String, _ labels: String = "") -> String? {
            let start = "workqueue_\(name){controller=\"q\",name=\"q\"\(labels)} "
            return metrics.render().split(separator: "\n").first { $0.hasPrefix(start) }.map {
                String($0.dropFirst(start.count))
            }
        }
        for key in ["a", "a", "b", "c"] { queue.add(key) }
        #expect(number("adds_total") == "3")
        #expect(number("depth", ",priority=\"0\"") == "3")
        time.advance(by: .seconds(2))
        _ = await queue.next()
        _ = await queue.next()
        #expect(number("depth", ",priority=\"0\"") == "1")
        #expect(number("queue_duration_seconds_count") == "2")
        #expect(number("queue_duration_seconds_sum") == "4")
        time.advance(by: .seconds(3))
        #expect(number("unfinished_work_seconds") == "6")
        #expect(number("longest_running_processor_seconds") == "3")
        queue.add("a")
        queue.addRateLimited("b")
        queue.done("a")
        queue.done("b")
        #expect(number("adds_total") == "4")
        #expect(number("retries_total") == "1")
        #expect(number("work_duration_seconds_count") == "2")
        #expect(number("work_duration_seconds_sum") == "6")
        #expect(number("unfinished_work_seconds") == "0")
        #expect(number("depth", ",priority=\"0\"") == "2")
    }
}
