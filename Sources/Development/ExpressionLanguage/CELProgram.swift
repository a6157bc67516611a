// SPDX-License-Identifier: MIT
package import JSONCoding

/// A compiled expression of the Common Expression Language, as the rules of Kubernetes use it.
///
/// The part of CEL that is known here: literals, lists, maps, fields, indexes, `has()`, operators with absorption of
/// errors, the macros `all`, `exists`, `exists_one`, `filter`, `map` and `optMap`, conversions, text, regular
/// expressions, list functions, durations, timestamps and optionals. Anything else is an error at compile time that
/// names it. Source: the CEL language definition and Kubernetes' "Common Expression Language in Kubernetes".
package struct CELProgram: Sendable {
    /// The text that was compiled.
    package let source: String
    /// The type of the result, as far as it is known.
    package let resultType: CELType
    /// What of the language the expression uses, in the words of `CELSubset`.
    package let features: Set<String>
    private let root: Expression

    /// Compiles an expression.
    ///
    /// - Throws: `CELCompileError` with the position of what is wrong or not supported.
    package init(parse source: String, environment: CELEnvironment) throws(CELCompileError) {
        let text = SourceText(source)
        let tree = try Parser.parse(text)
        var checker = Checker(source: text, environment: environment)
        let checked = try checker.check(tree)
        self.source = source
        root = checked.node
        resultType = checked.type
        features = checker.features
    }

    /// Evaluates with the given values and at most the given cost.
    ///
    /// - Throws: `CELEvaluationError`.
    package func evaluate(_ activation: CELActivation, budget: CELBudget = CELBudget()) throws -> CELValue {
        var evaluator = Evaluator(activation: activation, budget: budget)
        return try evaluator.evaluate(root)
    }

    /// Evaluates with values that have no schema.
    ///
    /// - Throws: `CELEvaluationError`.
    package func evaluate(_ variables: [String: JSONValue]) throws -> JSONValue {
        try evaluate(CELActivation(variables.mapValues { CELValue($0) })).json
    }
}
