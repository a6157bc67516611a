// SPDX-License-Identifier: MIT
package import JSONCoding

/// An enumeration of strings that keeps values which it does not know.
///
/// Servers newer than this client send new values; an object must never become unreadable for that.
package protocol OpenEnumeration: JSONReadable, Encodable, Hashable, Sendable, CustomStringConvertible {
    /// The value for a string; a string that is not known becomes the type's `.other`.
    init(_ text: String)
    /// The string on the wire.
    var text: String { get }
}

extension OpenEnumeration {
    /// Reads the value; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(try String(node: node))
    }

    /// Reads the value where a `Decodable` type holds it; throws `DecodingError`. Said here again, because an
    /// enumeration in a file that does not import `JSONCoding` would else get one of the compiler's making.
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
