// SPDX-License-Identifier: MIT

extension FunctionLibrary {
    static let regularExpressions: [Overload] = [
        global("matches", [.string, .string], .bool) { values, budget in try matches(values, budget) },
        member("matches", [.string, .string], .bool) { values, budget in try matches(values, budget) },
        member("find", [.string, .string], .string) { values, budget in
            let (text, expression) = try prepare(values, budget)
            let scalars = Array(text.unicodeScalars)
            guard let range = expression.firstMatch(in: scalars, from: 0) else { return .string("") }
            return .string(String(scalars[range]))
        },
        member("findAll", [.string, .string], .list(.string)) { values, budget in
            try findAll(values, nil, budget)
        },
        member("findAll", [.string, .string, .int], .list(.string)) { values, budget in
            try findAll(values, try values[2].int, budget)
        },
    ]

    private static func matches(_ values: [CELValue], _ budget: CELBudget) throws -> CELValue {
        let (text, expression) = try prepare(values, budget)
        return .bool(expression.matches(text))
    }

    /// Compiles the pattern and pays for running it: time is the product of both sizes, never more.
    private static func prepare(
        _ values: [CELValue], _ budget: CELBudget
    ) throws -> (String, RegularExpression) {
        let (text, pattern) = (try values[0].string, try values[1].string)
        try budget.spend((text.utf8.count / 10 + 1) * (pattern.utf8.count / 4 + 1))
        do {
            return (text, try RegularExpression(pattern))
        } catch {
            throw CELEvaluationError.invalidArgument("error parsing regexp: \(error)")
        }
    }

    private static func findAll(_ values: [CELValue], _ limit: Int64?, _ budget: CELBudget) throws -> CELValue {
        let (text, expression) = try prepare(values, budget)
        let scalars = Array(text.unicodeScalars)
        var found: [CELValue] = []
        var position = 0
        while limit.map({ $0 < 0 || found.count < $0 }) ?? true, position <= scalars.count,
            let range = expression.firstMatch(in: scalars, from: position)
        {
            try budget.spendText(scalars.count - position)
            found.append(.string(String(scalars[range])))
            position = range.isEmpty ? range.upperBound + 1 : range.upperBound
        }
        return .list(CELList(found))
    }
}
