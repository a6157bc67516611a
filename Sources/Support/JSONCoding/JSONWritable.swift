// SPDX-License-Identifier: MIT

/// A type that becomes a JSON value by itself.
///
/// For what is written again and again: `Encodable` makes a container and a coding path for every part. Where an encoder
/// asks, it writes the same.
package protocol JSONWritable: Encodable {
    /// The value; what is not set is left out.
    var json: JSONValue { get }
}

extension JSONWritable {
    /// Writes the value where an `Encodable` type holds it.
    package func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}

extension JSONWritable where Self: RawRepresentable, RawValue == String {
    /// The string of an enumeration of strings.
    package var json: JSONValue { .string(rawValue) }

    /// Writes the value where an `Encodable` type holds it.
    package func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}

// Members that are written one after another, each once; nil is left out.
extension JSONObject {
    /// Adds a string that is not there yet.
    package mutating func put(_ key: String, _ value: String?) {
        if let value { appendUnchecked(key, .string(value)) }
    }

    /// Adds a truth value that is not there yet.
    package mutating func put(_ key: String, _ value: Bool?) {
        if let value { appendUnchecked(key, .bool(value)) }
    }

    /// Adds an integer that is not there yet.
    package mutating func put(_ key: String, _ value: Int?) {
        if let value { appendUnchecked(key, .integer(Int64(value))) }
    }

    /// Adds an integer that is not there yet.
    package mutating func put(_ key: String, _ value: Int64?) {
        if let value { appendUnchecked(key, .integer(value)) }
    }

    /// Adds a time in whole seconds that is not there yet.
    package mutating func put(_ key: String, _ value: Timestamp?) {
        if let value { appendUnchecked(key, .string(value.description)) }
    }

    /// Adds strings that are not there yet.
    package mutating func put(_ key: String, _ values: [String]?) {
        if let values { appendUnchecked(key, .array(values.map { .string($0) })) }
    }

    /// Adds an object of strings, such as labels, that is not there yet.
    package mutating func put(_ key: String, _ map: [String: String]?) {
        if let map { appendUnchecked(key, JSONValue(map)) }
    }

    /// Adds a part that is not there yet.
    package mutating func put<Part: JSONWritable>(_ key: String, _ value: Part?) {
        if let value { appendUnchecked(key, value.json) }
    }

    /// Adds parts that are not there yet.
    package mutating func put<Part: JSONWritable>(_ key: String, _ values: [Part]?) {
        if let values { appendUnchecked(key, .array(values.map { $0.json })) }
    }
}
