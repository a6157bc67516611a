// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Testing

/// A custom resource of the tests: the server takes any spec, the model does not.
struct Widget: Resource, Hashable {
    static let resourceType = ResourceType(
        group: "faults.codex-k8s.dev", version: "v1", kind: "Widget", plural: "widgets", isNamespaced: true)

    struct Spec: Codable, Sendable, Hashable {
        var size: Int
    }

    struct Status: Codable, Sendable, Hashable {
        var observed: Int?
        var heartbeat: String?
    }

    var metadata: ObjectMeta
    var spec: Spec
    var status: Status?

    init(_ name: String, namespace: String, size: Int = 0, finalizers: [String] = []) {
        metadata = ObjectMeta(name: name, namespace: namespace, finalizers: finalizers)
        spec = Spec(size: size)
    }

    static let definition: JSONValue = [
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": ["name": "widgets.faults.codex-k8s.dev"],
        "spec": [
            "group": "faults.codex-k8s.dev", "scope": "Namespaced",
            "names": ["kind": "Widget", "listKind": "WidgetList", "plural": "widgets", "singular": "widget"],
            "versions": [
                [
                    "name": "v1", "served": true, "storage": true, "subresources": ["status": [:]],
                    "schema": [
                        "openAPIV3Schema": [
                            "type": "object",
                            "properties": [
                                "spec": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
                                "status": [
                                    "type": "object",
                                    "properties": [
                                        "observed": ["type": "integer"], "heartbeat": ["type": "string"],
                                        "conditions": [
                                            "type": "array", "x-kubernetes-list-type": "map",
                                            "x-kubernetes-list-map-keys": ["type"],
                                            "items": [
                                                "type": "object", "required": ["type", "status"],
                                                "properties": [
                                                    "type": ["type": "string"], "status": ["type": "string"],
                                                    "reason": ["type": "string"], "message": ["type": "string"],
                                                ],
                                            ],
                                        ],
                                    ],
                                ],
                            ],
                        ]
                    ],
                ]
            ],
        ],
    ]
}

extension FaultCluster {
    /// Makes the server know widgets, unless it does.
    func installWidgets() async throws {
        // On the shared cluster another test may be quicker; whether it worked is seen below.
        _ = try? await admin.create(Widget.definition, type: .customResourceDefinition)
        try await eventually("widgets are served") {
            (try? await admin.resource(Widget.self, namespace: namespace).list()) != nil
        }
    }

    /// Makes many objects, some at a time.
    func createAll(
        _ objects: [DynamicObject], _ type: ResourceType, namespace other: String? = nil
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, object) in objects.enumerated() {
                if index >= 16 { try await group.next() }
                group.addTask {
                    _ = try await admin.objects(type, namespace: other ?? namespace).create(object)
                }
            }
            try await group.waitForAll()
        }
    }
}
