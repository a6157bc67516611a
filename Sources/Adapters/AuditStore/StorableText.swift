// SPDX-License-Identifier: MIT
import JSONCoding

extension String {
    /// The text as Postgres can hold it, at most so many characters long: a zero character has no place there.
    func storable(limit: Int) -> String {
        // Never more characters than bytes.
        if utf8.count <= limit, !utf8.contains(0) { return self }
        var scalars = String.UnicodeScalarView()
        var count = 0
        for scalar in unicodeScalars {
            if count == limit { break }
            scalars.append(scalar == "\0" ? "\u{FFFD}" : scalar)
            count += 1
        }
        return String(scalars)
    }
}

extension JSONValue {
    /// The most bytes of a payload; what is larger is replaced by its size, since a fact must not be lost over it.
    private static let payloadLimit = 64 << 10

    /// The document as the text of a payload: an object, without zero characters, of bounded size.
    var storablePayload: String {
        let cleaned = isStorable ? self : storableCopy
        let payload: JSONValue = cleaned.objectValue == nil ? ["value": cleaned] : cleaned
        let text = payload.encodedString()
        let size = text.utf8.count
        if size <= Self.payloadLimit { return text }
        return (["truncated": true, "bytes": .integer(Int64(size))] as JSONValue).encodedString()
    }

    /// Whether all of it can be kept as it is.
    private var isStorable: Bool {
        switch self {
        case .string(let text): !text.utf8.contains(0)
        case .array(let items): items.allSatisfy(\.isStorable)
        case .object(let members): members.allSatisfy { !$0.key.utf8.contains(0) && $0.value.isStorable }
        case .null, .bool, .integer: true
        // JSON has no such numbers.
        case .double(let value): value.isFinite
        }
    }

    private var storableCopy: JSONValue {
        switch self {
        case .string(let text): .string(text.storable(limit: .max))
        case .array(let items): .array(items.map(\.storableCopy))
        case .object(let members):
            .object(JSONObject(members.map { ($0.key.storable(limit: .max), $0.value.storableCopy) }))
        case .null, .bool, .integer: self
        case .double(let value): value.isFinite ? self : .string("\(value)")
        }
    }
}
