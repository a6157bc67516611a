// SPDX-License-Identifier: MIT

/// Quantities stay the strings that they are on the wire: nothing here calculates with them.
package struct ResourceQuota: Resource, Hashable {
    package static let resourceType = ResourceType.resourceQuota

    @Omittable package var metadata: ObjectMeta
    @Omittable package var spec: ResourceQuotaSpec
    @Omittable package var status: ResourceQuotaStatus

    package init(metadata: ObjectMeta, hard: [String: String] = [:]) {
        self.metadata = metadata
        self.spec = ResourceQuotaSpec(hard: hard)
        self.status = ResourceQuotaStatus()
    }
}

package struct ResourceQuotaSpec: Codable, Sendable, Hashable, EmptyRepresentable {
    @Omittable package var hard: [String: String] = [:]
    package init() {}
    package init(hard: [String: String]) { self.hard = hard }
}

package struct ResourceQuotaStatus: Codable, Sendable, Hashable, EmptyRepresentable {
    @Omittable package var hard: [String: String] = [:]
    @Omittable package var used: [String: String] = [:]
    package init() {}
}
