// SPDX-License-Identifier: MIT

/// A lease: who leads, and until when unless renewed.
package struct Lease: Resource, Hashable {
    /// The type on the server.
    package static let resourceType = ResourceType.lease

    /// Name, labels, owners and the like.
    @Omittable package var metadata: ObjectMeta
    /// Who holds it, and how.
    @Omittable package var spec: LeaseSpec

    /// An object of these parts, to be created or for a test.
    package init(metadata: ObjectMeta, spec: LeaseSpec = .init()) {
        self.metadata = metadata
        self.spec = spec
    }
}

/// Who holds a lease, and how.
package struct LeaseSpec: Codable, Sendable, Hashable, EmptyRepresentable {
    /// Who leads; empty when given up.
    package var holderIdentity: String?
    /// How long others wait after the last renewal that they saw.
    package var leaseDurationSeconds: Int?
    /// When the holder took it.
    package var acquireTime: MicroTime?
    /// When the holder last renewed it.
    package var renewTime: MicroTime?
    /// How often the holder changed.
    package var leaseTransitions: Int?
    /// The empty value.
    package init() {}
}
