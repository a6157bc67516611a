// SPDX-License-Identifier: MIT
import JSONCoding

/// OpenAPI 2 as the protobuf message `openapi.v2.Document` (gnostic's `OpenAPIv2.proto`), the only form in which kubectl
/// reads version 2: for `kind: List`, which no document of version 3 has, and for `explain` on request.
///
/// It has the definitions, which is what is read of it, and no paths.
enum SwaggerEncoder {
    /// Fields of a message on the wire.
    private struct Message {
        private(set) var bytes: [UInt8] = []

        private mutating func varint(_ value: UInt64) {
            var rest = value
            while rest >= 0x80 {
                bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
                rest >>= 7
            }
            bytes.append(UInt8(rest))
        }

        private mutating func data(_ number: UInt64, _ content: [UInt8]) {
            varint(number << 3 | 2)
            varint(UInt64(content.count))
            bytes += content
        }

        mutating func text(_ number: UInt64, _ value: String) { data(number, Array(value.utf8)) }

        mutating func message(_ number: UInt64, _ value: Message) { data(number, value.bytes) }

        mutating func message(_ number: UInt64, _ body: (inout Message) -> Void) {
            var inner = Message()
            body(&inner)
            message(number, inner)
        }

        mutating func integer(_ number: UInt64, _ value: UInt64) {
            varint(number << 3)
            varint(value)
        }

        mutating func double(_ number: UInt64, _ value: Double) {
            varint(number << 3 | 1)
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
            }
        }

        /// What may be any JSON travels as YAML, of which JSON is a part.
        mutating func any(_ number: UInt64, _ value: JSONValue) {
            message(number) { $0.text(2, value.encodedString() + "\n") }
        }
    }

    /// The document in protobuf.
    static func encode(_ document: JSONValue) -> [UInt8] {
        var message = Message()
        message.text(1, document["swagger"]?.stringValue ?? "")
        message.message(2) { info in
            info.text(1, document.at("info", "title")?.stringValue ?? "")
            info.text(2, document.at("info", "version")?.stringValue ?? "")
        }
        message.message(8) { _ in }
        message.message(9) { definitions in named(document["definitions"], in: &definitions) }
        return message.bytes
    }

    private static func named(_ schemas: JSONValue?, in message: inout Message) {
        for (name, value) in schemas?.objectValue ?? [:] {
            message.message(1) { entry in
                entry.text(1, name)
                entry.message(2, schema(value))
            }
        }
    }

    private static let texts: [(String, UInt64)] = [
        ("$ref", 1), ("format", 2), ("title", 3), ("description", 4), ("pattern", 13),
    ]
    private static let numbers: [(String, UInt64)] = [("multipleOf", 6), ("maximum", 7), ("minimum", 9)]
    private static let counts: [(String, UInt64)] = [
        ("maxLength", 11), ("minLength", 12), ("maxItems", 14), ("minItems", 15), ("maxProperties", 17),
        ("minProperties", 18),
    ]
    private static let flags: [(String, UInt64)] = [
        ("exclusiveMaximum", 8), ("exclusiveMinimum", 10), ("uniqueItems", 16),
    ]

    private static func schema(_ value: JSONValue) -> Message {
        var message = Message()
        for (name, number) in texts {
            if let text = value[name]?.stringValue { message.text(number, text) }
        }
        if let initial = value["default"] { message.any(5, initial) }
        for (name, number) in numbers {
            switch value[name] {
            case .integer(let integer)?: message.double(number, Double(integer))
            case .double(let double)?: message.double(number, double)
            default: break
            }
        }
        for (name, number) in counts {
            if let count = value[name]?.integerValue, count >= 0 { message.integer(number, UInt64(count)) }
        }
        for (name, number) in flags where value[name] == true { message.integer(number, 1) }
        for name in value["required"]?.strings ?? [] { message.text(19, name) }
        for choice in value["enum"]?.arrayValue ?? [] { message.any(20, choice) }
        if let rest = value["additionalProperties"] {
            message.message(21) { item in
                if let isAllowed = rest.boolValue { item.integer(2, isAllowed ? 1 : 0) } else { item.message(1, schema(rest)) }
            }
        }
        if let type = value["type"]?.stringValue { message.message(22) { $0.text(1, type) } }
        if let items = value["items"] { message.message(23) { $0.message(1, schema(items)) } }
        // Version 2 says a reference and what it is for side by side.
        let parts = value["allOf"]?.arrayValue ?? []
        if parts.count == 1, let reference = parts[0]["$ref"]?.stringValue {
            message.text(1, reference)
        } else {
            for part in parts { message.message(24, schema(part)) }
        }
        if value["properties"] != nil { message.message(25) { named(value["properties"], in: &$0) } }
        for (name, extra) in value.objectValue ?? [:] where name.hasPrefix("x-") {
            message.message(31) { entry in
                entry.text(1, name)
                entry.any(2, extra)
            }
        }
        return message
    }
}
