// SPDX-License-Identifier: MIT

extension BuiltInTypes {
    /// Pods and what they are made of. One line a type; `BuiltInTypes` says how they are written.
    static let pods = #"""
        core.Affinity: nodeAffinity NodeAffinity, podAffinity PodAffinity, podAntiAffinity PodAntiAffinity
        core.AppArmorProfile: localhostProfile s, type! s {Localhost|RuntimeDefault|Unconfined}
        core.Capabilities: add *s atomic, drop *s atomic
        core.ConfigMapEnvSource: name s, optional b
        core.ConfigMapKeySelector~: key! s, name s, optional b
        core.Container: args *s atomic, command *s atomic, env *EnvVar map(name) patch(merge:name), envFrom \#
            *EnvFromSource atomic, image s, imagePullPolicy s {Always|IfNotPresent|Never}, lifecycle Lifecycle, \#
            livenessProbe Probe, name! s, ports *ContainerPort map(containerPort+protocol) \#
            patch(merge:containerPort), readinessProbe Probe, resizePolicy *ContainerResizePolicy atomic, \#
            resources ResourceRequirements, restartPolicy s, restartPolicyRules *ContainerRestartRule atomic, \#
            securityContext SecurityContext, startupProbe Probe, stdin b, stdinOnce b, terminationMessagePath s, \#
            terminationMessagePolicy s {FallbackToLogsOnError|File}, tty b, volumeDevices *VolumeDevice \#
            map(devicePath) patch(merge:devicePath), volumeMounts *VolumeMount map(mountPath) \#
            patch(merge:mountPath), workingDir s
        core.ContainerExtendedResourceRequest: containerName! s, requestName! s, resourceName! s
        core.ContainerPort: containerPort! i, hostIP s, hostPort i, name s, protocol s {SCTP|TCP|UDP} ="TCP"
        core.ContainerResizePolicy: resourceName! s, restartPolicy! s
        core.ContainerRestartRule: action! s, exitCodes ContainerRestartRuleOnExitCodes
        core.ContainerRestartRuleOnExitCodes: operator! s, values *i set
        core.ContainerState: running ContainerStateRunning, terminated ContainerStateTerminated, waiting \#
            ContainerStateWaiting
        core.ContainerStateRunning: startedAt t
        core.ContainerStateTerminated: containerID s, exitCode! i, finishedAt t, message s, reason s, signal i, \#
            startedAt t
        core.ContainerStateWaiting: message s, reason s
        core.ContainerStatus: allocatedResources %q, allocatedResourcesStatus *ResourceStatus map(name) \#
            patch(merge:name), containerID s, image! s, imageID! s, lastState ContainerState, name! s, ready! b, \#
            resources ResourceRequirements, restartCount! i, started b, state ContainerState, stopSignal s \#
            {SIGABRT|SIGALRM|SIGBUS|SIGCHLD|SIGCLD|SIGCONT|SIGFPE|SIGHUP|SIGILL|SIGINT|SIGIO|SIGIOT|SIGKILL|SIGPIPE|SIGPOLL|SIGPROF|SIGPWR|SIGQUIT|SIGRTMAX|SIGRTMAX-1|SIGRTMAX-10|SIGRTMAX-11|SIGRTMAX-12|SIGRTMAX-13|SIGRTMAX-14|SIGRTMAX-2|SIGRTMAX-3|SIGRTMAX-4|SIGRTMAX-5|SIGRTMAX-6|SIGRTMAX-7|SIGRTMAX-8|SIGRTMAX-9|SIGRTMIN|SIGRTMIN+1|SIGRTMIN+10|SIGRTMIN+11|SIGRTMIN+12|SIGRTMIN+13|SIGRTMIN+14|SIGRTMIN+15|SIGRTMIN+2|SIGRTMIN+3|SIGRTMIN+4|SIGRTMIN+5|SIGRTMIN+6|SIGRTMIN+7|SIGRTMIN+8|SIGRTMIN+9|SIGSEGV|SIGSTKFLT|SIGSTOP|SIGSYS|SIGTERM|SIGTRAP|SIGTSTP|SIGTTIN|SIGTTOU|SIGURG|SIGUSR1|SIGUSR2|SIGVTALRM|SIGWINCH|SIGXCPU|SIGXFSZ}, \#
            user ContainerUser, volumeMounts *VolumeMountStatus map(mountPath) patch(merge:mountPath)
        core.ContainerUser: linux LinuxContainerUser
        core.EnvFromSource: configMapRef ConfigMapEnvSource, prefix s, secretRef SecretEnvSource
        core.EnvVar: name! s, value s, valueFrom EnvVarSource
        core.EnvVarSource: configMapKeyRef ConfigMapKeySelector, fieldRef ObjectFieldSelector, fileKeyRef \#
            FileKeySelector, resourceFieldRef ResourceFieldSelector, secretKeyRef SecretKeySelector
        core.EphemeralContainer: args *s atomic, command *s atomic, env *EnvVar map(name) patch(merge:name), \#
            envFrom *EnvFromSource atomic, image s, imagePullPolicy s {Always|IfNotPresent|Never}, lifecycle \#
            Lifecycle, livenessProbe Probe, name! s, ports *ContainerPort map(containerPort+protocol) \#
            patch(merge:containerPort), readinessProbe Probe, resizePolicy *ContainerResizePolicy atomic, \#
            resources ResourceRequirements, restartPolicy s, restartPolicyRules *ContainerRestartRule atomic, \#
            securityContext SecurityContext, startupProbe Probe, stdin b, stdinOnce b, targetContainerName s, \#
            terminationMessagePath s, terminationMessagePolicy s {FallbackToLogsOnError|File}, tty b, \#
            volumeDevices *VolumeDevice map(devicePath) patch(merge:devicePath), volumeMounts *VolumeMount \#
            map(mountPath) patch(merge:mountPath), workingDir s
        core.ExecAction: command *s atomic
        core.FileKeySelector~: key! s, optional b, path! s, volumeName! s
        core.GRPCAction: port! i, service s
        core.HTTPGetAction: host s, httpHeaders *HTTPHeader atomic, path s, port! o, scheme s {HTTP|HTTPS}
        core.HTTPHeader: name! s, value! s
        core.HostAlias: hostnames *s atomic, ip! s
        core.HostIP: ip! s
        core.ImageVolumeStatus: imageRef! s
        core.Lifecycle: postStart LifecycleHandler, preStop LifecycleHandler, stopSignal s \#
            {SIGABRT|SIGALRM|SIGBUS|SIGCHLD|SIGCLD|SIGCONT|SIGFPE|SIGHUP|SIGILL|SIGINT|SIGIO|SIGIOT|SIGKILL|SIGPIPE|SIGPOLL|SIGPROF|SIGPWR|SIGQUIT|SIGRTMAX|SIGRTMAX-1|SIGRTMAX-10|SIGRTMAX-11|SIGRTMAX-12|SIGRTMAX-13|SIGRTMAX-14|SIGRTMAX-2|SIGRTMAX-3|SIGRTMAX-4|SIGRTMAX-5|SIGRTMAX-6|SIGRTMAX-7|SIGRTMAX-8|SIGRTMAX-9|SIGRTMIN|SIGRTMIN+1|SIGRTMIN+10|SIGRTMIN+11|SIGRTMIN+12|SIGRTMIN+13|SIGRTMIN+14|SIGRTMIN+15|SIGRTMIN+2|SIGRTMIN+3|SIGRTMIN+4|SIGRTMIN+5|SIGRTMIN+6|SIGRTMIN+7|SIGRTMIN+8|SIGRTMIN+9|SIGSEGV|SIGSTKFLT|SIGSTOP|SIGSYS|SIGTERM|SIGTRAP|SIGTSTP|SIGTTIN|SIGTTOU|SIGURG|SIGUSR1|SIGUSR2|SIGVTALRM|SIGWINCH|SIGXCPU|SIGXFSZ}
        core.LifecycleHandler: exec ExecAction, httpGet HTTPGetAction, sleep SleepAction, tcpSocket \#
            TCPSocketAction
        core.LinuxContainerUser: gid! l, supplementalGroups *l atomic, uid! l
        core.NodeAffinity: preferredDuringSchedulingIgnoredDuringExecution *PreferredSchedulingTerm atomic, \#
            requiredDuringSchedulingIgnoredDuringExecution NodeSelector
        core.NodeAllocatableResourceClaimStatus: containers *s set, resourceClaimName! s, resources! %q
        core.NodeSelector~: nodeSelectorTerms! *NodeSelectorTerm atomic
        core.NodeSelectorRequirement: key! s, operator! s {DoesNotExist|Exists|Gt|In|Lt|NotIn}, values *s atomic
        core.NodeSelectorTerm~: matchExpressions *NodeSelectorRequirement atomic, matchFields \#
            *NodeSelectorRequirement atomic
        core.Pod: apiVersion s, kind s, metadata meta.ObjectMeta, spec PodSpec, status PodStatus
        core.PodAffinity: preferredDuringSchedulingIgnoredDuringExecution *WeightedPodAffinityTerm atomic, \#
            requiredDuringSchedulingIgnoredDuringExecution *PodAffinityTerm atomic
        core.PodAffinityTerm: labelSelector meta.LabelSelector, matchLabelKeys *s atomic, mismatchLabelKeys *s \#
            atomic, namespaceSelector meta.LabelSelector, namespaces *s atomic, topologyKey! s
        core.PodAntiAffinity: preferredDuringSchedulingIgnoredDuringExecution *WeightedPodAffinityTerm atomic, \#
            requiredDuringSchedulingIgnoredDuringExecution *PodAffinityTerm atomic
        core.PodCondition: lastProbeTime t, lastTransitionTime t, message s, observedGeneration l, reason s, \#
            status! s, type! s
        core.PodDNSConfig: nameservers *s atomic, options *PodDNSConfigOption atomic, searches *s atomic
        core.PodDNSConfigOption: name s, value s
        core.PodExtendedResourceClaimStatus: requestMappings! *ContainerExtendedResourceRequest atomic, \#
            resourceClaimName! s
        core.PodIP: ip! s
        core.PodOS: name! s
        core.PodReadinessGate: conditionType! s
        core.PodResourceClaim: name! s, resourceClaimName s, resourceClaimTemplateName s
        core.PodResourceClaimStatus: name! s, resourceClaimName s
        core.PodSchedulingGate: name! s
        core.PodSchedulingGroup: podGroupName s
        core.PodSecurityContext: appArmorProfile AppArmorProfile, fsGroup l, fsGroupChangePolicy s \#
            {Always|OnRootMismatch}, runAsGroup l, runAsNonRoot b, runAsUser l, seLinuxChangePolicy s, \#
            seLinuxOptions SELinuxOptions, seccompProfile SeccompProfile, supplementalGroups *l atomic, \#
            supplementalGroupsPolicy s {Merge|Strict}, sysctls *Sysctl atomic, windowsOptions \#
            WindowsSecurityContextOptions
        core.PodSpec: activeDeadlineSeconds l, affinity Affinity, automountServiceAccountToken b, containers! \#
            *Container map(name) patch(merge:name), dnsConfig PodDNSConfig, dnsPolicy s \#
            {ClusterFirst|ClusterFirstWithHostNet|Default|None}, enableServiceLinks b, ephemeralContainers \#
            *EphemeralContainer map(name) patch(merge:name), hostAliases *HostAlias map(ip) patch(merge:ip), \#
            hostIPC b, hostNetwork b, hostPID b, hostUsers b, hostname s, hostnameOverride s, imagePullSecrets \#
            *LocalObjectReference map(name) patch(merge:name), initContainers *Container map(name) \#
            patch(merge:name), nodeName s, nodeSelector %s atomic, os PodOS, overhead %q, preemptionPolicy s \#
            {Never|PreemptLowerPriority}, priority i, priorityClassName s, readinessGates *PodReadinessGate \#
            atomic, resourceClaims *PodResourceClaim map(name) patch(merge+retainKeys:name), resources \#
            ResourceRequirements, restartPolicy s {Always|Never|OnFailure}, runtimeClassName s, schedulerName s, \#
            schedulingGates *PodSchedulingGate map(name) patch(merge:name), schedulingGroup PodSchedulingGroup, \#
            securityContext PodSecurityContext, serviceAccount s, serviceAccountName s, setHostnameAsFQDN b, \#
            shareProcessNamespace b, subdomain s, terminationGracePeriodSeconds l, tolerations *Toleration atomic, \#
            topologySpreadConstraints *TopologySpreadConstraint map(topologyKey+whenUnsatisfiable) \#
            patch(merge:topologyKey), volumes *Volume map(name) patch(merge+retainKeys:name)
        core.PodStatus: allocatedResources %q, conditions *PodCondition map(type) patch(merge:type), \#
            containerStatuses *ContainerStatus atomic, ephemeralContainerStatuses *ContainerStatus atomic, \#
            extendedResourceClaimStatus PodExtendedResourceClaimStatus, hostIP s, hostIPs *HostIP atomic \#
            patch(merge:ip), initContainerStatuses *ContainerStatus atomic, message s, \#
            nodeAllocatableResourceClaimStatuses *NodeAllocatableResourceClaimStatus atomic, nominatedNodeName s, \#
            observedGeneration l, phase s {Failed|Pending|Running|Succeeded|Unknown}, podIP s, podIPs *PodIP \#
            map(ip) patch(merge:ip), qosClass s {BestEffort|Burstable|Guaranteed}, reason s, resize s, \#
            resourceClaimStatuses *PodResourceClaimStatus map(name) patch(merge+retainKeys:name), resources \#
            ResourceRequirements, startTime t
        core.PodTemplateSpec: metadata meta.ObjectMeta, spec PodSpec
        core.PreferredSchedulingTerm: preference! NodeSelectorTerm, weight! i
        core.Probe: exec ExecAction, failureThreshold i, grpc GRPCAction, httpGet HTTPGetAction, \#
            initialDelaySeconds i, periodSeconds i, successThreshold i, tcpSocket TCPSocketAction, \#
            terminationGracePeriodSeconds l, timeoutSeconds i
        core.ResourceClaim: name! s, request s
        core.ResourceHealth: health s, message s, resourceID! s
        core.ResourceRequirements: claims *ResourceClaim map(name), limits %q, requests %q
        core.ResourceStatus: name! s, resources *ResourceHealth map(resourceID)
        core.SELinuxOptions: level s, role s, type s, user s
        core.SeccompProfile: localhostProfile s, type! s {Localhost|RuntimeDefault|Unconfined}
        core.SecretEnvSource: name s, optional b
        core.SecretKeySelector~: key! s, name s, optional b
        core.SecurityContext: allowPrivilegeEscalation b, appArmorProfile AppArmorProfile, capabilities \#
            Capabilities, privileged b, procMount s {Default|Unmasked}, readOnlyRootFilesystem b, runAsGroup l, \#
            runAsNonRoot b, runAsUser l, seLinuxOptions SELinuxOptions, seccompProfile SeccompProfile, \#
            windowsOptions WindowsSecurityContextOptions
        core.SleepAction: seconds! l
        core.Sysctl: name! s, value! s
        core.TCPSocketAction: host s, port! o
        core.Toleration: effect s {NoExecute|NoSchedule|PreferNoSchedule}, key s, operator s {Equal|Exists|Gt|Lt}, \#
            tolerationSeconds l, value s
        core.TopologySpreadConstraint: labelSelector meta.LabelSelector, matchLabelKeys *s atomic, maxSkew! i, \#
            minDomains i, nodeAffinityPolicy s {Honor|Ignore}, nodeTaintsPolicy s {Honor|Ignore}, topologyKey! s, \#
            whenUnsatisfiable! s {DoNotSchedule|ScheduleAnyway}
        core.VolumeDevice: devicePath! s, name! s
        core.VolumeMount: mountPath! s, mountPropagation s {Bidirectional|HostToContainer|None}, name! s, readOnly \#
            b, recursiveReadOnly s, subPath s, subPathExpr s
        core.VolumeMountStatus: mountPath! s, name! s, readOnly b, recursiveReadOnly s, volumeStatus VolumeStatus
        core.VolumeStatus: image ImageVolumeStatus
        core.WeightedPodAffinityTerm: podAffinityTerm! PodAffinityTerm, weight! i
        core.WindowsSecurityContextOptions: gmsaCredentialSpec s, gmsaCredentialSpecName s, hostProcess b, \#
            runAsUserName s
        """#
}
