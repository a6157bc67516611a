// SPDX-License-Identifier: MIT
package import ServiceRuntime
import Synchronization

/// Hands keys to workers: each key to one worker at a time, events about it merged, failures spread out.
///
/// Adding never waits. `run()` has to be running for delayed keys to become ready.
package final class WorkQueue<Key: Hashable & Sendable>: Service {
    private typealias Worker = CheckedContinuation<Key?, Never>

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
        var workers: [(Worker, Key?)] = []
        var alarm: CheckedContinuation<Void, Never>?

        func perform() {
            for (worker, key) in workers { worker.resume(returning: key) }
            alarm?.resume()
        }
    }

    private let state: Mutex<State>
    private let time: TimeSource
    private let metrics: WorkQueueMetrics
    private let closed = Gate()

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
    }

    // MARK: Adding

    /// Says that a key needs work.
    package func add(_ key: Key, priority: WorkPriority = .normal) {
        let now = time.now()
        change { state in
            if state.machine.add(key, priority: priority, now: now) { metrics.adds.increment() }
        }
    }

    /// Says that a key needs work after a time; of several times for a key the earliest counts.
    package func addAfter(_ key: Key, _ delay: Duration) {
        let now = time.now()
        change { state in state.machine.add(key, after: delay, now: now) }
    }

    /// Says that work on a key failed: it comes again after a time that doubles with each failure in a row.
    ///
    /// - Parameter floor: the least time, as when a server named one.
    package func addRateLimited(_ key: Key, atLeast floor: Duration = .zero) {
        let now = time.now()
        metrics.retries.increment()
        change { state in
            let delay = max(state.machine.failed(key), floor)
            state.machine.add(key, after: delay, now: now)
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
    package func next() async -> Key? {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let key = await withTaskCancellationHandler {
            await withCheckedContinuation { (worker: Worker) in
                let now = time.now()
                let answer: Key?? = state.withLock { state in
                    if state.abandoned.remove(id) != nil || state.machine.isShutDown { return .some(nil) }
                    if let key = take(&state, now: now) { return key }
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
        return key
    }

    /// Ends the work on a key; if it needs work again it is in line from now on.
    package func done(_ key: Key) {
        let now = time.now()
        change { state in
            if let duration = state.machine.done(key, now: now) { metrics.work.observe(duration) }
        }
    }

    /// Hands out nothing more and lets every waiting worker go.
    package func shutDown() {
        change { $0.machine.shutDown() }
        closed.open()
    }

    /// Whether the queue was closed.
    package var isShutDown: Bool { state.withLock { $0.machine.isShutDown } }

    /// Waits until the queue is shut down, but not longer than this.
    package func waitForShutDown(atMost duration: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [time] in try? await time.sleep(for: duration) }
            group.addTask { [closed] in try? await closed.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    /// How many keys are in line.
    package var depth: Int { state.withLock { $0.machine.depth } }

    /// How long the longest piece of work under way has taken so far.
    package var longestRunning: Duration {
        let now = time.now()
        return state.withLock { state in state.machine.processingStarts.map { now - $0 }.max() ?? .zero }
    }

    /// Brings the numbers of work under way up to date; nothing else does while no key comes or goes.
    package func refreshMetrics() {
        let now = time.now()
        metrics.record(running: state.withLock { state in state.machine.processingStarts.map { now - $0 } })
    }

    // MARK: Time

    /// Makes delayed keys ready when their time comes. Returns when the queue is shut down or the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            let now = time.now()
            change { state in metrics.adds.increment(by: Double(state.machine.promote(now: now))) }
            let (due, isShutDown) = state.withLock { ($0.machine.nextDue(), $0.machine.isShutDown) }
            if isShutDown { return }
            await withTaskGroup(of: Void.self) { group in
                if let due {
                    group.addTask { [time] in try? await time.sleepUntil(due) }
                }
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
    private func change(_ body: (inout State) -> Void) {
        let now = time.now()
        let wake = state.withLock { state -> Wake in
            let dueBefore = state.machine.nextDue()
            body(&state)
            var wake = Wake()
            while !state.idle.isEmpty, let key = take(&state, now: now) {
                wake.workers.append((state.idle.removeFirst().worker, key))
            }
            if state.machine.isShutDown {
                wake.workers += state.idle.map { ($0.worker, nil) }
                state.idle = []
            }
            let due = state.machine.nextDue()
            let isEarlier = due.map { due in dueBefore.map { due < $0 } ?? true } ?? false
            if isEarlier || state.machine.isShutDown {
                wake.alarm = state.alarm
                state.alarmIsSet = state.alarm == nil
                state.alarm = nil
            }
            metrics.record(state.machine)
            return wake
        }
        wake.perform()
    }

    private func take(_ state: inout State, now: Duration) -> Key? {
        guard let (key, waited) = state.machine.take(now: now) else { return nil }
        metrics.queueing.observe(waited)
        return key
    }
}
