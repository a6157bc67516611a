// SPDX-License-Identifier: MIT
package import ServiceRuntime
import Synchronization
import SystemCalls

/// Hands keys to workers: each key to one worker at a time, events about it merged, failures spread out.
///
/// Adding never waits. `run()` has to be running for delayed keys to become ready.
package final class WorkQueue<Key: Hashable & Sendable>: Service {
    private typealias Worker = CheckedContinuation<WorkItem<Key>?, Never>

    private struct State: Sendable {
        var machine: WorkQueueMachine<Key>
        /// Idle workers in order of arrival.
        var idle: [(id: Int, worker: Worker)] = []
        var lastID = 0
        /// Workers whose cancellation came before they could wait.
        var abandoned: Set<Int> = []
        /// Wakes the timer, when there is an earlier time to wait for.
        var alarm: CheckedContinuation<Void, Never>?
        var alarmIsSet = false
    }

    /// What to resume after unlocking.
    private struct Wake: Sendable {
        var workers: [(Worker, WorkItem<Key>?)] = []
        var alarm: CheckedContinuation<Void, Never>?

        func perform() {
            for (worker, item) in workers { worker.resume(returning: item) }
            alarm?.resume()
        }
    }

    private let state: Mutex<State>
    private let time: TimeSource
    private let metrics: WorkQueueMetrics

    /// Makes an empty queue, named in its metrics.
    package convenience init(
        name: String, metrics: MetricsRegistry = MetricsRegistry(), time: TimeSource = .system
    ) {
        self.init(name: name, machine: WorkQueueMachine(), metrics: metrics, time: time)
    }

    init(name: String, machine: WorkQueueMachine<Key>, metrics: MetricsRegistry, time: TimeSource) {
        state = Mutex(State(machine: machine))
        self.time = time
        self.metrics = WorkQueueMetrics(name: name, registry: metrics)
        // Ages grow while nothing happens, and depths change too often to count each time: both are looked at when
        // somebody asks.
        metrics.beforeRendering { [weak self] in self?.refreshMetrics() }
    }

    // MARK: Adding

    /// Says that a key needs work.
    ///
    /// - Parameters:
    ///   - priority: nil takes that of the work under way on the key, else `normal`.
    ///   - reason: for people; a constant text, because it is kept with the key.
    package func add(_ key: Key, priority: WorkPriority? = nil, reason: String = "") {
        change { state, now in
            if state.machine.add(key, priority: priority, reason: reason, now: now) { metrics.adds.increment() }
        }
    }

    /// Says that a key needs work after a time; of several times for a key the earliest counts, and a key that needs
    /// work already is not delayed.
    package func addAfter(_ key: Key, _ delay: Duration, priority: WorkPriority? = nil, reason: String = "") {
        change { state, now in
            state.machine.add(key, after: delay, priority: priority, reason: reason, now: now)
        }
    }

    /// Says that work on a key failed: it comes again after a time that doubles with each failure in a row, and up to
    /// as long again.
    ///
    /// - Parameters:
    ///   - floor: the least time, as when a server named one.
    ///   - ceiling: the longest time; `floor` wins.
    package func addRateLimited(
        _ key: Key, atLeast floor: Duration = .zero, atMost ceiling: Duration? = nil, reason: String = ""
    ) {
        metrics.retries.increment()
        change { state, now in
            var delay = state.machine.failed(key, random: time.spread())
            if let ceiling { delay = min(delay, ceiling) }
            state.machine.add(key, after: max(delay, floor), reason: reason, now: now)
        }
    }

    /// Ends a row of failures.
    package func forget(_ key: Key) {
        state.withLock { $0.machine.forgetFailures(key) }
    }

    /// Failures in a row.
    package func failureCount(_ key: Key) -> Int {
        state.withLock { $0.machine.failureCount(key) }
    }

    // MARK: Taking

    /// The next key; the caller owes `done(_:)` for it. Nil when the queue is shut down or the task is cancelled.
    package func next() async -> WorkItem<Key>? {
        if Task.isCancelled { return nil }
        let now = time.now()
        let (ready, id) = state.withLock { state -> (WorkItem<Key>?, Int) in
            if let item = take(&state, now: now) { return (item, 0) }
            state.lastID += 1
            return (nil, state.lastID)
        }
        if let ready { return ready }
        return await wait(id)
    }

    private func wait(_ id: Int) async -> WorkItem<Key>? {
        let item = await withTaskCancellationHandler {
            await withCheckedContinuation { (worker: Worker) in
                let now = time.now()
                let answer: WorkItem<Key>?? = state.withLock { state in
                    if state.abandoned.remove(id) != nil || state.machine.isShutDown { return .some(nil) }
                    if let item = take(&state, now: now) { return item }
                    state.idle.append((id, worker))
                    return nil
                }
                if let answer { worker.resume(returning: answer) }
            }
        } onCancel: {
            let worker = state.withLock { state -> Worker? in
                if let index = state.idle.firstIndex(where: { $0.id == id }) {
                    return state.idle.remove(at: index).worker
                }
                state.abandoned.insert(id)
                return nil
            }
            worker?.resume(returning: nil)
        }
        // A cancellation that came after the key was handed over left its mark.
        if Task.isCancelled { state.withLock { _ = $0.abandoned.remove(id) } }
        return item
    }

    /// Ends the work on a key; if it needs work again it is in line from now on.
    package func done(_ key: Key) {
        var released = 0
        change { state, now in
            let before = state.machine.footprint
            if let duration = state.machine.done(key, now: now) { metrics.work.observe(duration) }
            released = before - state.machine.footprint
        }
        // The end of a start that looked at thousands; after less it is not worth the look.
        if released >= 4096 { Heap.giveBack() }
    }

    /// Hands out nothing more and lets every waiting worker go.
    package func shutDown() {
        change { state, _ in state.machine.shutDown() }
    }

    /// Whether the queue was closed.
    package var isShutDown: Bool { state.withLock { $0.machine.isShutDown } }

    /// How many keys need work now.
    package var depth: Int { state.withLock { $0.machine.depth } }

    /// Whether no key needs work now or later and none is worked on.
    package var isEmpty: Bool { state.withLock { $0.machine.isIdle } }

    /// How long the longest piece of work under way has taken so far.
    package var longestRunning: Duration {
        let now = time.now()
        return state.withLock { state in state.machine.processingStarts.map { now - $0 }.max() ?? .zero }
    }

    /// How long a key has been in line although nothing is worked on: more than an instant says that no worker lives.
    package var idleBacklog: Duration {
        let now = time.now()
        return state.withLock { state in
            guard state.machine.processingCount == 0, let since = state.machine.waitingSince else { return .zero }
            return max(.zero, now - since)
        }
    }

    /// How long a delayed key has been due without having become ready: more than an instant says that `run()` does not
    /// go on.
    package var timerLag: Duration {
        let now = time.now()
        return state.withLock { state in state.machine.nextDue.map { max(.zero, now - $0) } ?? .zero }
    }

    // MARK: Time

    /// Makes delayed keys ready when their time comes. Returns when the queue is shut down or the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            let (due, isShutDown) = state.withLock { ($0.machine.nextDue, $0.machine.isShutDown) }
            if isShutDown { return }
            if let due, due <= time.now() {
                change { state, now in metrics.adds.increment(by: Double(state.machine.promote(now: now))) }
                continue
            }
            guard let due else {
                await waitForAlarm()
                continue
            }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { [time] in try? await time.sleepUntil(due) }
                group.addTask { await self.waitForAlarm() }
                await group.next()
                group.cancelAll()
            }
        }
    }

    private func waitForAlarm() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (alarm: CheckedContinuation<Void, Never>) in
                let mustResume = state.withLock { state in
                    if state.alarmIsSet || Task.isCancelled {
                        state.alarmIsSet = false
                        return true
                    }
                    state.alarm = alarm
                    return false
                }
                if mustResume { alarm.resume() }
            }
        } onCancel: {
            let alarm = state.withLock { state in
                defer { state.alarm = nil }
                return state.alarm
            }
            alarm?.resume()
        }
    }

    // MARK: Locking

    /// Changes the state, then hands ready keys to idle workers and sets the alarm, all outside the lock.
    private func change(_ body: (inout State, _ now: Duration) -> Void) {
        let now = time.now()
        let wake = state.withLock { state -> Wake in
            let dueBefore = state.machine.nextDue
            body(&state, now)
            var wake = Wake()
            while !state.idle.isEmpty, let item = take(&state, now: now) {
                wake.workers.append((state.idle.removeFirst().worker, item))
            }
            if state.machine.isShutDown {
                wake.workers += state.idle.map { ($0.worker, nil) }
                state.idle = []
            }
            let due = state.machine.nextDue
            let isEarlier = due.map { due in dueBefore.map { due < $0 } ?? true } ?? false
            if isEarlier || state.machine.isShutDown {
                wake.alarm = state.alarm
                state.alarmIsSet = state.alarm == nil
                state.alarm = nil
            }
            return wake
        }
        wake.perform()
    }

    private func take(_ state: inout State, now: Duration) -> WorkItem<Key>? {
        guard let item = state.machine.take(now: now) else { return nil }
        metrics.queueing.observe(item.waited)
        return item
    }

    private func refreshMetrics() {
        let now = time.now()
        state.withLock { state in
            metrics.record(depth: { state.machine.depth($0) })
            metrics.record(running: state.machine.processingStarts.map { now - $0 })
        }
    }
}
