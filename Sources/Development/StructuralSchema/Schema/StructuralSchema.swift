// SPDX-License-Identifier: MIT
package import ExpressionLanguage
package import JSONCoding

/// The schema of a custom resource: drops what it does not know, fills in defaults, and says what is wrong.
///
/// It behaves as the API server does with `openAPIV3Schema`, so that what is refused there is refused here, with the
/// same fields, reasons and messages.
package struct StructuralSchema: Sendable {
    let root: SchemaNode

    /// Reads the schema of a whole object.
    ///
    /// - Throws: `SchemaError` with everything that makes it not structural or that cannot be evaluated.
    package init(openAPI schema: JSONValue, subset: CELSubset = .product) throws(SchemaError) {
        var reader = SchemaReader(subset: subset)
        let root = reader.node(schema, .root, isRoot: true)
        if root.type != .object {
            throw SchemaError(
                problems: reader.problems + [FieldError(.required, at: "type", "must be object at the root")])
        }
        guard reader.problems.isEmpty else { throw SchemaError(problems: reader.problems) }
        self.root = root
    }

    /// The object without the fields that the schema does not know.
    package func prune(_ object: JSONValue) -> JSONValue {
        root.pruned(object, keepsObjectFields: true)
    }

    /// The object with defaults for what is missing; `null` counts as missing where it is not allowed.
    package func applyDefaults(_ object: JSONValue) -> JSONValue { root.defaulted(object) }

    /// What is wrong with an object.
    ///
    /// - Parameters:
    ///   - old: the object that is being replaced: values that it has already are not complained about again, and rules
    ///     that compare with `oldSelf` run.
    ///   - statusOnly: for the subresource `status`, through which nothing else can change.
    package func validate(_ new: JSONValue, old: JSONValue? = nil, statusOnly: Bool = false) -> [FieldError] {
        var validator = ValueValidator(hiding: statusOnly ? "status." : "")
        if statusOnly, let schema = root.property("status") {
            if let status = new["status"] { validator.validate(status, old?["status"], schema, .root.child("status")) }
        } else {
            validator.validate(new, old, root, .root)
        }
        var errors = validator.errors
        let blocking: Set<FieldError.Reason> = [.notSupported, .required, .tooLong, .tooMany, .typeInvalid]
        guard root.hasRules else { return errors }
        if errors.contains(where: { blocking.contains($0.reason) }) {
            errors.append(
                FieldError(
                    .invalid, at: "", badValue: .null,
                    "some validation rules were not checked because the object was invalid; "
                        + "correct the existing errors to complete validation"))
            return errors
        }
        var rules = RuleValidator()
        rules.validate(new, old, root, .root, isRoot: true)
        return errors + rules.errors
    }
}

/// Why a schema was refused: every problem with its place.
package struct SchemaError: Error, Sendable, CustomStringConvertible {
    /// All problems.
    package let problems: [FieldError]

    /// The problems, one a line.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
