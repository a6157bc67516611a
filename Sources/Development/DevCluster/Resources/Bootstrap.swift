// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI

/// What every cluster has from its first moment.
enum Bootstrap {
    /// Makes what is missing of it.
    static func fill(_ api: ClusterAPI) throws(StatusError) {
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            try make(api, .namespace, nil, ["metadata": ["name": .string(name)]])
        }
        try make(
            api, .service, "default",
            [
                "metadata": [
                    "name": "kubernetes", "labels": ["component": "apiserver", "provider": "kubernetes"],
                ],
                "spec": [
                    "clusterIP": "None", "ports": [["name": "https", "port": 443, "protocol": "TCP"]],
                ],
            ])
        for role in roles { try make(api, .clusterRole, nil, role) }
        for (role, groups) in bindings { try make(api, .clusterRoleBinding, nil, binding(role, groups)) }
    }

    private static func make(
        _ api: ClusterAPI, _ type: ResourceType, _ namespace: String?, _ object: JSONValue
    ) throws(StatusError) {
        do {
            _ = try api.create(object, type: type, namespace: namespace)
        } catch {
            guard error.isAlreadyExists else { throw error }
        }
    }

    /// The roles that everyone has, and those that installs commonly refer to.
    private static let roles: [JSONValue] = [
        role(
            "cluster-admin",
            [["apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]], ["nonResourceURLs": ["*"], "verbs": ["*"]]]),
        role(
            "system:basic-user",
            [
                [
                    "apiGroups": ["authorization.k8s.io"],
                    "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], "verbs": ["create"],
                ],
                ["apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"], "verbs": ["create"]],
            ]),
        role(
            "system:discovery",
            [
                [
                    "nonResourceURLs": [
                        "/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz",
                        "/version", "/version/",
                    ], "verbs": ["get"],
                ]
            ]),
        role(
            "system:public-info-viewer",
            [["nonResourceURLs": ["/healthz", "/livez", "/readyz", "/version", "/version/"], "verbs": ["get"]]]),
        reader("view", more: []), reader("edit", more: writeVerbs), reader("admin", more: writeVerbs),
        role(
            "system:auth-delegator",
            [
                ["apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]],
                ["apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"], "verbs": ["create"]],
            ]),
    ]

    /// Who has which of them from the start.
    private static let bindings = [
        ("cluster-admin", ["system:masters"]), ("system:basic-user", ["system:authenticated"]),
        ("system:discovery", ["system:authenticated"]),
        ("system:public-info-viewer", ["system:authenticated", "system:unauthenticated"]),
    ]

    private static let writeVerbs = ["create", "delete", "deletecollection", "patch", "update"]

    /// `view`, `edit` and `admin`: rights on what namespaces hold; secrets for those who may write, roles for `admin`.
    private static func reader(_ name: String, more: [String]) -> JSONValue {
        var resources: [JSONValue] = [
            "pods", "pods/log", "services", "configmaps", "events", "endpoints", "serviceaccounts",
            "persistentvolumeclaims", "deployments", "replicasets", "jobs", "networkpolicies", "poddisruptionbudgets",
        ]
        if !more.isEmpty { resources.append("secrets") }
        let verbs = (["get", "list", "watch"] + more).map { JSONValue.string($0) }
        var rules: [JSONValue] = [
            [
                "apiGroups": ["", "apps", "batch", "networking.k8s.io", "policy"], "resources": .array(resources),
                "verbs": .array(verbs),
            ],
            [
                "apiGroups": [""], "resources": ["namespaces", "resourcequotas", "limitranges"],
                "verbs": ["get", "list", "watch"],
            ],
        ]
        if name == "admin" {
            rules.append([
                "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"],
                "verbs": .array(verbs),
            ])
        }
        return role(name, rules)
    }

    private static func binding(_ role: String, _ groups: [String]) -> JSONValue {
        let group = JSONValue.string("rbac.authorization.k8s.io")
        return [
            "metadata": [
                "name": .string(role), "labels": ["kubernetes.io/bootstrapping": "rbac-defaults"],
                "annotations": ["rbac.authorization.kubernetes.io/autoupdate": "true"],
            ],
            "roleRef": ["apiGroup": group, "kind": "ClusterRole", "name": .string(role)],
            "subjects": .array(groups.map { ["apiGroup": group, "kind": "Group", "name": .string($0)] }),
        ]
    }

    private static func role(_ name: String, _ rules: [JSONValue]) -> JSONValue {
        [
            "metadata": [
                "name": .string(name), "labels": ["kubernetes.io/bootstrapping": "rbac-defaults"],
                "annotations": ["rbac.authorization.kubernetes.io/autoupdate": "true"],
            ], "rules": .array(rules),
        ]
    }
}
