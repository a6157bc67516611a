// SPDX-License-Identifier: MIT
import KubernetesAPI
import KubernetesTestSupport
import ServiceRuntime
import Testing

@testable import ControllerRuntime

@Suite(.timeLimit(.minutes(1))) struct ManagerTests {
    /// A cache that a test fills.
    private final class FakeCache: CacheService {
        let name = "fake"
        let gate = Gate()
        let log: Collector<String>
        var problem: String? { gate.isOpen ? nil : "the test has not filled it" }

        init(_ log: Collector<String>) { self.log = log }

        func hasSynced() -> Bool { gate.isOpen }
        func waitUntilSynced() async throws { try await gate.wait() }

        func run() async throws {
            log.append("cache starts")
            try? await Task.sleep(for: .seconds(3600))
            log.append("cache stops")
        }
    }

    private struct Lead: Leadership {
        let log: Collector<String>

        func lead(_ body: @escaping @Sendable () async throws -> Void) async throws {
            log.append("lead begins")
            defer { log.append("lead ends") }
            try await body()
        }
    }

    @Test func `start and stop are in order`() async throws {
        let log = Collector<String>()
        let cache = FakeCache(log)
        let manager = Manager(leadership: Lead(log: log))
        let controller = Controller(
            name: "c",
            reconciler: ClosureReconciler { _ in
                log.append("work begins")
                try? await Task.sleep(for: .milliseconds(20))
                log.append("work ends")
                return .done
            })
        manager.add(cache)
        manager.add(controller)
        manager.add(
            helper: ClosureService {
                log.append("helper starts")
                try? await Task.sleep(for: .seconds(3600))
                log.append("helper stops")
            })
        let running = Task { try await manager.run() }
        await log.wait { $0.contains("cache starts") }
        #expect(log.values == ["cache starts"])
        #expect(manager.unready == ["fake: the test has not filled it"])
        cache.gate.open()
        await log.wait { $0.contains("lead begins") && $0.contains("helper starts") }
        controller.enqueue(ObjectKey("n/a"))
        await log.wait { $0.contains("work begins") }
        running.cancel()
        try await running.value
        #expect(
            log.values.drop { $0 != "work begins" } == [
                "work begins", "work ends", "lead ends", "cache stops", "helper stops",
            ])
    }

    @Test func `a lost lead ends the manager with an error`() async throws {
        struct Lost: Error {}
        struct Losing: Leadership {
            func lead(_ body: @escaping @Sendable () async throws -> Void) async throws { throw Lost() }
        }
        let log = Collector<String>()
        let cache = FakeCache(log)
        cache.gate.open()
        let manager = Manager(leadership: Losing())
        manager.add(cache)
        await #expect(throws: Lost.self) { try await manager.run() }
        #expect(!manager.isReady)
    }

    @Test func `a lost lead waits for nothing and cancels what runs`() async throws {
        /// Loses the lead when the test says so, like an election: without waiting for its body.
        struct Losing: Leadership {
            let loss: Gate

            func lead(_ body: @escaping @Sendable () async throws -> Void) async throws {
                let work = Task { try await body() }
                try await loss.wait()
                work.cancel()
                throw LeadershipLost(lease: "n/l", reason: "the test says so")
            }
        }
        let log = Collector<String>()
        let loss = Gate()
        let mayEnd = Gate()
        let cache = FakeCache(log)
        cache.gate.open()
        let manager = Manager(leadership: Losing(loss: loss))
        let controller = Controller(
            name: "c",
            reconciler: ClosureReconciler { _ in
                log.append("work begins")
                try? await Task.sleep(for: .seconds(3600))
                log.append("work is cancelled")
                // It goes on nevertheless.
                await Task { try? await mayEnd.wait() }.value
                return .done
            })
        manager.add(cache)
        manager.add(controller)
        let running = Task { try await manager.run() }
        controller.enqueue(ObjectKey("n/a"))
        await log.wait { $0.contains("work begins") }
        let start = ContinuousClock.now
        loss.open()
        await #expect(throws: LeadershipLost.self) { try await running.value }
        #expect(ContinuousClock.now - start < .seconds(5))
        await log.wait { $0.contains("work is cancelled") }
        #expect(!manager.isReady)
        mayEnd.open()
    }

    @Test func `what acts beside the controllers acts under the lead alone`() async throws {
        let log = Collector<String>()
        let mayLead = Gate()
        struct Waiting: Leadership {
            let mayLead: Gate

            func lead(_ body: @escaping @Sendable () async throws -> Void) async throws {
                try await mayLead.wait()
                try await body()
            }
        }
        let cache = FakeCache(log)
        let manager = Manager(leadership: Waiting(mayLead: mayLead))
        manager.add(cache)
        manager.add(
            leader: ClosureService {
                log.append("acts")
                try await Task.sleep(for: .seconds(3600))
            })
        let checks = Dictionary(uniqueKeysWithValues: manager.readinessChecks.map { ($0.name, $0) })
        #expect(Set(checks.keys) == ["cache-fake", "shutdown"])
        #expect(await checks["cache-fake"]?.problem() == "the test has not filled it")
        #expect(manager.livenessChecks.map(\.name) == ["leaderelection"])
        let running = Task { try await manager.run() }
        cache.gate.open()
        #expect(await eventually { manager.isReady && mayLead.waitingCount == 1 })
        // A standby with warm caches: ready, and it has done nothing.
        #expect(log.values == ["cache starts"])
        mayLead.open()
        await log.wait { $0.contains("acts") }
        running.cancel()
        try await running.value
        #expect(await checks["shutdown"]?.problem() != nil)
    }

    @Test func `caches that are not filled in time are an error in the log and no end`() async throws {
        let log = Collector<String>()
        let lines = Collector<LogRecord>()
        let time = ManualTime()
        let cache = FakeCache(log)
        let manager = Manager(
            syncTimeout: .seconds(15), logger: Logger(label: "t", sink: LogSink { lines.append($0) }),
            time: time.source)
        manager.add(cache)
        let running = Task { try await manager.run() }
        for (due, level) in [(10, LogLevel.warning), (20, .error)] {
            await time.waitForSleeper(due: .seconds(due))
            time.advance(by: .seconds(10))
            await lines.wait { $0.contains { $0.message == "caches are not filled yet" && $0.level == level } }
        }
        cache.gate.open()
        await lines.wait { $0.contains { $0.message == "caches are filled" } }
        running.cancel()
        try await running.value
    }

    @Test func `it can be stopped while caches are not filled`() async throws {
        let log = Collector<String>()
        let manager = Manager()
        manager.add(FakeCache(log))
        let running = Task { try await manager.run() }
        await log.wait(count: 1)
        running.cancel()
        try await running.value
        #expect(log.values == ["cache starts", "cache stops"])
    }
}
