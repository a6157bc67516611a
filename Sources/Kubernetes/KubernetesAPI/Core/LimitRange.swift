// SPDX-License-Identifier: MIT

package struct LimitRange: Resource, Hashable {
    package static let resourceType = ResourceType.limitRange

    @Omittable package var metadata: ObjectMeta
    @Omittable package var spec: LimitRangeSpec

    package init(metadata: ObjectMeta, limits: [LimitRangeItem] = []) {
        self.metadata = metadata
        self.spec = LimitRangeSpec(limits: limits)
    }
}

package struct LimitRangeSpec: Codable, Sendable, Hashable, EmptyRepresentable {
    @Omittable package var limits: [LimitRangeItem] = []
    package init() {}
    package init(limits: [LimitRangeItem]) { self.limits = limits }
}

package struct LimitRangeItem: Codable, Sendable, Hashable {
    /// `Container`, `Pod` or `PersistentVolumeClaim`.
    @Omittable package var type: String
    @Omittable package var max: [String: String]
    @Omittable package var min: [String: String]
    @Omittable package var `default`: [String: String]
    @Omittable package var defaultRequest: [String: String]

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
