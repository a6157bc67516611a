// SPDX-License-Identifier: MIT

/// The types that the operator, its development cluster and its tests touch.
extension ResourceType {
    private static func core(_ kind: String, _ plural: String, namespaced: Bool = true) -> ResourceType {
        ResourceType(group: "", version: "v1", kind: kind, plural: plural, isNamespaced: namespaced)
    }

    /// `namespaces` of the core group.
    package static let namespace = core("Namespace", "namespaces", namespaced: false)
    /// `nodes` of the core group.
    package static let node = core("Node", "nodes", namespaced: false)
    /// `persistentvolumes` of the core group.
    package static let persistentVolume = core("PersistentVolume", "persistentvolumes", namespaced: false)
    /// `pods` of the core group.
    package static let pod = core("Pod", "pods")
    /// `secrets` of the core group.
    package static let secret = core("Secret", "secrets")
    /// `configmaps` of the core group.
    package static let configMap = core("ConfigMap", "configmaps")
    /// `services` of the core group.
    package static let service = core("Service", "services")
    /// `serviceaccounts` of the core group.
    package static let serviceAccount = core("ServiceAccount", "serviceaccounts")
    /// `resourcequotas` of the core group.
    package static let resourceQuota = core("ResourceQuota", "resourcequotas")
    /// `limitranges` of the core group.
    package static let limitRange = core("LimitRange", "limitranges")
    /// `persistentvolumeclaims` of the core group.
    package static let persistentVolumeClaim = core("PersistentVolumeClaim", "persistentvolumeclaims")
    /// `events` of the core group.
    package static let event = core("Event", "events")
    /// `endpoints` of the core group.
    package static let endpoints = core("Endpoints", "endpoints")

    /// `deployments` of `apps`.
    package static let deployment = ResourceType(
        group: "apps", version: "v1", kind: "Deployment", plural: "deployments", isNamespaced: true)
    /// `statefulsets` of `apps`.
    package static let statefulSet = ResourceType(
        group: "apps", version: "v1", kind: "StatefulSet", plural: "statefulsets", isNamespaced: true)
    /// `daemonsets` of `apps`.
    package static let daemonSet = ResourceType(
        group: "apps", version: "v1", kind: "DaemonSet", plural: "daemonsets", isNamespaced: true)
    /// `replicasets` of `apps`.
    package static let replicaSet = ResourceType(
        group: "apps", version: "v1", kind: "ReplicaSet", plural: "replicasets", isNamespaced: true)
    /// `jobs` of `batch`.
    package static let job = ResourceType(
        group: "batch", version: "v1", kind: "Job", plural: "jobs", isNamespaced: true)
    /// `cronjobs` of `batch`.
    package static let cronJob = ResourceType(
        group: "batch", version: "v1", kind: "CronJob", plural: "cronjobs", isNamespaced: true)
    /// `leases` of `coordination.k8s.io`.
    package static let lease = ResourceType(
        group: "coordination.k8s.io", version: "v1", kind: "Lease", plural: "leases", isNamespaced: true)
    /// `networkpolicies` of `networking.k8s.io`.
    package static let networkPolicy = ResourceType(
        group: "networking.k8s.io", version: "v1", kind: "NetworkPolicy", plural: "networkpolicies", isNamespaced: true)
    /// `ingresses` of `networking.k8s.io`.
    package static let ingress = ResourceType(
        group: "networking.k8s.io", version: "v1", kind: "Ingress", plural: "ingresses", isNamespaced: true)
    /// `poddisruptionbudgets` of `policy`.
    package static let podDisruptionBudget = ResourceType(
        group: "policy", version: "v1", kind: "PodDisruptionBudget", plural: "poddisruptionbudgets", isNamespaced: true)

    /// `roles` of `rbac.authorization.k8s.io`.
    package static let role = rbac("Role", "roles", namespaced: true)
    /// `rolebindings` of `rbac.authorization.k8s.io`.
    package static let roleBinding = rbac("RoleBinding", "rolebindings", namespaced: true)
    /// `clusterroles` of `rbac.authorization.k8s.io`.
    package static let clusterRole = rbac("ClusterRole", "clusterroles", namespaced: false)
    /// `clusterrolebindings` of `rbac.authorization.k8s.io`.
    package static let clusterRoleBinding = rbac("ClusterRoleBinding", "clusterrolebindings", namespaced: false)

    private static func rbac(_ kind: String, _ plural: String, namespaced: Bool) -> ResourceType {
        ResourceType(
            group: "rbac.authorization.k8s.io", version: "v1", kind: kind, plural: plural, isNamespaced: namespaced)
    }

    /// `customresourcedefinitions` of `apiextensions.k8s.io`.
    package static let customResourceDefinition = ResourceType(
        group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition",
        plural: "customresourcedefinitions", isNamespaced: false)
    /// `validatingadmissionpolicies` of `admissionregistration.k8s.io`.
    package static let validatingAdmissionPolicy = ResourceType(
        group: "admissionregistration.k8s.io", version: "v1", kind: "ValidatingAdmissionPolicy",
        plural: "validatingadmissionpolicies", isNamespaced: false)
    /// `validatingadmissionpolicybindings` of `admissionregistration.k8s.io`.
    package static let validatingAdmissionPolicyBinding = ResourceType(
        group: "admissionregistration.k8s.io", version: "v1", kind: "ValidatingAdmissionPolicyBinding",
        plural: "validatingadmissionpolicybindings", isNamespaced: false)
    /// `priorityclasses` of `scheduling.k8s.io`.
    package static let priorityClass = ResourceType(
        group: "scheduling.k8s.io", version: "v1", kind: "PriorityClass", plural: "priorityclasses", isNamespaced: false
    )
    /// `storageclasses` of `storage.k8s.io`.
    package static let storageClass = ResourceType(
        group: "storage.k8s.io", version: "v1", kind: "StorageClass", plural: "storageclasses", isNamespaced: false)
    /// `tokenreviews` of `authentication.k8s.io`.
    package static let tokenReview = ResourceType(
        group: "authentication.k8s.io", version: "v1", kind: "TokenReview", plural: "tokenreviews", isNamespaced: false)
    /// `selfsubjectreviews` of `authentication.k8s.io`.
    package static let selfSubjectReview = ResourceType(
        group: "authentication.k8s.io", version: "v1", kind: "SelfSubjectReview", plural: "selfsubjectreviews",
        isNamespaced: false)
    /// `subjectaccessreviews` of `authorization.k8s.io`.
    package static let subjectAccessReview = ResourceType(
        group: "authorization.k8s.io", version: "v1", kind: "SubjectAccessReview", plural: "subjectaccessreviews",
        isNamespaced: false)
    /// `selfsubjectaccessreviews` of `authorization.k8s.io`.
    package static let selfSubjectAccessReview = ResourceType(
        group: "authorization.k8s.io", version: "v1", kind: "SelfSubjectAccessReview",
        plural: "selfsubjectaccessreviews", isNamespaced: false)

    /// Every type above.
    package static let known: [ResourceType] = [
        namespace, node, persistentVolume, pod, secret, configMap, service, serviceAccount, resourceQuota, limitRange,
        persistentVolumeClaim, event, endpoints, deployment, statefulSet, daemonSet, replicaSet, job, cronJob, lease,
        networkPolicy, ingress, podDisruptionBudget, role, roleBinding, clusterRole, clusterRoleBinding,
        customResourceDefinition, validatingAdmissionPolicy, validatingAdmissionPolicyBinding, priorityClass,
        storageClass, tokenReview, selfSubjectReview, subjectAccessReview, selfSubjectAccessReview,
    ]

    /// The known type of an object's `apiVersion` and `kind`; nil for types that only the server knows.
    package static func known(apiVersion: String, kind: String) -> ResourceType? {
        known.first { $0.kind == kind && $0.apiVersion == apiVersion }
    }
}
