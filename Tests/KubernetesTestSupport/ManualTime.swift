// SPDX-License-Identifier: MIT
package import ControllerRuntime
import Synchronization

/// Time that passes when the test says so.
package final class ManualTime: Sendable {
    private struct Sleeper {
        var id: Int
        var due: Duration
        var continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var now = Duration.zero
        var lastID = 0
        var sleepers: [Sleeper] = []
        var cancelled: Set<Int> = []
        var watchers: [(isDone: @Sendable ([Duration]) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []

        var dueTimes: [Duration] { sleepers.map(\.due).sorted() }

        /// Takes out those whose condition holds now.
        mutating func readyWatchers() -> [CheckedContinuation<Void, Never>] {
            guard !watchers.isEmpty else { return [] }
            let times = dueTimes
            let ready = watchers.filter { $0.isDone(times) }
            watchers.removeAll { $0.isDone(times) }
            return ready.map(\.continuation)
        }
    }

    private let state = Mutex(State())

    /// The empty value.
    package init() {}

    /// The time since the beginning.
    package var now: Duration { state.withLock { $0.now } }

    /// The time as the runtime takes it.
    package var source: TimeSource {
        TimeSource(now: { self.now }, sleepUntil: { try await self.sleep(until: $0) })
    }

    /// Lets time pass and wakes whoever waited for it.
    package func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.now += duration
            let now = state.now
            let woken = state.sleepers.filter { $0.due <= now }
            state.sleepers.removeAll { $0.due <= now }
            return woken
        }
        for sleeper in woken { sleeper.continuation.resume(returning: true) }
    }

    /// The times at which somebody will wake, in order.
    package var dueTimes: [Duration] { state.withLock { $0.dueTimes } }

    /// Waits until so many tasks sleep.
    package func waitForSleepers(_ count: Int) async {
        await wait { $0.count >= count }
    }

    /// Waits until somebody sleeps until this time.
    package func waitForSleeper(due: Duration) async {
        await wait { $0.contains(due) }
    }

    /// Waits until the times at which somebody will wake satisfy a condition.
    package func wait(until isDone: @escaping @Sendable ([Duration]) -> Bool) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isThere = state.withLock { state in
                if isDone(state.dueTimes) { return true }
                state.watchers.append((isDone, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private func sleep(until due: Duration) async throws {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let slept = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                let (answer, watchers) = state.withLock { state -> (Bool?, [CheckedContinuation<Void, Never>]) in
                    if state.cancelled.remove(id) != nil { return (false, []) }
                    if due <= state.now { return (true, []) }
                    state.sleepers.append(Sleeper(id: id, due: due, continuation: continuation))
                    return (nil, state.readyWatchers())
                }
                for watcher in watchers { watcher.resume() }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let (sleeper, watchers) = state.withLock { state -> (Sleeper?, [CheckedContinuation<Void, Never>]) in
                if let index = state.sleepers.firstIndex(where: { $0.id == id }) {
                    return (state.sleepers.remove(at: index), state.readyWatchers())
                }
                state.cancelled.insert(id)
                return (nil, [])
            }
            for watcher in watchers { watcher.resume() }
            sleeper?.continuation.resume(returning: false)
        }
        if !slept { throw CancellationError() }
    }
}

/// Time in which every sleep is over at once, but is remembered.
package final class InstantTime: Sendable {
    private struct State {
        var now = Duration.zero
        var sleeps: [Duration] = []
    }

    private let state = Mutex(State())

    /// The empty value.
    package init() {}

    /// How long was slept, in order.
    package var sleeps: [Duration] { state.withLock { $0.sleeps } }

    /// Lets time pass.
    package func advance(by duration: Duration) { state.withLock { $0.now += duration } }

    /// The time as the runtime takes it.
    package var source: TimeSource {
        TimeSource(
            now: { self.state.withLock { $0.now } },
            sleepUntil: { due in
                try Task.checkCancellation()
                self.state.withLock { state in
                    state.sleeps.append(due - state.now)
                    state.now = max(state.now, due)
                }
                await Task.yield()
            })
    }
}
