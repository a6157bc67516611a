// SPDX-License-Identifier: MIT
import Synchronization

/// A door that opens once and stays open; tasks wait at it.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var lastID = 0
        var waiting: [Int: CheckedContinuation<Bool, Never>] = [:]
        var abandoned: Set<Int> = []
    }

    private let state = Mutex(State())

    var isOpen: Bool { state.withLock { $0.isOpen } }

    /// How many tasks wait.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in waiting { continuation.resume(returning: true) }
    }

    /// Throws `CancellationError` when the task is cancelled first.
    func wait() async throws {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let opened = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                let answer = state.withLock { state -> Bool? in
                    if state.isOpen { return true }
                    // The cancellation may have come before this closure.
                    if state.abandoned.remove(id) != nil { return false }
                    state.waiting[id] = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                if let continuation = state.waiting.removeValue(forKey: id) { return Optional(continuation) }
                if !state.isOpen { state.abandoned.insert(id) }
                return nil
            }
            continuation?.resume(returning: false)
        }
        state.withLock { _ = $0.abandoned.remove(id) }
        if !opened { throw CancellationError() }
    }
}
