// SPDX-License-Identifier: MIT
import JSONCoding

/// Walks a checked tree.
struct Evaluator {
    let activation: CELActivation
    let budget: CELBudget
    private var locals: [(name: String, value: CELValue)] = []

    init(activation: CELActivation, budget: CELBudget) {
        self.activation = activation
        self.budget = budget
    }

    mutating func evaluate(_ node: Expression) throws -> CELValue {
        switch node.kind {
        case .literal(let value): return value
        case .identifier(let name):
            try budget.spend(1)
            if let local = locals.last(where: { $0.name == name }) { return local.value }
            return try activation.value(of: name)
        case .select(let operand, let field, let isOptional):
            try budget.spend(1)
            return try select(try evaluate(operand), field, isOptional)
        case .presence(let operand, let field):
            try budget.spend(1)
            return .bool(try isPresent(field, in: try evaluate(operand)))
        case .index(let operand, let index, let isOptional):
            try budget.spend(1)
            return try self.index(try evaluate(operand), try evaluate(index), isOptional)
        case .call(let call): return try self.call(call)
        case .list(let elements):
            try budget.spend(10 + elements.count)
            var values: [CELValue] = []
            for element in elements { values.append(try evaluate(element)) }
            return .list(CELList(values))
        case .map(let entries): return try map(entries)
        case .conditional(let condition, let yes, let no):
            try budget.spend(1)
            return try truth(try evaluate(condition)) ? try evaluate(yes) : try evaluate(no)
        case .and(let operands): return .bool(try !any(operands, yields: false))
        case .or(let operands): return .bool(try any(operands, yields: true))
        case .equal(let left, let right, let negated):
            let (left, right) = (try evaluate(left), try evaluate(right))
            try budget.spend(min(left.weight, right.weight))
            return .bool((left == right) != negated)
        case .membership(let element, let container):
            return .bool(try contains(try evaluate(container), try evaluate(element)))
        case .comprehension(let loop): return try comprehension(loop)
        case .optionalMap(let operand, let variable, let transform):
            guard case .optional(let wrapped) = try evaluate(operand) else {
                throw CELEvaluationError.noSuchOverload("optMap")
            }
            guard let wrapped else { return .optional(nil) }
            return .optional(try with(variable, wrapped) { evaluator in try evaluator.evaluate(transform) })
        }
    }

    private mutating func with<T>(
        _ name: String, _ value: CELValue, _ body: (inout Evaluator) throws -> T
    ) throws -> T {
        locals.append((name, value))
        defer { locals.removeLast() }
        return try body(&self)
    }

    private func truth(_ value: CELValue) throws -> Bool {
        guard case .bool(let truth) = value else { throw value.mismatch("bool") }
        return truth
    }

    // MARK: Fields and elements

    private func select(_ operand: CELValue, _ field: String, _ isOptional: Bool) throws -> CELValue {
        if isOptional {
            guard case .optional(let wrapped) = operand else {
                return .optional(try member(field, of: operand))
            }
            guard let wrapped else { return .optional(nil) }
            return .optional(try member(field, of: wrapped))
        }
        guard let value = try member(field, of: operand) else { throw CELEvaluationError.noSuchKey(field) }
        return value
    }

    private func member(_ field: String, of value: CELValue) throws -> CELValue? {
        guard case .map(let map) = value else {
            throw CELEvaluationError.noSuchOverload("\(value.typeName) has no field '\(field)'")
        }
        return map[field]
    }

    private func isPresent(_ field: String, in value: CELValue) throws -> Bool {
        if case .optional(let wrapped) = value {
            guard let wrapped else { return false }
            return try member(field, of: wrapped) != nil
        }
        return try member(field, of: value) != nil
    }

    private func index(_ operand: CELValue, _ index: CELValue, _ isOptional: Bool) throws -> CELValue {
        if isOptional {
            if case .optional(let wrapped) = operand {
                guard let wrapped else { return .optional(nil) }
                return .optional(try element(wrapped, index))
            }
            return .optional(try element(operand, index))
        }
        if let value = try element(operand, index) { return value }
        if case .list = operand, case .int(let position) = index {
            throw CELEvaluationError.indexOutOfBounds(position)
        }
        throw CELEvaluationError.noSuchKey(index.json.stringValue ?? index.json.description)
    }

    private func element(_ operand: CELValue, _ index: CELValue) throws -> CELValue? {
        switch operand {
        case .map(let map): return map[index]
        case .list(let list):
            guard let position = index.json.integerValue, index.isNumber else {
                throw CELEvaluationError.noSuchOverload("index of type \(index.typeName)")
            }
            return list.elements.indices.contains(Int(position)) ? list.elements[Int(position)] : nil
        default: throw CELEvaluationError.noSuchOverload("\(operand.typeName)[\(index.typeName)]")
        }
    }

    private func contains(_ container: CELValue, _ element: CELValue) throws -> Bool {
        switch container {
        case .map(let map):
            try budget.spend(1)
            return map[element] != nil
        case .list(let list):
            let weight = element.weight
            for candidate in list.elements {
                try budget.spend(min(weight, candidate.weight))
                if candidate == element { return true }
            }
            try budget.spend(1)
            return false
        default: throw CELEvaluationError.noSuchOverload("\(element.typeName) in \(container.typeName)")
        }
    }

    private mutating func map(_ entries: [(key: Expression, value: Expression)]) throws -> CELValue {
        try budget.spend(30 + entries.count)
        var map = CELMap()
        for entry in entries {
            let key = try evaluate(entry.key)
            switch key {
            case .bool, .int, .uint, .string: break
            default: throw CELEvaluationError.noSuchOverload("\(key.typeName) as a key")
            }
            guard map.insert(try evaluate(entry.value), for: key) else {
                throw CELEvaluationError.invalidArgument("Failed with repeated key")
            }
        }
        return .map(map)
    }

    // MARK: Logic

    /// Whether an operand yields the value that decides the chain. An error counts only when no operand decides.
    private mutating func any(_ operands: [Expression], yields decisive: Bool) throws -> Bool {
        var failure: (any Error)?
        for operand in operands {
            do {
                if try truth(try evaluate(operand)) == decisive { return true }
            } catch {
                if error.isCostLimit { throw error }
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return false
    }

    private mutating func call(_ call: Expression.Call) throws -> CELValue {
        try budget.spend(1)
        var values: [CELValue] = []
        if let target = call.target { values.append(try evaluate(target)) }
        for argument in call.arguments { values.append(try evaluate(argument)) }
        for overload in call.overloads
        where zip(values, overload.parameters).allSatisfy({ $0.conforms(to: $1) }) {
            return try overload.call(values, budget)
        }
        let types = values.map(\.typeName).joined(separator: ", ")
        throw CELEvaluationError.noSuchOverload("\(call.function)(\(types))")
    }

    // MARK: Loops

    private mutating func comprehension(_ loop: Expression.Loop) throws -> CELValue {
        let range: [CELValue]
        switch try evaluate(loop.range) {
        case .list(let list): range = list.elements
        case .map(let map): range = map.keys
        case let other: throw other.mismatch("list or map")
        }
        switch loop.kind {
        case .all: return .bool(try !decides(loop, range, false))
        case .exists: return .bool(try decides(loop, range, true))
        case .existsOne:
            var count = 0
            for element in range where try holds(loop, element) { count += 1 }
            return .bool(count == 1)
        case .filter:
            var kept: [CELValue] = []
            for element in range where try holds(loop, element) { kept.append(element) }
            return .list(CELList(kept))
        case .map:
            var made: [CELValue] = []
            for element in range where try holds(loop, element) {
                guard let transform = loop.transform else { continue }
                made.append(
                    try with(loop.variable, element) { evaluator in try evaluator.evaluate(transform) })
            }
            return .list(CELList(made))
        }
    }

    private mutating func holds(_ loop: Expression.Loop, _ element: CELValue) throws -> Bool {
        try budget.spend(2)
        guard let predicate = loop.predicate else { return true }
        return try with(loop.variable, element) { evaluator in
            try evaluator.truth(try evaluator.evaluate(predicate))
        }
    }

    /// Whether some element decides the loop; errors count only when none does.
    private mutating func decides(
        _ loop: Expression.Loop, _ range: [CELValue], _ decisive: Bool
    ) throws -> Bool {
        var failure: (any Error)?
        for element in range {
            do {
                if try holds(loop, element) == decisive { return true }
            } catch {
                if error.isCostLimit { throw error }
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return false
    }
}

extension Error {
    /// The limit ends an evaluation at once; no operator may hide it.
    fileprivate var isCostLimit: Bool { (self as? CELEvaluationError) == .costLimitExceeded }
}

extension CELValue {
    fileprivate var isNumber: Bool {
        switch self {
        case .int, .uint, .double: true
        default: false
        }
    }
}
