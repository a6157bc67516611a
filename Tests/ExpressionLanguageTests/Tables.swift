// SPDX-License-Identifier: MIT
import ExpressionLanguage
import JSONCoding
import Testing

/// One row of a table: an expression and what comes of it.
struct Row: Sendable, CustomTestStringConvertible {
    let expression: String
    let expected: JSONValue
    var testDescription: String { expression }

    init(_ expression: String, _ expected: JSONValue) {
        self.expression = expression
        self.expected = expected
    }
}

/// An expression and words of the error that it must give.
struct Failure: Sendable, CustomTestStringConvertible {
    let expression: String
    let message: String
    var testDescription: String { expression }

    init(_ expression: String, _ message: String) {
        self.expression = expression
        self.message = message
    }
}

/// The variables of all tables.
enum Table {
    static let environment = CELEnvironment(
        variables: [
            "x": .dyn, "n": .int, "s": .string, "b": .bool, "d": .double, "list": .list(.int),
            "names": .list(.string), "map": .map(.string, .int), "variables.image": .string, "time": .timestamp,
            "self": .object(
                CELObjectType(
                    name: "self",
                    fields: [
                        "name": .string, "count": .int, "tags": .list(.string), "labels": .map(.string, .string),
                        "inner": .object(CELObjectType(name: "self.inner", fields: ["deep": .int])),
                        "__namespace__": .string,
                    ])),
            "oldSelf": .optional(.int),
        ], unsupported: ["authorizer": "it is not here"], subset: .everything)

    static var values: [String: CELValue] {
        [
            "x": CELValue(["a": 1, "b": ["c": "deep"], "l": [1, 2.5, "three", nil], "t": true]),
            "n": .int(7), "s": .string("Hello, Wörld"), "b": .bool(true), "d": .double(2.5),
            "list": CELValue([1, 2, 3]), "names": CELValue(["b", "a", "c"]), "map": CELValue(["one": 1, "two": 2]),
            "variables.image": .string("img"),
            "time": CELTimestamp("2026-11-22T21:05:06.789Z").map { .timestamp($0) } ?? .null,
            "self": CELValue([
                "name": "n", "count": 3, "tags": ["p", "q"], "labels": ["k": "v"], "__namespace__": "ns",
            ]),
            "oldSelf": .optional(nil),
        ]
    }

    static func evaluate(_ expression: String, budget: Int = CELBudget.perExpression) throws -> JSONValue {
        let program = try CELProgram(parse: expression, environment: environment)
        return try program.evaluate(CELActivation(values), budget: CELBudget(budget)).json
    }
}
