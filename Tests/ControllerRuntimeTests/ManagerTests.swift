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
