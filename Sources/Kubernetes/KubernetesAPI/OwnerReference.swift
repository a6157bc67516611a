// SPDX-License-Identifier: MIT
package import JSONCoding

/// Names an owner of an object; the garbage collector removes the object when its last owner is gone.
///
/// The owner is in the same namespace or cluster-scoped: there is no ownership across namespaces.
package struct OwnerReference: JSONReadable, JSONWritable, Sendable, Hashable {
    /// Group and version of the owner's type.
    @Omittable package var apiVersion: String
    /// The owner's kind.
    @Omittable package var kind: String
    /// The owner's name.
    @Omittable package var name: String
    /// The owner's uid: a namesake is not the owner.
    @Omittable package var uid: String
    /// Whether this owner manages the object; at most one does.
    package var controller: Bool?
    /// Whether the owner's deletion in the foreground waits for this object.
    package var blockOwnerDeletion: Bool?

    /// A reference to an owner.
    package init(
        apiVersion: String, kind: String, name: String, uid: String, controller: Bool? = nil,
        blockOwnerDeletion: Bool? = nil
    ) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.name = name
        self.uid = uid
        self.controller = controller
        self.blockOwnerDeletion = blockOwnerDeletion
    }
}

extension OwnerReference {
    /// Reads the reference; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            apiVersion: try node.read("apiVersion") ?? "", kind: try node.read("kind") ?? "",
            name: try node.read("name") ?? "", uid: try node.read("uid") ?? "",
            controller: try node.read("controller"), blockOwnerDeletion: try node.read("blockOwnerDeletion"))
    }

    /// What is set.
    package var json: JSONValue {
        var object = JSONObject()
        object.put("apiVersion", apiVersion.isEmpty ? nil : apiVersion)
        object.put("kind", kind.isEmpty ? nil : kind)
        object.put("name", name.isEmpty ? nil : name)
        object.put("uid", uid.isEmpty ? nil : uid)
        object.put("controller", controller)
        object.put("blockOwnerDeletion", blockOwnerDeletion)
        return .object(object)
    }
}
