// SPDX-License-Identifier: MIT
import JSONCoding

extension BuiltInTypes {
    /// The types as OpenAPI schemas, all that a kind refers to.
    ///
    /// - Parameters:
    ///   - roots: names of types, `group.Type`.
    ///   - prefix: where schemas are referred to: `#/components/schemas/` in version 3, `#/definitions/` in version 2.
    static func schemas(for roots: [String], prefix: String) -> [String: JSONValue] {
        var found = scalars
        var waiting = roots
        while let name = waiting.popLast() {
            guard let definition = all[name], found[openAPIName(name)] == nil else { continue }
            found[openAPIName(name)] = schema(definition, prefix: prefix)
            waiting += definition.fields.compactMap { reference($0.shape) }
        }
        return found
    }

    /// The name of a type in the documents, such as `io.k8s.api.core.v1.Pod`.
    static func openAPIName(_ name: String) -> String {
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        return "\(packages[parts[0]] ?? parts[0]).\(parts[1])"
    }

    /// The types that are written as one value.
    private static let scalars: [String: JSONValue] = [
        openAPIName("meta.Time"): ["type": "string", "format": "date-time", "description": "A time, as in RFC 3339."],
        openAPIName("meta.MicroTime"): [
            "type": "string", "format": "date-time", "description": "A time with microseconds, as in RFC 3339.",
        ],
        openAPIName("quantity.Quantity"): [
            "oneOf": [["type": "string"], ["type": "number"]],
            "description": "An amount with a suffix, such as 500m, 1.5, 64Mi or 2G.",
        ],
        openAPIName("intstr.IntOrString"): [
            "oneOf": [["type": "integer"], ["type": "string"]], "format": "int-or-string",
            "description": "A number or a text, such as a port's number or name.",
        ],
    ]

    private static let packages: [String: String] = [
        "quantity": "io.k8s.apimachinery.pkg.api.resource", "intstr": "io.k8s.apimachinery.pkg.util.intstr",
        "meta": "io.k8s.apimachinery.pkg.apis.meta.v1",
        "ext": "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1",
        "core": "io.k8s.api.core.v1", "apps": "io.k8s.api.apps.v1", "batch": "io.k8s.api.batch.v1",
        "net": "io.k8s.api.networking.v1", "policy": "io.k8s.api.policy.v1",
        "coord": "io.k8s.api.coordination.v1", "events": "io.k8s.api.events.v1", "rbac": "io.k8s.api.rbac.v1",
        "authn": "io.k8s.api.authentication.v1", "authz": "io.k8s.api.authorization.v1",
        "admission": "io.k8s.api.admissionregistration.v1",
    ]

    private static func reference(_ shape: Shape) -> String? {
        switch shape {
        case .type(let name): name
        case .list(let element), .map(let element): reference(element)
        default: nil
        }
    }

    private static func schema(_ definition: Definition, prefix: String) -> JSONValue {
        var schema: JSONObject = ["description": .string(BuiltInDescriptions.type(definition.name))]
        if definition.isOpaque {
            schema["x-kubernetes-preserve-unknown-fields"] = true
            if definition.name == "meta.FieldsV1" { schema["type"] = "object" }
            return .object(schema)
        }
        schema["type"] = "object"
        let required = definition.fields.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { schema["required"] = .array(required) }
        schema["properties"] = .object(
            JSONObject(definition.fields.map { ($0.name, property($0, of: definition, prefix: prefix)) }))
        if definition.isAtomic { schema["x-kubernetes-map-type"] = "atomic" }
        return .object(schema)
    }

    private static func property(_ field: Field, of definition: Definition, prefix: String) -> JSONValue {
        var schema: JSONObject = [
            "description": .string(BuiltInDescriptions.field(field.name, of: definition.name))
        ]
        for (key, value) in self.schema(of: field.shape, prefix: prefix) { schema[key] = value }
        if let value = field.defaultValue { schema["default"] = value }
        if !field.values.isEmpty { schema["enum"] = .array(field.values.map { .string($0) }) }
        if case .map = field.shape {
            if let type = field.listType { schema["x-kubernetes-map-type"] = .string(type) }
        } else if let type = field.listType {
            schema["x-kubernetes-list-type"] = .string(type)
            if !field.listKeys.isEmpty {
                schema["x-kubernetes-list-map-keys"] = .array(field.listKeys.map { .string($0) })
            }
        }
        if let strategy = field.patchStrategy { schema["x-kubernetes-patch-strategy"] = .string(strategy) }
        if let key = field.patchKey { schema["x-kubernetes-patch-merge-key"] = .string(key) }
        return .object(schema)
    }

    private static func schema(of shape: Shape, prefix: String) -> JSONObject {
        func named(_ name: String) -> JSONObject { ["allOf": [["$ref": .string(prefix + openAPIName(name))]]] }
        return switch shape {
        case .string: ["type": "string"]
        case .bytes: ["type": "string", "format": "byte"]
        case .time: named("meta.Time")
        case .microTime: named("meta.MicroTime")
        case .int32: ["type": "integer", "format": "int32"]
        case .int64: ["type": "integer", "format": "int64"]
        case .double: ["type": "number", "format": "double"]
        case .bool: ["type": "boolean"]
        case .quantity: named("quantity.Quantity")
        case .intOrString: named("intstr.IntOrString")
        case .any: ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
        case .list(let element): ["type": "array", "items": .object(schema(of: element, prefix: prefix))]
        case .map(let element):
            ["type": "object", "additionalProperties": .object(schema(of: element, prefix: prefix))]
        case .type(let name): named(name)
        }
    }
}
