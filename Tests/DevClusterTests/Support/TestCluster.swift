// SPDX-License-Identifier: MIT
import Cryptography
import JSONCoding
import KubernetesAPI
import ServiceRuntime
import SystemCalls
import Testing

@testable import DevCluster

/// An embedded cluster in a folder of its own, without HTTP.
final class TestCluster: Sendable {
    let directory: String
    let api: ClusterAPI

    private static let key: RSAPrivateKey? = try? RSAPrivateKey.generate()

    init(directory: String? = nil, historyLimit: Int = 1000) throws {
        self.directory = try directory ?? Files.temporaryDirectory(prefix: "dev-cluster-test")
        let store = try ObjectStore(directory: self.directory, historyLimit: historyLimit)
        let tokens = try TokenAuthority(
            key: try #require(Self.key), authorityPEM: "CERTIFICATE",
            fixed: ["admin": UserInfo(username: "admin", groups: ["system:masters", "system:authenticated"])],
            clock: .system)
        api = ClusterAPI(store: store, registry: CRDRegistry(), policies: PolicyRegistry(), tokens: tokens)
        try Bootstrap.fill(api)
    }

    deinit {
        api.store.close()
        try? Files.remove(directory)
    }

    func resource(_ type: ResourceType) throws -> ServedResource { try api.registry.resource(type) }

    @discardableResult
    func make(_ type: ResourceType, _ name: String, in namespace: String? = nil, _ extra: JSONValue = [:]) throws
        -> JSONValue
    {
        var object = extra
        object.setMeta("name", .string(name))
        return try api.create(object, type: type, namespace: type.isNamespaced ? namespace ?? "default" : nil)
    }

    /// A definition of `widgets.example.dev` with a status, defaults and a rule.
    func installWidgets(scope: String = "Namespaced") throws -> ResourceType {
        let definition: JSONValue = [
            "metadata": ["name": "widgets.example.dev"],
            "spec": [
                "group": "example.dev", "scope": .string(scope),
                "names": ["plural": "widgets", "kind": "Widget", "shortNames": ["wi"], "categories": ["codex"]],
                "versions": [
                    [
                        "name": "v1", "served": true, "storage": true, "subresources": ["status": [:]],
                        "additionalPrinterColumns": [["name": "Size", "type": "integer", "jsonPath": ".spec.size"]],
                        "schema": [
                            "openAPIV3Schema": [
                                "type": "object",
                                "properties": [
                                    "spec": [
                                        "type": "object",
                                        "properties": [
                                            "size": ["type": "integer", "default": 1, "maximum": 10],
                                            "color": ["type": "string", "maxLength": 20],
                                            "parts": [
                                                "type": "array", "maxItems": 10, "x-kubernetes-list-type": "map",
                                                "x-kubernetes-list-map-keys": ["name"],
                                                "items": [
                                                    "type": "object", "required": ["name"],
                                                    "properties": [
                                                        "name": ["type": "string", "maxLength": 20],
                                                        "weight": ["type": "integer"],
                                                    ],
                                                ],
                                            ],
                                        ],
                                        "x-kubernetes-validations": [
                                            [
                                                "rule": "!has(oldSelf.color) || self.color == oldSelf.color",
                                                "message": "color is immutable",
                                            ]
                                        ],
                                    ],
                                    "status": [
                                        "type": "object", "properties": ["phase": ["type": "string", "maxLength": 20]],
                                    ],
                                ],
                            ]
                        ],
                    ]
                ],
            ],
        ]
        _ = try api.create(definition, type: .customResourceDefinition, namespace: nil)
        return ResourceType(
            group: "example.dev", version: "v1", kind: "Widget", plural: "widgets", isNamespaced: scope == "Namespaced")
    }

    /// Runs the cluster's controllers while the closure runs.
    func withControllers(_ body: () async throws -> Void) async throws {
        let collector = GarbageCollector(api: api, logger: .disabled)
        let namespaces = NamespaceController(api: api, logger: .disabled)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await collector.run() }
            group.addTask { await namespaces.run() }
            defer { group.cancelAll() }
            try await body()
        }
    }

    /// Returns when the condition holds, asked again after every change of the store.
    func eventually(_ condition: () throws -> Bool) async rethrows {
        while true {
            let revision = api.store.revision
            if try condition() { return }
            await api.store.waitForChange(in: nil, after: revision)
        }
    }

    func exists(_ type: ResourceType, _ name: String, in namespace: String? = "default") -> Bool {
        (try? api.get(type, namespace: type.isNamespaced ? namespace : nil, name: name)) != nil
    }
}

/// The error that the closure throws, which it must.
func refusal(_ body: () throws -> Void) throws -> StatusError {
    do {
        try body()
    } catch let error as StatusError {
        return error
    }
    Issue.record("nothing was refused")
    throw StatusError.internalError("nothing was refused")
}
