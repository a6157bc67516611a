// SPDX-License-Identifier: MIT
import Cryptography
import HTTPServing
import HTTPTypes
import JSONCoding

/// `/openapi/v3`: what kubectl reads to know that the server validates (`apply`, `create`) and to explain fields.
///
/// Custom resources come with their whole schema. Built-in kinds are there with their metadata only, and without the
/// content type of a strategic merge, so that kubectl uses the merge keys that it has inside.
struct OpenAPIDocuments: Sendable {
    let registry: CRDRegistry

    func document(path: String, accept: String?) -> ServerResponse? {
        guard path == "/openapi/v3" || path.hasPrefix("/openapi/v3/") else { return nil }
        let rest = path.dropFirst("/openapi/v3".count).drop { $0 == "/" }
        if rest.isEmpty { return .json(index) }
        let resources = groupVersions[String(rest)]
        return resources.map { .json(document($0)) }
    }

    private var groupVersions: [String: [ServedResource]] {
        Dictionary(grouping: registry.all) { resource in
            resource.group.isEmpty ? "api/\(resource.version)" : "apis/\(resource.group)/\(resource.version)"
        }
    }

    private var index: JSONValue {
        var paths = JSONObject()
        let changes = registry.changes
        for (path, _) in groupVersions.sorted(by: { $0.key < $1.key }) {
            // Clients may keep a document for as long as its hash is the same.
            paths[path] = ["serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(Self.start)-\(changes)")]
        }
        return ["paths": .object(paths)]
    }

    private static let start = Hex.encode(RandomBytes.generate(8))

    private func document(_ resources: [ServedResource]) -> JSONValue {
        var paths = JSONObject()
        var schemas: JSONObject = [
            Self.metaName: [
                "type": "object", "description": "Standard object's metadata.", "properties": Self.metadataProperties,
            ]
        ]
        for resource in resources {
            schemas[Self.schemaName(resource)] = schema(resource)
            let prefix = resource.group.isEmpty ? "/api/v1" : "/apis/\(resource.group)/\(resource.version)"
            let collection = prefix + (resource.isNamespaced ? "/namespaces/{namespace}" : "") + "/\(resource.plural)"
            paths[collection] = ["post": operation(resource, action: "post", body: ["application/json"])]
            paths[collection + "/{name}"] = [
                "get": operation(resource, action: "get", body: []),
                "put": operation(resource, action: "put", body: ["application/json"]),
                "patch": operation(
                    resource, action: "patch",
                    body: [
                        "application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml",
                    ]),
            ]
        }
        return [
            "openapi": "3.0.0", "info": ["title": "codex-k8s embedded cluster", "version": "v1.32.0"],
            "paths": .object(paths), "components": ["schemas": .object(schemas)],
        ]
    }

    private static let metaName = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"

    private static let metadataProperties: JSONValue = [
        "name": ["type": "string", "description": "Name, unique within a namespace."],
        "namespace": ["type": "string", "description": "The namespace that the object lives in."],
        "generateName": ["type": "string", "description": "Prefix of a name that the server completes."],
        "labels": [
            "type": "object", "additionalProperties": ["type": "string"], "description": "Labels, for selection.",
        ],
        "annotations": [
            "type": "object", "additionalProperties": ["type": "string"], "description": "Annotations, for tools.",
        ],
        "finalizers": [
            "type": "array", "items": ["type": "string"], "description": "What must be done before removal.",
        ],
        "ownerReferences": [
            "type": "array", "items": ["type": "object"], "description": "The objects that this one depends on.",
        ],
        "uid": ["type": "string", "description": "Unique in time and space."],
        "resourceVersion": ["type": "string", "description": "Changes with every write."],
        "generation": ["type": "integer", "description": "Changes with the desired state."],
        "creationTimestamp": ["type": "string", "format": "date-time", "description": "When the object was made."],
        "deletionTimestamp": ["type": "string", "format": "date-time", "description": "When the object is to go."],
    ]

    private static func schemaName(_ resource: ServedResource) -> String {
        let group =
            resource.group.isEmpty
            ? "io.k8s.api.core" : resource.group.split(separator: ".").reversed().joined(separator: ".")
        return "\(group).\(resource.version).\(resource.kind)"
    }

    private static func kind(_ resource: ServedResource) -> JSONValue {
        [
            "group": .string(resource.group), "version": .string(resource.version), "kind": .string(resource.kind),
        ]
    }

    private func schema(_ resource: ServedResource) -> JSONValue {
        var schema = resource.custom?.openAPI ?? ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
        schema.setDefault(
            ["type": "string", "description": "The version of the schema that this object is written in."],
            at: "properties", "apiVersion")
        schema.setDefault(
            ["type": "string", "description": "The kind of the object."], at: "properties", "kind")
        schema.setValue(
            [
                "description": "Standard object's metadata.",
                "allOf": [["$ref": .string("#/components/schemas/\(Self.metaName)")]],
            ], at: ["properties", "metadata"])
        schema["x-kubernetes-group-version-kind"] = .array([Self.kind(resource)])
        return schema
    }

    private func operation(_ resource: ServedResource, action: String, body: [String]) -> JSONValue {
        let reference: JSONValue = ["$ref": .string("#/components/schemas/\(Self.schemaName(resource))")]
        var operation: JSONObject = [
            "x-kubernetes-action": .string(action), "x-kubernetes-group-version-kind": Self.kind(resource),
            "parameters": .array(
                ["dryRun", "fieldManager", "fieldValidation"].map { name in
                    ["name": .string(name), "in": "query", "schema": ["type": "string", "uniqueItems": true]]
                }),
            "responses": ["200": ["description": "OK", "content": ["application/json": ["schema": reference]]]],
        ]
        if !body.isEmpty {
            operation["requestBody"] = [
                "content": .object(JSONObject(body.map { ($0, ["schema": reference]) }))
            ]
        }
        return .object(operation)
    }
}
