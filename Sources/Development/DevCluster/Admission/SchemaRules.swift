// SPDX-License-Identifier: MIT
import JSONCoding

/// The rules of one version of a custom resource definition.
struct SchemaRules: ObjectRules {
    init(definition: JSONValue, version: String) throws(StatusError) {}
    func normalize(_ object: JSONValue) throws(StatusError) -> JSONValue { object }
    func validate(_ object: JSONValue, old: JSONValue?) -> [StatusError.Cause] { [] }
}
