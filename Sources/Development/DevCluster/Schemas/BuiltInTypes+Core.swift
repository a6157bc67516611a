// SPDX-License-Identifier: MIT

extension BuiltInTypes {
    /// The core group, without pods and volumes. One line a type; `BuiltInTypes` says how they are written.
    static let core = #"""
        core.AttachedVolume: devicePath! s, name! s
        core.ClientIPConfig: timeoutSeconds i
        core.ConfigMap: apiVersion s, binaryData %y, data %s, immutable b, kind s, metadata meta.ObjectMeta
        core.ConfigMapNodeConfigSource: kubeletConfigKey! s, name! s, namespace! s, resourceVersion s, uid s
        core.ContainerImage: names *s atomic, sizeBytes l
        core.DaemonEndpoint: Port! i
        core.EndpointAddress~: hostname s, ip! s, nodeName s, targetRef ObjectReference
        core.EndpointPort~: appProtocol s, name s, port! i, protocol s {SCTP|TCP|UDP}
        core.EndpointSubset: addresses *EndpointAddress atomic, notReadyAddresses *EndpointAddress atomic, ports \#
            *EndpointPort atomic
        core.Endpoints: apiVersion s, kind s, metadata meta.ObjectMeta, subsets *EndpointSubset atomic
        core.Event: action s, apiVersion s, count i, eventTime u, firstTimestamp t, involvedObject! \#
            ObjectReference, kind s, lastTimestamp t, message s, metadata! meta.ObjectMeta, reason s, related \#
            ObjectReference, reportingComponent s, reportingInstance s, series EventSeries, source EventSource, \#
            type s
        core.EventSeries: count i, lastObservedTime u
        core.EventSource: component s, host s
        core.LimitRange: apiVersion s, kind s, metadata meta.ObjectMeta, spec LimitRangeSpec
        core.LimitRangeItem: default %q, defaultRequest %q, max %q, maxLimitRequestRatio %q, min %q, type! s
        core.LimitRangeSpec: limits! *LimitRangeItem atomic
        core.LoadBalancerIngress: hostname s, ip s, ipMode s, ports *PortStatus atomic
        core.LoadBalancerStatus: ingress *LoadBalancerIngress atomic
        core.ModifyVolumeStatus: status! s {InProgress|Infeasible|Pending}, targetVolumeAttributesClassName s
        core.Namespace: apiVersion s, kind s, metadata meta.ObjectMeta, spec NamespaceSpec, status NamespaceStatus
        core.NamespaceCondition: lastTransitionTime t, message s, reason s, status! s, type! s
        core.NamespaceSpec: finalizers *s atomic
        core.NamespaceStatus: conditions *NamespaceCondition map(type) patch(merge:type), phase s \#
            {Active|Terminating}
        core.Node: apiVersion s, kind s, metadata meta.ObjectMeta, spec NodeSpec, status NodeStatus
        core.NodeAddress: address! s, type! s
        core.NodeCondition: lastHeartbeatTime t, lastTransitionTime t, message s, reason s, status! s, type! s
        core.NodeConfigSource: configMap ConfigMapNodeConfigSource
        core.NodeConfigStatus: active NodeConfigSource, assigned NodeConfigSource, error s, lastKnownGood \#
            NodeConfigSource
        core.NodeDaemonEndpoints: kubeletEndpoint DaemonEndpoint
        core.NodeFeatures: supplementalGroupsPolicy b
        core.NodeRuntimeHandler: features NodeRuntimeHandlerFeatures, name s
        core.NodeRuntimeHandlerFeatures: recursiveReadOnlyMounts b, userNamespaces b
        core.NodeSpec: configSource NodeConfigSource, externalID s, podCIDR s, podCIDRs *s set patch(merge), \#
            providerID s, taints *Taint atomic, unschedulable b
        core.NodeStatus: addresses *NodeAddress map(type) patch(merge:type), allocatable %q, capacity %q, \#
            conditions *NodeCondition map(type) patch(merge:type), config NodeConfigStatus, daemonEndpoints \#
            NodeDaemonEndpoints, declaredFeatures *s atomic, features NodeFeatures, images *ContainerImage atomic, \#
            nodeInfo NodeSystemInfo, phase s {Pending|Running|Terminated}, runtimeHandlers *NodeRuntimeHandler \#
            atomic, volumesAttached *AttachedVolume atomic, volumesInUse *s atomic
        core.NodeSwapStatus: capacity l
        core.NodeSystemInfo: architecture! s, bootID! s, containerRuntimeVersion! s, kernelVersion! s, \#
            kubeProxyVersion! s, kubeletVersion! s, machineID! s, operatingSystem! s, osImage! s, swap \#
            NodeSwapStatus, systemUUID! s
        core.ObjectReference~: apiVersion s, fieldPath s, kind s, name s, namespace s, resourceVersion s, uid s
        core.PersistentVolumeClaim: apiVersion s, kind s, metadata meta.ObjectMeta, spec \#
            PersistentVolumeClaimSpec, status PersistentVolumeClaimStatus
        core.PersistentVolumeClaimCondition: lastProbeTime t, lastTransitionTime t, message s, reason s, status! \#
            s, type! s
        core.PersistentVolumeClaimStatus: accessModes *s atomic, allocatedResourceStatuses %s, allocatedResources \#
            %q, capacity %q, conditions *PersistentVolumeClaimCondition map(type) patch(merge:type), \#
            currentVolumeAttributesClassName s, modifyVolumeStatus ModifyVolumeStatus, phase s \#
            {Bound|Lost|Pending}
        core.PortStatus: error s, port! i, protocol! s {SCTP|TCP|UDP}
        core.ResourceQuota: apiVersion s, kind s, metadata meta.ObjectMeta, spec ResourceQuotaSpec, status \#
            ResourceQuotaStatus
        core.ResourceQuotaSpec: hard %q, scopeSelector ScopeSelector, scopes *s atomic
        core.ResourceQuotaStatus: hard %q, used %q
        core.ScopeSelector~: matchExpressions *ScopedResourceSelectorRequirement atomic
        core.ScopedResourceSelectorRequirement: operator! s {DoesNotExist|Exists|In|NotIn}, scopeName! s \#
            {BestEffort|CrossNamespacePodAffinity|NotBestEffort|NotTerminating|PriorityClass|Terminating|VolumeAttributesClass}, \#
            values *s atomic
        core.Secret: apiVersion s, data %y, immutable b, kind s, metadata meta.ObjectMeta, stringData %s, type s
        core.Service: apiVersion s, kind s, metadata meta.ObjectMeta, spec ServiceSpec, status ServiceStatus
        core.ServiceAccount: apiVersion s, automountServiceAccountToken b, imagePullSecrets *LocalObjectReference \#
            atomic, kind s, metadata meta.ObjectMeta, secrets *ObjectReference map(name) patch(merge:name)
        core.ServicePort: appProtocol s, name s, nodePort i, port! i, protocol s {SCTP|TCP|UDP} ="TCP", targetPort \#
            o
        core.ServiceSpec: allocateLoadBalancerNodePorts b, clusterIP s, clusterIPs *s atomic, externalIPs *s \#
            atomic, externalName s, externalTrafficPolicy s {Cluster|Local}, healthCheckNodePort i, \#
            internalTrafficPolicy s {Cluster|Local}, ipFamilies *s atomic, ipFamilyPolicy s \#
            {PreferDualStack|RequireDualStack|SingleStack}, loadBalancerClass s, loadBalancerIP s, \#
            loadBalancerSourceRanges *s atomic, ports *ServicePort map(port+protocol) patch(merge:port), \#
            publishNotReadyAddresses b, selector %s atomic, sessionAffinity s {ClientIP|None}, \#
            sessionAffinityConfig SessionAffinityConfig, trafficDistribution s, type s \#
            {ClusterIP|ExternalName|LoadBalancer|NodePort}
        core.ServiceStatus: conditions *meta.Condition map(type) patch(merge:type), loadBalancer \#
            LoadBalancerStatus
        core.SessionAffinityConfig: clientIP ClientIPConfig
        core.Taint: effect! s {NoExecute|NoSchedule|PreferNoSchedule}, key! s, timeAdded t, value s
        """#
}
