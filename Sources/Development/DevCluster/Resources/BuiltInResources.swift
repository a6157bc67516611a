// SPDX-License-Identifier: MIT

/// The resources of Kubernetes itself that the embedded cluster serves.
///
/// What is stored but not acted upon (deployments) is served so that clients and rules meet it; what nothing here uses
/// is left out rather than pretended.
enum BuiltInResources {
    static let all: [ServedResource] = core + workloads + access + extensions

    private static let core: [ServedResource] = [
        .init(
            group: "", version: "v1", kind: "Namespace", plural: "namespaces", namespaced: false, shortNames: ["ns"],
            subresources: ["status", "finalize"],
            verbs: ["create", "delete", "get", "list", "patch", "update", "watch"], nameRule: .label),
        .init(
            group: "", version: "v1", kind: "Node", plural: "nodes", namespaced: false, shortNames: ["no"],
            subresources: ["status"]),
        .init(
            group: "", version: "v1", kind: "Pod", plural: "pods", namespaced: true, shortNames: ["po"],
            categories: ["all"], subresources: ["status", "log"], hasGeneration: true),
        .init(
            group: "", version: "v1", kind: "Service", plural: "services", namespaced: true, shortNames: ["svc"],
            categories: ["all"], subresources: ["status"], nameRule: .serviceLabel),
        .init(group: "", version: "v1", kind: "Secret", plural: "secrets", namespaced: true),
        .init(
            group: "", version: "v1", kind: "ConfigMap", plural: "configmaps", namespaced: true, shortNames: ["cm"]),
        .init(
            group: "", version: "v1", kind: "ServiceAccount", plural: "serviceaccounts", namespaced: true,
            shortNames: ["sa"], subresources: ["token"]),
        .init(group: "", version: "v1", kind: "Event", plural: "events", namespaced: true, shortNames: ["ev"]),
        .init(
            group: "", version: "v1", kind: "ResourceQuota", plural: "resourcequotas", namespaced: true,
            shortNames: ["quota"], subresources: ["status"]),
        .init(
            group: "", version: "v1", kind: "LimitRange", plural: "limitranges", namespaced: true,
            shortNames: ["limits"]),
        .init(
            group: "", version: "v1", kind: "Endpoints", plural: "endpoints", namespaced: true, shortNames: ["ep"]),
        .init(
            group: "", version: "v1", kind: "PersistentVolumeClaim", plural: "persistentvolumeclaims",
            namespaced: true, shortNames: ["pvc"], subresources: ["status"]),
        .init(
            group: "events.k8s.io", version: "v1", kind: "Event", plural: "events", namespaced: true,
            shortNames: ["ev"], bucket: StorageBucket(group: "", plural: "events"), storedAPIVersion: "v1"),
    ]

    private static let workloads: [ServedResource] = [
        .init(
            group: "apps", version: "v1", kind: "Deployment", plural: "deployments", namespaced: true,
            shortNames: ["deploy"], categories: ["all"], subresources: ["status", "scale"], hasGeneration: true),
        .init(
            group: "apps", version: "v1", kind: "ReplicaSet", plural: "replicasets", namespaced: true,
            shortNames: ["rs"], categories: ["all"], subresources: ["status", "scale"], hasGeneration: true),
        .init(
            group: "batch", version: "v1", kind: "Job", plural: "jobs", namespaced: true, categories: ["all"],
            subresources: ["status"], hasGeneration: true),
        .init(
            group: "networking.k8s.io", version: "v1", kind: "NetworkPolicy", plural: "networkpolicies",
            namespaced: true, shortNames: ["netpol"], hasGeneration: true),
        .init(
            group: "policy", version: "v1", kind: "PodDisruptionBudget", plural: "poddisruptionbudgets",
            namespaced: true, shortNames: ["pdb"], subresources: ["status"], hasGeneration: true),
        .init(group: "coordination.k8s.io", version: "v1", kind: "Lease", plural: "leases", namespaced: true),
    ]

    private static let access: [ServedResource] = [
        .init(
            group: "rbac.authorization.k8s.io", version: "v1", kind: "Role", plural: "roles", namespaced: true,
            nameRule: .pathSegment),
        .init(
            group: "rbac.authorization.k8s.io", version: "v1", kind: "RoleBinding", plural: "rolebindings",
            namespaced: true, nameRule: .pathSegment),
        .init(
            group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRole", plural: "clusterroles",
            namespaced: false, nameRule: .pathSegment),
        .init(
            group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRoleBinding",
            plural: "clusterrolebindings", namespaced: false, nameRule: .pathSegment),
        .init(
            group: "authentication.k8s.io", version: "v1", kind: "TokenReview", plural: "tokenreviews",
            namespaced: false, verbs: ["create"]),
        .init(
            group: "authentication.k8s.io", version: "v1", kind: "SelfSubjectReview", plural: "selfsubjectreviews",
            namespaced: false, verbs: ["create"]),
        .init(
            group: "authorization.k8s.io", version: "v1", kind: "SelfSubjectAccessReview",
            plural: "selfsubjectaccessreviews", namespaced: false, verbs: ["create"]),
        .init(
            group: "authorization.k8s.io", version: "v1", kind: "SubjectAccessReview", plural: "subjectaccessreviews",
            namespaced: false, verbs: ["create"]),
        .init(
            group: "authorization.k8s.io", version: "v1", kind: "LocalSubjectAccessReview",
            plural: "localsubjectaccessreviews", namespaced: true, verbs: ["create"]),
        .init(
            group: "authorization.k8s.io", version: "v1", kind: "SelfSubjectRulesReview",
            plural: "selfsubjectrulesreviews", namespaced: false, verbs: ["create"]),
    ]

    private static let extensions: [ServedResource] = [
        .init(
            group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition",
            plural: "customresourcedefinitions", namespaced: false, shortNames: ["crd", "crds"],
            categories: ["api-extensions"], subresources: ["status"], hasGeneration: true),
        .init(
            group: "admissionregistration.k8s.io", version: "v1", kind: "ValidatingAdmissionPolicy",
            plural: "validatingadmissionpolicies", namespaced: false, categories: ["api-extensions"],
            subresources: ["status"], hasGeneration: true),
        .init(
            group: "admissionregistration.k8s.io", version: "v1", kind: "ValidatingAdmissionPolicyBinding",
            plural: "validatingadmissionpolicybindings", namespaced: false, categories: ["api-extensions"],
            hasGeneration: true),
    ]
}
