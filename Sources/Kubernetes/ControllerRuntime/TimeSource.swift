// SPDX-License-Identifier: MIT

/// Monotonic time since an arbitrary origin, and waiting on it; injected, so that tests own the time.
package struct TimeSource: Sendable {
    /// The time since the origin.
    package var now: @Sendable () -> Duration
    /// Throws `CancellationError` when the task is cancelled.
    package var sleepUntil: @Sendable (Duration) async throws -> Void
    /// From 0 to 1: where in its range a wait is to fall, so that what began together ends apart. Always 0, unless time
    /// is the machine's own.
    package var spread: @Sendable () -> Double = { 0 }

    /// A source made of two functions.
    package init(
        now: @escaping @Sendable () -> Duration, sleepUntil: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.sleepUntil = sleepUntil
    }

    /// The time of a clock, from now on.
    package init<C: Clock>(_ clock: C) where C.Duration == Duration {
        let origin = clock.now
        now = { origin.duration(to: clock.now) }
        sleepUntil = { try await clock.sleep(until: origin.advanced(by: $0), tolerance: nil) }
    }

    /// The machine's own, which goes on while the machine sleeps.
    package static let system = {
        var source = TimeSource(ContinuousClock())
        source.spread = { Double.random(in: 0...1) }
        return source
    }()

    /// Waits for so long; throws `CancellationError` when the task is cancelled.
    package func sleep(for duration: Duration) async throws {
        try await sleepUntil(now() + duration)
    }
}
