// SPDX-License-Identifier: MIT
package import FoundationEssentials

/// The time of day, injected so that decisions about dates can be tested.
///
/// Waiting is another matter: it takes `any Clock<Duration>`, because the wall clock may jump.
package struct WallClock: Sendable {
    /// The current date.
    package let now: @Sendable () -> Date

    /// A clock that answers with `now`.
    package init(now: @escaping @Sendable () -> Date) {
        self.now = now
    }

    /// The machine's clock.
    package static let system = WallClock { Date() }

    /// A clock that stands still at `date`.
    package static func fixed(_ date: Date) -> WallClock {
        WallClock { date }
    }
}
