// SPDX-License-Identifier: MIT

/// Permissions in one namespace.
package struct Role: Resource, Hashable {
    package static let resourceType = ResourceType.role

    @Omittable package var metadata: ObjectMeta
    @Omittable package var rules: [PolicyRule]

    package init(metadata: ObjectMeta, rules: [PolicyRule] = []) {
        self.metadata = metadata
        self.rules = rules
    }
}

/// Permissions in the whole cluster, or in each namespace where a RoleBinding names it.
package struct ClusterRole: Resource, Hashable {
    package static let resourceType = ResourceType.clusterRole

    @Omittable package var metadata: ObjectMeta
    @Omittable package var rules: [PolicyRule]

    package init(metadata: ObjectMeta, rules: [PolicyRule] = []) {
        self.metadata = metadata
        self.rules = rules
    }
}

package struct PolicyRule: Codable, Sendable, Hashable {
    @Omittable package var apiGroups: [String]
    @Omittable package var resources: [String]
    @Omittable package var verbs: [String]
    @Omittable package var resourceNames: [String]
    @Omittable package var nonResourceURLs: [String]

    package init(
        apiGroups: [String] = [], resources: [String] = [], verbs: [String], resourceNames: [String] = [],
        nonResourceURLs: [String] = []
    ) {
        self.apiGroups = apiGroups
        self.resources = resources
        self.verbs = verbs
        self.resourceNames = resourceNames
        self.nonResourceURLs = nonResourceURLs
    }
}
