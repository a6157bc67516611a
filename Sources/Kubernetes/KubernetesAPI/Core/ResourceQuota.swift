// SPDX-License-Identifier: MIT

/// Quantities stay the strings that they are on the wire: nothing here calculates with them.
package struct ResourceQuota: Resource, Hashable {
    /// The type on the server.
    package static let resourceType = ResourceType.resourceQuota

    /// Name, labels, owners and the like.
    @Omittable package var metadata: ObjectMeta
    /// The limits.
    @Omittable package var spec: ResourceQuotaSpec
    /// The observed state.
    @Omittable package var status: ResourceQuotaStatus

    /// An object of these parts, to be created or for a test.
    package init(metadata: ObjectMeta, hard: [String: String] = [:]) {
        self.metadata = metadata
        self.spec = ResourceQuotaSpec(hard: hard)
        self.status = ResourceQuotaStatus()
    }
}

/// The desired state of a quota.
package struct ResourceQuotaSpec: Codable, Sendable, Hashable, EmptyRepresentable {
    /// The limits by resource.
    @Omittable package var hard: [String: String] = [:]
    /// The empty value.
    package init() {}
    /// A spec of these limits.
    package init(hard: [String: String]) { self.hard = hard }
}

/// The observed state of a quota.
package struct ResourceQuotaStatus: Codable, Sendable, Hashable, EmptyRepresentable {
    /// The limits by resource.
    @Omittable package var hard: [String: String] = [:]
    /// What is in use by resource.
    @Omittable package var used: [String: String] = [:]
    /// The empty value.
    package init() {}
}
