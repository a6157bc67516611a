// SPDX-License-Identifier: MIT
package import JSONCoding

/// An object of a type that is not known when compiling, or one that must be kept whole.
package struct DynamicObject: KubernetesObject, Hashable, CustomStringConvertible {
    /// The object as it is on the wire.
    package var content: JSONValue

    /// An object of this content.
    package init(_ content: JSONValue) {
        self.content = content
    }

    /// A new object of the type; with nothing but its name yet.
    package init(_ type: ResourceType, name: String, namespace: String? = nil) {
        var metadata: JSONValue = ["name": .string(name)]
        if let namespace { metadata["namespace"] = .string(namespace) }
        content = ["apiVersion": .string(type.apiVersion), "kind": .string(type.kind), "metadata": metadata]
    }

    /// Reads the value; throws `DecodingError`.
    package init(from decoder: any Decoder) throws {
        content = try JSONValue(from: decoder)
    }

    /// Writes the value.
    package func encode(to encoder: any Encoder) throws {
        try content.encode(to: encoder)
    }

    /// The content.
    package func manifest() -> JSONValue { content }

    /// The content as an object; never fails.
    package static func decode(_ content: JSONValue) -> DynamicObject { DynamicObject(content) }

    /// The text as an object; throws `JSONParseError` when a string in it is not valid UTF-8.
    package static func decode(_ node: JSONNode) throws -> DynamicObject { DynamicObject(try node.value()) }

    /// Group and version; empty when missing.
    package var apiVersion: String { content["apiVersion"]?.stringValue ?? "" }
    /// The kind; empty when missing.
    package var kind: String { content["kind"]?.stringValue ?? "" }

    /// The type, if it is one of `ResourceType.known`.
    package var resourceType: ResourceType? { ResourceType.known(apiVersion: apiVersion, kind: kind) }

    /// Metadata as a value. Reading decodes it each time; metadata that cannot be decoded reads as empty.
    /// Setting keeps metadata fields that the model does not have.
    package var metadata: ObjectMeta {
        get {
            guard let raw = content["metadata"] else { return ObjectMeta() }
            return (try? raw.decode(ObjectMeta.self)) ?? ObjectMeta()
        }
        set {
            guard case .object(let fields)? = try? JSONValue(encoding: newValue) else { return }
            var merged = content["metadata"]?.objectValue ?? [:]
            for known in Self.metadataFields { merged[known] = fields[known] }
            content["metadata"] = .object(merged)
        }
    }

    private static let metadataFields = [
        "name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp",
        "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "finalizers", "ownerReferences",
    ]

    /// A member at the top, such as `spec`.
    package subscript(_ field: String) -> JSONValue? {
        get { content[field] }
        set { content[field] = newValue }
    }

    /// Kind, namespace and name.
    package var description: String { "\(kind)/\(metadata.key)" }
}
