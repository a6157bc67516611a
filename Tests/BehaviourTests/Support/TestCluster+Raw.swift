// SPDX-License-Identifier: MIT
import HTTPTransport
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient

extension TestCluster {
    /// The administrator, whose requests are tried once: for answers that a client would try again on.
    var once: APIClient { APIClient(configuration: admin.configuration, http: http, retryPolicy: .never) }

    /// One request as it is; what is refused throws.
    func raw(
        _ method: HTTPMethod, _ path: String, _ query: String = "", body: JSONValue? = nil,
        contentType: String = "application/json", accept: String = "application/json"
    ) async throws(APIError) -> ClientResponse {
        let items = query.split(separator: "&").map { piece in
            let pair = piece.split(separator: "=", maxSplits: 1).map(String.init)
            return RequestTarget.QueryItem(name: pair[0], value: pair.count > 1 ? pair[1] : "")
        }
        return try await once.send(
            APIRequest(method, path, query: items, body: body, contentType: contentType, accept: accept))
    }

    /// The same with the answer read.
    func rawJSON(
        _ method: HTTPMethod, _ path: String, _ query: String = "", body: JSONValue? = nil,
        contentType: String = "application/json", accept: String = "application/json"
    ) async throws -> JSONValue {
        try JSONValue.parse(
            await raw(method, path, query, body: body, contentType: contentType, accept: accept).body)
    }

    /// The events of a watch that ends by itself, as they come.
    func events(_ path: String, _ query: String, accept: String = "application/json") async throws -> [JSONValue] {
        let answer = try await raw(.get, path, "watch=1&\(query)", accept: accept)
        return try answer.body.split(separator: UInt8(ascii: "\n")).map { try JSONValue.parse(Array($0)) }
    }

    /// Defines a type that no other test uses, with one version and the given properties of `spec`.
    func defineType(
        _ spec: JSONValue, subresources: JSONValue? = nil, version extra: JSONObject = [:]
    ) async throws -> ResourceType {
        let group = Self.uniqueName("g") + ".behaviour.dev"
        let type = ResourceType(group: group, version: "v1", kind: "Widget", plural: "widgets", isNamespaced: true)
        var definition = DynamicObject(.customResourceDefinition, name: "widgets.\(group)")
        definition["spec"] = Self.specification(group: group, spec, subresources: subresources, extra)
        _ = try await admin.objects(.customResourceDefinition).create(definition)
        try await untilTrue("\(group) is served") { (try? await once.objects(type).list()) != nil }
        return type
    }

    /// The `spec` of a definition of widgets.
    static func specification(
        group: String, _ spec: JSONValue, subresources: JSONValue? = nil, _ extra: JSONObject = [:]
    ) -> JSONValue {
        var version: JSONObject = [
            "name": "v1", "served": true, "storage": true,
            "schema": [
                "openAPIV3Schema": [
                    "type": "object",
                    "properties": [
                        "spec": ["type": "object", "properties": spec],
                        "status": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
                    ],
                ]
            ],
        ]
        if let subresources { version["subresources"] = subresources }
        for (key, value) in extra { version[key] = value }
        return [
            "group": .string(group), "scope": "Namespaced",
            "names": ["plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"],
            "versions": [.object(version)],
        ]
    }
}

/// What a server's continue token looks like for a list that began at a revision.
func continueToken(revision: Int, after key: String) -> String {
    let json: JSONValue = [
        "v": "meta.k8s.io/v1", "rv": .integer(Int64(revision)), "start": .string("\(key)\u{0}"),
    ]
    return Base64Text.encode(json.encoded())
}

/// Base 64 for URLs, without padding.
private enum Base64Text {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")

    static func encode(_ bytes: [UInt8]) -> String {
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let number = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for position in 0...group.count { text.append(alphabet[(number >> (18 - 6 * position)) & 63]) }
        }
        return text
    }
}
