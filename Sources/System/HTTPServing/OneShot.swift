// SPDX-License-Identifier: MIT
import Synchronization

/// A value that comes into being once and that any number of tasks may wait for.
final class OneShot<Value: Sendable>: Sendable {
    private enum State {
        case pending(waiters: [Int: CheckedContinuation<Value, any Error>], next: Int)
        case resolved(Result<Value, any Error>)
    }

    private let state = Mutex(State.pending(waiters: [:], next: 0))

    /// Sets the value; only the first time counts.
    func resolve(_ result: Result<Value, any Error>) {
        let waiters = state.withLock { state -> [CheckedContinuation<Value, any Error>] in
            guard case .pending(let waiters, _) = state else { return [] }
            state = .resolved(result)
            return Array(waiters.values)
        }
        for waiter in waiters { waiter.resume(with: result) }
    }

    /// The value, as soon as it is there.
    func value() async throws -> Value {
        let id = state.withLock { state -> Int in
            guard case .pending(let waiters, let next) = state else { return 0 }
            state = .pending(waiters: waiters, next: next + 1)
            return next
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome = state.withLock { state -> Result<Value, any Error>? in
                    guard case .pending(var waiters, let next) = state else {
                        guard case .resolved(let result) = state else { return nil }
                        return result
                    }
                    // Checked under the lock: a cancellation before this point finds no waiter to resume.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    waiters[id] = continuation
                    state = .pending(waiters: waiters, next: next)
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<Value, any Error>? in
                guard case .pending(var waiters, let next) = state else { return nil }
                let waiter = waiters.removeValue(forKey: id)
                state = .pending(waiters: waiters, next: next)
                return waiter
            }
            waiter?.resume(throwing: CancellationError())
        }
    }
}
