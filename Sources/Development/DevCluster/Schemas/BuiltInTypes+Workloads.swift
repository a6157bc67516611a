// SPDX-License-Identifier: MIT

extension BuiltInTypes {
    /// apps, batch, coordination, events, networking and policy. One line a type; `BuiltInTypes` says how they are written.
    static let workloads = #"""
        apps.Deployment: apiVersion s, kind s, metadata meta.ObjectMeta, spec DeploymentSpec, status \#
            DeploymentStatus
        apps.DeploymentCondition: lastTransitionTime t, lastUpdateTime t, message s, reason s, status! s, type! s
        apps.DeploymentSpec: minReadySeconds i, paused b, progressDeadlineSeconds i, replicas i, \#
            revisionHistoryLimit i, selector! meta.LabelSelector, strategy DeploymentStrategy patch(retainKeys), \#
            template! core.PodTemplateSpec
        apps.DeploymentStatus: availableReplicas i, collisionCount i, conditions *DeploymentCondition map(type) \#
            patch(merge:type), observedGeneration l, readyReplicas i, replicas i, terminatingReplicas i, \#
            unavailableReplicas i, updatedReplicas i
        apps.DeploymentStrategy: rollingUpdate RollingUpdateDeployment, type s {Recreate|RollingUpdate}
        apps.ReplicaSet: apiVersion s, kind s, metadata meta.ObjectMeta, spec ReplicaSetSpec, status \#
            ReplicaSetStatus
        apps.ReplicaSetCondition: lastTransitionTime t, message s, reason s, status! s, type! s
        apps.ReplicaSetSpec: minReadySeconds i, replicas i, selector! meta.LabelSelector, template \#
            core.PodTemplateSpec
        apps.ReplicaSetStatus: availableReplicas i, conditions *ReplicaSetCondition map(type) patch(merge:type), \#
            fullyLabeledReplicas i, observedGeneration l, readyReplicas i, replicas! i, terminatingReplicas i
        apps.RollingUpdateDeployment: maxSurge o, maxUnavailable o
        batch.Job: apiVersion s, kind s, metadata meta.ObjectMeta, spec JobSpec, status JobStatus
        batch.JobCondition: lastProbeTime t, lastTransitionTime t, message s, reason s, status! s, type! s
        batch.JobSpec: activeDeadlineSeconds l, backoffLimit i, backoffLimitPerIndex i, completionMode s \#
            {Indexed|NonIndexed}, completions i, managedBy s, manualSelector b, maxFailedIndexes i, parallelism i, \#
            podFailurePolicy PodFailurePolicy, podReplacementPolicy s {Failed|TerminatingOrFailed}, selector \#
            meta.LabelSelector, successPolicy SuccessPolicy, suspend b, template! core.PodTemplateSpec, \#
            ttlSecondsAfterFinished i
        batch.JobStatus: active i, completedIndexes s, completionTime t, conditions *JobCondition atomic \#
            patch(merge:type), failed i, failedIndexes s, ready i, startTime t, succeeded i, terminating i, \#
            uncountedTerminatedPods UncountedTerminatedPods
        batch.PodFailurePolicy: rules! *PodFailurePolicyRule atomic
        batch.PodFailurePolicyOnExitCodesRequirement: containerName s, operator! s {In|NotIn}, values! *i set
        batch.PodFailurePolicyOnPodConditionsPattern: status s, type! s
        batch.PodFailurePolicyRule: action! s {Count|FailIndex|FailJob|Ignore}, onExitCodes \#
            PodFailurePolicyOnExitCodesRequirement, onPodConditions *PodFailurePolicyOnPodConditionsPattern atomic
        batch.SuccessPolicy: rules! *SuccessPolicyRule atomic
        batch.SuccessPolicyRule: succeededCount i, succeededIndexes s
        batch.UncountedTerminatedPods: failed *s set, succeeded *s set
        coord.Lease: apiVersion s, kind s, metadata meta.ObjectMeta, spec LeaseSpec
        coord.LeaseSpec: acquireTime u, holderIdentity s, leaseDurationSeconds i, leaseTransitions i, \#
            preferredHolder s, renewTime u, strategy s
        events.Event: action s, apiVersion s, deprecatedCount i, deprecatedFirstTimestamp t, \#
            deprecatedLastTimestamp t, deprecatedSource core.EventSource, eventTime! u, kind s, metadata \#
            meta.ObjectMeta, note s, reason s, regarding core.ObjectReference, related core.ObjectReference, \#
            reportingController s, reportingInstance s, series EventSeries, type s
        events.EventSeries: count! i, lastObservedTime! u
        net.IPBlock: cidr! s, except *s atomic
        net.NetworkPolicy: apiVersion s, kind s, metadata meta.ObjectMeta, spec NetworkPolicySpec
        net.NetworkPolicyEgressRule: ports *NetworkPolicyPort atomic, to *NetworkPolicyPeer atomic
        net.NetworkPolicyIngressRule: from *NetworkPolicyPeer atomic, ports *NetworkPolicyPort atomic
        net.NetworkPolicyPeer: ipBlock IPBlock, namespaceSelector meta.LabelSelector, podSelector \#
            meta.LabelSelector
        net.NetworkPolicyPort: endPort i, port o, protocol s {SCTP|TCP|UDP}
        net.NetworkPolicySpec: egress *NetworkPolicyEgressRule atomic, ingress *NetworkPolicyIngressRule atomic, \#
            podSelector meta.LabelSelector, policyTypes *s atomic
        policy.PodDisruptionBudget: apiVersion s, kind s, metadata meta.ObjectMeta, spec PodDisruptionBudgetSpec, \#
            status PodDisruptionBudgetStatus
        policy.PodDisruptionBudgetSpec: maxUnavailable o, minAvailable o, selector meta.LabelSelector \#
            patch(replace), unhealthyPodEvictionPolicy s {AlwaysAllow|IfHealthyBudget}
        policy.PodDisruptionBudgetStatus: conditions *meta.Condition map(type) patch(merge:type), currentHealthy \#
            i, desiredHealthy i, disruptedPods %t, disruptionsAllowed i, expectedPods i, observedGeneration l
        """#
}
