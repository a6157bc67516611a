// SPDX-License-Identifier: MIT
import KubernetesAPI
import KubernetesClient
import KubernetesTestSupport
import ServiceRuntime
import Synchronization
import Testing

@testable import ControllerRuntime

/// A reconciler made of a closure.
struct ClosureReconciler: Reconciler {
    var body: @Sendable (ObjectKey) async throws -> ReconcileResult

    func reconcile(_ key: ObjectKey) async throws -> ReconcileResult { try await body(key) }
}

@Suite(.timeLimit(.minutes(1))) struct ControllerTests {
    private let key = ObjectKey("n/a")

    /// Runs a controller while the body runs, then stops it.
    private func run(_ controller: Controller, _ body: () async throws -> Void) async throws {
        let running = Task { try await controller.run() }
        try await body()
        running.cancel()
        try await running.value
    }

    @Test func `what a reconcile says decides when the next one is`() async throws {
        enum Problem: Error { case some }
        let time = ManualTime()
        let calls = Collector<Duration>()
        let answers = Mutex<[@Sendable () throws -> ReconcileResult]>([
            { .requeueAfter(.seconds(60)) }, { throw Problem.some }, { throw Problem.some },
            { throw APIError(reason: .tooManyRequests, message: "", retryAfter: .seconds(7)) },
            { throw ReconcileError.waitUntil(.seconds(30), "the namespace") }, { throw Problem.some }, { .done },
        ])
        let metrics = MetricsRegistry()
        let reconciler = ClosureReconciler { _ in
            let answer = answers.withLock { $0.removeFirst() }
            calls.append(time.now)
            return try answer()
        }
        let controller = Controller(name: "c", reconciler: reconciler, metrics: metrics, time: time.source)
        try await run(controller) {
            controller.enqueue(key)
            let expected: [Duration] = [
                .zero, .seconds(60), .milliseconds(60_005), .milliseconds(60_015), .milliseconds(67_015),
                .milliseconds(97_015), .milliseconds(97_020),
            ]
            for (index, due) in expected.enumerated() {
                if index > 0 {
                    await time.waitForSleeper(due: due)
                    time.advance(by: due - time.now)
                }
                await calls.wait(count: index + 1)
            }
            #expect(calls.values == expected)
        }
        let text = metrics.render()
        #expect(text.contains(#"controller_runtime_reconcile_total{controller="c",result="error"} 4"#))
        #expect(text.contains(#"controller_runtime_reconcile_total{controller="c",result="requeue_after"} 2"#))
        #expect(text.contains(#"controller_runtime_reconcile_total{controller="c",result="success"} 1"#))
        #expect(text.contains(#"controller_runtime_reconcile_errors_total{controller="c"} 4"#))
    }

    @Test func `a terminal error is not tried again`() async throws {
        let time = ManualTime()
        let calls = Collector<ObjectKey>()
        let metrics = MetricsRegistry()
        let controller = Controller(
            name: "c",
            reconciler: ClosureReconciler { key in
                calls.append(key)
                throw ReconcileError.terminal("the spec is wrong")
            }, metrics: metrics, time: time.source)
        try await run(controller) {
            controller.enqueue(key)
            await calls.wait(count: 1)
            #expect(
                await eventually { metrics.render().contains("terminal_reconcile_errors_total{controller=\"c\"} 1") })
            time.advance(by: .seconds(4))
            controller.enqueue(ObjectKey("n/other"))
            await calls.wait(count: 2)
        }
        #expect(calls.values == [key, ObjectKey("n/other")])
    }

    @Test func `a reconcile that takes too long is cancelled and tried again`() async throws {
        let time = ManualTime()
        let calls = Collector<Int>()
        let metrics = MetricsRegistry()
        let controller = Controller(
            name: "c",
            reconciler: ClosureReconciler { _ in
                calls.append(1)
                if calls.values.count == 1 { try await Task.sleep(for: .seconds(3600)) }
                return .done
            }, reconcileDeadline: .seconds(20), metrics: metrics, time: time.source)
        try await run(controller) {
            controller.enqueue(key)
            await calls.wait(count: 1)
            await time.waitForSleeper(due: .seconds(20))
            #expect(controller.longestRunning == .zero)
            time.advance(by: .seconds(20))
            await time.waitForSleeper(due: .milliseconds(20_005))
            time.advance(by: .milliseconds(5))
            await calls.wait(count: 2)
        }
        #expect(metrics.render().contains(#"controller_runtime_reconcile_timeouts_total{controller="c"} 1"#))
    }

    @Test func `after a reconcile that was too slow the only worker goes on, and is not cancelled any more`() async throws {
        let time = ManualTime()
        let began = Collector<ObjectKey>()
        let others = Collector<Bool>()
        let controller = Controller(
            name: "c",
            reconciler: ClosureReconciler { key in
                began.append(key)
                if key.name == "a" { try await Task.sleep(for: .seconds(3600)) }
                others.append(Task.isCancelled)
                return .done
            }, reconcileDeadline: .seconds(20), time: time.source)
        try await run(controller) {
            controller.enqueue(key)
            await began.wait(count: 1)
            for name in ["b", "c", "d"] { controller.enqueue(ObjectKey(namespace: "n", name: name)) }
            await time.waitForSleeper(due: .seconds(20))
            time.advance(by: .seconds(20))
            await others.wait(count: 3)
            #expect(others.values == [false, false, false])
        }
    }

    @Test func `stopping lets what is under way finish and begins nothing new`() async throws {
        let started = Collector<ObjectKey>()
        let finished = Collector<ObjectKey>()
        let mayFinish = Gate()
        let controller = Controller(
            name: "c",
            reconciler: ClosureReconciler { key in
                started.append(key)
                try await mayFinish.wait()
                finished.append(key)
                return .done
            })
        let running = Task { try await controller.run() }
        controller.enqueue(key)
        controller.enqueue(ObjectKey("n/b"))
        await started.wait(count: 1)
        running.cancel()
        mayFinish.open()
        try await running.value
        #expect(finished.values == [key])
        #expect(started.values == [key])
    }

    @Test func `after the drain period what is under way is cancelled`() async throws {
        let time = ManualTime()
        let started = Collector<ObjectKey>()
        let controller = Controller(
            name: "c",
            reconciler: ClosureReconciler { key in
                started.append(key)
                try await Task.sleep(for: .seconds(3600))
                return .done
            }, drainPeriod: .seconds(30), time: time.source)
        let running = Task { try await controller.run() }
        controller.enqueue(key)
        await started.wait(count: 1)
        running.cancel()
        await time.waitForSleeper(due: .seconds(30))
        time.advance(by: .seconds(30))
        // Whoever gives the lead up has to know that something may still be on its way.
        await #expect(throws: DrainIncomplete(controller: "c", period: .seconds(30))) { try await running.value }
    }

    @Test func `several workers work on several keys at once`() async throws {
        let started = Collector<ObjectKey>()
        let mayFinish = Gate()
        let controller = Controller(
            name: "c",
            reconciler: ClosureReconciler { key in
                started.append(key)
                try await mayFinish.wait()
                return .done
            }, workers: 3)
        try await run(controller) {
            for name in ["a", "b", "c", "d"] { controller.enqueue(ObjectKey(name)) }
            await started.wait(count: 3)
            #expect(started.values.count == 3)
            mayFinish.open()
            await started.wait(count: 4)
        }
    }
}
