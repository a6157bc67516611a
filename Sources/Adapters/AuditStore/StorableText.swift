// SPDX-License-Identifier: MIT
import JSONCoding

extension String {
    /// The text as Postgres can hold it, at most so many characters long: a zero character has no place there.
    func storable(limit: Int) -> String {
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

    /// The document as a payload: an object, without zero characters, of bounded size.
    var storablePayload: JSONValue {
        let cleaned = withoutZeroCharacters
        let payload: JSONValue = cleaned.objectValue == nil ? ["value": cleaned] : cleaned
        let size = payload.encoded().count
        return size <= Self.payloadLimit ? payload : ["truncated": true, "bytes": .integer(Int64(size))]
    }

    private var withoutZeroCharacters: JSONValue {
        switch self {
        case .string(let text): text.utf8.contains(0) ? .string(text.storable(limit: .max)) : self
        case .array(let items): .array(items.map(\.withoutZeroCharacters))
        case .object(let members):
            .object(JSONObject(members.map { ($0.key.storable(limit: .max), $0.value.withoutZeroCharacters) }))
        case .null, .bool, .integer: self
        // JSON has no such numbers.
        case .double(let value): value.isFinite ? self : .string("\(value)")
        }
    }
}
