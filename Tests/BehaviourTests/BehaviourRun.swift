// SPDX-License-Identifier: MIT
import AgentAPI
import AgentControllers
import AuditTrail
import ControllerRuntime
import JSONCoding
import KubernetesAPI
import KubernetesClient
import ServiceRuntime
import SourceProvider
import Synchronization
import Testing

/// A whole run on a cluster of its own: the controllers with the rights that `manifests/` give them, a code host in
/// memory, and the test in the place of the Job controller and the kubelet.
@Suite(BehaviourScope(), .timeLimit(.minutes(3))) struct BehaviourRun {
    private static let group = "system:serviceaccounts:codex-k8s-system"

    /// Makes the pod that the Job controller would make, and lets it end as the kubelet would.
    private func playNode(_ job: DynamicObject, result: RunResultMessage, _ cluster: TestCluster) async throws {
        let namespace = job.metadata.namespace
        let pods = cluster.admin.objects(.pod, namespace: namespace)
        var pod = Samples.owned(DynamicObject(.pod, name: "\(job.metadata.name)-x", namespace: namespace), by: job)
        pod["spec"] = job.content.at("spec", "template", "spec")
        pod.metadata.labels = job.content.at("spec", "template", "metadata", "labels")?.stringMap ?? [:]
        pod.metadata.finalizers =
            job.content.at("spec", "template", "metadata", "finalizers")?.arrayValue?.compactMap(\.stringValue) ?? []
        pod = try await pods.create(pod)
        let times: JSONValue = ["startedAt": "2026-11-22T21:00:00Z", "finishedAt": "2026-11-22T21:00:05Z"]
        var terminated = times
        terminated["exitCode"] = 0
        terminated["reason"] = "Completed"
        var told = terminated
        told["message"] = .string(String(decoding: try result.encoded(), as: UTF8.self))
        func status(_ name: String, _ end: JSONValue) -> JSONValue {
            [
                "name": .string(name), "ready": false, "restartCount": 0, "image": "i", "imageID": "i",
                "state": ["terminated": end],
            ]
        }
        _ = try await pods.patchStatus(
            pod.metadata.name,
            .merge([
                "status": [
                    "phase": "Succeeded", "initContainerStatuses": [status("broker", terminated)],
                    "containerStatuses": [status("agent", told)],
                ]
            ]))
        func condition(_ type: String) -> JSONValue {
            [
                "type": .string(type), "status": "True", "reason": "CompletionsReached", "message": "done",
                "lastTransitionTime": .string(Timestamp.now.description),
            ]
        }
        let jobs = cluster.admin.objects(.job, namespace: namespace)
        _ = try await jobs.patchStatus(
            job.metadata.name,
            .merge([
                "status": [
                    "startTime": .string(Timestamp.now.description), "succeeded": 1, "uncountedTerminatedPods": [:],
                    "conditions": [condition("SuccessCriteriaMet")],
                ]
            ]))
        _ = try await jobs.patchStatus(
            job.metadata.name,
            .merge([
                "status": [
                    "completionTime": .string(Timestamp.now.adding(.seconds(1)).description),
                    "conditions": [condition("SuccessCriteriaMet"), condition("Complete")],
                ]
            ]))
    }

    @Test func `an AgentRun becomes a pull request`() async throws {
        let cluster = try TestCluster.current
        let forge = MemoryForge()
        let audit = MemoryAudit()
        let set = ControllerSet(
            ControllerSet.Dependencies(
                configuration: try OperatorConfiguration(["repositories": [["name": "acme/shop"]]]),
                api: cluster.client(
                    as: "system:serviceaccount:codex-k8s-system:codex-k8s-controller",
                    groups: ["system:serviceaccounts", Self.group, "system:authenticated"]),
                source: forge, sink: audit, history: audit, serviceAccount: "codex-k8s-controller", logger: .disabled,
                metrics: MetricsRegistry()))
        let running = Task { try await set.manager.run() }
        defer { running.cancel() }
        let runs = cluster.admin.objects(.agentRun, namespace: "codex-k8s")
        _ = try await runs.create(Samples.agentRun("shop-42"))
        let working = try await cluster.eventually(.agentRun, "codex-k8s", "shop-42") {
            ["Running", "Failed", "Rejected"].contains($0["status"]?["phase"]?.stringValue ?? "")
        }
        #expect(working["status"]?["phase"] == "Running", "\(working.content)")
        let namespace = try #require(working.content.at("status", "namespace")?.stringValue)
        let jobName = try #require(working.content.at("status", "job")?.stringValue)
        let branch = try #require(working.content.at("status", "branch")?.stringValue)
        let job = try await cluster.admin.objects(.job, namespace: namespace).get(jobName)

        let head = String(repeating: "b", count: 40)
        forge.push(branch, head: head)
        try await playNode(
            job, result: RunResultMessage(outcome: .succeeded, attempt: 1, branch: branch, headSHA: head), cluster)

        let ended = try await cluster.eventually(.agentRun, "codex-k8s", "shop-42") {
            ["Succeeded", "Failed", "Rejected"].contains($0["status"]?["phase"]?.stringValue ?? "")
        }
        #expect(ended["status"]?["phase"] == "Succeeded", "\(ended.content)")
        #expect(ended.content.at("status", "pullRequest", "number") == 1)
        let conditions = try ended["status"]?["conditions"]?.decode([Condition].self) ?? []
        for type in ["Accepted", "NamespaceReady", "AgentCompleted", "PullRequestReady", "Ready"] {
            #expect(conditions.isTrue(type), "\(type): \(conditions)")
        }
        #expect(forge.state.withLock { $0.pullRequest?.headBranch } == branch)
        // The pod was released, and the Job goes by itself.
        try await cluster.eventually(.job, namespace, jobName) {
            $0.content.at("spec", "ttlSecondsAfterFinished") == 600
        }
        try await cluster.eventually(.pod, namespace, "\(jobName)-x") { $0.metadata.finalizers.isEmpty }

        // Nothing holds the run any more: it can go, and goes at once.
        try await runs.delete("shop-42")
        try await cluster.untilGone(.agentRun, "codex-k8s", "shop-42")
        running.cancel()
        try await running.value
    }
}
