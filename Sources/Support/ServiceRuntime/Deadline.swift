// SPDX-License-Identifier: MIT

/// What took longer than it was given.
package struct DeadlineExceeded: Error, Equatable, CustomStringConvertible {
    /// What was waited for.
    package let subject: String
    /// The time that it was given.
    package let limit: Duration

    /// One line for a log or a condition.
    package var description: String { "\(subject) took longer than \(limit)" }
}

/// Runs `body`, cancelling it when it takes longer than `limit`.
///
/// The call returns only after `body` did, so a body that ignores cancellation is waited for: nothing outlives it.
///
/// - Parameters:
///   - limit: the time that the body has.
///   - subject: what is being done, for the error, such as `the answer of the API server`.
///   - clock: the clock that measures.
/// - Throws: ``DeadlineExceeded`` when the time was over first; else what `body` throws.
package func withDeadline<T: Sendable>(
    _ limit: Duration, for subject: String, clock: any Clock<Duration> = ContinuousClock(),
    _ body: @escaping @Sendable () async throws -> T
) async throws -> T {
    try await withThrowingTaskGroup(of: T?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await clock.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let value = first else {
            throw DeadlineExceeded(subject: subject, limit: limit)
        }
        return value
    }
}
