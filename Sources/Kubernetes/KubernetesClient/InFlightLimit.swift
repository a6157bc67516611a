// SPDX-License-Identifier: MIT
import Synchronization

/// Lets so many requests be under way at once, the others in order of arrival.
///
/// A server's priority and fairness counts and queues the same requests; a client that keeps its own number down is
/// refused less, and one that floods it only makes everybody's queues longer.
final class InFlightLimit: Sendable {
    private struct State {
        var free: Int
        var lastID = 0
        /// In order of arrival; those that were cancelled leave a gap in the dictionary.
        var queue: [Int] = []
        var first = 0
        var waiting: [Int: CheckedContinuation<Bool, Never>] = [:]
        /// Cancelled before they waited.
        var cancelled: Set<Int> = []

        mutating func next() -> CheckedContinuation<Bool, Never>? {
            while first < queue.count {
                let id = queue[first]
                first += 1
                // Removed in groups: one by one would move the whole queue for every request.
                if first == queue.count || (first >= 64 && first * 2 >= queue.count) {
                    queue.removeFirst(first)
                    first = 0
                }
                if let continuation = waiting.removeValue(forKey: id) { return continuation }
            }
            return nil
        }
    }

    private let state: Mutex<State>

    /// - Parameter limit: at least one.
    init(_ limit: Int) {
        precondition(limit > 0, "a client that may send nothing is of no use")
        state = Mutex(State(free: limit))
    }

    /// How many wait.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Takes a place, when there is one; false when the task was cancelled before.
    func acquire() async -> Bool {
        let (isFree, id) = state.withLock { state in
            if state.free > 0 {
                state.free -= 1
                return (true, 0)
            }
            state.lastID += 1
            return (false, state.lastID)
        }
        if isFree { return true }
        let isAdmitted = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                let answer = state.withLock { state -> Bool? in
                    if state.cancelled.remove(id) != nil { return false }
                    // A place may have become free since.
                    if state.free > 0 {
                        state.free -= 1
                        return true
                    }
                    state.queue.append(id)
                    state.waiting[id] = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.waiting.removeValue(forKey: id)
                if waiter == nil { state.cancelled.insert(id) }
                return waiter
            }
            waiter?.resume(returning: false)
        }
        state.withLock { _ = $0.cancelled.remove(id) }
        return isAdmitted
    }

    /// Gives a place back, to whoever waits longest.
    func release() {
        let waiter = state.withLock { state in
            let waiter = state.next()
            if waiter == nil { state.free += 1 }
            return waiter
        }
        waiter?.resume(returning: true)
    }
}
