// SPDX-License-Identifier: MIT
package import JSONCoding

/// Which field values objects must have: `metadata.name=x,status.phase!=Running`.
///
/// Servers support few fields: `metadata.name` and `metadata.namespace` for all types, more for some core types.
package struct FieldSelector: Sendable, Hashable {
    /// One demand on one field.
    package struct Requirement: Sendable, Hashable {
        /// The path, as in `metadata.name`.
        package var field: String
        /// What the field is compared with.
        package var value: String
        /// Whether the field must differ.
        package var isNegated: Bool

        /// A demand; by default for equality.
        package init(field: String, value: String, isNegated: Bool = false) {
            self.field = field
            self.value = value
            self.isNegated = isNegated
        }
    }

    /// All of which must hold.
    package var requirements: [Requirement]

    /// A selector of these demands; none selects everything.
    package init(_ requirements: [Requirement] = []) {
        self.requirements = requirements
    }

    /// Selects the one object of this name.
    package static func name(_ name: String) -> FieldSelector {
        FieldSelector([Requirement(field: "metadata.name", value: name)])
    }

    /// Reads the query form; throws `SelectorError` that names the piece.
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

    /// Whether everything is selected.
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
