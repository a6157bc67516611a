// SPDX-License-Identifier: MIT

/// A node of the syntax tree. The checker fills in the forms of functions that may be meant.
struct Expression: Sendable {
    /// The loops that CEL has instead of recursion.
    enum Comprehension: String, Sendable {
        case all, exists
        case existsOne = "exists_one"
        case filter, map
    }

    indirect enum Kind: Sendable {
        case literal(CELValue)
        case identifier(String)
        /// `operand.field`, or `operand.?field`.
        case select(Expression, field: String, isOptional: Bool)
        /// `has(operand.field)`.
        case presence(Expression, field: String)
        /// `operand[index]`, or `operand[?index]`.
        case index(Expression, Expression, isOptional: Bool)
        case call(Call)
        case list([Expression])
        case map([(key: Expression, value: Expression)])
        case conditional(Expression, Expression, Expression)
        /// A whole chain, so that a long one is no deep tree.
        case and([Expression])
        case or([Expression])
        case equal(Expression, Expression, negated: Bool)
        case membership(Expression, in: Expression)
        case comprehension(Loop)
        /// `optional.optMap(variable, transform)`.
        case optionalMap(Expression, variable: String, transform: Expression)
    }

    struct Call: Sendable {
        var function: String
        /// The object of `object.function(…)`.
        var target: Expression?
        var arguments: [Expression]
        /// The forms that fit the types known at compile time; empty before the check.
        var overloads: [Overload] = []
    }

    struct Loop: Sendable {
        var kind: Comprehension
        var range: Expression
        var variable: String
        /// The predicate; of `map` the condition of its three-argument form.
        var predicate: Expression?
        /// What `map` makes of an element.
        var transform: Expression?
    }

    var kind: Kind
    /// Where in the source, in scalars.
    let offset: Int
}
