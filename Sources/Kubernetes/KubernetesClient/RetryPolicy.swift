// SPDX-License-Identifier: MIT
import HTTPTransport
package import HTTPTypes

/// Decides whether a failed request is sent again, and when. Pure.
///
/// Reads are repeated after transport errors and transient answers. Anything that changes something is repeated only
/// when it was certainly not done, because nothing had left or the server was too busy to look at it (429), or when the
/// server itself asks for another try by `Retry-After`. The server's time is the least that is waited.
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
        maximumAttempts: Int = 10, waitingBudget: Duration = .seconds(30), initialDelay: Duration = .milliseconds(100),
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
        ceiling = min(ceiling, maximumDelay)
        guard let floor = error.retryAfter else { return budgeted(ceiling * random, waited) }
        // Everybody was told the same time: spread over half of it, they do not come back as the crowd that left.
        return budgeted(floor + max(ceiling, floor / 2) * random, waited)
    }

    private func budgeted(_ delay: Duration, _ waited: Duration) -> Duration? {
        waited + delay <= waitingBudget ? delay : nil
    }

    private func isRepeatable(_ method: HTTPMethod, _ error: APIError) -> Bool {
        if error.reason == .transport {
            // A certificate that is not trusted is not trusted the next time either.
            guard error.cause?.isRetryable ?? true else { return false }
            // All the time that the caller has for an answer is over.
            if error.cause == .timeout { return false }
            return method == .get || !error.mayHaveBeenDone
        }
        if error.reason == .tooManyRequests { return true }
        if error.isTransient, error.retryAfter != nil { return true }
        return method == .get && error.isTransient
    }
}
