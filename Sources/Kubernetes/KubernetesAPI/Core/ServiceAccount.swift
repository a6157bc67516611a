// SPDX-License-Identifier: MIT

/// A service account.
package struct ServiceAccount: Resource, Hashable {
    /// The type on the server.
    package static let resourceType = ResourceType.serviceAccount

    /// Name, labels, owners and the like.
    @Omittable package var metadata: ObjectMeta
    /// Whether pods get its token without asking.
    package var automountServiceAccountToken: Bool?

    /// An object of these parts, to be created or for a test.
    package init(metadata: ObjectMeta, automountServiceAccountToken: Bool? = nil) {
        self.metadata = metadata
        self.automountServiceAccountToken = automountServiceAccountToken
    }
}
