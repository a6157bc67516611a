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
    func allows(_ access: AccessRequest, user: UserInfo) -> Bool { reason(for: access, user: user) != nil }

    /// Why the user may, in the words of Kubernetes (empty for those who may everything), or nil when no rule says so.
    func reason(for access: AccessRequest, user: UserInfo) -> String? {
        if user.isMaster { return "" }
        for grant in grants(of: user, in: access.namespace)
        where grant.rules.contains(where: { Self.rule($0, allows: access) }) {
            return grant.reason
        }
        return nil
    }

    /// Every rule that holds for a user: cluster wide, and in a namespace when one is given.
    func rules(of user: UserInfo, in namespace: String) -> [JSONValue] {
        grants(of: user, in: namespace).flatMap(\.rules)
    }

    /// What one binding gives to a user.
    private struct Grant {
        var binding: JSONValue
        var subject: JSONValue
        var rules: [JSONValue]

        /// How the decision is explained.
        var reason: String {
            func name(_ object: JSONValue, in namespace: String) -> String {
                let name = object["name"]?.stringValue ?? object.name
                return namespace.isEmpty ? "\"\(name)\"" : "\"\(name)/\(namespace)\""
            }
            let role = binding["roleRef"] ?? [:]
            return "RBAC: allowed by \(binding.kind) \(name(binding, in: binding.namespace)) of "
                + "\(role["kind"]?.stringValue ?? "") \(name(role, in: "")) to \(subject["kind"]?.stringValue ?? "") "
                + name(subject, in: subject["namespace"]?.stringValue ?? "")
        }
    }

    private func grants(of user: UserInfo, in namespace: String) -> [Grant] {
        var grants: [Grant] = []
        for binding in store.objects(Self.clusterRoleBindings).items {
            guard let subject = Self.subject(of: binding, naming: user) else { continue }
            grants.append(Grant(binding: binding, subject: subject, rules: roleRules(binding, namespace: "")))
        }
        guard !namespace.isEmpty else { return grants }
        for binding in store.objects(Self.roleBindings, namespace: namespace).items {
            guard let subject = Self.subject(of: binding, naming: user) else { continue }
            grants.append(Grant(binding: binding, subject: subject, rules: roleRules(binding, namespace: namespace)))
        }
        return grants
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

    /// The subject of a binding that a user is.
    private static func subject(of binding: JSONValue, naming user: UserInfo) -> JSONValue? {
        (binding["subjects"]?.arrayValue ?? []).first { subject in
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

    /// Whether a rule covers a request.
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
}
