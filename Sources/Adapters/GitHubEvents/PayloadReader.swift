// SPDX-License-Identifier: MIT
import JSONCoding

/// Reads one object of a payload and knows its path, so that an error can name the field.
struct PayloadReader {
    private let object: JSONObject
    private let path: String

    init(_ payload: JSONValue) throws(MalformedEvent) {
        try self.init(payload, path: "")
    }

    private init(_ value: JSONValue, path: String) throws(MalformedEvent) {
        guard let object = value.objectValue else {
            throw MalformedEvent(field: path, problem: "expected an object, found \(value.typeName)")
        }
        self.object = object
        self.path = path
    }

    private func full(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// A value that is there and not null.
    private func value(_ key: String) -> JSONValue? {
        guard let value = object[key], !value.isNull else { return nil }
        return value
    }

    private func required(_ key: String) throws(MalformedEvent) -> JSONValue {
        guard let value = value(key) else { throw MalformedEvent(field: full(key), problem: "is missing") }
        return value
    }

    /// Whether there is such a field.
    func has(_ key: String) -> Bool { value(key) != nil }

    /// The object behind `key`.
    func child(_ key: String) throws(MalformedEvent) -> PayloadReader {
        try PayloadReader(try required(key), path: full(key))
    }

    /// The object behind `key`; nil when it is missing or null.
    func optionalChild(_ key: String) throws(MalformedEvent) -> PayloadReader? {
        guard let value = value(key) else { return nil }
        return try PayloadReader(value, path: full(key))
    }

    /// A text of 1 to `maximum` bytes, without control characters: it ends up in names, logs and objects.
    func text(_ key: String, maximum: Int) throws(MalformedEvent) -> String {
        let value = try required(key)
        guard let text = value.stringValue else {
            throw MalformedEvent(field: full(key), problem: "expected text, found \(value.typeName)")
        }
        guard (1...maximum).contains(text.utf8.count) else {
            throw MalformedEvent(field: full(key), problem: "expected 1 to \(maximum) bytes, found \(text.utf8.count)")
        }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw MalformedEvent(field: full(key), problem: "holds a control character")
        }
        return text
    }

    /// A whole number within `range`.
    func number(_ key: String, _ range: ClosedRange<Int64> = 1...Int64.max) throws(MalformedEvent) -> Int64 {
        let value = try required(key)
        guard case .integer(let number) = value, range.contains(number) else {
            throw MalformedEvent(
                field: full(key),
                problem: "expected a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// The number of an issue or pull request.
    func issueNumber(_ key: String) throws(MalformedEvent) -> Int {
        Int(try number(key, 1...Int64(Int32.max)))
    }

    /// A point in time as GitHub writes it, both as text and understood.
    func time(_ key: String) throws(MalformedEvent) -> EventTime {
        let text = try text(key, maximum: 40)
        guard let timestamp = Timestamp(text) else {
            throw MalformedEvent(field: full(key), problem: "expected a time such as 2026-11-22T21:00:00Z")
        }
        return EventTime(text: text, timestamp: timestamp)
    }
}
