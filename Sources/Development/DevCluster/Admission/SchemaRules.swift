// SPDX-License-Identifier: MIT
import JSONCoding
import StructuralSchema

/// The rules of one version of a custom resource definition.
struct SchemaRules: ObjectRules {
    private let schema: StructuralSchema

    /// Compiles the schema of a version.
    ///
    /// - Throws: `Invalid`, with a cause for everything in it that is not structural or cannot be evaluated.
    init(openAPI: JSONValue) throws(StatusError) {
        do {
            schema = try StructuralSchema(openAPI: openAPI)
        } catch {
            throw StatusError(
                code: 422, reason: "Invalid", message: error.description,
                causes: error.problems.map(StatusError.Cause.init))
        }
    }

    func prune(_ object: JSONValue) -> JSONValue { schema.prune(object) }

    func normalize(_ object: JSONValue) -> JSONValue { schema.applyDefaults(schema.prune(object)) }

    func validate(_ object: JSONValue, old: JSONValue?) -> [StatusError.Cause] {
        schema.validate(object, old: old).map(StatusError.Cause.init)
    }
}

extension StatusError.Cause {
    init(_ error: FieldError) {
        self.init(reason: error.reason.rawValue, message: error.message, field: error.path)
    }
}
