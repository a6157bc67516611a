// SPDX-License-Identifier: MIT
package import JSONCoding

extension CELValue {
    /// A value without a schema: objects become maps, whole numbers `int`, other numbers `double`.
    package init(_ json: JSONValue) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .int(value)
        case .double(let value): self = .double(value)
        case .string(let value): self = .string(value)
        case .array(let elements): self = .list(CELList(elements.map { CELValue($0) }))
        case .object(let object):
            var map = CELMap()
            for (key, value) in object { map.insert(CELValue(value), for: .string(key)) }
            self = .map(map)
        }
    }

    /// The value as JSON; durations, timestamps and bytes become strings, as protocol buffers write them.
    package var json: JSONValue {
        switch self {
        case .null: .null
        case .bool(let value): .bool(value)
        case .int(let value): .integer(value)
        case .uint(let value): Int64(exactly: value).map { .integer($0) } ?? .double(Double(value))
        case .double(let value): .double(value)
        case .string(let value), .type(let value): .string(value)
        case .bytes(let value): .array(value.map { .integer(Int64($0)) })
        case .duration(let value): .string(value.description)
        case .timestamp(let value): .string(value.description)
        case .list(let list): .array(list.elements.map(\.json))
        case .map(let map):
            .object(
                JSONObject(
                    map.keys.map { key in
                        let name = if case .string(let text) = key { text } else { key.json.description }
                        return (name, map[key]?.json ?? .null)
                    }))
        case .optional(let value): value?.json ?? .null
        }
    }
}
