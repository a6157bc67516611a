// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import ControllerRuntime
import JSONCoding
import KubernetesAPI
import KubernetesClient
import ServiceRuntime

extension AgentRunReconciler {
    /// Brings the agent's result into the status; then, and only then, the pod is let go.
    func agentFinished(
        _ run: AgentRun, _ message: RunResultMessage, detail: String
    ) async throws -> AgentRun {
        let progress = try await account(run, message, detail: detail)
        if let problem = Self.failure(message) {
            return try await finish(run, .failed, problem.reason, problem.message) { status, _ in
                RunLedger.close(&status, message: message, progress: progress)
            }
        }
        return try await publishing(run, message, progress, .completed, detail)
    }

    /// The agent was cut off. What it pushed decides, unless it said itself that it was stopped before it was done.
    func agentLost(
        _ run: AgentRun, _ reason: Reason, _ message: RunResultMessage?, detail: String
    ) async throws -> AgentRun {
        let progress = try await account(run, message, detail: detail)
        guard let message else {
            return try await publishing(
                run, nil, progress, reason, "the agent's own result was lost (\(detail)); the branch decides")
        }
        let words = "the agent was stopped before it was done: \(detail); raise spec.attempts to go on"
        return try await finish(run, .failed, reason, words) { status, _ in
            RunLedger.close(&status, message: message, progress: progress)
        }
    }

    private func publishing(
        _ run: AgentRun, _ message: RunResultMessage?, _ progress: RunProgress?, _ reason: Reason, _ words: String
    ) async throws -> AgentRun {
        let now = context.now()
        return try await write(run) { status in
            RunLedger.close(&status, message: message, progress: progress)
            RunClock.resume(&status, now: now)
            var attempt = status.currentAttempt
            attempt?.completionTime = now.wholeSeconds
            attempt?.message = message?.summary.map { $0.bounded(to: 900) }
            status.currentAttempt = attempt
            Self.set(&status, run, .agentCompleted, .true, reason, words, now)
            Self.setPhase(&status, run, .publishing, .publishing, "publishing what was pushed", now)
        }
    }

    /// Why the agent's own words already end the attempt. A lost result is no failure: the branch decides.
    private static func failure(_ message: RunResultMessage) -> (reason: Reason, message: String)? {
        let words = message.error ?? message.summary ?? "no reason was given"
        return switch message.outcome {
        case .succeeded, .noChanges: nil
        case .failed: (.agentFailed, words)
        case .branchMoved: (.branchMoved, words)
        case .cancelled: (.podFailed, "the pod was told to stop before the agent ended: \(words)")
        }
    }

    /// Records what the end of a pod tells: how it ended, what became of the session, what was used. Nothing where
    /// there was no pod, or where that has been done.
    ///
    /// - Parameter waits: whether the records have to be there before anything follows; cancelling never waits for them.
    /// - Returns: the pod's last report, where the message leaves something open.
    func account(
        _ run: AgentRun, _ message: RunResultMessage?, detail: String, waits: Bool = true
    ) async throws -> RunProgress? {
        guard run.status?.job != nil, run.status?.currentAttempt?.completionTime == nil else { return nil }
        let progress = message?.usage == nil || message?.sessionID == nil ? await self.progress(of: run) : nil
        var status = run.status ?? AgentRunStatus()
        let used = RunLedger.close(&status, message: message, progress: progress)
        var payload: JSONValue = ["detail": .string(detail.bounded(to: 500)), "result_lost": .bool(message == nil)]
        if let message { payload["outcome"] = .string(message.outcome.rawValue) }
        if let used { payload["usage"] = try? JSONValue(encoding: used) }
        var facts = RunSessionFacts.facts(message, session: status.session?.id).map {
            event(run, $0.type, key: run.jobKey, actor: agentActor(run), $0.payload)
        }
        facts.append(event(run, .jobFinished, key: run.jobKey, payload))
        let usage =
            [RunLedger.lost(run.status, status, without: used), used.map { ($0, "") }].compactMap { $0 }
            .map { self.usage(run, $0, of: $1, session: status.session?.id) }
        if waits {
            try await context.audit.record(facts)
        } else {
            await context.audit.recordEventually(facts)
        }
        for usage in usage { try await keep(usage, waits: waits) }
        return progress
    }

    /// Keeps what a pod used that its node lost, where a report of the pod that took its place tells of that.
    func keepLost(_ run: AgentRun, _ taken: AgentRunStatus) async throws {
        guard let lost = RunLedger.lost(run.status, taken) else { return }
        try await keep(usage(run, lost.tokens, of: lost.pod, session: run.status?.session?.id), waits: true)
    }

    private func usage(
        _ run: AgentRun, _ tokens: AgentRunStatus.UsageStatus, of pod: String, session: String?
    ) -> TokenUsage {
        TokenUsage(
            runUID: run.metadata.uid, attempt: run.currentAttemptNumber, resumption: run.resumption,
            sessionID: session ?? "", model: run.status?.effective?.model?.value ?? "", tokens: tokens, pod: pod)
    }

    /// Keeps what a pod used. A database that is away is waited for, one that refuses it is not: a run does not hang on
    /// its numbers.
    private func keep(_ usage: TokenUsage, waits: Bool) async throws {
        guard let store = context.usage else { return }
        var failure: AuditError?
        do { try await store.record(usage) } catch { failure = error }
        guard let failure else { return }
        if waits, failure.isTransient { throw failure }
        context.logger.warning("usage was not recorded", ["run": usage.runUID, "error": failure.description])
    }

    private func agentActor(_ run: AgentRun) -> AuditActor {
        AuditActor(kind: .agent, id: run.status?.effective?.agent ?? "agent")
    }

    /// Takes the finalizer off the pods that have ended and lets the Job go ten minutes later: what they knew is in the
    /// status.
    func releasePods(_ run: AgentRun) async throws {
        try await release(context.pods.byIndex("run", run.metadata.uid))
        guard let namespace = run.status?.namespace, let name = run.status?.job,
            let job = context.jobs.get(ObjectKey(namespace: namespace, name: name)), job.spec.ttlSecondsAfterFinished == nil
        else { return }
        try await tolerating(.notFound) {
            _ = try await context.api.resource(Job.self, namespace: namespace).patch(
                name, .merge(["spec": ["ttlSecondsAfterFinished": 600]]))
        }
    }

    /// Lets go of pods whose run is gone: a Job that was just being deleted may have made one after nobody looked any
    /// more.
    func releaseOrphans(of run: ObjectKey) async throws {
        try await release(context.pods.byIndex("run-key", run.description))
    }

    private func release(_ pods: [Pod]) async throws {
        for pod in pods where pod.metadata.finalizers.contains(Keys.resultFinalizer) {
            guard let namespace = pod.metadata.namespace,
                let patch = Patch.removingFinalizer(Keys.resultFinalizer, from: pod.metadata.finalizers)
            else { continue }
            // Gone, or taken off already: the cache is behind.
            try await tolerating(.notFound, .invalid) {
                _ = try await context.api.resource(Pod.self, namespace: namespace).patch(pod.metadata.name, patch)
            }
        }
    }
}
