// SPDX-License-Identifier: MIT
package import KubernetesAPI
import KubernetesClient
package import ServiceRuntime
import Synchronization

/// Runs a reconciler for the keys that informers, timers and callers ask for.
package final class Controller: Service {
    /// The name in logs and metrics.
    package let name: String
    let queue: WorkQueue<ObjectKey>
    let time: TimeSource
    let deadline: Duration
    private let reconciler: any Reconciler
    private let gate: ConsistencyGate?
    private let workers: Int
    private let drainPeriod: Duration
    private let caches = Mutex<[any CacheService]>([])
    private let logger: Logger
    private let metrics: ControllerMetrics
    private let running = RunningReconciles()
    private let detector: SelfTriggerWatch
    private let lastRun = Atomic<UInt64>(0)
    private let runPrefix = UInt32.random(in: .min ... .max)
    let isWorking = Flag()

    /// - Parameters:
    ///   - workers: how many keys are reconciled at a time.
    ///   - reconcileDeadline: after this time a reconcile is cancelled and tried again.
    ///   - drainPeriod: how long reconciles under way may go on after the controller is asked to stop.
    ///   - gate: holds keys back until the caches have seen what was written for them.
    package convenience init(
        name: String, reconciler: any Reconciler, workers: Int = 1, reconcileDeadline: Duration = .seconds(120),
        drainPeriod: Duration = .seconds(30), gate: ConsistencyGate? = nil, logger: Logger = .disabled,
        metrics: MetricsRegistry = MetricsRegistry(), time: TimeSource = .system
    ) {
        self.init(
            name: name, reconciler: reconciler, workers: workers, reconcileDeadline: reconcileDeadline,
            drainPeriod: drainPeriod, gate: gate, logger: logger, metrics: metrics, time: time,
            detector: SelfTriggerDetector())
    }

    /// The same with another idea of what is too often, for tests.
    init(
        name: String, reconciler: any Reconciler, workers: Int, reconcileDeadline: Duration, drainPeriod: Duration,
        gate: ConsistencyGate?, logger: Logger, metrics: MetricsRegistry, time: TimeSource,
        detector: SelfTriggerDetector
    ) {
        precondition(workers > 0, "a controller needs a worker")
        self.name = name
        self.reconciler = reconciler
        self.workers = workers
        self.deadline = reconcileDeadline
        self.drainPeriod = drainPeriod
        self.gate = gate
        self.time = time
        self.logger = logger.labelled("controller.\(name)")
        self.metrics = ControllerMetrics(name: name, workers: workers, registry: metrics)
        self.detector = SelfTriggerWatch(detector)
        queue = WorkQueue(name: name, metrics: metrics, time: time)
    }

    // MARK: What to look at

    /// Reconciles the keys that a changed object maps to, before and after the change. Call before `run()`.
    package func watches<Object: KubernetesObject>(
        _ informer: Informer<Object>, mapping: Mapping<Object> = .itself, predicate: Predicate<Object> = .always
    ) {
        caches.withLock { $0.append(informer) }
        let reasons = WatchReasons(informer.name)
        informer.addHandler { [queue, detector] delivery in
            guard predicate.matches(delivery.event) else { return }
            let isNewSpec = Self.changesSpec(delivery.event)
            for key in mapping.keys(delivery.event) {
                if isNewSpec { detector.specChanged(key) }
                queue.add(
                    key, priority: delivery.isInInitialList ? .low : .normal, reason: reasons.reason(delivery))
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
        queue.add(key, priority: .normal, reason: "asked for")
    }

    /// Reconciles a key after a time, or earlier when something happens.
    package func enqueue(_ key: ObjectKey, after delay: Duration) {
        queue.addAfter(key, delay, priority: .normal, reason: WatchReasons.timer)
    }

    private static func changesSpec<Object: KubernetesObject>(_ event: ObjectEvent<Object>) -> Bool {
        guard case .updated(let old, let new) = event else { return true }
        return old.metadata.generation != new.metadata.generation || old.metadata.uid != new.metadata.uid
    }

    // MARK: Running

    /// Waits for its caches, then works until cancelled; then takes nothing new, lets what is under way finish within
    /// the drain period, and returns.
    ///
    /// - Throws: `DrainIncomplete` when work had to be cancelled: what it had begun may still be on its way.
    package func run() async throws {
        for cache in caches.withLock({ $0 }) { try await cache.waitUntilSynced() }
        logger.info("controller starts", ["workers": "\(workers)"])
        // In a task of its own: cancellation must first close the queue and only later reach the work under way.
        let work = Task { await self.work() }
        let drain = Mutex<Task<Void, Never>?>(nil)
        await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            queue.shutDown()
            drain.withLock { drain in
                drain = Task { [time, drainPeriod, logger, running] in
                    guard (try? await time.sleep(for: drainPeriod)) != nil else { return }
                    logger.warning("drain period is over, work is cancelled")
                    running.abort()
                }
            }
        }
        drain.withLock { $0?.cancel() }
        logger.info("controller stopped")
        if running.isAborted { throw DrainIncomplete(controller: name, period: drainPeriod) }
    }

    /// Takes nothing new and cancels what is under way, without any grace.
    package func abort() {
        queue.shutDown()
        running.abort()
    }

    private func work() async {
        isWorking.set()
        await withTaskGroup(of: Void.self) { helpers in
            helpers.addTask { await self.queue.run() }
            helpers.addTask { await self.watchDeadlines() }
            await withDiscardingTaskGroup { group in
                for worker in 0..<workers {
                    group.addTask { await self.keepWorking(worker) }
                }
            }
            helpers.cancelAll()
        }
    }

    /// Works until the queue is shut down; a worker that was cancelled with a slow reconcile is replaced.
    private func keepWorking(_ worker: Int) async {
        while !queue.isShutDown {
            let task = Task {
                while let item = await self.queue.next() {
                    let mayGoOn = await self.process(item, worker)
                    self.queue.done(item.key)
                    if !mayGoOn { return }
                }
            }
            running.enter(worker, task)
            await task.value
            running.leave(worker)
        }
    }

    /// Looks at the reconciles when the first of those that ran at the last look may be overdue.
    private func watchDeadlines() async {
        while true {
            let next = running.cancelOverdue(now: time.now())
            guard (try? await time.sleepUntil(next ?? time.now() + deadline)) != nil else { return }
        }
    }

    /// Reconciles a key; false when the worker was cancelled for it.
    private func process(_ item: WorkItem<ObjectKey>, _ worker: Int) async -> Bool {
        if let reason = gate?.blocker(for: item.key) {
            logger.debug("reconcile waits for the cache", ["object": "\(item.key)", "reason": reason])
            metrics.requeue.increment()
            // An event of the cache ends the wait at once; only bookmarks and lists need this.
            queue.addRateLimited(item.key, atMost: .seconds(1), reason: item.reason)
            return true
        }
        noticeSelfTriggers(item)
        metrics.activeWorkers.add(1)
        let number = lastRun.wrappingAdd(1, ordering: .relaxed).newValue
        let context = ReconcileContext(controller: name, reason: item.reason, run: runPrefix, number: number)
        let start = time.now()
        running.begin(worker, deadline: start + deadline)
        let result: Result<ReconcileResult, any Error>
        do {
            result = .success(
                try await ReconcileContext.$current.withValue(context) { try await reconciler.reconcile(item.key) })
        } catch {
            result = .failure(error)
        }
        let isOverdue = running.end(worker)
        metrics.duration.observe(time.now() - start)
        metrics.activeWorkers.add(-1)
        settle(item, context, result, isOverdue)
        return !isOverdue
    }

    private func noticeSelfTriggers(_ item: WorkItem<ObjectKey>) {
        guard WatchReasons.isEvent(item.reason) else { return }
        let now = time.now()
        guard let runs = detector.ran(item.key, now: now) else { return }
        metrics.selfTriggers.increment()
        logger.warning(
            "object is reconciled over and over without a change of its spec: does its reconciler answer its own writes?",
            ["object": "\(item.key)", "runs": "\(runs)", "reason": item.reason])
    }

    // MARK: Results

    private func settle(
        _ item: WorkItem<ObjectKey>, _ context: ReconcileContext, _ result: Result<ReconcileResult, any Error>,
        _ isOverdue: Bool
    ) {
        let key = item.key
        switch result {
        case .success(.done):
            metrics.success.increment()
            queue.forget(key)
        case .success(.requeueAfter(let delay)):
            metrics.requeueAfter.increment()
            queue.forget(key)
            queue.addAfter(key, delay, reason: WatchReasons.timer)
        case .failure where isOverdue:
            // Its own error says nothing new; a result that came all the same is the truth.
            metrics.timeouts.increment()
            fail(key, context, "it took longer than \(deadline)", atLeast: .zero)
        case .failure(ReconcileError.waitUntil(let delay, let reason)):
            metrics.requeueAfter.increment()
            logger.debug("waiting", line(key, context, ["for": reason, "delay": "\(delay)"]))
            queue.forget(key)
            queue.addAfter(key, delay, reason: WatchReasons.timer)
        case .failure(ReconcileError.terminal(let message)):
            metrics.error.increment()
            metrics.errors.increment()
            metrics.terminalErrors.increment()
            logger.error("reconcile failed for good", line(key, context, ["error": message]))
            queue.forget(key)
        case .failure(ReconcileError.retry(let message, let floor)):
            fail(key, context, message, atLeast: floor)
        case .failure(let error):
            if queue.isShutDown, Self.isEnd(error) { return }
            fail(key, context, "\(error)", atLeast: (error as? APIError)?.retryAfter ?? .zero)
        }
    }

    private func fail(_ key: ObjectKey, _ context: ReconcileContext, _ problem: String, atLeast floor: Duration) {
        metrics.error.increment()
        metrics.errors.increment()
        logger.warning(
            "reconcile failed, will be tried again",
            line(key, context, ["error": problem, "failures": "\(queue.failureCount(key) + 1)"]))
        queue.addRateLimited(key, atLeast: floor, reason: WatchReasons.retry)
    }

    private func line(_ key: ObjectKey, _ context: ReconcileContext, _ more: [String: String]) -> [String: String] {
        more.merging(["object": "\(key)", "reconcileID": context.id, "reason": context.reason]) { own, _ in own }
    }

    /// What ends a reconcile because the controller ends, and says nothing about the object.
    private static func isEnd(_ error: any Error) -> Bool {
        if error is CancellationError { return true }
        guard let error = error as? APIError else { return false }
        return error.reason == .cancelled || error.reason == .notLeading
    }
}

/// Work was cancelled because it did not end within the drain period.
package struct DrainIncomplete: Error, Sendable, Hashable, CustomStringConvertible {
    /// Whose work.
    package let controller: String
    /// How long it could have taken.
    package let period: Duration

    /// What happened, to what, and why.
    package var description: String {
        "work of the controller \(controller) was cancelled, because it did not end within \(period)"
    }
}
