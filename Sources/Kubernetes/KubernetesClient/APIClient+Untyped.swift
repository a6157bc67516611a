// SPDX-License-Identifier: MIT
import HTTPTypes
package import JSONCoding
package import KubernetesAPI

/// Shortcuts for objects that are JSON.
extension APIClient {
    /// Creates an object; its namespace is the given one, else the one in its metadata.
    package func create(
        _ object: JSONValue, type: ResourceType, namespace: String? = nil, options: WriteOptions = .init()
    ) async throws(APIError) -> JSONValue {
        try await objects(type, namespace: namespace).create(DynamicObject(object), options: options).content
    }

    /// Reads an object.
    package func get(_ type: ResourceType, _ key: ObjectKey) async throws(APIError) -> JSONValue {
        try await objects(type, namespace: key.namespace).get(key.name).content
    }

    /// Server-side apply of an object that has a name; its namespace is the given one, else the one in its metadata.
    package func apply(
        _ object: JSONValue, type: ResourceType, namespace: String? = nil, fieldManager: FieldManager,
        force: Bool = false, subresource: String? = nil
    ) async throws(APIError) -> JSONValue {
        let metadata = DynamicObject(object).metadata
        return try await objects(type, namespace: namespace ?? metadata.namespace).apply(
            object, name: metadata.name, fieldManager: fieldManager, force: force, subresource: subresource
        ).content
    }

    /// Asks for the deletion of an object.
    package func delete(
        _ type: ResourceType, _ key: ObjectKey, options: DeleteOptions = .init()
    ) async throws(APIError) {
        try await objects(type, namespace: key.namespace).delete(key.name, options: options)
    }

    /// What the server says about itself: `gitVersion` and so on.
    package func version() async throws(APIError) -> JSONValue {
        try await json(APIRequest(.get, "/version", timeout: .seconds(10), label: "get version"))
    }
}
