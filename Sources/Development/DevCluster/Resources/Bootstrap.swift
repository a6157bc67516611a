// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI

/// What every cluster has from its first moment.
enum Bootstrap {
    static func fill(_ api: ClusterAPI) throws(StatusError) {
        for name in ["default", "kube-system", "kube-public"] {
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

    /// The roles that installs commonly refer to.
    private static let roles: [JSONValue] = [
        role(
            "cluster-admin",
            [["apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]], ["nonResourceURLs": ["*"], "verbs": ["*"]]]),
        role(
            "view",
            [
                [
                    "apiGroups": ["", "apps", "batch", "networking.k8s.io"],
                    "resources": [
                        "pods", "pods/log", "services", "configmaps", "events", "endpoints", "serviceaccounts",
                        "persistentvolumeclaims", "namespaces", "resourcequotas", "limitranges", "deployments",
                        "replicasets", "jobs", "networkpolicies",
                    ], "verbs": ["get", "list", "watch"],
                ]
            ]),
        role(
            "system:auth-delegator",
            [
                ["apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]],
                ["apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"], "verbs": ["create"]],
            ]),
    ]

    private static func role(_ name: String, _ rules: [JSONValue]) -> JSONValue {
        [
            "metadata": ["name": .string(name), "labels": ["kubernetes.io/bootstrapping": "rbac-defaults"]],
            "rules": .array(rules),
        ]
    }
}
