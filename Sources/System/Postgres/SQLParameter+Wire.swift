// SPDX-License-Identifier: MIT
import JSONCoding

/// A parameter as libpq takes it.
struct WireParameter {
    /// The type's object id, 0 where the server infers it from the place.
    var type: UInt32 = 0
    var isBinary = false
    /// `nil` is null. Text ends with a zero byte, binary does not.
    var bytes: [UInt8]?
    var length: Int32 = 0
}

extension SQLParameter {
    /// Object ids of the built-in types (`pg_type.dat`); they never change.
    private enum TypeID {
        static let bytea: UInt32 = 17
    }

    /// The form for the wire.
    ///
    /// - Throws: `.usage` for text with a zero character, which Postgres cannot hold.
    func wire() throws(PostgresError) -> WireParameter {
        switch self {
        case .null: WireParameter()
        case .text(let text): try Self.text(text)
        case .integer(let value): try Self.text(String(value))
        case .double(let value):
            try Self.text(value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : "\(value)")
        case .bool(let value): try Self.text(value ? "t" : "f")
        case .bytes(let bytes):
            WireParameter(type: TypeID.bytea, isBinary: true, bytes: bytes, length: Int32(clamping: bytes.count))
        case .json(let value): try Self.text(value.encodedString())
        case .timestamp(let value): try Self.text(value.microDescription)
        case .textArray(let items): try Self.text(Self.array(items))
        case .integerArray(let items): try Self.text("{" + items.map(String.init).joined(separator: ",") + "}")
        }
    }

    private static func text(_ text: String) throws(PostgresError) -> WireParameter {
        guard !text.utf8.contains(0) else {
            throw PostgresError(.usage, "a text parameter holds a zero character, which Postgres cannot store")
        }
        return WireParameter(bytes: Array(text.utf8) + [0])
    }

    /// The literal of an array: every item quoted, so that none can be taken for null or for several.
    private static func array(_ items: [String]) -> String {
        let quoted = items.map { item in
            var text = "\""
            for character in item.unicodeScalars {
                if character == "\"" || character == "\\" { text += "\\" }
                text.unicodeScalars.append(character)
            }
            return text + "\""
        }
        return "{" + quoted.joined(separator: ",") + "}"
    }
}
