// SPDX-License-Identifier: MIT

extension JSONValue: Codable {
    /// Reads any value; the source decoder says which kind it is.
    package init(from decoder: any Decoder) throws {
        if let direct = decoder as? JSONNodeDecoder {
            try self.init(node: direct.node)
            return
        }
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            let map = try container.decode([String: JSONValue].self)
            self = .object(JSONObject(map.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
        }
    }

    /// Writes the value as it is.
    package func encode(to encoder: any Encoder) throws {
        if let direct = encoder as? JSONValueEncoder {
            direct.box.value = self
            return
        }
        switch self {
        case .object(let object):
            var container = encoder.container(keyedBy: JSONCodingKey.self)
            for (key, value) in object { try container.encode(value, forKey: JSONCodingKey(key)) }
        case .array(let elements):
            var container = encoder.unkeyedContainer()
            for element in elements { try container.encode(element) }
        default:
            var container = encoder.singleValueContainer()
            switch self {
            case .bool(let value): try container.encode(value)
            case .integer(let value): try container.encode(value)
            case .double(let value): try container.encode(value)
            case .string(let value): try container.encode(value)
            default: try container.encodeNil()
            }
        }
    }
}

extension JSONValue {
    /// Makes a typed value out of this one, by way of text: values come as text, and there is one decoder.
    ///
    /// - Throws: `DecodingError` whose coding path leads to the offending field.
    package func decode<T: Decodable>(_ type: T.Type = T.self) throws -> T {
        let node: JSONNode
        do {
            node = try JSONNode.tokenize(encoded(), limits: JSONLimits(maximumDepth: .max, maximumBytes: .max))
        } catch {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: error.description))
        }
        return try node.decode(type)
    }

    /// Makes a JSON value out of a typed one; fields that are `nil` are left out.
    ///
    /// - Throws: `EncodingError` when the value refuses to be written.
    package init<T: Encodable>(encoding value: T) throws {
        if let value = value as? any JSONWritable {
            self = value.json
        } else {
            self = try JSONValueEncoder(codingPath: []).wrap(value)
        }
    }
}

/// A coding key for any member name or index.
struct JSONCodingKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(_ name: String) {
        stringValue = name
        intValue = nil
    }
    init(index: Int) {
        stringValue = "[\(index)]"
        intValue = index
    }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { self.init(index: intValue) }
}

extension DecodingError {
    /// The error as one line: where, and what was expected there.
    package var jsonSummary: String {
        func path(_ context: Context) -> String {
            let text = context.codingPath.map(\.stringValue).joined(separator: ".")
            return text.isEmpty ? "the value" : text
        }
        return switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            "\(path(context)): \(context.debugDescription)"
        case .keyNotFound(let key, let context): "\(path(context)): the field \"\(key.stringValue)\" is missing"
        @unknown default: "\(self)"
        }
    }
}
