// SPDX-License-Identifier: MIT
package import JSONCoding

/// A row of a result; columns are read by name.
package struct PostgresRow: Sendable {
    /// The names of a result's columns, shared by its rows.
    struct Columns: Sendable {
        let names: [String]
        let positions: [String: Int]

        init(_ names: [String]) {
            self.names = names
            positions = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
        }
    }

    let columns: Columns
    let values: [String?]

    /// The names of the columns, in order.
    package var columnNames: [String] { columns.names }

    /// The text of a column; `nil` for null and for a column that the query did not ask for.
    package subscript(column: String) -> String? { columns.positions[column].flatMap { values[$0] } }

    /// The text of a column that is never null.
    ///
    /// - Throws: `.usage` when it is null or not in the result; so do the functions below, also for another type.
    package func string(_ column: String) throws(PostgresError) -> String {
        guard let value = try optionalString(column) else { throw unfit(column, "is null") }
        return value
    }

    /// The text of a column, or `nil` for null.
    package func optionalString(_ column: String) throws(PostgresError) -> String? {
        guard let position = columns.positions[column] else { throw unfit(column, "is not in the result") }
        return values[position]
    }

    /// The whole number of a column that is never null.
    package func int(_ column: String) throws(PostgresError) -> Int64 {
        guard let value = Int64(try string(column)) else { throw unfit(column, "is no whole number") }
        return value
    }

    /// The whole number of a column, or `nil` for null.
    package func optionalInt(_ column: String) throws(PostgresError) -> Int64? {
        try optionalString(column) == nil ? nil : try int(column)
    }

    /// The number of a column that is never null.
    package func double(_ column: String) throws(PostgresError) -> Double {
        guard let value = Double(try string(column)) else { throw unfit(column, "is no number") }
        return value
    }

    /// The truth value of a column that is never null.
    package func bool(_ column: String) throws(PostgresError) -> Bool {
        switch try string(column) {
        case "t": return true
        case "f": return false
        default: throw unfit(column, "is neither true nor false")
        }
    }

    /// The moment of a `timestamptz` column that is never null.
    package func timestamp(_ column: String) throws(PostgresError) -> Timestamp {
        // Every connection asks for ISO dates in UTC: "2026-11-22 21:00:00.123456+00".
        let parts = try string(column).split(separator: " ")
        guard parts.count == 2, parts[1].hasSuffix("+00"),
            let value = Timestamp("\(parts[0])T\(parts[1].dropLast(3))Z")
        else { throw unfit(column, "is no moment") }
        return value
    }

    /// The moment of a column, or `nil` for null.
    package func optionalTimestamp(_ column: String) throws(PostgresError) -> Timestamp? {
        try optionalString(column) == nil ? nil : try timestamp(column)
    }

    /// The document of a `json` or `jsonb` column that is never null.
    package func json(_ column: String) throws(PostgresError) -> JSONValue {
        guard let value = try? JSONValue.parse(try string(column)) else { throw unfit(column, "is no JSON") }
        return value
    }

    /// The bytes of a `bytea` column that is never null.
    package func bytes(_ column: String) throws(PostgresError) -> [UInt8] {
        let text = Array(try string(column).utf8)
        guard text.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "x")]), text.count.isMultiple(of: 2) else {
            throw unfit(column, "is no bytea in hexadecimal form")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2 - 1)
        for position in stride(from: 2, to: text.count, by: 2) {
            guard let high = Self.nibble(text[position]), let low = Self.nibble(text[position + 1]) else {
                throw unfit(column, "is no bytea in hexadecimal form")
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    /// The items of a `text[]` column that is never null; null items are not supported.
    package func textArray(_ column: String) throws(PostgresError) -> [String] {
        var items: [String] = []
        var item: [UInt8] = []
        var isQuoted = false
        var isEscaped = false
        var hasItem = false
        let text = try string(column)
        guard text.hasPrefix("{"), text.hasSuffix("}") else { throw unfit(column, "is no array") }
        for byte in text.utf8.dropFirst().dropLast() {
            if isEscaped {
                item.append(byte)
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
                hasItem = true
            } else if byte == UInt8(ascii: ","), !isQuoted {
                items.append(String(decoding: item, as: UTF8.self))
                item = []
            } else {
                item.append(byte)
                hasItem = true
            }
        }
        if hasItem { items.append(String(decoding: item, as: UTF8.self)) }
        return items
    }

    private static func nibble(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    private func unfit(_ column: String, _ why: String) -> PostgresError {
        PostgresError(.usage, "column \(column) \(why)")
    }
}
