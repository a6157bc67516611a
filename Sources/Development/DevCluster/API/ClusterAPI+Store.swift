// SPDX-License-Identifier: MIT
package import JSONCoding
package import KubernetesAPI

extension ClusterAPI: ClusterStore {
    package func get(_ type: ResourceType, namespace: String?, name: String) throws(StatusError) -> JSONValue {
        try get(registry.resource(type), namespace: namespace, name: name)
    }

    package func list(
        _ type: ResourceType, namespace: String?, labelSelector: String?
    ) throws(StatusError) -> ClusterList {
        let resource = try registry.resource(type)
        let filter = try ObjectFilter(labelSelector: labelSelector, fieldSelector: nil, resource: resource)
        let page = try list(resource, namespace: namespace, filter: filter)
        return ClusterList(items: page.items, resourceVersion: page.revision)
    }

    package func create(
        _ object: JSONValue, type: ResourceType, namespace: String?
    ) throws(StatusError) -> JSONValue {
        try create(registry.resource(type), namespace: namespace, body: object, request: WriteRequest())
    }

    package func update(
        _ object: JSONValue, type: ResourceType, namespace: String?
    ) throws(StatusError) -> JSONValue {
        try replace(object, type: type, namespace: namespace, subresource: nil)
    }

    package func updateStatus(
        _ object: JSONValue, type: ResourceType, namespace: String?
    ) throws(StatusError) -> JSONValue {
        try replace(object, type: type, namespace: namespace, subresource: "status")
    }

    private func replace(
        _ object: JSONValue, type: ResourceType, namespace: String?, subresource: String?
    ) throws(StatusError) -> JSONValue {
        let request = WriteRequest(subresource: subresource)
        return try update(registry.resource(type), namespace: namespace, name: object.name, request: request) {
            (_) throws(StatusError) -> Change in Change(object: object)
        }
    }

    package func modify(
        _ type: ResourceType, namespace: String?, name: String, subresource: String?,
        _ change: (inout JSONValue) throws(StatusError) -> Void
    ) throws(StatusError) -> JSONValue {
        let request = WriteRequest(subresource: subresource)
        return try update(registry.resource(type), namespace: namespace, name: name, request: request) {
            (existing) throws(StatusError) -> Change in
            var object = existing
            try change(&object)
            return Change(object: object)
        }
    }

    package func delete(
        _ type: ResourceType, namespace: String?, name: String, options: ClusterDeleteOptions
    ) throws(StatusError) {
        _ = try delete(
            registry.resource(type), namespace: namespace, name: name, options: options, request: WriteRequest())
    }

    package func watch(_ type: ResourceType, namespace: String?, initial: Bool) -> ClusterWatch {
        let bucket =
            registry.resource(group: type.group, version: type.version, plural: type.plural)?.bucket
            ?? StorageBucket(group: type.group, plural: type.plural)
        return ClusterWatch(store: store, bucket: bucket, namespace: namespace, initial: initial)
    }
}
