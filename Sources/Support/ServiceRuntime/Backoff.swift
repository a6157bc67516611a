// SPDX-License-Identifier: MIT

/// The waiting times between retries: they grow by a factor up to a maximum and are spread by jitter.
///
/// Attempt n waits `min(initial × factorⁿ, maximum)`, times a random number from `1 - jitter` to `1 + jitter`, and
/// never more than `maximum`. Jitter keeps clients that failed together from coming back together.
package struct Backoff: Sendable {
    private let initial: Duration
    private let factor: Double
    private let maximum: Duration
    private let jitter: Double
    private var upcoming: Duration

    /// The number of delays handed out since the start or the last ``reset()``.
    package private(set) var attempts = 0

    /// Describes the series.
    ///
    /// - Parameters:
    ///   - initial: the first delay before jitter.
    ///   - factor: the growth from one delay to the next, at least 1.
    ///   - maximum: no delay is longer.
    ///   - jitter: the share, 0…1, by which a delay may be shorter or longer.
    package init(
        initial: Duration = .milliseconds(800), factor: Double = 2, maximum: Duration = .seconds(30),
        jitter: Double = 0.2
    ) {
        precondition(initial > .zero && maximum >= initial, "a backoff needs 0 < initial <= maximum")
        precondition(factor >= 1 && (0...1).contains(jitter), "a backoff needs factor >= 1 and jitter in 0...1")
        self.initial = initial
        self.factor = factor
        self.maximum = maximum
        self.jitter = jitter
        self.upcoming = initial
    }

    /// The next delay.
    package mutating func next() -> Duration {
        var generator = SystemRandomNumberGenerator()
        return next(using: &generator)
    }

    /// The next delay, with the random numbers of `generator`.
    package mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let base = upcoming
        attempts += 1
        // Compared before multiplying, so that a long series cannot overflow the duration.
        upcoming = base >= maximum / factor ? maximum : base * factor
        return min(base * Double.random(in: (1 - jitter)...(1 + jitter), using: &generator), maximum)
    }

    /// Starts the series anew, after a success.
    package mutating func reset() {
        upcoming = initial
        attempts = 0
    }
}
