// SPDX-License-Identifier: MIT
import JSONCoding

/// What a request wants to do, as authorization sees it.
struct AccessRequest: Sendable {
    /// `get`, `list`, `create`, …
    var verb: String
    var group = ""
    var resource = ""
    var subresource = ""
    var namespace = ""
    var name = ""
    /// The path of a request that is not about a resource.
    var path: String?

    /// The sentence with which Kubernetes refuses.
    func refusal(_ user: UserInfo) -> String {
        if let path { return "User \"\(user.username)\" cannot \(verb) path \"\(path)\"" }
        let what = subresource.isEmpty ? resource : "\(resource)/\(subresource)"
        let scope = namespace.isEmpty ? "at the cluster scope" : "in the namespace \"\(namespace)\""
        return "User \"\(user.username)\" cannot \(verb) resource \"\(what)\" in API group \"\(group)\" \(scope)"
    }
}

/// Decides by the Roles and bindings in the store (RBAC); what no rule allows is forbidden.
struct RBACAuthorizer: Sendable {
    let store: ObjectStore

    private static let group = "rbac.authorization.k8s.io"
    private static let clusterRoles = StorageBucket(group: group, plural: "clusterroles")
    private static let clusterRoleBindings = StorageBucket(group: group, plural: "clusterrolebindings")
    private static let roles = StorageBucket(group: group, plural: "roles")
    private static let roleBindings = StorageBucket(group: group, plural: "rolebindings")

    /// Whether the user may.
    func allows(_ access: AccessRequest, user: UserInfo) -> Bool {
        if user.isMaster { return true }
        if Self.isOpenToAll(access, user) { return true }
        return rules(of: user, in: access.namespace).contains { Self.rule($0, allows: access) }
    }

    /// Every rule that holds for a user: cluster wide, and in a namespace when one is given.
    func rules(of user: UserInfo, in namespace: String) -> [JSONValue] {
        var rules: [JSONValue] = []
        for binding in store.objects(Self.clusterRoleBindings).items where Self.binding(binding, names: user) {
            rules += roleRules(binding, namespace: "")
        }
        if !namespace.isEmpty {
            for binding in store.objects(Self.roleBindings, namespace: namespace).items
            where Self.binding(binding, names: user) {
                rules += roleRules(binding, namespace: namespace)
            }
        }
        return rules
    }

    private func roleRules(_ binding: JSONValue, namespace: String) -> [JSONValue] {
        let name = binding.at("roleRef", "name")?.stringValue ?? ""
        let isCluster = binding.at("roleRef", "kind")?.stringValue == "ClusterRole"
        let key = StorageKey(
            bucket: isCluster ? Self.clusterRoles : Self.roles, namespace: isCluster ? "" : namespace, name: name)
        guard let role = store.object(key) else { return [] }
        guard let selectors = role.at("aggregationRule", "clusterRoleSelectors")?.arrayValue else {
            return role["rules"]?.arrayValue ?? []
        }
        let wanted = selectors.map { $0["matchLabels"]?.stringMap ?? [:] }
        return store.objects(Self.clusterRoles).items
            .filter { candidate in
                wanted.contains { labels in labels.allSatisfy { candidate.labels[$0.key] == $0.value } }
            }
            .flatMap { $0["rules"]?.arrayValue ?? [] }
    }

    static func binding(_ binding: JSONValue, names user: UserInfo) -> Bool {
        (binding["subjects"]?.arrayValue ?? []).contains { subject in
            let name = subject["name"]?.stringValue ?? ""
            switch subject["kind"]?.stringValue {
            case "User": return name == user.username
            case "Group": return user.groups.contains(name)
            case "ServiceAccount":
                // A subject without a namespace names nobody in a cluster-wide binding.
                let namespace = subject["namespace"]?.stringValue ?? binding.namespace
                return user.username == "system:serviceaccount:\(namespace):\(name)"
            default: return false
            }
        }
    }

    static func rule(_ rule: JSONValue, allows access: AccessRequest) -> Bool {
        func has(_ key: String, _ value: String) -> Bool {
            let values = rule[key]?.strings ?? []
            return values.contains("*") || values.contains(value)
        }
        guard has("verbs", access.verb) else { return false }
        if let path = access.path {
            return (rule["nonResourceURLs"]?.strings ?? []).contains { pattern in
                pattern == "*" || pattern == path
                    || (pattern.hasSuffix("*") && path.hasPrefix(String(pattern.dropLast())))
            }
        }
        guard has("apiGroups", access.group) else { return false }
        let resources = rule["resources"]?.strings ?? []
        let wanted = access.subresource.isEmpty ? access.resource : "\(access.resource)/\(access.subresource)"
        let matches =
            resources.contains("*") || resources.contains(wanted)
            || (!access.subresource.isEmpty && resources.contains("*/\(access.subresource)"))
        guard matches else { return false }
        let names = rule["resourceNames"]?.strings ?? []
        return names.isEmpty || names.contains(access.name)
    }

    /// What `system:discovery`, `system:public-info-viewer` and `system:basic-user` allow in every cluster.
    private static func isOpenToAll(_ access: AccessRequest, _ user: UserInfo) -> Bool {
        if let path = access.path {
            guard access.verb == "get" || access.verb == "head" else { return false }
            if ["/healthz", "/livez", "/readyz", "/version", "/version/"].contains(path) { return true }
            guard user.groups.contains("system:authenticated") else { return false }
            return path == "/" || ["/api", "/apis", "/openapi"].contains { path == $0 || path.hasPrefix($0 + "/") }
        }
        guard user.groups.contains("system:authenticated"), access.verb == "create" else { return false }
        switch (access.group, access.resource) {
        case ("authorization.k8s.io", "selfsubjectaccessreviews"), ("authorization.k8s.io", "selfsubjectrulesreviews"),
            ("authentication.k8s.io", "selfsubjectreviews"):
            return true
        default: return false
        }
    }
}
