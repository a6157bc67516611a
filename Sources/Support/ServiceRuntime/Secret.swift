// SPDX-License-Identifier: MIT

/// A value that must not be seen: a token, a key, a database URL with its password.
///
/// Every way in which Swift turns a value into text (interpolation, `print`, `dump`, a mirror, a failed test) shows
/// `‹redacted›`. It is neither `Codable` nor `Hashable`, so that it cannot slip into JSON or become a dictionary key.
/// Reading it takes the word `reveal`, which a reviewer can search for.
package struct Secret<Value: Sendable>: Sendable {
    private let value: Value

    /// Hides `value`.
    package init(_ value: Value) {
        self.value = value
    }

    /// The hidden value. Pass it straight to what needs it; never into a log, an error or an argument list.
    package func reveal() -> Value {
        value
    }

    /// Derives another secret, so that a transformation does not need the plain value outside.
    package func map<Other: Sendable>(_ transform: (Value) throws -> Other) rethrows -> Secret<Other> {
        Secret<Other>(try transform(value))
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `‹redacted›`.
    package var description: String { "‹redacted›" }

    /// Always `‹redacted›`.
    package var debugDescription: String { "‹redacted›" }

    /// Without children: `dump` and test failures walk the mirror, not the description.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
