// SPDX-License-Identifier: MIT
import Synchronization

/// A clock that moves only when it is told to, for tests of anything that waits.
///
/// Hand it in as `any Clock<Duration>`; wait with ``waitForSleepers(_:)`` until the code under test sleeps, then
/// ``advance(by:)``. No test then depends on how fast the machine is.
package final class ManualClock: Clock, Sendable {
    /// A point on this clock: the time since it was made.
    package struct Instant: InstantProtocol {
        /// The distance from the start.
        package var offset: Duration

        /// The instant `duration` later.
        package func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }

        /// The distance to another instant.
        package func duration(to other: Instant) -> Duration { other.offset - offset }

        /// Orders by time.
        package static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct Sleeper {
        var deadline: Instant
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = Instant(offset: .zero)
        var nextID = 0
        var sleepers: [Int: Sleeper] = [:]
        /// Sleeps that were cancelled before they could be entered.
        var cancelledEarly: Set<Int> = []
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

        mutating func readyWaiters() -> [CheckedContinuation<Void, Never>] {
            let count = sleepers.count
            let ready = waiters.filter { $0.count <= count }
            waiters.removeAll { $0.count <= count }
            return ready.map(\.continuation)
        }
    }

    private let state = Mutex(State())

    /// Makes a clock that stands at its start.
    package init() {}

    /// The instant at which the clock stands.
    package var now: Instant { state.withLock { $0.now } }

    /// Time is exact here.
    package var minimumResolution: Duration { .nanoseconds(1) }

    /// Waits until the clock is advanced to `deadline`, or the task is cancelled.
    package func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enter(id, Sleeper(deadline: deadline, continuation: continuation))
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                let sleeper = state.sleepers.removeValue(forKey: id)
                if sleeper == nil { state.cancelledEarly.insert(id) }
                return sleeper
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    private func enter(_ id: Int, _ sleeper: Sleeper) {
        enum Entry {
            case waits([CheckedContinuation<Void, Never>])
            case past, cancelled
        }
        let entry = state.withLock { state -> Entry in
            if state.cancelledEarly.remove(id) != nil { return .cancelled }
            if sleeper.deadline <= state.now { return .past }
            state.sleepers[id] = sleeper
            return .waits(state.readyWaiters())
        }
        switch entry {
        case .waits(let waiters): for waiter in waiters { waiter.resume() }
        case .past: sleeper.continuation.resume()
        case .cancelled: sleeper.continuation.resume(throwing: CancellationError())
        }
    }

    /// Moves the clock and wakes, in the order of their deadlines, the sleeps that are over.
    package func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let now = state.now
            let over = state.sleepers.filter { $0.value.deadline <= now }
            for id in over.keys { state.sleepers.removeValue(forKey: id) }
            return over.values.sorted { $0.deadline < $1.deadline }
        }
        for sleeper in woken { sleeper.continuation.resume() }
    }

    /// Returns when at least `count` sleeps are waiting on this clock.
    package func waitForSleepers(_ count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { state in
                state.waiters.append((count, continuation))
                return state.readyWaiters()
            }
            for waiter in ready { waiter.resume() }
        }
    }
}
