// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import KubernetesAPI
import KubernetesClient

@testable import AgentControllers

/// The walk as Job controller, scheduler, kubelet and agent.
extension WalkWorld {
    /// What agents leave at their end, as the walk knows it.
    enum AgentEnd: CaseIterable {
        case pushed, unchanged, failed, branchMoved, toldToStop, killed, evicted, nodeLost, quiet
    }

    /// The Job controller: makes the pods that are missing, says what became of Jobs, removes those whose time is over.
    func controlJobs() async throws {
        for job in try await snapshot().jobs {
            let pods = try await snapshot().pods(of: job)
            let jobs = admin.resource(Job.self, namespace: job.metadata.namespace)
            if job.isFinished {
                let end = jobEnds[job.metadata.uid] ?? clock.now
                jobEnds[job.metadata.uid] = end
                if let ttl = job.spec.ttlSecondsAfterFinished, !job.metadata.isBeingDeleted,
                    clock.now.since(end) >= .seconds(ttl)
                {
                    try await jobs.delete(job.metadata.name, options: .init(propagation: .background))
                }
                continue
            }
            guard !job.metadata.isBeingDeleted, !pods.contains(where: { $0.status.phase?.isTerminal != true }) else {
                continue
            }
            if let succeeded = pods.first(where: { $0.status.phase == .succeeded }) {
                try await say("Complete", succeeded.metadata.name, of: job)
            } else if let failed = pods.first(where: { PodLoss($0)?.isDisruption != true }) {
                try await say("Failed", failed.metadata.name, of: job)
            } else {
                try await makePod(job, number: pods.count + 1)
            }
        }
    }

    private func say(_ condition: String, _ pod: String, of job: Job) async throws {
        let conditions: JSONValue = [
            [
                "type": .string(condition), "status": "True",
                "reason": condition == "Failed" ? "BackoffLimitExceeded" : "Done",
                "message": .string(pod), "lastTransitionTime": .string(clock.now.wholeSeconds.description),
            ]
        ]
        _ = try await admin.resource(Job.self, namespace: job.metadata.namespace).patchStatus(
            job.metadata.name, .merge(["status": ["conditions": conditions]]))
        say("Job \(job.metadata.name) is \(condition)")
    }

    private func makePod(_ job: Job, number: Int) async throws {
        let namespace = job.metadata.namespace
        guard let whole = try await admin.objects(.job, namespace: namespace).find(job.metadata.name) else { return }
        let template = whole.content.at("spec", "template")
        var pod = DynamicObject(.pod, name: "\(job.metadata.name)-\(number)", namespace: namespace)
        pod["spec"] = template?["spec"]
        pod.metadata.labels = template?.at("metadata", "labels")?.stringMap ?? [:]
        pod.metadata.finalizers = template?.at("metadata", "finalizers")?.arrayValue?.compactMap(\.stringValue) ?? []
        pod.metadata.ownerReferences = [
            OwnerReference(
                apiVersion: whole.apiVersion, kind: whole.kind, name: job.metadata.name, uid: job.metadata.uid,
                controller: true, blockOwnerDeletion: true)
        ]
        let new = pod
        let made = try await tolerating(.forbidden, .notFound, .alreadyExists) {
            try await admin.objects(.pod, namespace: namespace).create(new)
        }
        say(made == nil ? "no pod for \(job.metadata.name)" : "pod \(pod.metadata.name) is made")
    }

    // MARK: The kubelet

    /// Ends pods that are to end, and lets those go that nothing keeps.
    func endDeletedPods() async throws {
        for pod in try await snapshot().pods where pod.metadata.isBeingDeleted {
            if pod.status.phase?.isTerminal != true {
                try await end(pod, chance(80) ? .toldToStop : pick([.killed, .pushed, .unchanged])!)
            }
            try await remove(pod)
        }
    }

    private func remove(_ pod: Pod) async throws {
        guard let now = try await admin.resource(Pod.self, namespace: pod.metadata.namespace).find(pod.metadata.name),
            now.metadata.isBeingDeleted
        else { return }
        let options = DeleteOptions(uid: pod.metadata.uid, gracePeriodSeconds: 0)
        _ = try await tolerating(.notFound, .conflict) {
            try await admin.resource(Pod.self, namespace: pod.metadata.namespace).delete(
                pod.metadata.name, options: options)
        }
    }

    func start(_ pod: Pod) async throws {
        try await set(
            pod, phase: "Running", agent: ["running": ["startedAt": .string(clock.now.wholeSeconds.description)]])
        say("pod \(pod.metadata.name) runs")
    }

    func refuseToStart(_ pod: Pod) async throws {
        let word = pick(["ErrImagePull", "ImagePullBackOff", "CreateContainerConfigError", "InvalidImageName"])!
        try await set(pod, phase: "Pending", agent: ["waiting": ["reason": .string(word), "message": "no such thing"]])
        say("pod \(pod.metadata.name) does not start: \(word)")
    }

    func end(_ pod: Pod, _ end: AgentEnd) async throws {
        say("pod \(pod.metadata.name) ends: \(end)")
        let run = try await snapshot().runs.first { $0.metadata.uid == pod.metadata.labels[Keys.runUID] }
        let branch = run?.status?.branch ?? "codex/issue-\(issue)"
        var message = RunResultMessage(
            outcome: .succeeded, attempt: Int(pod.metadata.labels[Keys.attempt] ?? "") ?? 1, branch: branch,
            sessionID: "s-1", summary: "did it")
        message.usage = .init(inputTokens: 100, cachedInputTokens: 10, outputTokens: 50, reasoningTokens: 5)
        if end == .pushed || end == .killed && chance(30) {
            host.host.push(branch, ["docs/\(clock.now.microseconds).md": "100644"])
        }
        switch end {
        case .pushed: break
        case .unchanged, .quiet: message.outcome = .noChanges
        case .failed: message.outcome = .failed
        case .branchMoved: message.outcome = .branchMoved
        case .toldToStop: message.outcome = .cancelled
        case .killed: return try await terminate(pod, nil, code: 137)
        case .evicted, .nodeLost: return try await lose(pod, isEvicted: end == .evicted)
        }
        try await terminate(pod, message, code: message.outcome == .succeeded || message.outcome == .noChanges ? 0 : 1)
    }

    private func terminate(_ pod: Pod, _ message: RunResultMessage?, code: Int64) async throws {
        var terminated: JSONValue = ["exitCode": .integer(code), "reason": code == 0 ? "Completed" : "Error"]
        if let message { terminated["message"] = .string(String(decoding: try message.encoded(), as: UTF8.self)) }
        try await set(pod, phase: code == 0 ? "Succeeded" : "Failed", agent: ["terminated": terminated])
    }

    private func lose(_ pod: Pod, isEvicted: Bool) async throws {
        let disruption: JSONValue = [
            "type": "DisruptionTarget", "status": "True",
            "reason": isEvicted ? "TerminationByKubelet" : "DeletionByPodGC",
            "message": "the node is gone",
        ]
        var status: JSONValue = ["phase": "Failed", "conditions": [disruption]]
        if isEvicted { status["reason"] = "Evicted" }
        try await patch(pod, status)
    }

    private func set(_ pod: Pod, phase: String, agent state: JSONValue) async throws {
        let agent: JSONValue = [
            "name": "agent", "ready": false, "restartCount": 0, "image": "i", "imageID": "i", "state": state,
        ]
        try await patch(pod, ["phase": .string(phase), "containerStatuses": [agent]])
    }

    private func patch(_ pod: Pod, _ status: JSONValue) async throws {
        _ = try await tolerating(.notFound) {
            try await admin.objects(.pod, namespace: pod.metadata.namespace).patchStatus(
                pod.metadata.name, .merge(["status": status]))
        }
    }

    // MARK: The agent

    /// The pod of a run says something.
    func report(_ pod: Pod, waiting: Bool) {
        guard let uid = pod.metadata.labels[Keys.runUID], let attempt = Int(pod.metadata.labels[Keys.attempt] ?? "")
        else { return }
        var report = ProgressReport(
            sessionID: "s-1", line: "line \(clock.now.microseconds)",
            usage: .init(inputTokens: Int64.random(in: 0..<100, using: &random), outputTokens: 3))
        if waiting {
            let until = chance(50) ? clock.now.adding(.seconds(2400)).microseconds / 1_000_000 : nil
            report.waiting = .init(
                state: WaitState.allCases.randomElement(using: &random)!.rawValue, reason: "because", until: until)
        }
        record.say(RunProgress(report: report, heartbeatAt: clock.now), runUID: uid, attempt: attempt)
        say("pod \(pod.metadata.name) says \(waiting ? "that it waits" : "something")")
    }
}
