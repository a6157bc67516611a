// SPDX-License-Identifier: MIT
import Glibc

/// A signal for a child (signal(7)).
package struct ProcessSignal: RawRepresentable, Sendable, Hashable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }

    /// Asks to end.
    package static let terminate = Self(rawValue: SIGTERM)
    /// Ends; cannot be refused.
    package static let kill = Self(rawValue: SIGKILL)
    package static let interrupt = Self(rawValue: SIGINT)
    package static let quit = Self(rawValue: SIGQUIT)
    package static let hangUp = Self(rawValue: SIGHUP)
    /// Freezes; cannot be refused.
    package static let stop = Self(rawValue: SIGSTOP)
    package static let resume = Self(rawValue: SIGCONT)
}
