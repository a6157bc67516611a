// SPDX-License-Identifier: MIT

/// Names an owner of an object; the garbage collector removes the object when its last owner is gone.
///
/// The owner is in the same namespace or cluster-scoped: there is no ownership across namespaces.
package struct OwnerReference: Codable, Sendable, Hashable {
    @Omittable package var apiVersion: String
    @Omittable package var kind: String
    @Omittable package var name: String
    @Omittable package var uid: String
    package var controller: Bool?
    package var blockOwnerDeletion: Bool?

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
