// SPDX-License-Identifier: MIT
package import ServiceRuntime
import Synchronization

/// Starts and stops the parts of an operator in order.
///
/// Start: caches, wait until all are filled, helpers (such as the event recorder), then the election, and with the lead
/// the controllers and what else acts. Who does not lead waits there with warm caches. Stop: no new work, work under
/// way finishes within the controllers' drain period, the lead is given up, caches, helpers. A lost lead knows no
/// grace: work is cancelled, nothing is waited for, and `run()` throws `LeadershipLost`.
package final class Manager: Service {
    struct Parts: Sendable {
        var helpers: [any Service] = []
        var caches: [any CacheService] = []
        var controllers: [Controller] = []
        var leaders: [any Service] = []
    }

    let parts = Mutex(Parts())
    let leadership: any Leadership
    let isStopping = Flag()
    private let logger: Logger
    private let time: TimeSource
    private let syncTimeout: Duration

    /// Makes a manager of nothing; add parts, then run it.
    ///
    /// - Parameter syncTimeout: caches that are not filled after this time are reported as an error. It is never fatal:
    ///   a server that comes later is as good.
    package init(
        leadership: any Leadership = SoleLeadership(), syncTimeout: Duration = .seconds(120),
        logger: Logger = .disabled, time: TimeSource = .system
    ) {
        self.leadership = leadership
        self.syncTimeout = syncTimeout
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

    /// Adds something that runs from when the caches are filled to the very end, leading or not.
    package func add(helper: any Service) {
        parts.withLock { $0.helpers.append(helper) }
    }

    /// Adds something that acts, so that it runs beside the controllers and like them under the lead alone.
    ///
    /// When it is cancelled it ends what it is doing, or throws.
    package func add(leader: any Service) {
        parts.withLock { $0.leaders.append(leader) }
    }

    /// Runs until cancelled or until the lead is lost.
    ///
    /// - Throws: `LeadershipLost`: the process has to end then, at once; `DrainIncomplete` when work had to be cancelled
    ///   while stopping.
    package func run() async throws {
        let parts = parts.withLock { $0 }
        let caches = Self.start(parts.caches)
        var helpers: Task<Void, Never>?
        let outcome: Result<Void, any Error>
        do {
            try await waitForCaches(parts.caches)
            helpers = Self.start(parts.helpers)
            try await leadership.lead { try await Self.act(parts) }
            outcome = .success(())
        } catch let lost as LeadershipLost {
            isStopping.set()
            for controller in parts.controllers { controller.abort() }
            caches.cancel()
            helpers?.cancel()
            throw lost
        } catch {
            outcome = .failure(error)
        }
        isStopping.set()
        for group in [caches, helpers].compactMap(\.self) {
            group.cancel()
            await group.value
        }
        logger.info("manager stopped")
        if case .failure(let error) = outcome, !(error is CancellationError) { throw error }
    }

    /// Runs everything that needs the lead. The end of one is the end of all, and no error of one hides that of another
    /// part's unfinished work.
    private static func act(_ parts: Parts) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for controller in parts.controllers {
                group.addTask { try await controller.run() }
            }
            for leader in parts.leaders {
                group.addTask { try await leader.run() }
            }
            var failure: (any Error)?
            while let result = await group.nextResult() {
                guard case .failure(let error) = result else { continue }
                group.cancelAll()
                if failure == nil || failure is CancellationError { failure = error }
            }
            // Parts that say nothing but that they were cancelled have ended in order.
            if let failure, !(failure is CancellationError) { throw failure }
        }
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

    /// Waits as long as it takes; says every ten seconds for what, and more loudly when it takes too long.
    private func waitForCaches(_ caches: [any CacheService]) async throws {
        let start = time.now()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while true {
                    try await self.time.sleep(for: .seconds(10))
                    let waited = self.time.now() - start
                    self.logger.log(
                        waited < self.syncTimeout ? .warning : .error, "caches are not filled yet",
                        ["caches": self.unready.joined(separator: "; "), "waited": "\(waited)"])
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
