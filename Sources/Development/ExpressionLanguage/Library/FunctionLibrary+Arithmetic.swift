// SPDX-License-Identifier: MIT

extension FunctionLibrary {
    static let arithmetic: [Overload] =
        integers + unsignedIntegers + doubles + concatenations
        + [
            global("!_", [.bool], .bool) { values, _ in
                guard case .bool(let value) = values[0] else { throw values[0].mismatch("bool") }
                return .bool(!value)
            },
            global("-_", [.int], .int) { values, _ in
                let (result, overflow) = Int64(0).subtractingReportingOverflow(try values[0].int)
                if overflow { throw CELEvaluationError.overflow("integer") }
                return .int(result)
            },
            global("-_", [.double], .double) { values, _ in .double(-(try values[0].real)) },
        ]

    private static let integers: [Overload] = [
        int("_+_") { $0.addingReportingOverflow($1) },
        int("_-_") { $0.subtractingReportingOverflow($1) },
        int("_*_") { $0.multipliedReportingOverflow(by: $1) },
        int("_/_") { left, right in
            if right == 0 { throw CELEvaluationError.divisionByZero }
            return left.dividedReportingOverflow(by: right)
        },
        int("_%_") { left, right in
            if right == 0 { throw CELEvaluationError.modulusByZero }
            return left.remainderReportingOverflow(dividingBy: right)
        },
    ]

    private static func int(
        _ name: String, _ operation: @escaping @Sendable (Int64, Int64) throws -> (Int64, Bool)
    ) -> Overload {
        global(name, [.int, .int], .int) { values, _ in
            let (result, overflow) = try operation(try values[0].int, try values[1].int)
            if overflow { throw CELEvaluationError.overflow("integer") }
            return .int(result)
        }
    }

    private static let unsignedIntegers: [Overload] = [
        uint("_+_") { $0.addingReportingOverflow($1) },
        uint("_-_") { $0.subtractingReportingOverflow($1) },
        uint("_*_") { $0.multipliedReportingOverflow(by: $1) },
        uint("_/_") { left, right in
            if right == 0 { throw CELEvaluationError.divisionByZero }
            return left.dividedReportingOverflow(by: right)
        },
        uint("_%_") { left, right in
            if right == 0 { throw CELEvaluationError.modulusByZero }
            return left.remainderReportingOverflow(dividingBy: right)
        },
    ]

    private static func uint(
        _ name: String, _ operation: @escaping @Sendable (UInt64, UInt64) throws -> (UInt64, Bool)
    ) -> Overload {
        global(name, [.uint, .uint], .uint) { values, _ in
            guard case .uint(let left) = values[0], case .uint(let right) = values[1] else {
                throw values[0].mismatch("uint")
            }
            let (result, overflow) = try operation(left, right)
            if overflow { throw CELEvaluationError.overflow("unsigned integer") }
            return .uint(result)
        }
    }

    private static let doubles: [Overload] = [
        double("_+_") { $0 + $1 }, double("_-_") { $0 - $1 }, double("_*_") { $0 * $1 }, double("_/_") { $0 / $1 },
    ]

    private static func double(
        _ name: String, _ operation: @escaping @Sendable (Double, Double) -> Double
    ) -> Overload {
        global(name, [.double, .double], .double) { values, _ in
            .double(operation(try values[0].real, try values[1].real))
        }
    }

    private static let concatenations: [Overload] = [
        global("_+_", [.string, .string], .string) { values, budget in
            let (left, right) = (try values[0].string, try values[1].string)
            try budget.spendText(left.utf8.count + right.utf8.count)
            return .string(left + right)
        },
        global("_+_", [.bytes, .bytes], .bytes) { values, budget in
            guard case .bytes(let left) = values[0], case .bytes(let right) = values[1] else {
                throw values[0].mismatch("bytes")
            }
            try budget.spendText(left.count + right.count)
            return .bytes(left + right)
        },
        global("_+_", [.list(.parameter("T")), .list(.parameter("T"))], .list(.parameter("T"))) { values, budget in
            guard case .list(let left) = values[0], case .list(let right) = values[1] else {
                throw values[0].mismatch("list")
            }
            try budget.spend(left.elements.count + right.elements.count + 1)
            return .list(left.joined(with: right))
        },
    ]

    // MARK: Order

    static let comparisons: [Overload] = ["_<_", "_<=_", "_>_", "_>=_"].flatMap { name -> [Overload] in
        let holds: @Sendable (Int?) -> Bool = { order in
            guard let order else { return false }
            return switch name {
            case "_<_": order < 0
            case "_<=_": order <= 0
            case "_>_": order > 0
            default: order >= 0
            }
        }
        let numbers: [CELType] = [.int, .uint, .double]
        let numeric = numbers.flatMap { left in
            numbers.map { right in
                global(name, [left, right], .bool) { values, _ in
                    .bool(holds(compareNumbers(values[0], values[1])))
                }
            }
        }
        let others = [CELType.bool, .string, .bytes, .duration, .timestamp].map { type in
            global(name, [type, type], .bool) { values, budget in
                .bool(holds(try compareOthers(values[0], values[1], budget)))
            }
        }
        return numeric + others
    }

    static func compareOthers(_ left: CELValue, _ right: CELValue, _ budget: CELBudget) throws -> Int {
        func order<T: Comparable>(_ a: T, _ b: T) -> Int { a < b ? -1 : a > b ? 1 : 0 }
        func order(_ a: some Sequence<UInt8>, _ b: some Sequence<UInt8>) -> Int {
            a.lexicographicallyPrecedes(b) ? -1 : b.lexicographicallyPrecedes(a) ? 1 : 0
        }
        switch (left, right) {
        case (.bool(let a), .bool(let b)): return order(a ? 1 : 0, b ? 1 : 0)
        case (.string(let a), .string(let b)):
            try budget.spendText(min(a.utf8.count, b.utf8.count))
            return order(a.utf8, b.utf8)  // order of code points is the order of their UTF-8
        case (.bytes(let a), .bytes(let b)):
            try budget.spendText(min(a.count, b.count))
            return order(a, b)
        case (.duration(let a), .duration(let b)): return order(a, b)
        case (.timestamp(let a), .timestamp(let b)): return order(a, b)
        default:
            if let order = compareNumbers(left, right) { return order }
            throw CELEvaluationError.noSuchOverload("\(left.typeName) and \(right.typeName) have no order")
        }
    }
}

extension CELValue {
    var real: Double {
        get throws {
            if case .double(let value) = self { return value }
            throw mismatch("double")
        }
    }
}
