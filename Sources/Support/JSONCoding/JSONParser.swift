// SPDX-License-Identifier: MIT

/// Bounds of what the parser takes, so that memory and stack are bounded by what the caller allows.
package struct JSONLimits: Sendable {
    /// How deep arrays and objects may nest.
    package var maximumDepth: Int
    /// How many bytes the text may have.
    package var maximumBytes: Int
    /// Whether `metadata.managedFields` is passed over without being built: a fifth of a Kubernetes list is that.
    package var skipsManagedFields: Bool
    /// The names of members that are built, in every object; nil for all. The others are passed over, without a look for
    /// two of the same name: a large text about which little is asked costs little.
    package var members: Set<String>?

    /// Bounds; the defaults fit Kubernetes lists and GitHub payloads.
    package init(
        maximumDepth: Int = 128, maximumBytes: Int = 64 << 20, skipsManagedFields: Bool = false, members: Set<String>? = nil
    ) {
        self.members = members
        self.maximumDepth = maximumDepth
        self.maximumBytes = maximumBytes
        self.skipsManagedFields = skipsManagedFields
    }

    /// The bounds used when none are named.
    package static let `default` = JSONLimits()
}

/// Why a text is not JSON, and where.
package struct JSONParseError: Error, Hashable, CustomStringConvertible {
    /// What was wrong, as a short constant phrase.
    package var problem: String
    /// Byte offset from the start of the text.
    package var offset: Int

    /// One line for people.
    package var description: String { "invalid JSON at byte \(offset): \(problem)" }
}

extension JSONValue {
    /// Parses one JSON text (RFC 8259): strict grammar, valid UTF-8, no duplicate member, bounded depth and size.
    ///
    /// Duplicate members are refused because two readers of one text could see two different values.
    ///
    /// - Throws: ``JSONParseError`` with the byte offset.
    package static func parse(_ bytes: [UInt8], limits: JSONLimits = .default) throws(JSONParseError) -> JSONValue {
        guard bytes.count <= limits.maximumBytes else {
            throw JSONParseError(problem: "longer than \(limits.maximumBytes) bytes", offset: limits.maximumBytes)
        }
        var parser = JSONParser(bytes: bytes, limits: limits)
        return try parser.parseDocument()
    }

    /// Parses one JSON text.
    package static func parse(_ text: String, limits: JSONLimits = .default) throws(JSONParseError) -> JSONValue {
        try parse(Array(text.utf8), limits: limits)
    }
}

/// A recursive-descent parser over bytes.
struct JSONParser {
    let bytes: [UInt8]
    let limits: JSONLimits
    var position = 0

    init(bytes: [UInt8], limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func parseDocument() throws(JSONParseError) -> JSONValue {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        let value = try parseValue(depth: 0, insideMetadata: false)
        skipSpace()
        guard position == bytes.count else { throw failure("text after the value") }
        return value
    }

    func failure(_ problem: String) -> JSONParseError { JSONParseError(problem: problem, offset: position) }

    mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private mutating func parseValue(depth: Int, insideMetadata: Bool) throws(JSONParseError) -> JSONValue {
        skipSpace()
        guard position < bytes.count else { throw failure("the text ends where a value should be") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try parseObject(depth: depth + 1, isMetadata: insideMetadata)
        case UInt8(ascii: "["): return try parseArray(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseLiteral("true", .bool(true))
        case UInt8(ascii: "f"): return try parseLiteral("false", .bool(false))
        case UInt8(ascii: "n"): return try parseLiteral("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
        default: throw failure("a value should start here")
        }
    }

    mutating func parseLiteral(_ text: StaticString, _ value: JSONValue) throws(JSONParseError) -> JSONValue {
        let expected = Array(text.description.utf8)
        guard bytes.count - position >= expected.count,
            bytes[position..<position + expected.count].elementsEqual(expected)
        else { throw failure("unknown word") }
        position += expected.count
        return value
    }

    private mutating func parseArray(depth: Int) throws(JSONParseError) -> JSONValue {
        guard depth <= limits.maximumDepth else { throw failure("nested deeper than \(limits.maximumDepth)") }
        position += 1
        var elements: [JSONValue] = []
        skipSpace()
        if position < bytes.count, bytes[position] == UInt8(ascii: "]") {
            position += 1
            return .array(elements)
        }
        while true {
            elements.append(try parseValue(depth: depth, insideMetadata: false))
            skipSpace()
            guard position < bytes.count else { throw failure("the array is not closed") }
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: ",") { continue }
            if byte == UInt8(ascii: "]") { return .array(elements) }
            position -= 1
            throw failure("a comma or ] should be here")
        }
    }

    private mutating func parseObject(depth: Int, isMetadata: Bool) throws(JSONParseError) -> JSONValue {
        guard depth <= limits.maximumDepth else { throw failure("nested deeper than \(limits.maximumDepth)") }
        position += 1
        var object = JSONObject()
        skipSpace()
        if position < bytes.count, bytes[position] == UInt8(ascii: "}") {
            position += 1
            return .object(object)
        }
        while true {
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                throw failure("a member's name should be here")
            }
            let start = position
            let key = try parseString()
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else {
                throw failure("a colon should be here")
            }
            position += 1
            if limits.skipsManagedFields && isMetadata && key == "managedFields"
                || limits.members?.contains(key) == false
            {
                try skipValue(depth: depth)
            } else {
                let value = try parseValue(depth: depth, insideMetadata: key == "metadata")
                guard object[key] == nil else {
                    position = start
                    throw failure("the member is there twice")
                }
                object.appendUnchecked(key, value)
            }
            skipSpace()
            guard position < bytes.count else { throw failure("the object is not closed") }
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: ",") { continue }
            if byte == UInt8(ascii: "}") { return .object(object) }
            position -= 1
            throw failure("a comma or } should be here")
        }
    }
}
