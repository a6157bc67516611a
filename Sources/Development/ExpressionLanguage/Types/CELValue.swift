// SPDX-License-Identifier: MIT

/// A value of an expression.
package enum CELValue: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case duration(CELDuration)
    case timestamp(CELTimestamp)
    case list(CELList)
    case map(CELMap)
    /// A type, by its name.
    case type(String)
    indirect case optional(CELValue?)
}

/// A list, and what equality means for it (`x-kubernetes-list-type`).
package struct CELList: Sendable {
    /// How two lists compare.
    package enum Kind: Sendable, Hashable {
        /// Element by element.
        case atomic
        /// Order does not count.
        case set
        /// Elements are maps, told apart by these fields; order does not count.
        case map(keys: [String])
    }

    /// The elements.
    package var elements: [CELValue]
    /// How it compares.
    package var kind: Kind

    /// A list of these elements.
    package init(_ elements: [CELValue], kind: Kind = .atomic) {
        self.elements = elements
        self.kind = kind
    }
}

/// A map or an object; keys keep their order.
package struct CELMap: Sendable {
    /// The keys in order.
    package private(set) var keys: [CELValue] = []
    private var values: [CELValue] = []
    private var positions: [CELValue: Int] = [:]

    /// An empty map.
    package init() {}

    /// Number of entries.
    package var count: Int { keys.count }

    /// The value of a key.
    package subscript(key: CELValue) -> CELValue? {
        positions[key].map { values[$0] }
    }

    /// The value of a key that is a string.
    package subscript(key: String) -> CELValue? { self[.string(key)] }

    /// Sets a value; false when the key is there already.
    @discardableResult
    package mutating func insert(_ value: CELValue, for key: CELValue) -> Bool {
        guard positions[key] == nil else { return false }
        positions[key] = keys.count
        keys.append(key)
        values.append(value)
        return true
    }
}

extension CELValue: Hashable {
    /// Equality as CEL defines it: numbers compare by value whatever their type, strings by their code points.
    package static func == (left: CELValue, right: CELValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
        case (.bytes(let a), .bytes(let b)): a == b
        case (.duration(let a), .duration(let b)): a == b
        case (.timestamp(let a), .timestamp(let b)): a == b
        case (.list(let a), .list(let b)): a.isEqual(to: b)
        case (.map(let a), .map(let b)): a.isEqual(to: b)
        case (.type(let a), .type(let b)): a == b
        case (.optional(let a), .optional(let b)): a == b
        default: compareNumbers(left, right) == .some(0)
        }
    }

    /// Equal values hash alike: numbers by value.
    package func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .int(let value): hasher.combine(Double(value))
        case .uint(let value): hasher.combine(Double(value))
        case .double(let value): hasher.combine(value)
        case .string(let value): hasher.combine(value)
        case .bytes(let value): hasher.combine(value)
        case .duration(let value): hasher.combine(value)
        case .timestamp(let value): hasher.combine(value)
        case .list(let list): hasher.combine(list.elements.count)
        case .map(let map): hasher.combine(map.count)
        case .type(let name): hasher.combine(name)
        case .optional(let value): hasher.combine(value == nil)
        }
    }
}

extension CELList {
    /// The left list says what equality means, as in Kubernetes.
    func isEqual(to other: CELList) -> Bool {
        guard elements.count == other.elements.count else { return false }
        if kind == .atomic { return elements == other.elements }
        if case .map(let keys) = kind {
            var byKey: [CELValue: CELValue] = [:]
            for element in other.elements { byKey[element.identity(keys)] = element }
            return elements.allSatisfy { byKey[$0.identity(keys)] == $0 }
        }
        let others = Set(other.elements)
        return elements.allSatisfy(others.contains)
    }

    /// Both lists in one: a set keeps one of each, a map list lets the right one win in place.
    func joined(with other: CELList) -> CELList {
        switch kind {
        case .atomic: return CELList(elements + other.elements)
        case .set:
            var seen = Set(elements)
            return CELList(elements + other.elements.filter { seen.insert($0).inserted }, kind: kind)
        case .map(let keys):
            var result = elements
            var positions: [CELValue: Int] = [:]
            for (index, element) in elements.enumerated() { positions[element.identity(keys)] = index }
            for element in other.elements {
                if let index = positions[element.identity(keys)] {
                    result[index] = element
                } else {
                    positions[element.identity(keys)] = result.count
                    result.append(element)
                }
            }
            return CELList(result, kind: kind)
        }
    }
}

extension CELMap {
    func isEqual(to other: CELMap) -> Bool {
        count == other.count && keys.allSatisfy { key in self[key] == other[key] && other[key] != nil }
    }
}

extension CELValue {
    /// The values of the keys by which an element of a map list is told from the others.
    fileprivate func identity(_ keys: [String]) -> CELValue {
        guard case .map(let map) = self else { return self }
        return .list(CELList(keys.map { map[$0] ?? .null }))
    }

    /// The name of the value's type, as `type()` gives it.
    package var typeName: String {
        switch self {
        case .null: "null_type"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .duration: "google.protobuf.Duration"
        case .timestamp: "google.protobuf.Timestamp"
        case .list: "list"
        case .map: "map"
        case .type: "type"
        case .optional: "optional_type"
        }
    }

    /// Whether the value may stand where the type is wanted.
    func conforms(to type: CELType) -> Bool {
        switch (type, self) {
        case (.dyn, _), (.parameter, _): true
        case (.null, .null), (.bool, .bool), (.int, .int), (.uint, .uint), (.double, .double): true
        case (.string, .string), (.bytes, .bytes), (.duration, .duration), (.timestamp, .timestamp): true
        case (.list(let element), .list(let list)):
            if let first = list.elements.first { first.conforms(to: element) } else { true }
        case (.map, .map), (.object, .map), (.type, .type), (.optional, .optional): true
        default: false
        }
    }
}

/// -1, 0 or 1 for two numbers of any type; `nil` when one is no number or not comparable (NaN).
func compareNumbers(_ left: CELValue, _ right: CELValue) -> Int? {
    func order<T: Comparable>(_ a: T, _ b: T) -> Int? { a < b ? -1 : a > b ? 1 : a == b ? 0 : nil }
    switch (left, right) {
    case (.int(let a), .int(let b)): return order(a, b)
    case (.uint(let a), .uint(let b)): return order(a, b)
    case (.double(let a), .double(let b)): return order(a, b)
    case (.int(let a), .uint(let b)): return a < 0 ? -1 : order(UInt64(a), b)
    case (.uint, .int), (.double, .int), (.double, .uint): return compareNumbers(right, left).map { -$0 }
    // Rounded to a double, as cel-go compares them: exactness would give other answers than the API server.
    case (.int(let a), .double(let b)): return order(Double(a), b)
    case (.uint(let a), .double(let b)): return order(Double(a), b)
    default: return nil
    }
}
