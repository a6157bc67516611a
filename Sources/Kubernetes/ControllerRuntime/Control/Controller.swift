// SPDX-License-Identifier: MIT
package import KubernetesAPI
import KubernetesClient
package import ServiceRuntime
import Synchronization

/// Runs a reconciler for the keys that informers, timers and callers ask for.
package final class Controller: Service {
    /// The name in logs and metrics.
    package let name: String
    private let reconciler: any Reconciler
    private let workers: Int
    private let deadline: Duration
    private let drainPeriod: Duration
    private let queue: WorkQueue<ObjectKey>
    private let caches = Mutex<[any CacheService]>([])
    private let time: TimeSource
    private let logger: Logger
    private let metrics: ControllerMetrics

    /// - Parameters:
    ///   - workers: how many keys are reconciled at a time.
    ///   - reconcileDeadline: after this time a reconcile is cancelled and tried again.
    ///   - drainPeriod: how long reconciles under way may go on after the controller is asked to stop.
    package init(
        name: String, reconciler: any Reconciler, workers: Int = 1, reconcileDeadline: Duration = .seconds(120),
        drainPeriod: Duration = .seconds(30), logger: Logger = .disabled, metrics: MetricsRegistry = MetricsRegistry(),
        time: TimeSource = .system
    ) {
        precondition(workers > 0, "a controller needs a worker")
        self.name = name
        self.reconciler = reconciler
        self.workers = workers
        self.deadline = reconcileDeadline
        self.drainPeriod = drainPeriod
        self.time = time
        self.logger = logger.labelled("controller.\(name)")
        self.metrics = ControllerMetrics(name: name, workers: workers, registry: metrics)
        queue = WorkQueue(name: name, metrics: metrics, time: time)
    }

    // MARK: What to look at

    /// Reconciles the keys that a changed object maps to. Call before `run()`.
    package func watches<Object: KubernetesObject>(
        _ informer: Informer<Object>, mapping: Mapping<Object> = .itself, predicate: Predicate<Object> = .always
    ) {
        caches.withLock { $0.append(informer) }
        informer.addHandler { [queue] delivery in
            guard predicate.matches(delivery.event) else { return }
            for key in mapping.keys(delivery.event) {
                queue.add(key, priority: delivery.isInInitialList ? .low : .normal)
            }
        }
    }

    /// The same with a closure for the mapping.
    package func watches<Object: KubernetesObject>(
        _ informer: Informer<Object>, mapping: @escaping @Sendable (Object) -> [ObjectKey],
        predicate: Predicate<Object> = .always
    ) {
        watches(informer, mapping: Mapping(mapping), predicate: predicate)
    }

    /// Reconciles a key soon.
    package func enqueue(_ key: ObjectKey) {
        queue.add(key)
    }

    /// Reconciles a key after a time.
    package func enqueue(_ key: ObjectKey, after delay: Duration) {
        queue.addAfter(key, delay)
    }

    /// How long the longest reconcile under way has taken so far: what tells a stuck worker from a quiet one.
    package var longestRunning: Duration { queue.longestRunning }

    // MARK: Running

    /// Waits for its caches, then works until cancelled; then takes nothing new, lets what is under way finish within
    /// the drain period, cancels the rest, and returns.
    package func run() async throws {
        for cache in caches.withLock({ $0 }) { try await cache.waitUntilSynced() }
        logger.info("controller starts", ["workers": "\(workers)"])
        // In a task of its own: cancellation must first close the queue and only later reach the work under way.
        let work = Task { await self.work() }
        let abort = Mutex<Task<Void, Never>?>(nil)
        await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            queue.shutDown()
            abort.withLock { abort in
                abort = Task { [time, drainPeriod, logger, name] in
                    guard (try? await time.sleep(for: drainPeriod)) != nil else { return }
                    logger.warning("drain period is over, work is cancelled", ["controller": name])
                    work.cancel()
                }
            }
        }
        abort.withLock { $0?.cancel() }
        logger.info("controller stopped")
    }

    private func work() async {
        await withDiscardingTaskGroup { group in
            for _ in 0..<workers {
                group.addTask {
                    while let key = await self.queue.next() {
                        await self.process(key)
                        self.queue.done(key)
                    }
                }
            }
            group.addTask { await self.queue.run() }
            group.addTask {
                // Until the queue closes: then a worker's `next` and this task end together.
                while !self.queue.isShutDown, !Task.isCancelled {
                    self.queue.refreshMetrics()
                    await self.queue.waitForShutDown(atMost: .seconds(5))
                }
            }
        }
    }

    private func process(_ key: ObjectKey) async {
        metrics.activeWorkers.add(1)
        let start = time.now()
        let outcome = await attempt(key)
        metrics.duration.observe(time.now() - start)
        metrics.activeWorkers.add(-1)
        settle(key, outcome)
    }

    private func attempt(_ key: ObjectKey) async -> ReconcileOutcome {
        await withTaskGroup(of: ReconcileOutcome?.self) { group in
            group.addTask {
                do {
                    return .result(try await self.reconciler.reconcile(key))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask { [time, deadline] in
                (try? await time.sleep(for: deadline)) == nil ? nil : .timeout
            }
            var outcome: ReconcileOutcome?
            while let ended = await group.next() {
                group.cancelAll()
                // The first to end decides: after a deadline the reconcile's own error says nothing new, but a result
                // that came all the same is the truth.
                if let ended, outcome == nil || ended.isResult { outcome = ended }
            }
            return outcome ?? .failure(CancellationError())
        }
    }

    private func settle(_ key: ObjectKey, _ outcome: ReconcileOutcome) {
        switch outcome {
        case .result(.done):
            metrics.total("success").increment()
            queue.forget(key)
        case .result(.requeueAfter(let delay)):
            metrics.total("requeue_after").increment()
            queue.forget(key)
            queue.addAfter(key, delay)
        case .timeout:
            metrics.timeouts.increment()
            fail(key, "it took longer than \(deadline)", atLeast: .zero)
        case .failure(ReconcileError.waitUntil(let delay, let reason)):
            metrics.total("requeue_after").increment()
            logger.debug("waiting", ["object": "\(key)", "reason": reason, "delay": "\(delay)"])
            queue.forget(key)
            queue.addAfter(key, delay)
        case .failure(ReconcileError.terminal(let message)):
            metrics.total("error").increment()
            metrics.errors.increment()
            metrics.terminalErrors.increment()
            logger.error("reconcile failed for good", ["object": "\(key)", "error": message])
            queue.forget(key)
        case .failure(let error):
            if queue.isShutDown, Self.isCancellation(error) { return }
            fail(key, "\(error)", atLeast: (error as? APIError)?.retryAfter ?? .zero)
        }
    }

    private func fail(_ key: ObjectKey, _ problem: String, atLeast floor: Duration) {
        metrics.total("error").increment()
        metrics.errors.increment()
        logger.warning(
            "reconcile failed, will be tried again",
            ["object": "\(key)", "error": problem, "failures": "\(queue.failureCount(key) + 1)"])
        queue.addRateLimited(key, atLeast: floor)
    }

    private static func isCancellation(_ error: any Error) -> Bool {
        error is CancellationError || (error as? APIError)?.reason == .cancelled
    }
}

private enum ReconcileOutcome: Sendable {
    case result(ReconcileResult)
    case failure(any Error)
    case timeout

    var isResult: Bool { if case .result = self { true } else { false } }
}
