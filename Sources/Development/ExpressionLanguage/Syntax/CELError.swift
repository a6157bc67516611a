// SPDX-License-Identifier: MIT

/// Why an expression was refused before it ran: what is wrong in it, and where.
///
/// Syntax errors, unknown names, type errors and everything outside the supported part of the language come as this
/// error, so that a rule that cannot be evaluated is named when it is installed and never skipped later.
package struct CELCompileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of problem it is.
    package enum Code: String, Sendable, Hashable {
        /// The text is no expression.
        case syntax
        /// A name that nothing declares.
        case undeclaredReference
        /// Types that do not fit.
        case type
        /// Part of the language, but not of what this implementation knows.
        case unsupported
        /// Longer or deeper than an expression may be.
        case limit
    }

    /// What kind of problem it is.
    package let code: Code
    /// The problem as a sentence without position.
    package let message: String
    /// Line from 1.
    package let line: Int
    /// Column from 1, in characters (Unicode scalars).
    package let column: Int
    /// The line of the source in which the problem is.
    package let sourceLine: String

    /// The problem with its position and the offending line, as compilers print it.
    package var description: String {
        "ERROR: <input>:\(line):\(column): \(message)\n | \(sourceLine)\n | "
            + String(repeating: ".", count: max(0, column - 1)) + "^"
    }
}

/// Why an expression that compiled gave no value.
package enum CELEvaluationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A field or key is not there.
    case noSuchKey(String)
    /// A list has no element at this index.
    case indexOutOfBounds(Int64)
    /// The function has no form for values of these types.
    case noSuchOverload(String)
    /// A whole number does not fit 64 bits.
    case overflow(String)
    /// A division by zero.
    case divisionByZero
    /// A remainder by zero.
    case modulusByZero
    /// A variable has no value.
    case noSuchVariable(String)
    /// An argument that the function refuses, such as a text that is no number.
    case invalidArgument(String)
    /// The value of an empty optional was asked for.
    case optionalWithoutValue
    /// The expression costs more than it may.
    case costLimitExceeded

    /// The error as one line.
    package var description: String {
        switch self {
        case .noSuchKey(let key): "no such key: \(key)"
        case .indexOutOfBounds(let index): "index out of bounds: \(index)"
        case .noSuchOverload(let what): "no such overload: \(what)"
        case .overflow(let what): "\(what) overflow"
        case .divisionByZero: "division by zero"
        case .modulusByZero: "modulus by zero"
        case .noSuchVariable(let name): "no such attribute(s): \(name)"
        case .invalidArgument(let why): why
        case .optionalWithoutValue: "optional.none() dereference"
        case .costLimitExceeded: "operation cancelled: actual cost limit exceeded"
        }
    }
}
