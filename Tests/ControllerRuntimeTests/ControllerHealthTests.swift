// SPDX-License-Identifier: MIT
import KubernetesAPI
import KubernetesClient
import KubernetesTestSupport
import ServiceRuntime
import Testing

@testable import ControllerRuntime

@Suite(.timeLimit(.minutes(1))) struct ControllerHealthTests {
    private let key = ObjectKey("n/a")

    private func run(_ controller: Controller, _ body: () async throws -> Void) async throws {
        let running = Task { try await controller.run() }
        try await body()
        running.cancel()
        try await running.value
    }

    @Test func `a reconcile that ignores its deadline is stuck, a quiet controller is well`() async throws {
        let time = ManualTime()
        let started = Collector<ObjectKey>()
        let mayEnd = Gate()
        let controller = Controller(
            name: "c",
            reconciler: ClosureReconciler { key in
                started.append(key)
                // In a task of its own: it does not hear that it is cancelled.
                await Task { try? await mayEnd.wait() }.value
                return .done
            }, reconcileDeadline: .seconds(120), time: time.source)
        let manager = Manager()
        manager.add(controller)
        let check = try #require(manager.livenessChecks.first)
        #expect(check.name == "controller-c")
        controller.enqueue(key)
        time.advance(by: .seconds(1000))
        // Not started, as on a standby: nobody is to take the key.
        #expect(await check.problem() == nil)
        try await run(controller) {
            await started.wait(count: 1)
            time.advance(by: .seconds(240))
            #expect(await check.problem() == nil)
            time.advance(by: .seconds(1))
            #expect(await check.problem()?.contains("ignores its deadline") == true)
            #expect(manager.isStuck)
            mayEnd.open()
            #expect(await eventually { await check.problem() == nil })
        }
    }

    @Test func `keys that wait behind a gate come again soon, without counting as errors`() async throws {
        let time = ManualTime()
        let calls = Collector<ObjectKey>()
        let metrics = MetricsRegistry()
        let gate = ConsistencyGate()
        let progress = Collector<CacheProgress>()
        progress.append(CacheProgress(resourceVersion: ResourceVersion("5")))
        gate.observe(.configMap) { _ in progress.values.last ?? CacheProgress(resourceVersion: nil) }
        gate.recordWrite(for: key, of: .configMap, resourceVersion: "7", uid: "u")
        let controller = Controller(
            name: "c", reconciler: ClosureReconciler { calls.append($0); return .done }, gate: gate, metrics: metrics,
            time: time.source)
        try await run(controller) {
            controller.enqueue(key)
            await time.waitForSleeper(due: .milliseconds(5))
            #expect(calls.values.isEmpty)
            progress.append(CacheProgress(resourceVersion: ResourceVersion("7")))
            time.advance(by: .milliseconds(5))
            await calls.wait(count: 1)
        }
        let text = metrics.render()
        #expect(text.contains(#"controller_runtime_reconcile_total{controller="c",result="requeue"} 1"#))
        #expect(text.contains(#"controller_runtime_reconcile_errors_total{controller="c"} 0"#))
        #expect(text.contains(#"controller_runtime_reconcile_panics_total{controller="c"} 0"#))
    }

    @Test func `a reconcile knows its id and why it runs`() async throws {
        let contexts = Collector<(id: String, reason: String, controller: String)>()
        let time = ManualTime()
        let controller = Controller(
            name: "c",
            reconciler: ClosureReconciler { _ in
                let context = try #require(ReconcileContext.current)
                contexts.append((context.id, context.reason, context.controller))
                if contexts.values.count == 1 { throw ReconcileError.retry("not yet", atLeast: .seconds(3)) }
                return .done
            }, time: time.source)
        try await run(controller) {
            controller.enqueue(key)
            // The floor wins over the backoff.
            await time.waitForSleeper(due: .seconds(3))
            time.advance(by: .seconds(3))
            await contexts.wait(count: 2)
        }
        #expect(contexts.values.map(\.reason) == ["asked for", "last try failed"])
        #expect(Set(contexts.values.map(\.id)).count == 2)
        #expect(ReconcileContext.current == nil)
    }

    @Test func `a lost lead cancels work at once`() async throws {
        let started = Collector<ObjectKey>()
        let ended = Collector<Bool>()
        let controller = Controller(
            name: "c",
            reconciler: ClosureReconciler { key in
                started.append(key)
                try? await Task.sleep(for: .seconds(3600))
                ended.append(Task.isCancelled)
                return .done
            })
        let running = Task { try await controller.run() }
        controller.enqueue(key)
        await started.wait(count: 1)
        controller.abort()
        await ended.wait(count: 1)
        #expect(ended.values == [true])
        _ = await running.result
    }

    @Test func `self-triggering is noticed once a period, and a new spec is an excuse`() {
        var detector = SelfTriggerDetector(limit: 3, period: .seconds(60))
        let other = ObjectKey("n/b")
        #expect((0..<10).compactMap { _ in detector.ran(key, now: .seconds(1)) } == [4])
        #expect(detector.ran(other, now: .seconds(2)) == nil)
        // Another period, another warning.
        #expect((0..<10).compactMap { _ in detector.ran(key, now: .seconds(61)) } == [4])
        for round in 0..<10 {
            detector.specChanged(other)
            #expect(detector.ran(other, now: .seconds(62 + round)) == nil)
        }
    }

    @Test func `texts of events are told from those of timers`() {
        let reasons = WatchReasons("pods")
        let map = ConfigMap(metadata: ObjectMeta(name: "a"))
        #expect(WatchReasons.isEvent(reasons.reason(ObjectDelivery(.updated(old: map, new: map)))))
        #expect(reasons.reason(ObjectDelivery(.deleted(map))) == "event: pods deleted")
        #expect(!WatchReasons.isEvent(reasons.reason(ObjectDelivery(.added(map), isInInitialList: true))))
        #expect(!WatchReasons.isEvent(WatchReasons.timer) && !WatchReasons.isEvent(WatchReasons.retry))
    }

    /// What queue and controller add to each reconcile.
    @Test func `the runtime's own work a reconcile is small`() async throws {
        let count = 20_000
        let finished = Gate()
        let runs = MetricsRegistry().counter("test_total", help: "Runs.")
        let controller = Controller(
            name: "c",
            reconciler: ClosureReconciler { _ in
                runs.increment()
                if runs.value >= Double(count) { finished.open() }
                return .done
            }, workers: 4)
        for index in 0..<count { controller.enqueue(ObjectKey(namespace: "n", name: "object-\(index)")) }
        let start = ContinuousClock.now
        try await run(controller) { try await finished.wait() }
        let each = (ContinuousClock.now - start) / count
        print("runtime overhead a reconcile: \(each)")
        // Without optimization and beside other tests; optimized it is a few microseconds.
        #expect(each < .milliseconds(1))
    }
}
