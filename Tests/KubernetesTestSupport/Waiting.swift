// SPDX-License-Identifier: MIT
import Synchronization

/// Values that tasks hand to a test, which waits for them without looking at a clock.
package final class Collector<Value: Sendable>: Sendable {
    private struct State {
        var values: [Value] = []
        var waiters: [(isDone: @Sendable ([Value]) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    /// The empty value.
    package init() {}

    /// What came so far.
    package var values: [Value] { state.withLock { $0.values } }

    /// Hands a value over.
    package func append(_ value: Value) {
        let ready = state.withLock { state in
            state.values.append(value)
            let values = state.values
            let ready = state.waiters.filter { $0.isDone(values) }
            state.waiters.removeAll { $0.isDone(values) }
            return ready
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    /// Waits until the values satisfy a condition; the test's time limit ends a wait that never does.
    @discardableResult
    package func wait(until isDone: @escaping @Sendable ([Value]) -> Bool) async -> [Value] {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isThere = state.withLock { state in
                if isDone(state.values) { return true }
                state.waiters.append((isDone, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
        return values
    }

    /// Waits until there are so many values.
    @discardableResult
    package func wait(count: Int) async -> [Value] {
        await wait { $0.count >= count }
    }
}

/// Waits until a condition holds that nobody announces; false when it did not within the time.
package func eventually(
    within limit: Duration = .seconds(20), _ isDone: @Sendable () async throws -> Bool
) async rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while try await !isDone() {
        guard ContinuousClock.now < deadline else { return false }
        try? await Task.sleep(for: .milliseconds(2))
    }
    return true
}
