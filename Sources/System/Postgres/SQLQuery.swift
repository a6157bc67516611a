// SPDX-License-Identifier: MIT
package import JSONCoding

/// A value that is sent beside the statement, never inside it.
package enum SQLParameter: Sendable, Hashable {
    /// SQL's null.
    case null
    /// Text; the server converts it to the type of its place (text, uuid, an enumeration …).
    case text(String)
    /// A whole number.
    case integer(Int64)
    /// A floating point number.
    case double(Double)
    /// True or false.
    case bool(Bool)
    /// Bytes of a `bytea`.
    case bytes([UInt8])
    /// A document of a `json` or `jsonb`.
    case json(JSONValue)
    /// A moment of a `timestamptz`, to the microsecond.
    case timestamp(Timestamp)
    /// A `text[]`.
    case textArray([String])
    /// A `bigint[]`.
    case integerArray([Int64])
}

/// A statement and its parameters.
///
/// Interpolation binds: `"SELECT * FROM links WHERE run_uid = \(uid)"` becomes `… = $1` with one parameter. There is
/// no way to paste a string into a statement but `identifier:`, which quotes, and `fragment:`, which is a query itself.
package struct SQLQuery: Sendable, Hashable {
    fileprivate enum Piece: Sendable, Hashable {
        case text(String)
        case parameter(SQLParameter)
    }

    private var pieces: [Piece] = []

    /// The statement with `$1`, `$2`, … in the place of parameters.
    package var text: String {
        var text = ""
        var number = 0
        for piece in pieces {
            switch piece {
            case .text(let part): text += part
            case .parameter:
                number += 1
                text += "$\(number)"
            }
        }
        return text
    }

    /// The parameters, in order.
    package var parameters: [SQLParameter] {
        pieces.compactMap { if case .parameter(let parameter) = $0 { parameter } else { nil } }
    }
}

extension SQLQuery: ExpressibleByStringInterpolation {
    /// A statement without parameters.
    package init(stringLiteral value: String) { pieces = [.text(value)] }

    /// A statement out of its pieces.
    package init(stringInterpolation: StringInterpolation) { pieces = stringInterpolation.pieces }

    /// Collects the pieces of an interpolated statement.
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var pieces: [Piece] = []

        /// Starts without pieces.
        package init(literalCapacity: Int, interpolationCount: Int) {}

        /// Adds SQL as written in the source.
        package mutating func appendLiteral(_ literal: String) {
            if !literal.isEmpty { pieces.append(.text(literal)) }
        }

        /// Binds a parameter.
        package mutating func appendInterpolation(_ parameter: SQLParameter) { pieces.append(.parameter(parameter)) }

        /// Binds text, or null.
        package mutating func appendInterpolation(_ value: String?) { bind(value.map(SQLParameter.text)) }

        /// Binds a whole number, or null.
        package mutating func appendInterpolation(_ value: (some BinaryInteger & Sendable)?) {
            bind(value.map { .integer(Int64(clamping: $0)) })
        }

        /// Binds a floating point number, or null.
        package mutating func appendInterpolation(_ value: Double?) { bind(value.map(SQLParameter.double)) }

        /// Binds a truth value, or null.
        package mutating func appendInterpolation(_ value: Bool?) { bind(value.map(SQLParameter.bool)) }

        /// Binds a JSON document, or null (the SQL null, not JSON's).
        package mutating func appendInterpolation(_ value: JSONValue?) { bind(value.map(SQLParameter.json)) }

        /// Binds a moment, or null.
        package mutating func appendInterpolation(_ value: Timestamp?) { bind(value.map(SQLParameter.timestamp)) }

        /// Binds bytes, or null.
        package mutating func appendInterpolation(_ value: [UInt8]?) { bind(value.map(SQLParameter.bytes)) }

        /// Binds an array of texts.
        package mutating func appendInterpolation(_ value: [String]) { bind(.textArray(value)) }

        /// Adds a quoted name of a table, column, role or database.
        package mutating func appendInterpolation(identifier: String) {
            let escaped = identifier.filter { $0 != "\0" }.split(separator: "\"", omittingEmptySubsequences: false)
                .joined(separator: "\"\"")
            pieces.append(.text("\"\(escaped)\""))
        }

        /// Adds another query with its parameters.
        package mutating func appendInterpolation(fragment: SQLQuery) { pieces += fragment.pieces }

        private mutating func bind(_ parameter: SQLParameter?) { pieces.append(.parameter(parameter ?? .null)) }
    }
}
