// SPDX-License-Identifier: MIT

/// Gives every node a type, resolves names and chooses the forms of functions that can be meant.
struct Checker {
    let source: SourceText
    let environment: CELEnvironment
    /// Variables of the loops around the node, innermost last.
    private var locals: [(name: String, type: CELType)] = []

    /// Functions, operators and macros that the expression uses.
    private(set) var features: Set<String> = []

    init(source: SourceText, environment: CELEnvironment) {
        self.source = source
        self.environment = environment
    }

    typealias Checked = (node: Expression, type: CELType)

    /// Notes that the expression uses something, and refuses what is outside the subset.
    private mutating func use(_ feature: String, _ offset: Int) throws(CELCompileError) {
        features.insert(feature)
        guard !environment.subset.allows(feature) else { return }
        throw source.error(
            .unsupported, at: offset,
            "\(feature) is not supported: it is outside the part of CEL that is evaluated here")
    }

    mutating func check(_ node: Expression) throws(CELCompileError) -> Checked {
        func same(_ kind: Expression.Kind, _ type: CELType) -> Checked {
            (Expression(kind: kind, offset: node.offset), type)
        }
        switch node.kind {
        case .literal(let value): return same(node.kind, value.literalType)
        case .identifier(let name): return try identifier(name, node)
        case .select(let operand, let field, let isOptional):
            return try select(operand, field, isOptional, node)
        case .presence(let operand, let field):
            try use("has", node.offset)
            let checked = try check(operand)
            _ = try fieldType(of: checked.type, field, node.offset)
            return same(.presence(checked.node, field: field), .bool)
        case .index(let operand, let index, let isOptional):
            return try indexing(operand, index, isOptional, node)
        case .call(let call): return try self.call(call, node)
        case .list(let elements): return try list(elements, node)
        case .map(let entries): return try map(entries, node)
        case .conditional(let condition, let yes, let no):
            try use("_?_:_", node.offset)
            let (condition, yes, no) = (try check(condition), try check(yes), try check(no))
            try require(condition, .bool, "_?_:_", [condition.type, yes.type, no.type])
            var bindings: [String: CELType] = [:]
            guard let type = join(yes.type, no.type, &bindings) else {
                throw noOverload("_?_:_", [condition.type, yes.type, no.type], node.offset)
            }
            return same(.conditional(condition.node, yes.node, no.node), type)
        case .and(let operands):
            try use("_&&_", node.offset)
            return same(.and(try truths(operands, "_&&_")), .bool)
        case .or(let operands):
            try use("_||_", node.offset)
            return same(.or(try truths(operands, "_||_")), .bool)
        case .equal(let left, let right, let negated):
            try use(negated ? "_!=_" : "_==_", node.offset)
            let (left, right) = (try check(left), try check(right))
            var bindings: [String: CELType] = [:]
            guard join(left.type, right.type, &bindings) != nil else {
                throw noOverload(negated ? "_!=_" : "_==_", [left.type, right.type], node.offset)
            }
            return same(.equal(left.node, right.node, negated: negated), .bool)
        case .membership(let element, let container):
            try use("@in", node.offset)
            return try membership(element, container, node)
        case .comprehension(let loop): return try comprehension(loop, node)
        case .optionalMap(let operand, let variable, let transform):
            return try optionalMap(operand, variable, transform, node)
        }
    }

    // MARK: Names

    private func variable(_ name: String) -> CELType? {
        locals.last { $0.name == name }?.type ?? environment.variables[name]
    }

    private func identifier(_ name: String, _ node: Expression) throws(CELCompileError) -> Checked {
        if let type = variable(name) { return (node, type) }
        if let typeName = CELType.named[name] {
            return (Expression(kind: .literal(.type(typeName)), offset: node.offset), .type)
        }
        if let reason = environment.unsupported[name] {
            throw source.error(.unsupported, at: node.offset, "\(name) is not supported: \(reason)")
        }
        throw source.error(
            .undeclaredReference, at: node.offset, "undeclared reference to '\(name)' (in container '')")
    }

    private mutating func select(
        _ operand: Expression, _ field: String, _ isOptional: Bool, _ node: Expression
    ) throws(CELCompileError) -> Checked {
        if !isOptional, let name = node.qualifiedName, !locals.contains(where: { name.hasPrefix($0.name + ".") }) {
            if let type = environment.variables[name] {
                return (Expression(kind: .identifier(name), offset: node.offset), type)
            }
            if let typeName = CELType.named[name] {
                return (Expression(kind: .literal(.type(typeName)), offset: node.offset), .type)
            }
        }
        if isOptional { try use("?", node.offset) }
        let checked = try check(operand)
        let isOptional: Bool
        var type = checked.type
        if case .optional(let wrapped) = type {
            isOptional = true
            type = wrapped
        } else if case .select(_, _, let asked) = node.kind {
            isOptional = asked
        } else {
            isOptional = false
        }
        let result = try fieldType(of: type, field, node.offset)
        return (
            Expression(kind: .select(checked.node, field: field, isOptional: isOptional), offset: node.offset),
            isOptional ? .optional(result) : result
        )
    }

    private func fieldType(
        of type: CELType, _ field: String, _ offset: Int
    ) throws(CELCompileError) -> CELType {
        switch type {
        case .dyn, .parameter: return .dyn
        case .optional(let wrapped): return try fieldType(of: wrapped, field, offset)
        case .map(_, let value): return value
        case .object(let object):
            if let type = object.fields[field] { return type }
            throw source.error(.undeclaredReference, at: offset, "undefined field '\(field)'")
        default:
            throw source.error(.type, at: offset, "type '\(type)' does not support field selection")
        }
    }

    private mutating func indexing(
        _ operand: Expression, _ index: Expression, _ isOptional: Bool, _ node: Expression
    ) throws(CELCompileError) -> Checked {
        try use(isOptional ? "?" : "_[_]", node.offset)
        let (operand, index) = (try check(operand), try check(index))
        var bindings: [String: CELType] = [:]
        var container = operand.type
        var isOptional = isOptional
        if case .optional(let wrapped) = container {
            container = wrapped
            isOptional = true
        }
        let result: CELType
        switch container {
        case .dyn, .parameter: result = .dyn
        case .list(let element) where index.type.isAssignable(to: .int, &bindings) || index.type.isNumber:
            result = element
        case .map(let key, let value) where index.type.isAssignable(to: key, &bindings): result = value
        default: throw noOverload("_[_]", [operand.type, index.type], node.offset)
        }
        return (
            Expression(kind: .index(operand.node, index.node, isOptional: isOptional), offset: node.offset),
            isOptional ? .optional(result) : result
        )
    }

    // MARK: Operators

    private mutating func truths(
        _ operands: [Expression], _ name: String
    ) throws(CELCompileError) -> [Expression] {
        var nodes: [Expression] = []
        for operand in operands {
            let checked = try check(operand)
            try require(checked, .bool, name, [checked.type, .bool])
            nodes.append(checked.node)
        }
        return nodes
    }

    private func require(
        _ checked: Checked, _ type: CELType, _ name: String, _ types: [CELType]
    ) throws(CELCompileError) {
        var bindings: [String: CELType] = [:]
        guard checked.type.isAssignable(to: type, &bindings) else {
            throw noOverload(name, types, checked.node.offset)
        }
    }

    private mutating func membership(
        _ element: Expression, _ container: Expression, _ node: Expression
    ) throws(CELCompileError) -> Checked {
        let (element, container) = (try check(element), try check(container))
        var bindings: [String: CELType] = [:]
        let fits =
            switch container.type {
            case .dyn, .parameter: true
            case .list(let type), .map(let type, _): join(element.type, type, &bindings) != nil
            default: false
            }
        guard fits else { throw noOverload("@in", [element.type, container.type], node.offset) }
        return (
            Expression(kind: .membership(element.node, in: container.node), offset: node.offset), .bool
        )
    }

    /// The type that both fit; `nil` when there is none.
    private func join(_ left: CELType, _ right: CELType, _ bindings: inout [String: CELType]) -> CELType? {
        if left.isAssignable(to: right, &bindings) {
            if case .dyn = left { return .dyn }
            return left == .null ? right : right == .dyn ? .dyn : right
        }
        return right.isAssignable(to: left, &bindings) ? left : nil
    }

    // MARK: Literals

    private mutating func list(_ elements: [Expression], _ node: Expression) throws(CELCompileError) -> Checked {
        var nodes: [Expression] = []
        var type: CELType?
        for element in elements {
            let checked = try check(element)
            type = try homogeneous(type, checked)
            nodes.append(checked.node)
        }
        return (Expression(kind: .list(nodes), offset: node.offset), .list(type ?? .dyn))
    }

    private mutating func map(
        _ entries: [(key: Expression, value: Expression)], _ node: Expression
    ) throws(CELCompileError) -> Checked {
        var nodes: [(key: Expression, value: Expression)] = []
        var keyType: CELType?
        var valueType: CELType?
        for entry in entries {
            let (key, value) = (try check(entry.key), try check(entry.value))
            keyType = try homogeneous(keyType, key)
            valueType = try homogeneous(valueType, value)
            nodes.append((key.node, value.node))
        }
        return (Expression(kind: .map(nodes), offset: node.offset), .map(keyType ?? .dyn, valueType ?? .dyn))
    }

    /// Kubernetes wants the values of one literal to have one type.
    private func homogeneous(_ type: CELType?, _ next: Checked) throws(CELCompileError) -> CELType {
        guard let type else { return next.type }
        var bindings: [String: CELType] = [:]
        guard let joined = join(type, next.type, &bindings) else {
            throw source.error(.type, at: next.node.offset, "expected type '\(type)' but found '\(next.type)'")
        }
        return joined
    }

    // MARK: Loops

    private mutating func comprehension(
        _ loop: Expression.Loop, _ node: Expression
    ) throws(CELCompileError) -> Checked {
        try use(loop.kind.rawValue, node.offset)
        let range = try check(loop.range)
        let element: CELType
        switch range.type {
        case .dyn, .parameter: element = .dyn
        case .list(let type), .map(let type, _): element = type
        default:
            throw source.error(
                .type, at: loop.range.offset,
                "expression of type '\(range.type)' cannot be range of a comprehension "
                    + "(must be list, map, or dynamic)")
        }
        var result = loop
        result.range = range.node
        locals.append((loop.variable, element))
        defer { locals.removeLast() }
        if let predicate = loop.predicate {
            let checked = try check(predicate)
            try require(checked, .bool, loop.kind.rawValue, [checked.type])
            result.predicate = checked.node
        }
        var type: CELType = .bool
        if let transform = loop.transform {
            let checked = try check(transform)
            result.transform = checked.node
            type = .list(checked.type)
        } else if loop.kind == .filter {
            type = .list(element)
        }
        return (Expression(kind: .comprehension(result), offset: node.offset), type)
    }

    private mutating func optionalMap(
        _ operand: Expression, _ variable: String, _ transform: Expression, _ node: Expression
    ) throws(CELCompileError) -> Checked {
        try use("optMap", node.offset)
        let checked = try check(operand)
        let wrapped: CELType
        switch checked.type {
        case .optional(let type): wrapped = type
        case .dyn: wrapped = .dyn
        default: throw noOverload("optMap", [checked.type], node.offset)
        }
        locals.append((variable, wrapped))
        defer { locals.removeLast() }
        let result = try check(transform)
        return (
            Expression(
                kind: .optionalMap(checked.node, variable: variable, transform: result.node), offset: node.offset),
            .optional(result.type)
        )
    }

    // MARK: Calls

    private mutating func call(_ call: Expression.Call, _ node: Expression) throws(CELCompileError) -> Checked {
        var call = call
        if let target = call.target, case .identifier("optional") = target.kind, variable("optional") == nil {
            call.function = "optional." + call.function
            call.target = nil
        }
        var types: [CELType] = []
        if let target = call.target {
            let checked = try check(target)
            call.target = checked.node
            types.append(checked.type)
        }
        for index in call.arguments.indices {
            let checked = try check(call.arguments[index])
            call.arguments[index] = checked.node
            types.append(checked.type)
        }
        let named = (FunctionLibrary.overloads[call.function] ?? []).filter { $0.isMember == (call.target != nil) }
        guard !named.isEmpty else {
            if FunctionLibrary.known.contains(call.function) || call.function.hasPrefix("optional.") {
                throw source.error(
                    .unsupported, at: node.offset, "the function \(call.function)() is not supported")
            }
            throw source.error(
                .undeclaredReference, at: node.offset,
                "undeclared reference to '\(call.function)' (in container '')")
        }
        try use(call.function, node.offset)
        var result: CELType?
        for overload in named where overload.parameters.count == types.count {
            var bindings: [String: CELType] = [:]
            guard zip(types, overload.parameters).allSatisfy({ $0.isAssignable(to: $1, &bindings) }) else { continue }
            call.overloads.append(overload)
            let type = overload.result.substituting(bindings)
            result = result == nil || result == type ? type : .dyn
        }
        guard let result else { throw noOverload(call.function, types, node.offset, call.target != nil) }
        return (Expression(kind: .call(call), offset: node.offset), result)
    }

    private func noOverload(
        _ name: String, _ types: [CELType], _ offset: Int, _ isMember: Bool = false
    ) -> CELCompileError {
        let arguments = types.dropFirst(isMember ? 1 : 0).map(\.description).joined(separator: ", ")
        let shape = isMember ? "\(types[0]).(\(arguments))" : "(\(arguments))"
        return source.error(
            .type, at: offset, "found no matching overload for '\(name)' applied to '\(shape)'")
    }
}

extension Expression {
    /// `a.b.c`, when the node is nothing but names.
    fileprivate var qualifiedName: String? {
        switch kind {
        case .identifier(let name): name
        case .select(let operand, let field, false): operand.qualifiedName.map { "\($0).\(field)" }
        default: nil
        }
    }
}

extension CELType {
    fileprivate var isNumber: Bool { self == .int || self == .uint || self == .double }
}

extension CELValue {
    /// The type of a literal.
    fileprivate var literalType: CELType {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        case .type: .type
        default: .dyn
        }
    }
}
