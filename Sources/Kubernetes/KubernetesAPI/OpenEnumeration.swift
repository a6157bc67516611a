// SPDX-License-Identifier: MIT

/// An enumeration of strings that keeps values which it does not know.
///
/// Servers newer than this client send new values; an object must never become unreadable for that.
package protocol OpenEnumeration: Codable, Hashable, Sendable, CustomStringConvertible {
    /// The value for a string; a string that is not known becomes the type's `.other`.
    init(_ text: String)
    /// The string on the wire.
    var text: String { get }
}

extension OpenEnumeration {
    /// Reads the value; throws `DecodingError`.
    package init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the value.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// The string on the wire.
    package var description: String { text }
}
