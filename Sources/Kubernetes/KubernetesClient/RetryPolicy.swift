// SPDX-License-Identifier: MIT
package import HTTPTypes

/// Decides whether a failed request is sent again, and when. Pure.
///
/// Reads are repeated after transport errors and transient answers. Anything that changes something is repeated only
/// when it was certainly not done: no connection was made, or the server said so by 429 or 503 with `Retry-After`. The
/// server's time is the least that is waited.
package struct RetryPolicy: Sendable {
    /// How often a request is sent at most.
    package var maximumAttempts: Int
    /// How long all the waiting of one request may take; a longer `Retry-After` is left to the caller.
    package var waitingBudget: Duration
    /// The longest first wait; waits double from here.
    package var initialDelay: Duration
    /// No wait of our own is longer.
    package var maximumDelay: Duration

    /// A policy; the defaults fit a controller.
    package init(
        maximumAttempts: Int = 5, waitingBudget: Duration = .seconds(20), initialDelay: Duration = .milliseconds(100),
        maximumDelay: Duration = .seconds(5)
    ) {
        self.maximumAttempts = maximumAttempts
        self.waitingBudget = waitingBudget
        self.initialDelay = initialDelay
        self.maximumDelay = maximumDelay
    }

    /// Sends everything once.
    package static let never = RetryPolicy(maximumAttempts: 1)

    /// The time to wait before the next attempt, or nil to give the error to the caller.
    ///
    /// - Parameters:
    ///   - attempt: how often the request was sent, from 1.
    ///   - waited: the waiting so far.
    ///   - random: from 0 to 1, spreads clients that failed together.
    package func delay(
        method: HTTPMethod, error: APIError, attempt: Int, waited: Duration, random: Double
    ) -> Duration? {
        guard attempt < maximumAttempts, isRepeatable(method, error) else { return nil }
        var ceiling = initialDelay
        for _ in 1..<attempt where ceiling < maximumDelay { ceiling *= 2 }
        let jittered = min(ceiling, maximumDelay) * random
        let delay = error.retryAfter.map { $0 + jittered } ?? jittered
        return waited + delay <= waitingBudget ? delay : nil
    }

    private func isRepeatable(_ method: HTTPMethod, _ error: APIError) -> Bool {
        if error.reason == .tooManyRequests {
            return method == .get || error.retryAfter != nil
        }
        if error.reason == .serviceUnavailable, error.retryAfter != nil { return true }
        if error.reason == .transport, !error.mayHaveBeenDone { return true }
        return method == .get && error.isTransient
    }
}
