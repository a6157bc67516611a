// SPDX-License-Identifier: MIT

/// What `kubectl explain` says about built-in kinds, in our own words: a sentence for each kind and for the fields that
/// this product uses. Other fields have their name and type only; the reference is kubernetes.io.
enum BuiltInDescriptions {
    /// The sentence about a type, or an empty text.
    static func type(_ name: String) -> String { types[name] ?? "" }

    /// The sentence about a field, or an empty text.
    static func field(_ field: String, of type: String) -> String {
        fields["\(type).\(field)"] ?? common[field] ?? ""
    }

    private static let types = table(kinds)
    private static let fields = table(members)

    private static func table(_ text: String) -> [String: String] {
        Dictionary(
            text.split(separator: "\n").map { line in
                let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
                return (parts[0], String(parts[1].drop { $0 == " " }))
            }, uniquingKeysWith: { first, _ in first })
    }

    /// Fields that mean the same wherever they are.
    private static let common = [
        "apiVersion": "The version of the schema that this object is written in.",
        "kind": "The kind of the object.",
        "metadata": "Name, namespace, labels and what else every object has.",
        "spec": "What is wanted.",
        "status": "What is the case; written by controllers.",
        "conditions": "What is known about the object, one entry a type.",
        "lastTransitionTime": "When the status of the condition changed last.",
    ]

    private static let kinds = """
        core.Namespace: A room for names: objects in different namespaces may have the same name.
        core.Node: A machine that runs pods.
        core.Pod: Containers that run together on one node.
        core.PodSpec: What a pod is made of and how it runs.
        core.Container: A program from an image, with its surroundings.
        core.Service: A stable address for a set of pods.
        core.Secret: Small confidential data.
        core.ConfigMap: Configuration as named texts and bytes.
        core.ServiceAccount: An identity for what runs in pods.
        core.Event: Something that happened to an object, kept for a while.
        core.ResourceQuota: Limits on what a namespace may hold and use.
        core.LimitRange: Bounds and defaults for resources of single pods, containers and claims.
        core.Endpoints: The addresses behind a service.
        core.PersistentVolumeClaim: A request for storage.
        apps.Deployment: Replicas of a pod, replaced step by step when the template changes.
        apps.ReplicaSet: A number of like pods.
        batch.Job: Pods that run until so many have succeeded.
        net.NetworkPolicy: Which traffic pods may take part in.
        policy.PodDisruptionBudget: How many pods may be taken away at a time on purpose.
        coord.Lease: A lock with an expiry, as leaders use it.
        events.Event: Something that happened to an object, with a series for repetitions.
        rbac.Role: Rights in one namespace.
        rbac.RoleBinding: Gives the rights of a role to subjects, in one namespace.
        rbac.ClusterRole: Rights in the whole cluster, or to be bound in any namespace.
        rbac.ClusterRoleBinding: Gives the rights of a cluster role to subjects, everywhere.
        rbac.PolicyRule: Verbs on resources or on paths.
        authn.TokenReview: Asks whose token something is.
        authn.TokenRequest: Asks for a token of a service account.
        authn.SelfSubjectReview: Asks who the caller is.
        authz.SelfSubjectAccessReview: Asks whether the caller may do something.
        authz.SubjectAccessReview: Asks whether someone may do something.
        authz.LocalSubjectAccessReview: Asks whether someone may do something in one namespace.
        authz.SelfSubjectRulesReview: Asks for all that the caller may do in one namespace.
        ext.CustomResourceDefinition: Adds a type to the API.
        admission.ValidatingAdmissionPolicy: Expressions that decide whether a write is admitted.
        admission.ValidatingAdmissionPolicyBinding: Puts a policy into effect, with its parameters.
        meta.ObjectMeta: What every stored object has.
        meta.OwnerReference: An object that this one goes away with.
        meta.LabelSelector: Chooses objects by their labels.
        """

    private static let members = """
        meta.ObjectMeta.name: The name, unique for the kind within its namespace; it never changes.
        meta.ObjectMeta.namespace: The namespace that the object lives in; it never changes.
        meta.ObjectMeta.generateName: The beginning of a name that the server completes.
        meta.ObjectMeta.labels: Names and values to choose objects by.
        meta.ObjectMeta.annotations: Names and values for tools and people; nothing is chosen by them.
        meta.ObjectMeta.finalizers: What must be done before the object goes; the last one taken off lets it go.
        meta.ObjectMeta.ownerReferences: Objects with which this one goes away.
        meta.ObjectMeta.uid: An identity that is never used again; set by the server.
        meta.ObjectMeta.resourceVersion: Changes with each write; names the version that a write is based on.
        meta.ObjectMeta.generation: Counts changes of what is wanted.
        meta.ObjectMeta.creationTimestamp: When the object was made; set by the server.
        meta.ObjectMeta.deletionTimestamp: When the object is to be gone; set by the server on deletion.
        meta.ObjectMeta.deletionGracePeriodSeconds: Seconds that the object is given to end.
        meta.ObjectMeta.managedFields: Who has set which field, for server-side apply.
        core.ConfigMap.data: Texts by name.
        core.ConfigMap.binaryData: Bytes in base64 by name.
        core.ConfigMap.immutable: Whether the data may never change again.
        core.Secret.data: Bytes in base64 by name.
        core.Secret.stringData: Texts by name, which the server puts into data.
        core.Secret.type: What the data is for, such as Opaque or kubernetes.io/tls; it never changes.
        core.Secret.immutable: Whether the data may never change again.
        core.PodSpec.containers: The containers, of which there is at least one.
        core.PodSpec.initContainers: Containers that run before the others, one after another.
        core.PodSpec.volumes: Files that containers mount.
        core.PodSpec.restartPolicy: Whether containers that have ended are started again.
        core.PodSpec.serviceAccountName: The identity of the pod.
        core.PodSpec.nodeName: The node that the pod runs on.
        core.PodSpec.activeDeadlineSeconds: Seconds that the pod may take before it is failed.
        core.PodSpec.terminationGracePeriodSeconds: Seconds between asking containers to end and ending them.
        core.PodSpec.securityContext: Rights that all containers have.
        core.PodSpec.automountServiceAccountToken: Whether containers get a token of the service account.
        core.Container.name: The name, unique in the pod.
        core.Container.image: The image to run.
        core.Container.command: The program with its first arguments, instead of the image's.
        core.Container.args: The arguments, instead of the image's.
        core.Container.env: Variables of the environment.
        core.Container.envFrom: Sources of several variables.
        core.Container.resources: What the container asks for and may use at most.
        core.Container.volumeMounts: Where the pod's volumes appear.
        core.Container.workingDir: The folder that the program starts in.
        core.Container.ports: Ports that the program listens on, for information.
        core.Container.imagePullPolicy: When the image is fetched.
        core.Container.securityContext: Rights of this container.
        core.Container.livenessProbe: Tells when the container must be started again.
        core.Container.readinessProbe: Tells when the container can serve.
        core.PodStatus.phase: Where the pod is in its life.
        core.PodStatus.containerStatuses: How each container is doing.
        core.ResourceRequirements.limits: What may be used at most.
        core.ResourceRequirements.requests: What is set aside.
        core.ResourceQuotaSpec.hard: The limits, by resource.
        core.ResourceQuotaStatus.used: What is used of them.
        core.LimitRangeSpec.limits: Bounds and defaults, by type.
        batch.JobSpec.template: The pods that the Job makes.
        batch.JobSpec.backoffLimit: Failures after which the Job is failed.
        batch.JobSpec.completions: Successes that are wanted.
        batch.JobSpec.parallelism: Pods that may run at a time.
        batch.JobSpec.activeDeadlineSeconds: Seconds that the Job may take before it is failed.
        batch.JobSpec.ttlSecondsAfterFinished: Seconds after its end until the Job is removed.
        batch.JobSpec.suspend: Whether no pods are to be made for now.
        coord.LeaseSpec.holderIdentity: Who holds the lease.
        coord.LeaseSpec.leaseDurationSeconds: Seconds after the last renewal until others may take it.
        coord.LeaseSpec.renewTime: When the holder renewed it last.
        coord.LeaseSpec.acquireTime: When the holder got it.
        coord.LeaseSpec.leaseTransitions: How often it changed hands.
        rbac.PolicyRule.verbs: What may be done, such as get or create; * is everything.
        rbac.PolicyRule.apiGroups: Groups of the resources; the core group is the empty name.
        rbac.PolicyRule.resources: Plural names of resources, with /subresource for parts of them.
        rbac.PolicyRule.resourceNames: The only objects that the rule is about; empty for all.
        rbac.PolicyRule.nonResourceURLs: Paths that are no resources.
        rbac.RoleBinding.roleRef: The role that is given; it never changes.
        rbac.RoleBinding.subjects: Who gets it.
        rbac.ClusterRoleBinding.roleRef: The role that is given; it never changes.
        rbac.ClusterRoleBinding.subjects: Who gets it.
        authn.TokenRequestSpec.audiences: Whom the token is for; the API server when there is none.
        authn.TokenRequestSpec.expirationSeconds: Seconds that the token is good for, at least 600.
        authn.TokenRequestSpec.boundObjectRef: The object with which the token ends.
        """
}
