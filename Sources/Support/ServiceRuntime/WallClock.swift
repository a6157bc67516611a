// SPDX-License-Identifier: MIT
package import JSONCoding
import SystemCalls

/// The time of day, injected so that decisions about dates can be tested.
///
/// Waiting is another matter: it takes `any Clock<Duration>`, because the wall clock may jump.
package struct WallClock: Sendable {
    /// The current time.
    package let now: @Sendable () -> Timestamp

    /// A clock that answers with `now`.
    package init(now: @escaping @Sendable () -> Timestamp) {
        self.now = now
    }

    /// The machine's clock.
    package static let system = WallClock { .now }

    /// A clock that stands still at `time`.
    package static func fixed(_ time: Timestamp) -> WallClock {
        WallClock { time }
    }
}

extension Timestamp {
    /// The present, by the machine's clock; what decides takes a `WallClock` instead.
    package static var now: Timestamp { Timestamp(microseconds: TimeOfDay.microsecondsSince1970) }
}
