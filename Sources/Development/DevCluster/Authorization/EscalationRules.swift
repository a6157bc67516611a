// SPDX-License-Identifier: MIT
import JSONCoding

/// Nobody gives away rights that they do not have (RBAC's escalation check): a role's rules, or the rules of the role
/// that a binding refers to, must be held by the writer, unless they may `escalate` or `bind` by name.
struct EscalationRules: Sendable {
    let authorizer: RBACAuthorizer

    private static let group = "rbac.authorization.k8s.io"

    func check(_ object: JSONValue, resource: ServedResource, user: UserInfo) throws(StatusError) {
        guard resource.group == Self.group, !user.isMaster else { return }
        let isBinding = resource.kind.hasSuffix("Binding")
        let access: AccessRequest
        let rules: [JSONValue]
        if isBinding {
            let kind = object.at("roleRef", "kind")?.stringValue ?? ""
            let name = object.at("roleRef", "name")?.stringValue ?? ""
            access = AccessRequest(
                verb: "bind", group: Self.group, resource: kind == "ClusterRole" ? "clusterroles" : "roles",
                namespace: object.namespace, name: name)
            let key = StorageKey(
                bucket: StorageBucket(group: Self.group, plural: access.resource),
                namespace: kind == "ClusterRole" ? "" : object.namespace, name: name)
            guard let role = authorizer.store.object(key) else {
                if authorizer.allows(access, user: user) { return }
                throw .notFound(group: Self.group, plural: access.resource, name: name)
            }
            rules = role["rules"]?.arrayValue ?? []
        } else {
            access = AccessRequest(
                verb: "escalate", group: Self.group, resource: resource.plural, namespace: object.namespace,
                name: object.name)
            rules = object["rules"]?.arrayValue ?? []
        }
        if authorizer.allows(access, user: user) { return }
        let held = authorizer.rules(of: user, in: object.namespace)
        for rule in rules {
            for wanted in Self.requests(in: rule, namespace: object.namespace)
            where !held.contains(where: { Self.holds($0, wanted) }) {
                throw resource.forbidden(
                    object.name,
                    "user \"\(user.username)\" (groups=\(user.groups)) is attempting to grant RBAC permissions not "
                        + "currently held: \(wanted.verb) \(wanted.resource).\(wanted.group)")
            }
        }
    }

    private static func holds(_ rule: JSONValue, _ wanted: AccessRequest) -> Bool {
        RBACAuthorizer.rule(rule, allows: wanted)
    }

    /// A rule taken apart into single requests; a wildcard must be held as a wildcard.
    private static func requests(in rule: JSONValue, namespace: String) -> [AccessRequest] {
        let names = rule["resourceNames"]?.strings ?? []
        var requests: [AccessRequest] = []
        for verb in rule["verbs"]?.strings ?? [] {
            for path in rule["nonResourceURLs"]?.strings ?? [] {
                requests.append(AccessRequest(verb: verb, path: path))
            }
            for group in rule["apiGroups"]?.strings ?? [] {
                for resource in rule["resources"]?.strings ?? [] {
                    let parts = resource.split(separator: "/", maxSplits: 1).map(String.init)
                    for name in names.isEmpty ? [""] : names {
                        requests.append(
                            AccessRequest(
                                verb: verb, group: group, resource: parts.first ?? "",
                                subresource: parts.count > 1 ? parts[1] : "", namespace: namespace, name: name))
                    }
                }
            }
        }
        return requests
    }
}
