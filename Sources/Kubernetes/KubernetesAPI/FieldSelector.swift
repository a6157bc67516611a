// SPDX-License-Identifier: MIT
package import JSONCoding

/// Which field values objects must have: `metadata.name=x,status.phase!=Running`.
///
/// Servers support few fields: `metadata.name` and `metadata.namespace` for all types, more for some core types.
package struct FieldSelector: Sendable, Hashable {
    package struct Requirement: Sendable, Hashable {
        /// The path, as in `metadata.name`.
        package var field: String
        package var value: String
        package var isNegated: Bool

        package init(field: String, value: String, isNegated: Bool = false) {
            self.field = field
            self.value = value
            self.isNegated = isNegated
        }
    }

    package var requirements: [Requirement]

    package init(_ requirements: [Requirement] = []) {
        self.requirements = requirements
    }

    /// Selects the one object of this name.
    package static func name(_ name: String) -> FieldSelector {
        FieldSelector([Requirement(field: "metadata.name", value: name)])
    }

    package init(parsing text: String) throws(SelectorError) {
        requirements = []
        for piece in text.split(separator: ",") {
            guard let sign = piece.firstIndex(of: "=") else {
                throw SelectorError(text: text, problem: "expected FIELD=VALUE at '\(piece)'")
            }
            var field = piece[..<sign]
            var value = piece[piece.index(after: sign)...]
            let isNegated = field.last == "!"
            if isNegated { field.removeLast() }
            if value.first == "=" { value.removeFirst() }
            guard !field.isEmpty else {
                throw SelectorError(text: text, problem: "no field's name at '\(piece)'")
            }
            requirements.append(Requirement(field: String(field), value: String(value), isNegated: isNegated))
        }
    }

    package var isEmpty: Bool { requirements.isEmpty }

    /// The selector as the value of the query parameter `fieldSelector`.
    package var queryString: String {
        requirements.map { "\($0.field)\($0.isNegated ? "!=" : "=")\($0.value)" }.joined(separator: ",")
    }

    /// A field that is missing reads as the empty string.
    package func matches(_ object: JSONValue) -> Bool {
        requirements.allSatisfy { requirement in
            var value: JSONValue? = object
            for step in requirement.field.split(separator: ".") { value = value?[String(step)] }
            let text: String
            switch value {
            case .string(let string)?: text = string
            case .integer(let number)?: text = String(number)
            case .bool(let flag)?: text = String(flag)
            default: text = ""
            }
            return (text == requirement.value) != requirement.isNegated
        }
    }
}
