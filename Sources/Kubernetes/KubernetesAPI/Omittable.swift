// SPDX-License-Identifier: MIT

/// A value with an empty state that means "not set" on the wire.
package protocol EmptyRepresentable {
    init()
}

extension Array: EmptyRepresentable {}
extension Dictionary: EmptyRepresentable {}
extension String: EmptyRepresentable {}
extension Int: EmptyRepresentable {}
extension Bool: EmptyRepresentable {}

/// A field that may be missing or null on the wire: its empty value stands for that, and is left out when written.
///
/// Kubernetes omits empty fields and servers of other versions omit fields that we know, so a missing field is never an
/// error; a present field of the wrong type still is, and makes the object a poison object.
@propertyWrapper
package struct Omittable<Value: EmptyRepresentable & Codable & Hashable & Sendable>: Codable, Hashable, Sendable {
    /// The value; empty when it was missing.
    package var wrappedValue: Value

    /// Wraps a value.
    package init(wrappedValue: Value) {
        self.wrappedValue = wrappedValue
    }

    /// Reads the value; throws `DecodingError`.
    package init(from decoder: any Decoder) throws {
        wrappedValue = try decoder.singleValueContainer().decode(Value.self)
    }

    /// Writes the value.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue)
    }
}

extension KeyedDecodingContainer {
    /// The overload that synthesised decoding picks for an `@Omittable` property.
    package func decode<Value>(_ type: Omittable<Value>.Type, forKey key: Key) throws -> Omittable<Value> {
        Omittable(wrappedValue: try decodeIfPresent(Value.self, forKey: key) ?? Value())
    }
}

extension KeyedEncodingContainer {
    /// The overload that synthesised encoding picks for an `@Omittable` property.
    package mutating func encode<Value>(_ value: Omittable<Value>, forKey key: Key) throws {
        if value.wrappedValue != Value() {
            try encode(value.wrappedValue, forKey: key)
        }
    }
}
