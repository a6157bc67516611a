// SPDX-License-Identifier: MIT

package struct ServiceAccount: Resource, Hashable {
    package static let resourceType = ResourceType.serviceAccount

    @Omittable package var metadata: ObjectMeta
    package var automountServiceAccountToken: Bool?

    package init(metadata: ObjectMeta, automountServiceAccountToken: Bool? = nil) {
        self.metadata = metadata
        self.automountServiceAccountToken = automountServiceAccountToken
    }
}
