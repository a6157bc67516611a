// SPDX-License-Identifier: MIT

/// Field numbers of the built-in kinds on the wire (generated.proto of k8s.io/api), as far as typed clients send them.
///
/// A line a message: its name, then `number name type`. Types: s string, i integer, b truth value, y bytes, m, Y and Q
/// maps of strings to strings, bytes and quantities, q quantity, o integer or string, t and u times, else a message;
/// `*` repeated, `^` members that lie directly in the outer object.
enum ProtobufTable {
    static let text = """
        Affinity: 1 nodeAffinity NodeAffinity, 2 podAffinity PodAffinity, 3 podAntiAffinity PodAntiAffinity
        AppArmorProfile: 1 type s, 2 localhostProfile s
        Capabilities: 1 add *s, 2 drop *s
        ClientIPConfig: 1 timeoutSeconds i
        ClusterTrustBundleProjection: 1 name s, 2 signerName s, 3 labelSelector LabelSelector, 5 optional b, \
            4 path s, 6 user i
        ConfigMap: 1 metadata ObjectMeta, 4 immutable b, 2 data m, 3 binaryData Y
        ConfigMapEnvSource: 1 localObjectReference ^LocalObjectReference, 2 optional b
        ConfigMapKeySelector: 1 localObjectReference ^LocalObjectReference, 2 key s, 3 optional b
        ConfigMapProjection: 1 localObjectReference ^LocalObjectReference, 2 items *KeyToPath, 4 optional b
        ConfigMapVolumeSource: 1 localObjectReference ^LocalObjectReference, 2 items *KeyToPath, 3 defaultMode i, \
            4 optional b, 5 defaultUser i
        Container: 1 name s, 2 image s, 3 command *s, 4 args *s, 5 workingDir s, 6 ports *ContainerPort, \
            19 envFrom *EnvFromSource, 7 env *EnvVar, 8 resources ResourceRequirements, \
            23 resizePolicy *ContainerResizePolicy, 24 restartPolicy s, 25 restartPolicyRules *ContainerRestartRule, \
            9 volumeMounts *VolumeMount, 21 volumeDevices *VolumeDevice, 10 livenessProbe Probe, \
            11 readinessProbe Probe, 22 startupProbe Probe, 12 lifecycle Lifecycle, 13 terminationMessagePath s, \
            20 terminationMessagePolicy s, 14 imagePullPolicy s, 15 securityContext SecurityContext, 16 stdin b, \
            17 stdinOnce b, 18 tty b
        ContainerPort: 1 name s, 2 hostPort i, 3 containerPort i, 4 protocol s, 5 hostIP s
        ContainerResizePolicy: 1 resourceName s, 2 restartPolicy s
        ContainerRestartRule: 1 action s, 2 exitCodes ContainerRestartRuleOnExitCodes
        ContainerRestartRuleOnExitCodes: 1 operator s, 2 values *i
        DownwardAPIProjection: 1 items *DownwardAPIVolumeFile
        DownwardAPIVolumeFile: 1 path s, 2 fieldRef ObjectFieldSelector, 3 resourceFieldRef ResourceFieldSelector, \
            4 mode i, 5 user i
        DownwardAPIVolumeSource: 1 items *DownwardAPIVolumeFile, 2 defaultMode i, 3 defaultUser i
        EmptyDirVolumeSource: 1 medium s, 2 sizeLimit q, 3 mode i
        EnvFromSource: 1 prefix s, 2 configMapRef ConfigMapEnvSource, 3 secretRef SecretEnvSource
        EnvVar: 1 name s, 2 value s, 3 valueFrom EnvVarSource
        EnvVarSource: 1 fieldRef ObjectFieldSelector, 2 resourceFieldRef ResourceFieldSelector, \
            3 configMapKeyRef ConfigMapKeySelector, 4 secretKeyRef SecretKeySelector, 5 fileKeyRef FileKeySelector
        EphemeralVolumeSource: 1 volumeClaimTemplate PersistentVolumeClaimTemplate
        Event: 1 metadata ObjectMeta, 2 involvedObject ObjectReference, 3 reason s, 4 message s, \
            5 source EventSource, 6 firstTimestamp t, 7 lastTimestamp t, 8 count i, 9 type s, 10 eventTime u, \
            11 series EventSeries, 12 action s, 13 related ObjectReference, 14 reportingComponent s, \
            15 reportingInstance s
        EventSeries: 1 count i, 2 lastObservedTime u
        EventSource: 1 component s, 2 host s
        EvictionResponder: 1 name s, 2 priority i
        ExecAction: 1 command *s
        FileKeySelector: 1 volumeName s, 2 path s, 3 key s, 4 optional b
        GRPCAction: 1 port i, 2 service s, 3 mode s
        HTTPGetAction: 1 path s, 2 port o, 3 host s, 4 scheme s, 5 httpHeaders *HTTPHeader, 6 protocol s
        HTTPHeader: 1 name s, 2 value s
        HostAlias: 1 ip s, 2 hostnames *s
        HostPathVolumeSource: 1 path s, 2 type s
        KeyToPath: 1 key s, 2 path s, 3 mode i, 4 user i
        LabelSelector: 1 matchLabels m, 2 matchExpressions *LabelSelectorRequirement
        LabelSelectorRequirement: 1 key s, 2 operator s, 3 values *s
        Lifecycle: 1 postStart LifecycleHandler, 2 preStop LifecycleHandler, 3 stopSignal s
        LifecycleHandler: 1 exec ExecAction, 2 httpGet HTTPGetAction, 3 tcpSocket TCPSocketAction, \
            4 sleep SleepAction
        LimitRange: 1 metadata ObjectMeta, 2 spec LimitRangeSpec
        LimitRangeItem: 1 type s, 2 max Q, 3 min Q, 4 default Q, 5 defaultRequest Q, 6 maxLimitRequestRatio Q
        LimitRangeSpec: 1 limits *LimitRangeItem
        LocalObjectReference: 1 name s
        Namespace: 1 metadata ObjectMeta, 2 spec NamespaceSpec
        NamespaceSpec: 1 finalizers *s
        NodeAffinity: 1 requiredDuringSchedulingIgnoredDuringExecution NodeSelector, \
            2 preferredDuringSchedulingIgnoredDuringExecution *PreferredSchedulingTerm
        NodeSelector: 1 nodeSelectorTerms *NodeSelectorTerm
        NodeSelectorRequirement: 1 key s, 2 operator s, 3 values *s
        NodeSelectorTerm: 1 matchExpressions *NodeSelectorRequirement, 2 matchFields *NodeSelectorRequirement
        ObjectFieldSelector: 1 apiVersion s, 2 fieldPath s
        ObjectMeta: 1 name s, 2 generateName s, 3 namespace s, 5 uid s, 6 resourceVersion s, 7 generation i, \
            8 creationTimestamp t, 9 deletionTimestamp t, 10 deletionGracePeriodSeconds i, 11 labels m, \
            12 annotations m, 13 ownerReferences *OwnerReference, 14 finalizers *s
        ObjectReference: 1 kind s, 2 namespace s, 3 name s, 4 uid s, 5 apiVersion s, 6 resourceVersion s, \
            7 fieldPath s
        OwnerReference: 1 kind s, 3 name s, 4 uid s, 5 apiVersion s, 6 controller b, 7 blockOwnerDeletion b
        PersistentVolumeClaim: 1 metadata ObjectMeta, 2 spec PersistentVolumeClaimSpec
        PersistentVolumeClaimSpec: 1 accessModes *s, 4 selector LabelSelector, \
            2 resources VolumeResourceRequirements, 3 volumeName s, 5 storageClassName s, 6 volumeMode s, \
            7 dataSource TypedLocalObjectReference, 8 dataSourceRef TypedObjectReference, \
            9 volumeAttributesClassName s
        PersistentVolumeClaimTemplate: 1 metadata ObjectMeta, 2 spec PersistentVolumeClaimSpec
        PersistentVolumeClaimVolumeSource: 1 claimName s, 2 readOnly b
        Pod: 1 metadata ObjectMeta, 2 spec PodSpec
        PodAffinity: 1 requiredDuringSchedulingIgnoredDuringExecution *PodAffinityTerm, \
            2 preferredDuringSchedulingIgnoredDuringExecution *WeightedPodAffinityTerm
        PodAffinityTerm: 1 labelSelector LabelSelector, 2 namespaces *s, 3 topologyKey s, \
            4 namespaceSelector LabelSelector, 5 matchLabelKeys *s, 6 mismatchLabelKeys *s
        PodAntiAffinity: 1 requiredDuringSchedulingIgnoredDuringExecution *PodAffinityTerm, \
            2 preferredDuringSchedulingIgnoredDuringExecution *WeightedPodAffinityTerm
        PodCertificateProjection: 1 signerName s, 2 keyType s, 3 maxExpirationSeconds i, 4 credentialBundlePath s, \
            5 keyPath s, 6 certificateChainPath s, 7 userAnnotations m, 8 user i
        PodDNSConfig: 1 nameservers *s, 2 searches *s, 3 options *PodDNSConfigOption
        PodDNSConfigOption: 1 name s, 2 value s
        PodOS: 1 name s
        PodReadinessGate: 1 conditionType s
        PodSchedulingGate: 1 name s
        PodSecurityContext: 1 seLinuxOptions SELinuxOptions, 8 windowsOptions WindowsSecurityContextOptions, \
            2 runAsUser i, 6 runAsGroup i, 3 runAsNonRoot b, 4 supplementalGroups *i, 12 supplementalGroupsPolicy s, \
            5 fsGroup i, 7 sysctls *Sysctl, 9 fsGroupChangePolicy s, 10 seccompProfile SeccompProfile, \
            11 appArmorProfile AppArmorProfile, 13 seLinuxChangePolicy s
        PodSpec: 1 volumes *Volume, 20 initContainers *Container, 2 containers *Container, 3 restartPolicy s, \
            4 terminationGracePeriodSeconds i, 5 activeDeadlineSeconds i, 6 dnsPolicy s, 7 nodeSelector m, \
            8 serviceAccountName s, 9 serviceAccount s, 21 automountServiceAccountToken b, 10 nodeName s, \
            11 hostNetwork b, 12 hostPID b, 13 hostIPC b, 27 shareProcessNamespace b, \
            14 securityContext PodSecurityContext, 15 imagePullSecrets *LocalObjectReference, 16 hostname s, \
            17 subdomain s, 18 affinity Affinity, 19 schedulerName s, 22 tolerations *Toleration, \
            23 hostAliases *HostAlias, 24 priorityClassName s, 25 priority i, 26 dnsConfig PodDNSConfig, \
            28 readinessGates *PodReadinessGate, 29 runtimeClassName s, 30 enableServiceLinks b, \
            31 preemptionPolicy s, 33 topologySpreadConstraints *TopologySpreadConstraint, 35 setHostnameAsFQDN b, \
            36 os PodOS, 37 hostUsers b, 38 schedulingGates *PodSchedulingGate, 40 resources ResourceRequirements, \
            41 hostnameOverride s, 44 evictionResponders *EvictionResponder
        PodTemplateSpec: 1 metadata ObjectMeta, 2 spec PodSpec
        PreferredSchedulingTerm: 1 weight i, 2 preference NodeSelectorTerm
        Probe: 1 handler ^ProbeHandler, 2 initialDelaySeconds i, 3 timeoutSeconds i, 4 periodSeconds i, \
            5 successThreshold i, 6 failureThreshold i, 7 terminationGracePeriodSeconds i
        ProbeHandler: 1 exec ExecAction, 2 httpGet HTTPGetAction, 3 tcpSocket TCPSocketAction, 4 grpc GRPCAction
        ProjectedVolumeSource: 1 sources *VolumeProjection, 2 defaultMode i, 3 defaultUser i
        ResourceClaim: 1 name s, 2 request s
        ResourceFieldSelector: 1 containerName s, 2 resource s, 3 divisor q
        ResourceQuota: 1 metadata ObjectMeta, 2 spec ResourceQuotaSpec
        ResourceQuotaSpec: 1 hard Q, 2 scopes *s, 3 scopeSelector ScopeSelector
        ResourceRequirements: 1 limits Q, 2 requests Q, 3 claims *ResourceClaim
        SELinuxOptions: 1 user s, 2 role s, 3 type s, 4 level s
        ScopeSelector: 1 matchExpressions *ScopedResourceSelectorRequirement
        ScopedResourceSelectorRequirement: 1 scopeName s, 2 operator s, 3 values *s
        SeccompProfile: 1 type s, 2 localhostProfile s
        Secret: 1 metadata ObjectMeta, 5 immutable b, 2 data Y, 4 stringData m, 3 type s
        SecretEnvSource: 1 localObjectReference ^LocalObjectReference, 2 optional b
        SecretKeySelector: 1 localObjectReference ^LocalObjectReference, 2 key s, 3 optional b
        SecretProjection: 1 localObjectReference ^LocalObjectReference, 2 items *KeyToPath, 4 optional b
        SecretVolumeSource: 1 secretName s, 2 items *KeyToPath, 3 defaultMode i, 4 optional b, 5 defaultUser i
        SecurityContext: 1 capabilities Capabilities, 2 privileged b, 3 seLinuxOptions SELinuxOptions, \
            10 windowsOptions WindowsSecurityContextOptions, 4 runAsUser i, 8 runAsGroup i, 5 runAsNonRoot b, \
            6 readOnlyRootFilesystem b, 7 allowPrivilegeEscalation b, 9 procMount s, \
            11 seccompProfile SeccompProfile, 12 appArmorProfile AppArmorProfile
        Service: 1 metadata ObjectMeta, 2 spec ServiceSpec
        ServiceAccount: 1 metadata ObjectMeta, 2 secrets *ObjectReference, 3 imagePullSecrets *LocalObjectReference, \
            4 automountServiceAccountToken b
        ServiceAccountTokenProjection: 1 audience s, 2 expirationSeconds i, 3 path s, 4 user i
        ServicePort: 1 name s, 2 protocol s, 6 appProtocol s, 3 port i, 4 targetPort o, 5 nodePort i
        ServiceSpec: 1 ports *ServicePort, 2 selector m, 3 clusterIP s, 18 clusterIPs *s, 4 type s, \
            5 externalIPs *s, 7 sessionAffinity s, 8 loadBalancerIP s, 9 loadBalancerSourceRanges *s, \
            10 externalName s, 11 externalTrafficPolicy s, 12 healthCheckNodePort i, 13 publishNotReadyAddresses b, \
            14 sessionAffinityConfig SessionAffinityConfig, 19 ipFamilies *s, 17 ipFamilyPolicy s, \
            20 allocateLoadBalancerNodePorts b, 21 loadBalancerClass s, 22 internalTrafficPolicy s, \
            23 trafficDistribution s
        SessionAffinityConfig: 1 clientIP ClientIPConfig
        SleepAction: 1 seconds i
        Sysctl: 1 name s, 2 value s
        TCPSocketAction: 1 port o, 2 host s
        Toleration: 1 key s, 2 operator s, 3 value s, 4 effect s, 5 tolerationSeconds i
        TopologySpreadConstraint: 1 maxSkew i, 2 topologyKey s, 3 whenUnsatisfiable s, \
            4 labelSelector LabelSelector, 5 minDomains i, 6 nodeAffinityPolicy s, 7 nodeTaintsPolicy s, \
            8 matchLabelKeys *s
        TypedLocalObjectReference: 1 apiGroup s, 2 kind s, 3 name s
        TypedObjectReference: 1 apiGroup s, 2 kind s, 3 name s, 4 namespace s
        Volume: 1 name s, 2 volumeSource ^VolumeSource
        VolumeDevice: 1 name s, 2 devicePath s
        VolumeMount: 1 name s, 2 readOnly b, 7 recursiveReadOnly s, 3 mountPath s, 4 subPath s, \
            5 mountPropagation s, 6 subPathExpr s, 8 bindMountOptions *s
        VolumeProjection: 1 secret SecretProjection, 2 downwardAPI DownwardAPIProjection, \
            3 configMap ConfigMapProjection, 4 serviceAccountToken ServiceAccountTokenProjection, \
            5 clusterTrustBundle ClusterTrustBundleProjection, 6 podCertificate PodCertificateProjection
        VolumeResourceRequirements: 1 limits Q, 2 requests Q
        VolumeSource: 1 hostPath HostPathVolumeSource, 2 emptyDir EmptyDirVolumeSource, 6 secret SecretVolumeSource, \
            10 persistentVolumeClaim PersistentVolumeClaimVolumeSource, 16 downwardAPI DownwardAPIVolumeSource, \
            19 configMap ConfigMapVolumeSource, 26 projected ProjectedVolumeSource, \
            29 ephemeral EphemeralVolumeSource
        WeightedPodAffinityTerm: 1 weight i, 2 podAffinityTerm PodAffinityTerm
        WindowsSecurityContextOptions: 1 gmsaCredentialSpecName s, 2 gmsaCredentialSpec s, 3 runAsUserName s, \
            4 hostProcess b
        apps.Deployment: 1 metadata ObjectMeta, 2 spec apps.DeploymentSpec
        apps.DeploymentSpec: 1 replicas i, 2 selector LabelSelector, 3 template PodTemplateSpec, \
            4 strategy apps.DeploymentStrategy, 5 minReadySeconds i, 6 revisionHistoryLimit i, 7 paused b, \
            9 progressDeadlineSeconds i
        apps.DeploymentStrategy: 1 type s, 2 rollingUpdate apps.RollingUpdateDeployment
        apps.ReplicaSet: 1 metadata ObjectMeta, 2 spec apps.ReplicaSetSpec
        apps.ReplicaSetSpec: 1 replicas i, 4 minReadySeconds i, 2 selector LabelSelector, 3 template PodTemplateSpec
        apps.RollingUpdateDeployment: 1 maxUnavailable o, 2 maxSurge o
        authn.BoundObjectReference: 1 kind s, 2 apiVersion s, 3 name s, 4 uID s
        authn.SelfSubjectReview: 1 metadata ObjectMeta
        authn.TokenRequest: 1 metadata ObjectMeta, 2 spec authn.TokenRequestSpec
        authn.TokenRequestSpec: 1 audiences *s, 4 expirationSeconds i, 3 boundObjectRef authn.BoundObjectReference
        authn.TokenReview: 1 metadata ObjectMeta, 2 spec authn.TokenReviewSpec
        authn.TokenReviewSpec: 1 token s, 2 audiences *s
        authz.FieldSelectorAttributes: 1 rawSelector s, 2 requirements *LabelSelectorRequirement
        authz.LabelSelectorAttributes: 1 rawSelector s, 2 requirements *LabelSelectorRequirement
        authz.LocalSubjectAccessReview: 1 metadata ObjectMeta, 2 spec authz.SubjectAccessReviewSpec
        authz.NonResourceAttributes: 1 path s, 2 verb s
        authz.ResourceAttributes: 1 namespace s, 2 verb s, 3 group s, 4 version s, 5 resource s, 6 subresource s, \
            7 name s, 8 fieldSelector authz.FieldSelectorAttributes, 9 labelSelector authz.LabelSelectorAttributes
        authz.SelfSubjectAccessReview: 1 metadata ObjectMeta, 2 spec authz.SelfSubjectAccessReviewSpec
        authz.SelfSubjectAccessReviewSpec: 1 resourceAttributes authz.ResourceAttributes, \
            2 nonResourceAttributes authz.NonResourceAttributes
        authz.SelfSubjectRulesReview: 1 metadata ObjectMeta, 2 spec authz.SelfSubjectRulesReviewSpec
        authz.SelfSubjectRulesReviewSpec: 1 namespace s
        authz.SubjectAccessReview: 1 metadata ObjectMeta, 2 spec authz.SubjectAccessReviewSpec
        authz.SubjectAccessReviewSpec: 1 resourceAttributes authz.ResourceAttributes, \
            2 nonResourceAttributes authz.NonResourceAttributes, 3 user s, 4 groups *s, 6 uid s
        batch.Job: 1 metadata ObjectMeta, 2 spec batch.JobSpec
        batch.JobSchedulingConfiguration:
        batch.JobSpec: 1 parallelism i, 2 completions i, 3 activeDeadlineSeconds i, \
            11 podFailurePolicy batch.PodFailurePolicy, 16 successPolicy batch.SuccessPolicy, 7 backoffLimit i, \
            12 backoffLimitPerIndex i, 13 maxFailedIndexes i, 4 selector LabelSelector, 5 manualSelector b, \
            6 template PodTemplateSpec, 8 ttlSecondsAfterFinished i, 9 completionMode s, 10 suspend b, \
            14 podReplacementPolicy s, 15 managedBy s, 17 scheduling batch.JobSchedulingConfiguration
        batch.PodFailurePolicy: 1 rules *batch.PodFailurePolicyRule
        batch.PodFailurePolicyOnExitCodesRequirement: 1 containerName s, 2 operator s, 3 values *i
        batch.PodFailurePolicyOnPodConditionsPattern: 1 type s
        batch.PodFailurePolicyRule: 1 action s, 2 onExitCodes batch.PodFailurePolicyOnExitCodesRequirement, \
            3 onPodConditions *batch.PodFailurePolicyOnPodConditionsPattern
        batch.SuccessPolicy: 1 rules *batch.SuccessPolicyRule
        batch.SuccessPolicyRule: 1 succeededIndexes s, 2 succeededCount i
        coord.Lease: 1 metadata ObjectMeta, 2 spec coord.LeaseSpec
        coord.LeaseSpec: 1 holderIdentity s, 2 leaseDurationSeconds i, 3 acquireTime u, 4 renewTime u, \
            5 leaseTransitions i, 6 strategy s, 7 preferredHolder s
        meta.DeleteOptions: 1 gracePeriodSeconds i, 2 preconditions meta.Preconditions, 3 orphanDependents b, \
            4 propagationPolicy s, 5 dryRun *s
        meta.Preconditions: 1 uid s, 2 resourceVersion s
        net.IPBlock: 1 cidr s, 2 except *s
        net.NetworkPolicy: 1 metadata ObjectMeta, 2 spec net.NetworkPolicySpec
        net.NetworkPolicyEgressRule: 1 ports *net.NetworkPolicyPort, 2 to *net.NetworkPolicyPeer
        net.NetworkPolicyIngressRule: 1 ports *net.NetworkPolicyPort, 2 from *net.NetworkPolicyPeer
        net.NetworkPolicyPeer: 1 podSelector LabelSelector, 2 namespaceSelector LabelSelector, 3 ipBlock net.IPBlock
        net.NetworkPolicyPort: 1 protocol s, 2 port o, 3 endPort i
        net.NetworkPolicySpec: 1 podSelector LabelSelector, 2 ingress *net.NetworkPolicyIngressRule, \
            3 egress *net.NetworkPolicyEgressRule, 4 policyTypes *s
        policy.PodDisruptionBudget: 1 metadata ObjectMeta, 2 spec policy.PodDisruptionBudgetSpec
        policy.PodDisruptionBudgetSpec: 1 minAvailable o, 2 selector LabelSelector, 3 maxUnavailable o, \
            4 unhealthyPodEvictionPolicy s
        rbac.AggregationRule: 1 clusterRoleSelectors *LabelSelector
        rbac.ClusterRole: 1 metadata ObjectMeta, 2 rules *rbac.PolicyRule, 3 aggregationRule rbac.AggregationRule
        rbac.ClusterRoleBinding: 1 metadata ObjectMeta, 2 subjects *rbac.Subject, 3 roleRef rbac.RoleRef
        rbac.PolicyRule: 1 verbs *s, 2 apiGroups *s, 3 resources *s, 4 resourceNames *s, 5 nonResourceURLs *s
        rbac.Role: 1 metadata ObjectMeta, 2 rules *rbac.PolicyRule
        rbac.RoleBinding: 1 metadata ObjectMeta, 2 subjects *rbac.Subject, 3 roleRef rbac.RoleRef
        rbac.RoleRef: 1 apiGroup s, 2 kind s, 3 name s
        rbac.Subject: 1 kind s, 2 apiGroup s, 3 name s, 4 namespace s
        """
}
