// SPDX-License-Identifier: MIT

/// Permissions in one namespace.
package struct Role: Resource, Hashable {
    /// The type on the server.
    package static let resourceType = ResourceType.role

    /// Name, labels, owners and the like.
    @Omittable package var metadata: ObjectMeta
    /// What is allowed; the rest is not.
    @Omittable package var rules: [PolicyRule]

    /// An object of these parts, to be created or for a test.
    package init(metadata: ObjectMeta, rules: [PolicyRule] = []) {
        self.metadata = metadata
        self.rules = rules
    }
}

/// Permissions in the whole cluster, or in each namespace where a RoleBinding names it.
package struct ClusterRole: Resource, Hashable {
    /// The type on the server.
    package static let resourceType = ResourceType.clusterRole

    /// Name, labels, owners and the like.
    @Omittable package var metadata: ObjectMeta
    /// What is allowed; the rest is not.
    @Omittable package var rules: [PolicyRule]

    /// An object of these parts, to be created or for a test.
    package init(metadata: ObjectMeta, rules: [PolicyRule] = []) {
        self.metadata = metadata
        self.rules = rules
    }
}

/// Verbs on resources, or on paths.
package struct PolicyRule: Codable, Sendable, Hashable {
    /// Groups of the resources; an empty string is the core group, `*` all.
    @Omittable package var apiGroups: [String]
    /// Plural names, with subresource as in `pods/log`.
    @Omittable package var resources: [String]
    /// As in `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`.
    @Omittable package var verbs: [String]
    /// Only these objects; empty for all.
    @Omittable package var resourceNames: [String]
    /// Paths that are no resources; cluster roles only.
    @Omittable package var nonResourceURLs: [String]

    /// A rule.
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
