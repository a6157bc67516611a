// SPDX-License-Identifier: MIT

/// A lease: who leads, and until when unless renewed.
package struct Lease: Resource, Hashable {
    package static let resourceType = ResourceType.lease

    @Omittable package var metadata: ObjectMeta
    @Omittable package var spec: LeaseSpec

    package init(metadata: ObjectMeta, spec: LeaseSpec = .init()) {
        self.metadata = metadata
        self.spec = spec
    }
}

package struct LeaseSpec: Codable, Sendable, Hashable, EmptyRepresentable {
    package var holderIdentity: String?
    package var leaseDurationSeconds: Int?
    package var acquireTime: MicroTime?
    package var renewTime: MicroTime?
    package var leaseTransitions: Int?
    package init() {}
}
