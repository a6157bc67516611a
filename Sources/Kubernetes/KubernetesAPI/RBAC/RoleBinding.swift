// SPDX-License-Identifier: MIT

/// Grants a role in one namespace.
package struct RoleBinding: Resource, Hashable {
    package static let resourceType = ResourceType.roleBinding

    @Omittable package var metadata: ObjectMeta
    package var roleRef: RoleReference
    @Omittable package var subjects: [RoleSubject]

    package init(metadata: ObjectMeta, roleRef: RoleReference, subjects: [RoleSubject] = []) {
        self.metadata = metadata
        self.roleRef = roleRef
        self.subjects = subjects
    }
}

/// Grants a cluster role everywhere.
package struct ClusterRoleBinding: Resource, Hashable {
    package static let resourceType = ResourceType.clusterRoleBinding

    @Omittable package var metadata: ObjectMeta
    package var roleRef: RoleReference
    @Omittable package var subjects: [RoleSubject]

    package init(metadata: ObjectMeta, roleRef: RoleReference, subjects: [RoleSubject] = []) {
        self.metadata = metadata
        self.roleRef = roleRef
        self.subjects = subjects
    }
}

package struct RoleReference: Codable, Sendable, Hashable {
    package var apiGroup: String
    package var kind: String
    package var name: String

    package init(kind: String, name: String, apiGroup: String = "rbac.authorization.k8s.io") {
        self.apiGroup = apiGroup
        self.kind = kind
        self.name = name
    }
}

package struct RoleSubject: Codable, Sendable, Hashable {
    package var kind: String
    package var name: String
    package var namespace: String?
    package var apiGroup: String?

    package init(kind: String, name: String, namespace: String? = nil, apiGroup: String? = nil) {
        self.kind = kind
        self.name = name
        self.namespace = namespace
        self.apiGroup = apiGroup
    }

    package static func serviceAccount(_ name: String, namespace: String) -> RoleSubject {
        RoleSubject(kind: "ServiceAccount", name: name, namespace: namespace)
    }
}
