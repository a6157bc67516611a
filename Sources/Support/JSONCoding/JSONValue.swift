// SPDX-License-Identifier: MIT

/// One JSON value (RFC 8259).
///
/// The common currency between bytes, typed models, patches and schemas: a value is parsed once and every later step
/// works on it. Integers keep their full 64 bits apart from doubles, because Kubernetes tells `1` from `1.0`.
package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    /// The string, when the value is one.
    package var stringValue: String? { if case .string(let value) = self { value } else { nil } }

    /// The truth value, when the value is one.
    package var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// The integer: an integer, or a double without a fraction that fits 64 bits.
    package var integerValue: Int64? {
        switch self {
        case .integer(let value): value
        case .double(let value): Int64(exactly: value)
        default: nil
        }
    }

    /// The number as a double, when the value is a number.
    package var doubleValue: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    /// The elements, when the value is an array.
    package var arrayValue: [JSONValue]? { if case .array(let value) = self { value } else { nil } }

    /// The members, when the value is an object.
    package var objectValue: JSONObject? { if case .object(let value) = self { value } else { nil } }

    /// Whether the value is `null`.
    package var isNull: Bool { if case .null = self { true } else { false } }

    /// The member of an object; `nil` when this is no object or has no such member.
    ///
    /// Setting on anything but an object replaces it by an object, setting `nil` removes the member.
    package subscript(key: String) -> JSONValue? {
        get { objectValue?[key] }
        set {
            var object: JSONObject = [:]
            if case .object(let existing) = self { object = existing }
            self = .null  // keeps the storage uniquely referenced, so that the write below does not copy it
            object[key] = newValue
            self = .object(object)
        }
    }

    /// The element of an array; `nil` when this is no array or the index is outside it.
    package subscript(index: Int) -> JSONValue? {
        get {
            guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
            return elements[index]
        }
        set {
            guard case .array(var elements) = self, elements.indices.contains(index) else { return }
            self = .null
            if let newValue { elements[index] = newValue } else { elements.remove(at: index) }
            self = .array(elements)
        }
    }

    /// The value found by following member names; `nil` as soon as one is missing.
    package func at(_ path: String...) -> JSONValue? { at(path) }

    /// The value found by following member names; `nil` as soon as one is missing.
    package func at(_ path: [String]) -> JSONValue? {
        var current = self
        for key in path {
            guard let next = current[key] else { return nil }
            current = next
        }
        return current
    }

    /// Stores a value under a path of member names, making the objects on the way; `nil` removes the last member.
    package mutating func setValue(_ value: JSONValue?, at path: [String]) {
        guard let first = path.first else {
            self = value ?? .null
            return
        }
        if path.count == 1 {
            self[first] = value
            return
        }
        var child = self[first] ?? .object([:])
        if value == nil, self[first] == nil { return }
        child.setValue(value, at: Array(path.dropFirst()))
        self[first] = child
    }

    /// The JSON type's name, as error messages say it.
    package var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .integer: "integer"
        case .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// `null`.
    package init(nilLiteral: ()) { self = .null }
    /// A truth value.
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An integer.
    package init(integerLiteral value: Int64) { self = .integer(value) }
    /// A double.
    package init(floatLiteral value: Double) { self = .double(value) }
    /// A string.
    package init(stringLiteral value: String) { self = .string(value) }
    /// An array.
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object; the last of equal keys wins.
    package init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}

extension JSONValue: CustomStringConvertible {
    /// Compact JSON text.
    package var description: String { encodedString() }
}

extension JSONValue {
    /// An object of strings, for labels, annotations and data maps.
    package init(_ map: [String: String]) {
        self = .object(JSONObject(map.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    }

    /// The members that are strings; `nil` when this is no object.
    package var stringMap: [String: String]? {
        guard let objectValue else { return nil }
        var map: [String: String] = [:]
        for (key, value) in objectValue { map[key] = value.stringValue }
        return map
    }

    /// The same value with every object's members sorted by key, so that equal values have equal bytes.
    ///
    /// Digests (approvals, applied configurations) are taken over this form.
    package func canonical() -> JSONValue {
        switch self {
        case .array(let elements): .array(elements.map { $0.canonical() })
        case .object(let object):
            .object(JSONObject(object.map { ($0.key, $0.value.canonical()) }.sorted { $0.0 < $1.0 }))
        default: self
        }
    }
}
