// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI

/// Objects that the cases start from.
enum Samples {
    static func configMap(_ name: String, data: [String: String] = ["k": "v"], labels: [String: String] = [:])
        -> DynamicObject
    {
        var object = DynamicObject(.configMap, name: name)
        object["data"] = JSONValue(data)
        if !labels.isEmpty { object.content.setValue(JSONValue(labels), at: ["metadata", "labels"]) }
        return object
    }

    /// The smallest AgentRun that a person applies.
    static func agentRun(_ name: String, trigger: JSONValue = ["kind": "dev"]) -> DynamicObject {
        var object = DynamicObject(.agentRun, name: name)
        object["spec"] = ["repository": "acme/shop", "issue": 42, "trigger": trigger]
        return object
    }

    static func owned(_ object: DynamicObject, by owner: DynamicObject, blocking: Bool = false) -> DynamicObject {
        var object = object
        object.metadata.ownerReferences = [
            OwnerReference(
                apiVersion: owner.apiVersion, kind: owner.kind, name: owner.metadata.name, uid: owner.metadata.uid,
                controller: true, blockOwnerDeletion: blocking)
        ]
        return object
    }
}
