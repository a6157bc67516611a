// SPDX-License-Identifier: MIT

/// One lexical element of an expression.
struct Token: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case identifier(String)
        /// The magnitude of a whole number; the parser adds the sign, because the smallest one has no positive twin.
        case integer(UInt64)
        case unsigned(UInt64)
        case double(Double)
        case string(String)
        case bytes([UInt8])
        /// An operator or a bracket, and the words `in`, `true`, `false` and `null`.
        case symbol(String)
        case end
    }

    let kind: Kind
    /// Where it begins, in scalars.
    let offset: Int

    /// The token as error messages name it.
    var name: String {
        switch kind {
        case .identifier(let name): "'\(name)'"
        case .integer(let value), .unsigned(let value): "'\(value)'"
        case .double(let value): "'\(value)'"
        case .string, .bytes: "a string"
        case .symbol(let text): "'\(text)'"
        case .end: "the end of the expression"
        }
    }
}
