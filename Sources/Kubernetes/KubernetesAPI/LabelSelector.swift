// SPDX-License-Identifier: MIT

/// Which labels objects must have. The empty selector selects everything.
package struct LabelSelector: Codable, Sendable, Hashable {
    /// Labels and the values they must have.
    @Omittable package var matchLabels: [String: String] = [:]
    /// Further demands.
    @Omittable package var matchExpressions: [LabelRequirement] = []

    /// A selector; of nothing, it selects everything.
    package init(matchLabels: [String: String] = [:], matchExpressions: [LabelRequirement] = []) {
        self.matchLabels = matchLabels
        self.matchExpressions = matchExpressions
    }

    /// Whether everything is selected.
    package var isEmpty: Bool { matchLabels.isEmpty && matchExpressions.isEmpty }

    /// Whether an object with these labels is selected.
    package func matches(_ labels: [String: String]) -> Bool {
        matchLabels.allSatisfy { labels[$0.key] == $0.value } && matchExpressions.allSatisfy { $0.matches(labels) }
    }

    /// The selector as the value of the query parameter `labelSelector`, in a stable order.
    package var queryString: String {
        let equalities = matchLabels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return (equalities + matchExpressions.map(\.queryString)).joined(separator: ",")
    }
}

/// One demand on one label.
package struct LabelRequirement: Codable, Sendable, Hashable {
    /// How a label is compared.
    package enum Operator: OpenEnumeration {
        case `in`
        case notIn
        case exists
        case doesNotExist
        /// Only in query strings: the label is an integer greater than the value.
        case greaterThan
        /// Only in query strings: the label is an integer less than the value.
        case lessThan
        case other(String)

        /// The case for a string of the wire; `.other` for one that is not known.
        package init(_ text: String) {
            switch text {
            case "In": self = .in
            case "NotIn": self = .notIn
            case "Exists": self = .exists
            case "DoesNotExist": self = .doesNotExist
            case "Gt": self = .greaterThan
            case "Lt": self = .lessThan
            default: self = .other(text)
            }
        }

        /// The string on the wire.
        package var text: String {
            switch self {
            case .in: "In"
            case .notIn: "NotIn"
            case .exists: "Exists"
            case .doesNotExist: "DoesNotExist"
            case .greaterThan: "Gt"
            case .lessThan: "Lt"
            case .other(let text): text
            }
        }
    }

    /// The label.
    package var key: String
    /// How it is compared.
    package var `operator`: Operator
    /// With what it is compared.
    @Omittable package var values: [String]

    /// A demand.
    package init(key: String, operator: Operator, values: [String] = []) {
        self.key = key
        self.operator = `operator`
        self.values = values
    }

    /// An operator that is not known matches nothing: selecting too little is safer than acting on strangers.
    package func matches(_ labels: [String: String]) -> Bool {
        let value = labels[key]
        switch `operator` {
        case .in: return value.map(values.contains) ?? false
        case .notIn: return value.map { !values.contains($0) } ?? true
        case .exists: return value != nil
        case .doesNotExist: return value == nil
        case .greaterThan: return compare(value).map { $0 > $1 } ?? false
        case .lessThan: return compare(value).map { $0 < $1 } ?? false
        case .other: return false
        }
    }

    private func compare(_ value: String?) -> (Int64, Int64)? {
        guard let number = value.flatMap({ Int64($0) }), let bound = values.first.flatMap({ Int64($0) }) else {
            return nil
        }
        return (number, bound)
    }

    /// The demand in the query form.
    package var queryString: String {
        switch `operator` {
        case .in: "\(key) in (\(values.joined(separator: ",")))"
        case .notIn: "\(key) notin (\(values.joined(separator: ",")))"
        case .exists: key
        case .doesNotExist: "!\(key)"
        case .greaterThan: "\(key)>\(values.first ?? "")"
        case .lessThan: "\(key)<\(values.first ?? "")"
        case .other(let text): "\(key) \(text)"
        }
    }
}
