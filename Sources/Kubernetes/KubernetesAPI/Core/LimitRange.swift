// SPDX-License-Identifier: MIT

/// Defaults and bounds of what one pod or container of a namespace asks for.
package struct LimitRange: Resource, Hashable {
    /// The type on the server.
    package static let resourceType = ResourceType.limitRange

    /// Name, labels, owners and the like.
    @Omittable package var metadata: ObjectMeta
    /// The bounds.
    @Omittable package var spec: LimitRangeSpec

    /// An object of these parts, to be created or for a test.
    package init(metadata: ObjectMeta, limits: [LimitRangeItem] = []) {
        self.metadata = metadata
        self.spec = LimitRangeSpec(limits: limits)
    }
}

/// The desired state of a limit range.
package struct LimitRangeSpec: Codable, Sendable, Hashable, EmptyRepresentable {
    /// One entry a kind of consumer.
    @Omittable package var limits: [LimitRangeItem] = []
    /// The empty value.
    package init() {}
    /// A spec of these bounds.
    package init(limits: [LimitRangeItem]) { self.limits = limits }
}

/// Bounds of one kind of consumer, as quantities by resource.
package struct LimitRangeItem: Codable, Sendable, Hashable {
    /// `Container`, `Pod` or `PersistentVolumeClaim`.
    @Omittable package var type: String
    @Omittable package var max: [String: String]
    @Omittable package var min: [String: String]
    @Omittable package var `default`: [String: String]
    @Omittable package var defaultRequest: [String: String]

    /// An object of these parts, to be created or for a test.
    package init(
        type: String, max: [String: String] = [:], min: [String: String] = [:], default: [String: String] = [:],
        defaultRequest: [String: String] = [:]
    ) {
        self.type = type
        self.max = max
        self.min = min
        self.default = `default`
        self.defaultRequest = defaultRequest
    }
}
