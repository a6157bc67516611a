// SPDX-License-Identifier: MIT

/// The type of an expression as far as it is known before it runs.
package indirect enum CELType: Sendable, Hashable {
    /// Known only when the expression runs.
    case dyn
    case null, bool, int, uint, double, string, bytes, duration, timestamp
    case list(CELType)
    case map(CELType, CELType)
    case optional(CELType)
    /// A value with known fields, as a schema declares them.
    case object(CELObjectType)
    /// The type of types.
    case type
    /// A type that a form of a function leaves open, such as the element of a list.
    case parameter(String)
}

/// The fields of a value whose schema is known: naming any other field is an error at compile time.
package struct CELObjectType: Sendable, Hashable {
    /// A name for error messages; two types are the same when their names are.
    package let name: String
    /// Types of the fields, by the name that expressions use.
    package let fields: [String: CELType]

    /// A type with these fields.
    package init(name: String, fields: [String: CELType]) {
        self.name = name
        self.fields = fields
    }

    /// By name: a schema gives every level another name, and comparing deep trees would cost more than it tells.
    package static func == (left: CELObjectType, right: CELObjectType) -> Bool { left.name == right.name }

    /// By name, as equality.
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension CELType: CustomStringConvertible {
    /// The type as error messages write it.
    package var description: String {
        switch self {
        case .dyn: "dyn"
        case .null: "null"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .duration: "google.protobuf.Duration"
        case .timestamp: "google.protobuf.Timestamp"
        case .list(let element): "list(\(element))"
        case .map(let key, let value): "map(\(key), \(value))"
        case .optional(let wrapped): "optional_type(\(wrapped))"
        case .object(let object): object.name
        case .type: "type"
        case .parameter(let name): name
        }
    }
}

extension CELType {
    /// Whether a value of this type can stand where `expected` is wanted; open types are bound on the way.
    func isAssignable(to expected: CELType, _ bindings: inout [String: CELType]) -> Bool {
        if case .parameter(let name) = expected {
            guard let bound = bindings[name] else {
                bindings[name] = self
                return true
            }
            if isAssignable(to: bound, &bindings) {
                if case .dyn = self { bindings[name] = .dyn }
                return true
            }
            if bound.isAssignable(to: self, &bindings) {
                bindings[name] = self
                return true
            }
            return false
        }
        switch (self, expected) {
        case (.dyn, _), (_, .dyn): return true
        case (.list(let left), .list(let right)): return left.isAssignable(to: right, &bindings)
        case (.map(let leftKey, let leftValue), .map(let rightKey, let rightValue)):
            return leftKey.isAssignable(to: rightKey, &bindings)
                && leftValue.isAssignable(to: rightValue, &bindings)
        case (.optional(let left), .optional(let right)): return left.isAssignable(to: right, &bindings)
        case (.null, .object), (.null, .duration), (.null, .timestamp), (.null, .optional): return true
        default: return self == expected
        }
    }

    /// The type with its open parts replaced by what they were bound to.
    func substituting(_ bindings: [String: CELType]) -> CELType {
        switch self {
        case .parameter(let name): bindings[name] ?? .dyn
        case .list(let element): .list(element.substituting(bindings))
        case .map(let key, let value): .map(key.substituting(bindings), value.substituting(bindings))
        case .optional(let wrapped): .optional(wrapped.substituting(bindings))
        default: self
        }
    }

    /// The types that expressions can name, such as in `type(x) == int`.
    static let named: [String: String] = [
        "bool": "bool", "int": "int", "uint": "uint", "double": "double", "string": "string", "bytes": "bytes",
        "list": "list", "map": "map", "null_type": "null_type", "type": "type",
        "google.protobuf.Duration": "google.protobuf.Duration",
        "google.protobuf.Timestamp": "google.protobuf.Timestamp",
        "optional_type": "optional_type",
    ]
}
