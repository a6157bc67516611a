// SPDX-License-Identifier: MIT

extension FunctionLibrary {
    static let lists: [Overload] = sizes + searches + aggregates

    private static let sizes: [Overload] = [
        global("size", [.list(.parameter("T"))], .int) { values, _ in .int(Int64(try values[0].elements.count)) },
        member("size", [.list(.parameter("T"))], .int) { values, _ in .int(Int64(try values[0].elements.count)) },
        global("size", [.map(.parameter("K"), .parameter("V"))], .int) { values, _ in try mapSize(values) },
        member("size", [.map(.parameter("K"), .parameter("V"))], .int) { values, _ in try mapSize(values) },
    ]

    private static func mapSize(_ values: [CELValue]) throws -> CELValue {
        guard case .map(let map) = values[0] else { throw values[0].mismatch("map") }
        return .int(Int64(map.count))
    }

    private static let searches: [Overload] = [
        member("indexOf", [.list(.parameter("T")), .parameter("T")], .int) { values, budget in
            let elements = try values[0].elements
            try budget.spend(elements.reduce(1) { $0 + $1.weight })
            return .int(Int64(elements.firstIndex(of: values[1]) ?? -1))
        },
        member("lastIndexOf", [.list(.parameter("T")), .parameter("T")], .int) { values, budget in
            let elements = try values[0].elements
            try budget.spend(elements.reduce(1) { $0 + $1.weight })
            return .int(Int64(elements.lastIndex(of: values[1]) ?? -1))
        },
    ]

    private static let comparable: [CELType] = [
        .int, .uint, .double, .bool, .duration, .timestamp, .string, .bytes,
    ]

    private static let aggregates: [Overload] =
        comparable.flatMap { type -> [Overload] in
            [
                member("isSorted", [.list(type)], .bool) { values, budget in
                    let elements = try values[0].elements
                    for (left, right) in zip(elements, elements.dropFirst()) {
                        try budget.spend(1)
                        if try compareOthers(left, right, budget) > 0 { return .bool(false) }
                    }
                    return .bool(true)
                },
                member("min", [.list(type)], type) { values, budget in
                    try extreme(values, "min", budget) { $0 < 0 }
                },
                member("max", [.list(type)], type) { values, budget in
                    try extreme(values, "max", budget) { $0 > 0 }
                },
            ]
        }
        + [CELType.int, .uint, .double, .duration].map { type in
            member("sum", [.list(type)], type) { values, budget in
                let zero: CELValue =
                    switch type {
                    case .int: .int(0)
                    case .uint: .uint(0)
                    case .double: .double(0)
                    default: .duration(CELDuration(nanoseconds: 0))
                    }
                let add = overloads["_+_", default: []].first { $0.parameters == [type, type] }
                guard let add else { throw CELEvaluationError.noSuchOverload("sum") }
                return try values[0].elements.reduce(zero) { sum, element in
                    try budget.spend(1)
                    guard element.conforms(to: type) else { throw element.mismatch(type.description) }
                    return try add.call([sum, element], budget)
                }
            }
        }

    private static func extreme(
        _ values: [CELValue], _ name: String, _ budget: CELBudget, _ wins: (Int) -> Bool
    ) throws -> CELValue {
        let elements = try values[0].elements
        guard var best = elements.first else {
            throw CELEvaluationError.invalidArgument("\(name) called on empty list")
        }
        for element in elements.dropFirst() {
            try budget.spend(1)
            if wins(try compareOthers(element, best, budget)) { best = element }
        }
        return best
    }
}

extension CELValue {
    /// What comparing or copying the value costs, roughly its size.
    var weight: Int {
        switch self {
        case .string(let text): text.utf8.count / 10 + 1
        case .bytes(let bytes): bytes.count / 10 + 1
        case .list(let list): list.elements.reduce(1) { $0 + $1.weight }
        case .map(let map): map.keys.reduce(1) { $0 + $1.weight + (map[$1]?.weight ?? 0) }
        case .optional(let value): 1 + (value?.weight ?? 0)
        default: 1
        }
    }
}
