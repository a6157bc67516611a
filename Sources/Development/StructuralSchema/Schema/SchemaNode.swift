// SPDX-License-Identifier: MIT
import ExpressionLanguage
import JSONCoding

/// One level of a schema.
final class SchemaNode: Sendable {
    enum ValueType: String, Sendable {
        case object, array, string, integer, number, boolean
    }

    enum AdditionalProperties: Sendable {
        case none
        case any
        case schema(SchemaNode)
    }

    enum ListType: String, Sendable {
        case atomic, set, map
    }

    /// `nil` with `isIntOrString`, with unknown fields preserved, and inside `allOf`, `anyOf`, `oneOf` and `not`.
    let type: ValueType?
    let isNullable: Bool
    let properties: [(name: String, schema: SchemaNode)]
    let additionalProperties: AdditionalProperties
    let items: SchemaNode?
    let defaultValue: JSONValue?
    let preservesUnknownFields: Bool
    let isEmbeddedResource: Bool
    let isIntOrString: Bool
    let listType: ListType
    let listMapKeys: [String]
    let rules: [ValidationRule]
    let constraints: ValueConstraints
    /// Whether there is a rule at this level or below; where there is none, nothing is converted for rules.
    let hasRules: Bool

    private let byName: [String: SchemaNode]

    func property(_ name: String) -> SchemaNode? { byName[name] }

    init(
        type: ValueType?, isNullable: Bool, properties: [(name: String, schema: SchemaNode)],
        additionalProperties: AdditionalProperties, items: SchemaNode?, defaultValue: JSONValue?,
        preservesUnknownFields: Bool, isEmbeddedResource: Bool, isIntOrString: Bool, listType: ListType,
        listMapKeys: [String], rules: [ValidationRule], constraints: ValueConstraints
    ) {
        self.type = type
        self.isNullable = isNullable
        self.properties = properties
        self.additionalProperties = additionalProperties
        self.items = items
        self.defaultValue = defaultValue
        self.preservesUnknownFields = preservesUnknownFields
        self.isEmbeddedResource = isEmbeddedResource
        self.isIntOrString = isIntOrString
        self.listType = listType
        self.listMapKeys = listMapKeys
        self.rules = rules
        self.constraints = constraints
        let additional: SchemaNode? = if case .schema(let schema) = additionalProperties { schema } else { nil }
        hasRules =
            !rules.isEmpty || items?.hasRules == true || additional?.hasRules == true
            || properties.contains { $0.schema.hasRules }
        byName = Dictionary(properties.map { ($0.name, $0.schema) }, uniquingKeysWith: { first, _ in first })
    }
}

/// What a schema says about a value beside its shape.
struct ValueConstraints: Sendable {
    var required: [String] = []
    var allowed: [JSONValue]?
    var minimum: Double?
    var maximum: Double?
    var exclusiveMinimum = false
    var exclusiveMaximum = false
    var multipleOf: Double?
    var minLength: Int?
    var maxLength: Int?
    var pattern: (text: String, expression: RegularExpression)?
    var format: String?
    var minItems: Int?
    var maxItems: Int?
    var minProperties: Int?
    var maxProperties: Int?
    var allOf: [SchemaNode] = []
    var anyOf: [SchemaNode] = []
    var oneOf: [SchemaNode] = []
    var not: SchemaNode?
}

/// One entry of `x-kubernetes-validations`.
struct ValidationRule: Sendable {
    let rule: String
    let program: CELProgram
    let message: String?
    let reason: FieldError.Reason
    /// The field that the error is about, relative to the rule's own, such as `.attempts`.
    let fieldPath: String?
    /// It compares with the old value, so it runs only when there is one.
    let isTransition: Bool
}
