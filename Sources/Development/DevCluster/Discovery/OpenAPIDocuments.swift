// SPDX-License-Identifier: MIT
import Cryptography
import HTTPServing
import HTTPTypes
import JSONCoding

/// `/openapi/v3` and `/openapi/v2`: what kubectl reads to know that the server validates (`apply`, `create`), how lists
/// merge, and to explain fields.
///
/// Custom resources come with the schema of their definition, built-in kinds with the tables of `BuiltInTypes`. Version
/// 2 is served as JSON and, for kubectl, in protobuf.
struct OpenAPIDocuments: Sendable {
    let registry: CRDRegistry

    /// The document at a path, or nil.
    func document(path: String, accept: String?) throws(StatusError) -> ServerResponse? {
        if path == "/openapi/v2" {
            guard let accept, accept.contains("proto-openapi"), !accept.contains("json") else { return .json(swagger) }
            var headers = HTTPHeaders()
            headers["Content-Type"] = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
            return ServerResponse(status: .ok, headers: headers, body: .bytes(SwaggerEncoder.encode(swagger)))
        }
        guard path == "/openapi/v3" || path.hasPrefix("/openapi/v3/") else { return nil }
        let rest = path.dropFirst("/openapi/v3".count).drop { $0 == "/" }
        if rest.isEmpty { return .json(index) }
        return groupVersions[String(rest)].map { .json(document($0)) }
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

    private static let info: JSONValue = [
        "title": "codex-k8s embedded cluster", "version": .string(Discovery.gitVersion),
    ]

    // MARK: Version 3

    private func document(_ resources: [ServedResource]) -> JSONValue {
        var paths = JSONObject()
        for resource in resources {
            let path = Self.path(resource)
            paths[path] = [
                "get": operation(resource, "list", body: []),
                "post": operation(resource, "post", body: ["application/json"]),
            ]
            var patches = ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"]
            if resource.custom == nil { patches.append("application/strategic-merge-patch+json") }
            paths[path + "/{name}"] = [
                "get": operation(resource, "get", body: []),
                "put": operation(resource, "put", body: ["application/json"]),
                "patch": operation(resource, "patch", body: patches),
                "delete": operation(resource, "delete", body: []),
            ]
        }
        return [
            "openapi": "3.0.0", "info": Self.info, "paths": .object(paths),
            "components": ["schemas": schemas(resources, prefix: "#/components/schemas/")],
        ]
    }

    private func operation(_ resource: ServedResource, _ action: String, body: [String]) -> JSONValue {
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
            operation["requestBody"] = ["content": .object(JSONObject(body.map { ($0, ["schema": reference]) }))]
        }
        return .object(operation)
    }

    // MARK: Version 2

    private var swagger: JSONValue {
        let resources = registry.all
        var paths = JSONObject()
        for resource in resources {
            paths[Self.path(resource)] = [
                "post": [
                    "x-kubernetes-action": "post", "x-kubernetes-group-version-kind": Self.kind(resource),
                    "consumes": ["application/json"], "produces": ["application/json"],
                    "responses": [
                        "200": [
                            "description": "OK",
                            "schema": ["$ref": .string("#/definitions/\(Self.schemaName(resource))")],
                        ]
                    ],
                ]
            ]
        }
        return [
            "swagger": "2.0", "info": Self.info, "paths": .object(paths),
            "definitions": schemas(resources, prefix: "#/definitions/"),
        ]
    }

    // MARK: What both have

    private static func path(_ resource: ServedResource) -> String {
        let prefix = resource.group.isEmpty ? "/api/v1" : "/apis/\(resource.group)/\(resource.version)"
        return prefix + (resource.isNamespaced ? "/namespaces/{namespace}" : "") + "/\(resource.plural)"
    }

    /// The schemas of resources and of all that they refer to, by name.
    private func schemas(_ resources: [ServedResource], prefix: String) -> JSONValue {
        var found: [String: JSONValue] = [:]
        let builtIn = resources.compactMap { BuiltInTypes.definition(group: $0.group, kind: $0.kind)?.name }
        for (name, schema) in BuiltInTypes.schemas(for: builtIn + ["meta.ObjectMeta"], prefix: prefix) {
            found[name] = schema
        }
        for resource in resources {
            let name = Self.schemaName(resource)
            var schema = resource.custom.map { Self.custom($0.openAPI, prefix: prefix) } ?? found[name] ?? [:]
            // One type can be the schema of several kinds, as in Kubernetes.
            let kinds = (schema["x-kubernetes-group-version-kind"]?.arrayValue ?? []) + [Self.kind(resource)]
            schema["x-kubernetes-group-version-kind"] = .array(kinds)
            found[name] = schema
        }
        return .object(JSONObject(found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
    }

    private static func schemaName(_ resource: ServedResource) -> String {
        if let definition = BuiltInTypes.definition(group: resource.group, kind: resource.kind) {
            return BuiltInTypes.openAPIName(definition.name)
        }
        let group = resource.group.split(separator: ".").reversed().joined(separator: ".")
        return "\(group).\(resource.version).\(resource.kind)"
    }

    private static func kind(_ resource: ServedResource) -> JSONValue {
        [
            "group": .string(resource.group), "version": .string(resource.version), "kind": .string(resource.kind),
        ]
    }

    /// The schema of a definition with what every object has.
    private static func custom(_ openAPI: JSONValue, prefix: String) -> JSONValue {
        var schema = openAPI
        for name in ["apiVersion", "kind"] {
            schema.setDefault(
                ["type": "string", "description": .string(BuiltInDescriptions.field(name, of: ""))],
                at: "properties", name)
        }
        schema.setValue(
            [
                "description": .string(BuiltInDescriptions.field("metadata", of: "")),
                "allOf": [["$ref": .string(prefix + BuiltInTypes.openAPIName("meta.ObjectMeta"))]],
            ], at: ["properties", "metadata"])
        return schema
    }
}
