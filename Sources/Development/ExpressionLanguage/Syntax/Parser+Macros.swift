// SPDX-License-Identifier: MIT

extension Parser {
    /// `has(operand.field)`.
    func presence(_ arguments: [Expression], _ offset: Int) throws(CELCompileError) -> Expression {
        guard arguments.count == 1, case .select(let operand, let field, false) = arguments[0].kind else {
            throw source.error(.syntax, at: offset, "invalid argument to has() macro")
        }
        return Expression(kind: .presence(operand, field: field), offset: offset)
    }

    /// A method call, or one of the macros that look like one.
    func memberCall(
        _ name: String, on target: Expression, _ arguments: [Expression], _ offset: Int
    ) throws(CELCompileError) -> Expression {
        if let kind = Expression.Comprehension(rawValue: name),
            arguments.count >= 2
        {
            return try loop(kind, name, target, arguments, offset)
        }
        if name == "optMap", arguments.count == 2 {
            let variable = try variable(arguments[0], of: name)
            return Expression(
                kind: .optionalMap(target, variable: variable, transform: arguments[1]), offset: offset)
        }
        if ["optFlatMap", "transformList", "transformMap", "transformMapEntry", "sortBy", "bind"].contains(name) {
            throw source.error(.unsupported, at: offset, "the macro \(name)() is not supported")
        }
        return Expression(
            kind: .call(.init(function: name, target: target, arguments: arguments)), offset: offset)
    }

    private func loop(
        _ kind: Expression.Comprehension, _ name: String, _ range: Expression, _ arguments: [Expression],
        _ offset: Int
    ) throws(CELCompileError) -> Expression {
        let variable = try variable(arguments[0], of: name)
        var loop = Expression.Loop(kind: kind, range: range, variable: variable)
        switch (kind, arguments.count) {
        case (.map, 2): loop.transform = arguments[1]
        case (.map, 3):
            loop.predicate = arguments[1]
            loop.transform = arguments[2]
        case (_, 2): loop.predicate = arguments[1]
        default:
            throw source.error(
                .unsupported, at: offset, "the macro \(name)() with \(arguments.count) arguments is not supported")
        }
        return Expression(kind: .comprehension(loop), offset: offset)
    }

    private func variable(_ expression: Expression, of macro: String) throws(CELCompileError) -> String {
        guard case .identifier(let name) = expression.kind else {
            throw source.error(
                .syntax, at: expression.offset, "argument must be a simple name: the variable of \(macro)()")
        }
        return name
    }
}
