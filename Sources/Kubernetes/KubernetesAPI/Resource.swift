// SPDX-License-Identifier: MIT
package import JSONCoding

/// Anything that an API server keeps: it has metadata and can be read from and written to JSON.
package protocol KubernetesObject: Codable, Sendable {
    var metadata: ObjectMeta { get set }
    /// The object as it goes over the wire, with `apiVersion` and `kind`.
    func manifest() throws -> JSONValue
    /// Reads the object; throws `DecodingError` that names the field.
    static func decode(_ content: JSONValue) throws -> Self
    /// Reads the object out of a text's tokens, without a value in between; throws `DecodingError` that names the field.
    static func decode(_ node: JSONNode) throws -> Self
}

/// An object whose type is known when compiling.
///
/// Typed models are *reads*: they hold the fields that are used. Never write one back by `replace` unless it holds the
/// whole object; change objects by patch or server-side apply.
package protocol Resource: KubernetesObject {
    static var resourceType: ResourceType { get }
}

extension KubernetesObject {
    /// Namespace and name.
    package var key: ObjectKey { metadata.key }

    /// Reads the object by its `Decodable` conformance.
    package static func decode(_ content: JSONValue) throws -> Self {
        try content.decode(Self.self)
    }

    /// Reads the object by its `Decodable` conformance, straight out of the text.
    package static func decode(_ node: JSONNode) throws -> Self {
        try node.decode(Self.self)
    }
}

extension KubernetesObject where Self: JSONReadable {
    /// Reads the object straight out of the text.
    package static func decode(_ node: JSONNode) throws -> Self { try Self(node: node) }
}

extension Resource {
    /// The object as it goes over the wire: with `apiVersion` and `kind`, which typed models do not hold.
    ///
    /// Throws `EncodingError` when the model cannot be written as JSON.
    package func manifest() throws -> JSONValue {
        let type = Self.resourceType
        var content = try JSONValue(encoding: self)
        content["apiVersion"] = .string(type.apiVersion)
        content["kind"] = .string(type.kind)
        return content
    }

    /// A reference by which an object in the same namespace (or any object, if this one is cluster-scoped) names this
    /// one as its controlling owner.
    package func controllerReference(blockOwnerDeletion: Bool = true) -> OwnerReference {
        OwnerReference(
            apiVersion: Self.resourceType.apiVersion, kind: Self.resourceType.kind, name: metadata.name,
            uid: metadata.uid, controller: true, blockOwnerDeletion: blockOwnerDeletion)
    }
}
