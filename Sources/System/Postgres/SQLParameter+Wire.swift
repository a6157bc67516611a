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
        case .textArray(let items): try Self.text(bytes: Self.array(items))
        case .integerArray(let items): try Self.text("{" + items.map(String.init).joined(separator: ",") + "}")
        }
    }

    private static func text(_ text: String) throws(PostgresError) -> WireParameter {
        try Self.text(bytes: Array(text.utf8))
    }

    private static func text(bytes: [UInt8]) throws(PostgresError) -> WireParameter {
        guard !bytes.contains(0) else {
            throw PostgresError(.usage, "a text parameter holds a zero character, which Postgres cannot store")
        }
        var bytes = bytes
        bytes.append(0)
        return WireParameter(bytes: bytes)
    }

    /// The literal of an array: every item quoted, so that none can be taken for null or for several.
    private static func array(_ items: [String]) -> [UInt8] {
        let (quote, backslash) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
        var bytes: [UInt8] = []
        // With room for the zero byte at the end.
        bytes.reserveCapacity(items.reduce(3) { $0 + $1.utf8.count + 3 })
        bytes.append(UInt8(ascii: "{"))
        for (index, item) in items.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(quote)
            // Neither sign is part of a longer character in UTF-8.
            if item.utf8.contains(where: { $0 == quote || $0 == backslash }) {
                for byte in item.utf8 {
                    if byte == quote || byte == backslash { bytes.append(backslash) }
                    bytes.append(byte)
                }
            } else {
                bytes.append(contentsOf: item.utf8)
            }
            bytes.append(quote)
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}
