// SPDX-License-Identifier: MIT

/// Recursive descent over the grammar of the CEL language definition.
struct Parser {
    /// What keeps a hostile text from exhausting memory or the stack.
    enum Limits {
        static let scalars = 65_536
        static let depth = 200
    }

    let source: SourceText
    private var tokens: [Token]
    private var position = 0
    private var depth = 0

    /// The tree of a whole expression.
    static func parse(_ source: SourceText) throws(CELCompileError) -> Expression {
        guard source.scalars.count <= Limits.scalars else {
            throw source.error(.limit, at: 0, "the expression is longer than \(Limits.scalars) characters")
        }
        var parser = Parser(source: source, tokens: try Lexer.tokens(of: source))
        let expression = try parser.expression()
        guard parser.current.kind == .end else {
            throw parser.unexpected("an operator or the end of the expression")
        }
        return expression
    }

    private init(source: SourceText, tokens: [Token]) {
        self.source = source
        self.tokens = tokens
    }

    private var current: Token { tokens[position] }

    private mutating func advance() { if position < tokens.count - 1 { position += 1 } }

    private func unexpected(_ expected: String) -> CELCompileError {
        source.error(.syntax, at: current.offset, "Syntax error: found \(current.name), expected \(expected)")
    }

    private mutating func take(_ symbol: String) -> Bool {
        guard current.kind == .symbol(symbol) else { return false }
        advance()
        return true
    }

    private mutating func expect(_ symbol: String) throws(CELCompileError) {
        guard take(symbol) else { throw unexpected("'\(symbol)'") }
    }

    private mutating func nested<T>(
        _ body: (inout Parser) throws(CELCompileError) -> T
    ) throws(CELCompileError) -> T {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Limits.depth else {
            throw source.error(
                .limit, at: current.offset, "expression recursion limit exceeded: \(Limits.depth)")
        }
        return try body(&self)
    }

    // MARK: Operators, from the weakest to the strongest

    private mutating func expression() throws(CELCompileError) -> Expression {
        try nested { parser throws(CELCompileError) in
            let condition = try parser.disjunction()
            let offset = parser.current.offset
            guard parser.take("?") else { return condition }
            let yes = try parser.disjunction()
            try parser.expect(":")
            let no = try parser.expression()
            return Expression(kind: .conditional(condition, yes, no), offset: offset)
        }
    }

    private mutating func disjunction() throws(CELCompileError) -> Expression {
        let first = try conjunction()
        var operands = [first]
        let offset = current.offset
        while take("||") { operands.append(try conjunction()) }
        return operands.count == 1 ? first : Expression(kind: .or(operands), offset: offset)
    }

    private mutating func conjunction() throws(CELCompileError) -> Expression {
        let first = try relation()
        var operands = [first]
        let offset = current.offset
        while take("&&") { operands.append(try relation()) }
        return operands.count == 1 ? first : Expression(kind: .and(operands), offset: offset)
    }

    private mutating func relation() throws(CELCompileError) -> Expression {
        var left = try sum()
        var chain = 0
        while case .symbol(let symbol) = current.kind,
            ["<", "<=", ">", ">=", "==", "!=", "in"].contains(symbol)
        {
            let offset = current.offset
            advance()
            try countChain(&chain)
            let right = try sum()
            left =
                switch symbol {
                case "==": Expression(kind: .equal(left, right, negated: false), offset: offset)
                case "!=": Expression(kind: .equal(left, right, negated: true), offset: offset)
                case "in": Expression(kind: .membership(left, in: right), offset: offset)
                default: operation("_\(symbol)_", [left, right], offset)
                }
        }
        return left
    }

    private mutating func sum() throws(CELCompileError) -> Expression {
        try leftAssociative(["+", "-"]) { parser throws(CELCompileError) in try parser.product() }
    }

    private mutating func product() throws(CELCompileError) -> Expression {
        try leftAssociative(["*", "/", "%"]) { parser throws(CELCompileError) in try parser.unary() }
    }

    private mutating func leftAssociative(
        _ symbols: Set<String>, _ operand: (inout Parser) throws(CELCompileError) -> Expression
    ) throws(CELCompileError) -> Expression {
        var left = try operand(&self)
        var chain = 0
        while case .symbol(let symbol) = current.kind, symbols.contains(symbol) {
            let offset = current.offset
            advance()
            try countChain(&chain)
            left = operation("_\(symbol)_", [left, try operand(&self)], offset)
        }
        return left
    }

    /// A chain of operators makes a tree as deep as it is long.
    private func countChain(_ chain: inout Int) throws(CELCompileError) {
        chain += 1
        guard depth + chain <= Limits.depth else {
            throw source.error(
                .limit, at: current.offset, "expression recursion limit exceeded: \(Limits.depth)")
        }
    }

    private mutating func unary() throws(CELCompileError) -> Expression {
        let offset = current.offset
        if take("!") {
            return try nested { parser throws(CELCompileError) in
                parser.operation("!_", [try parser.unary()], offset)
            }
        }
        if take("-") {
            if case .integer(let magnitude) = current.kind {
                guard magnitude <= UInt64(Int64.max) + 1 else {
                    throw source.error(.syntax, at: offset, "invalid int literal")
                }
                // The sign belongs to the literal: the smallest whole number cannot be written otherwise.
                let value = Int64(truncatingIfNeeded: 0 &- magnitude)
                advance()
                return try suffixes(of: Expression(kind: .literal(.int(value)), offset: offset))
            }
            if case .double(let value) = current.kind {
                advance()
                return try suffixes(of: Expression(kind: .literal(.double(-value)), offset: offset))
            }
            return try nested { parser throws(CELCompileError) in
                parser.operation("-_", [try parser.unary()], offset)
            }
        }
        return try suffixes(of: try primary())
    }

    private func operation(_ name: String, _ arguments: [Expression], _ offset: Int) -> Expression {
        Expression(kind: .call(.init(function: name, target: nil, arguments: arguments)), offset: offset)
    }

    // MARK: Members

    private mutating func suffixes(of operand: Expression) throws(CELCompileError) -> Expression {
        var result = operand
        var chain = 0
        while true {
            let offset = current.offset
            if take(".") {
                try countChain(&chain)
                let isOptional = take("?")
                guard case .identifier(let name) = current.kind else { throw unexpected("a field name") }
                advance()
                if !isOptional, take("(") {
                    let arguments = try list(closedBy: ")")
                    result = try memberCall(name, on: result, arguments, offset)
                } else {
                    result = Expression(kind: .select(result, field: name, isOptional: isOptional), offset: offset)
                }
            } else if take("[") {
                try countChain(&chain)
                let isOptional = take("?")
                let index = try expression()
                try expect("]")
                result = Expression(kind: .index(result, index, isOptional: isOptional), offset: offset)
            } else if current.kind == .symbol("{") {
                throw source.error(.unsupported, at: offset, "message literals (Type{field: value}) are not supported")
            } else {
                return result
            }
        }
    }

    private mutating func list(closedBy end: String) throws(CELCompileError) -> [Expression] {
        var elements: [Expression] = []
        while !take(end) {
            if current.kind == .symbol("?") {
                throw source.error(.unsupported, at: current.offset, "optional elements ([?value]) are not supported")
            }
            elements.append(try expression())
            guard take(",") else {
                try expect(end)
                return elements
            }
            if end == ")" && current.kind == .symbol(")") { throw unexpected("an argument") }
        }
        return elements
    }

    private mutating func primary() throws(CELCompileError) -> Expression {
        let token = current
        let offset = token.offset
        func literal(_ value: CELValue) -> Expression { Expression(kind: .literal(value), offset: offset) }
        switch token.kind {
        case .integer(let magnitude):
            guard let value = Int64(exactly: magnitude) else {
                throw source.error(.syntax, at: offset, "invalid int literal")
            }
            advance()
            return literal(.int(value))
        case .unsigned(let value):
            advance()
            return literal(.uint(value))
        case .double(let value):
            advance()
            return literal(.double(value))
        case .string(let value):
            advance()
            return literal(.string(value))
        case .bytes(let value):
            advance()
            return literal(.bytes(value))
        case .identifier(let name):
            advance()
            return try identifierOrCall(name, offset)
        case .symbol(let symbol):
            advance()
            switch symbol {
            case "true": return literal(.bool(true))
            case "false": return literal(.bool(false))
            case "null": return literal(.null)
            case "(":
                let inner = try expression()
                try expect(")")
                return inner
            case "[": return Expression(kind: .list(try list(closedBy: "]")), offset: offset)
            case "{": return try mapLiteral(offset)
            case ".":
                throw source.error(.unsupported, at: offset, "names with a leading dot are not supported")
            default:
                position -= 1
                throw unexpected("a value")
            }
        case .end: throw unexpected("a value")
        }
    }

    private mutating func identifierOrCall(_ name: String, _ offset: Int) throws(CELCompileError) -> Expression {
        if Self.reserved.contains(name) {
            throw source.error(.syntax, at: offset, "reserved identifier: \(name)")
        }
        guard take("(") else { return Expression(kind: .identifier(name), offset: offset) }
        let arguments = try list(closedBy: ")")
        if name == "has" { return try presence(arguments, offset) }
        return Expression(kind: .call(.init(function: name, target: nil, arguments: arguments)), offset: offset)
    }

    private mutating func mapLiteral(_ offset: Int) throws(CELCompileError) -> Expression {
        var entries: [(key: Expression, value: Expression)] = []
        while !take("}") {
            if current.kind == .symbol("?") {
                throw source.error(.unsupported, at: current.offset, "optional entries ({?key: v}) are not supported")
            }
            let key = try expression()
            try expect(":")
            entries.append((key, try expression()))
            guard take(",") else {
                try expect("}")
                break
            }
        }
        return Expression(kind: .map(entries), offset: offset)
    }

    /// Words that are kept for other uses; they are field names, but no variables.
    private static let reserved: Set<String> = [
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
        "namespace", "return", "var", "void", "while",
    ]
}
