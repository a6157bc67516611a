// SPDX-License-Identifier: MIT
package import JSONCoding

/// How much one installation may ask of GitHub: our own budget of writes, and the waits that GitHub imposed.
///
/// GitHub counts content-making requests by the minute and the hour (REST API: "secondary rate limits"), for the whole
/// installation, so everything that acts as it shares one budget. A value without a clock: the caller says what
/// time it is.
package struct RequestBudget: Sendable {
    /// The most writes that we allow ourselves.
    package struct Limits: Sendable, Hashable {
        /// In any 60 seconds.
        package var writesAMinute = 60
        /// In any 3600 seconds.
        package var writesAnHour = 400

        /// 60 writes a minute and 400 an hour.
        package init() {}
    }

    private let limits: Limits
    /// Times of the writes of the last hour, oldest first.
    private var writes: [Timestamp] = []
    private var blockedUntil: Timestamp?

    /// An unused budget.
    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Takes one request out of the budget.
    ///
    /// - Returns: nil when it may be sent now, otherwise the time from which trying again makes sense.
    package mutating func admit(isWrite: Bool, at now: Timestamp) -> Timestamp? {
        if let until = blockedUntil {
            guard until <= now else { return until }
            blockedUntil = nil
        }
        guard isWrite else { return nil }
        let hourAgo = now.adding(.seconds(-3600))
        let minuteAgo = now.adding(.seconds(-60))
        if let firstKept = writes.firstIndex(where: { $0 > hourAgo }) {
            writes.removeFirst(firstKept)
        } else {
            writes.removeAll()
        }
        if writes.count >= limits.writesAnHour, let until = free(limits.writesAnHour, window: .seconds(3600)) {
            return until
        }
        let lastMinute = writes.count - (writes.firstIndex { $0 > minuteAgo } ?? writes.count)
        if lastMinute >= limits.writesAMinute, let until = free(limits.writesAMinute, window: .seconds(60)) {
            return until
        }
        writes.append(now)
        return nil
    }

    /// Stops everything until GitHub's time; a later time replaces an earlier one, never the other way.
    package mutating func block(until: Timestamp) {
        blockedUntil = max(blockedUntil ?? until, until)
    }

    /// When the oldest of the last `count` writes leaves the window.
    private func free(_ count: Int, window: Duration) -> Timestamp? {
        guard count > 0, writes.count >= count else { return nil }
        return writes[writes.count - count].adding(window)
    }
}
