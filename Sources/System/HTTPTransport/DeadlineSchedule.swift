// SPDX-License-Identifier: MIT

/// When to look next for transfers whose time is over.
///
/// Bytes only ever move a deadline later, so one earliest date for all is enough: looking too early costs a look, and
/// no date has to be kept up to date for every byte.
struct DeadlineSchedule {
    private var nextCheck: ContinuousClock.Instant?

    /// Makes sure that a look happens at `instant` or before.
    mutating func expect(checkAt instant: ContinuousClock.Instant) {
        if let nextCheck, nextCheck <= instant { return }
        nextCheck = instant
    }

    /// Whether it is time to look; if so, the schedule is empty afterwards and waits for new dates.
    mutating func takeDue(now: ContinuousClock.Instant) -> Bool {
        guard let nextCheck, nextCheck <= now else { return false }
        self.nextCheck = nil
        return true
    }

    /// How long to wait for the network at most, in milliseconds.
    func pollTimeout(now: @autoclosure () -> ContinuousClock.Instant) -> Int32 {
        guard let nextCheck else { return 3_600_000 }
        let now = now()
        guard nextCheck > now else { return 0 }
        // Rounded up by the least wait: a wait of zero just before the date would spin.
        return Int32(clamping: min((nextCheck - now).milliseconds + 1, 3_600_000))
    }
}
