// SPDX-License-Identifier: MIT
package import ServiceRuntime
import Synchronization

/// Starts and stops the parts of an operator in order.
///
/// Start: helpers (such as the event recorder), caches, wait until all are filled, leadership, controllers.
/// Stop: no new work, work under way finishes within the controllers' drain period, leadership is given up, caches,
/// helpers.
package final class Manager: Service {
    private struct Parts: Sendable {
        var helpers: [any Service] = []
        var caches: [any CacheService] = []
        var controllers: [Controller] = []
    }

    private let parts = Mutex(Parts())
    private let leadership: any Leadership
    private let logger: Logger
    private let time: TimeSource
    private let isStopping = Flag()

    /// Makes a manager of nothing; add parts, then run it.
    package init(
        leadership: any Leadership = SoleLeadership(), logger: Logger = .disabled, time: TimeSource = .system
    ) {
        self.leadership = leadership
        self.logger = logger.labelled("manager")
        self.time = time
    }

    /// Adds a cache. Everything is added before `run()`.
    package func add(_ informer: any CacheService) {
        parts.withLock { $0.caches.append(informer) }
    }

    /// Adds a controller; it starts when every cache is filled and this process leads.
    package func add(_ controller: Controller) {
        parts.withLock { $0.controllers.append(controller) }
    }

    /// Adds something that runs from the beginning to the very end.
    package func add(helper: any Service) {
        parts.withLock { $0.helpers.append(helper) }
    }

    /// Whether every cache is filled, on leaders and standbys alike, and the process is not stopping.
    package var isReady: Bool { !isStopping.isSet && unready.isEmpty }

    /// The caches that are not filled yet, each with the reason.
    package var unready: [String] {
        parts.withLock { $0.caches }.filter { !$0.hasSynced() }.map { "\($0.name): \($0.problem ?? "not filled yet")" }
    }

    /// A reconcile that has been running for longer than this: the process is alive but stuck.
    package func isStuck(longerThan limit: Duration) -> Bool {
        parts.withLock { $0.controllers }.contains { $0.longestRunning > limit }
    }

    /// Runs until cancelled or until the lead is lost, which is an error: the process has to end then.
    package func run() async throws {
        let parts = parts.withLock { $0 }
        let helpers = Self.start(parts.helpers)
        let caches = Self.start(parts.caches)
        let outcome: Result<Void, any Error>
        do {
            try await waitForCaches(parts.caches)
            try await leadership.lead {
                try await withThrowingDiscardingTaskGroup { group in
                    for controller in parts.controllers {
                        group.addTask { try await controller.run() }
                    }
                }
            }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        isStopping.set()
        for group in [caches, helpers] {
            group.cancel()
            await group.value
        }
        logger.info("manager stopped")
        if case .failure(let error) = outcome, !(error is CancellationError), !Task.isCancelled { throw error }
    }

    /// In a task of its own, because these outlive the controllers when the manager is cancelled.
    private static func start(_ services: [any Service]) -> Task<Void, Never> {
        Task {
            await withDiscardingTaskGroup { group in
                for service in services {
                    group.addTask { try? await service.run() }
                }
            }
        }
    }

    /// Waits as long as it takes; says every ten seconds for what.
    private func waitForCaches(_ caches: [any CacheService]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while true {
                    try await self.time.sleep(for: .seconds(10))
                    self.logger.warning(
                        "caches are not filled yet", ["caches": self.unready.joined(separator: "; ")])
                }
            }
            group.addTask {
                for cache in caches { try await cache.waitUntilSynced() }
            }
            _ = try await group.next()
            group.cancelAll()
        }
        logger.info("caches are filled", ["caches": "\(caches.count)"])
    }
}
