// SPDX-License-Identifier: MIT

/// Grants a role in one namespace.
package struct RoleBinding: Resource, Hashable {
    /// The type on the server.
    package static let resourceType = ResourceType.roleBinding

    /// Name, labels, owners and the like.
    @Omittable package var metadata: ObjectMeta
    /// Which role; cannot be changed.
    package var roleRef: RoleReference
    /// To whom it is given.
    @Omittable package var subjects: [RoleSubject]

    /// An object of these parts, to be created or for a test.
    package init(metadata: ObjectMeta, roleRef: RoleReference, subjects: [RoleSubject] = []) {
        self.metadata = metadata
        self.roleRef = roleRef
        self.subjects = subjects
    }
}

/// Grants a cluster role everywhere.
package struct ClusterRoleBinding: Resource, Hashable {
    /// The type on the server.
    package static let resourceType = ResourceType.clusterRoleBinding

    /// Name, labels, owners and the like.
    @Omittable package var metadata: ObjectMeta
    /// Which role; cannot be changed.
    package var roleRef: RoleReference
    /// To whom it is given.
    @Omittable package var subjects: [RoleSubject]

    /// An object of these parts, to be created or for a test.
    package init(metadata: ObjectMeta, roleRef: RoleReference, subjects: [RoleSubject] = []) {
        self.metadata = metadata
        self.roleRef = roleRef
        self.subjects = subjects
    }
}

/// Names a role.
package struct RoleReference: Codable, Sendable, Hashable {
    /// Always `rbac.authorization.k8s.io`.
    package var apiGroup: String
    /// `Role` or `ClusterRole`.
    package var kind: String
    /// The role's name.
    package var name: String

    /// A reference to a role.
    package init(kind: String, name: String, apiGroup: String = "rbac.authorization.k8s.io") {
        self.apiGroup = apiGroup
        self.kind = kind
        self.name = name
    }
}

/// Someone who is given a role.
package struct RoleSubject: Codable, Sendable, Hashable {
    /// `User`, `Group` or `ServiceAccount`.
    package var kind: String
    /// The name.
    package var name: String
    /// The namespace of a service account; nil for users and groups.
    package var namespace: String?
    /// `rbac.authorization.k8s.io` for users and groups, nothing for service accounts.
    package var apiGroup: String?

    /// A user, group or service account.
    package init(kind: String, name: String, namespace: String? = nil, apiGroup: String? = nil) {
        self.kind = kind
        self.name = name
        self.namespace = namespace
        self.apiGroup = apiGroup
    }

    /// A service account.
    package static func serviceAccount(_ name: String, namespace: String) -> RoleSubject {
        RoleSubject(kind: "ServiceAccount", name: name, namespace: namespace)
    }
}
