// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import ControllerRuntime
import JSONCoding
import KubernetesAPI
import KubernetesClient
import SourceProvider
import Synchronization

extension AgentRunReconciler {
    /// Running: see what Job and pod say, keep the token alive, bring the result into the status.
    func followProgress(_ run: AgentRun) async throws -> Step {
        let settings = try settings(of: run)
        let pod = pod(of: run)
        let job = try await job(of: run)
        if job == nil, isJobNew(run) { return .after(try await nextLook(run, settings)) }
        try await ensureJobRecorded(run, job)
        let plan = RunProgressPlan.decide(
            job: job, pod: pod, startedAt: run.status?.currentAttempt?.startTime, timeout: settings.timeout,
            now: context.now())
        switch plan {
        case .starting: return .after(try await nextLook(run, settings))
        case .working:
            try await context.audit.record([
                event(run, .agentStarted, actor: AuditActor(kind: .agent, id: settings.agent.key))
            ])
            return .after(try await nextLook(run, settings))
        case .finished(let message, let detail):
            return .next(try await agentFinished(run, message, detail: detail))
        case .lost: return .next(try await agentFinished(run, nil, detail: "the Job is gone"))
        case .cannotStart(let reason, let message):
            try await stopJob(run)
            return .next(try await finish(run, .failed, reason, message))
        case .deadlineExceeded:
            try await stopJob(run)
            let seconds = settings.timeout.components.seconds
            return .next(
                try await finish(run, .failed, .deadlineExceeded, "the agent did not end within \(seconds) seconds"))
        }
    }

    /// The current attempt's pod: the newest, since a Job replaces a pod that its node lost.
    func pod(of run: AgentRun) -> Pod? {
        context.pods.byIndex("run", run.metadata.uid).filter {
            $0.metadata.labels[Keys.attempt] == String(run.status?.attempt ?? 1)
        }.max { left, right in
            (left.status.phase?.isTerminal == true ? 0 : 1, left.metadata.creationTimestamp?.microseconds ?? 0)
                < (right.status.phase?.isTerminal == true ? 0 : 1, right.metadata.creationTimestamp?.microseconds ?? 0)
        }
    }

    /// The current attempt's Job; asked for live before it is believed to be gone.
    private func job(of run: AgentRun) async throws -> Job? {
        guard let namespace = run.status?.namespace, let name = run.status?.job else { return nil }
        if let cached = context.jobs.get(ObjectKey(namespace: namespace, name: name)) {
            startedJobs.withLock { $0[jobKey(run)] = nil }
            return cached
        }
        if isJobNew(run) { return nil }
        return try await context.api.resource(Job.self, namespace: namespace).find(name)
    }

    /// Whether the Job was made so lately that the cache cannot be blamed for not having it.
    private func isJobNew(_ run: AgentRun) -> Bool {
        startedJobs.withLock { $0[jobKey(run)] }.map { context.now().since($0) < .seconds(5) } ?? false
    }

    /// The next time at which something can be due without anything changing: the token, the clock, the issue.
    private func nextLook(_ run: AgentRun, _ settings: AdmittedSettings) async throws -> Duration {
        let renewal = try await renewToken(run)
        let started = run.status?.currentAttempt?.startTime ?? context.now()
        let left = settings.timeout - context.now().since(started)
        return min(renewal, max(.seconds(1), left), Self.issueCheckInterval)
    }

    /// Brings the agent's result into the status; then, and only then, lets go of the pod.
    private func agentFinished(
        _ run: AgentRun, _ message: RunResultMessage?, detail: String
    ) async throws -> AgentRun {
        let now = context.now()
        try await context.audit.record([
            event(
                run, .jobFinished,
                [
                    "outcome": message.map { .string($0.outcome.rawValue) } ?? nil, "detail": .string(detail),
                    "result_lost": .bool(message == nil),
                ])
        ])
        if let problem = Self.failure(message) {
            return try await finish(run, .failed, problem.reason, problem.message)
        }
        return try await write(run) { status in
            var attempt = status.currentAttempt
            attempt?.completionTime = now.wholeSeconds
            attempt?.message = message?.summary.map { String($0.prefix(900)) }
            status.currentAttempt = attempt
            if let session = message?.sessionID {
                status.session = .init(id: session, resumed: message?.sessionResumed)
            }
            let reason: Reason = message == nil ? .resultLost : .completed
            Self.set(
                &status, run, .agentCompleted, .true, reason,
                message == nil ? "the agent's own result was lost (\(detail)); the branch decides" : detail, now)
            Self.setPhase(&status, run, .publishing, .publishing, "publishing what was pushed", now)
        }
    }

    /// Why the agent's own words already end the attempt. A lost result is no failure: the branch decides.
    private static func failure(_ message: RunResultMessage?) -> (reason: Reason, message: String)? {
        guard let message else { return nil }
        let words = message.error ?? message.summary ?? "no reason was given"
        return switch message.outcome {
        case .succeeded, .noChanges: nil
        case .failed: (.agentFailed, words)
        case .branchMoved: (.branchMoved, words)
        case .cancelled: (.podFailed, "the pod was told to stop before the agent ended: \(words)")
        }
    }

    /// Takes the finalizer off the attempt's pods and lets the Job go ten minutes later: what they knew is in the status.
    func releasePods(_ run: AgentRun) async throws {
        let pods = context.pods.byIndex("run", run.metadata.uid).filter {
            $0.metadata.finalizers.contains(Keys.resultFinalizer)
        }
        for pod in pods {
            guard let namespace = pod.metadata.namespace,
                let patch = Patch.removingFinalizer(Keys.resultFinalizer, from: pod.metadata.finalizers)
            else { continue }
            // Gone, or taken off already: the cache is behind.
            try await tolerating(.notFound, .invalid) {
                _ = try await context.api.resource(Pod.self, namespace: namespace).patch(pod.metadata.name, patch)
            }
        }
        guard let namespace = run.status?.namespace, let name = run.status?.job,
            let job = context.jobs.get(ObjectKey(namespace: namespace, name: name)), job.spec.ttlSecondsAfterFinished == nil
        else { return }
        try await tolerating(.notFound) {
            _ = try await context.api.resource(Job.self, namespace: namespace).patch(
                name, .merge(["spec": ["ttlSecondsAfterFinished": 600]]))
        }
    }

    /// Deletes the Job, and with it its pod; a Job that is gone is what was wanted.
    func stopJob(_ run: AgentRun) async throws {
        guard let namespace = run.status?.namespace ?? placeName(run) else { return }
        let name = run.status?.job ?? Names.job(runUID: run.metadata.uid, attempt: run.status?.attempt ?? 1)
        try await tolerating(.notFound) {
            _ = try await context.api.resource(Job.self, namespace: namespace).delete(
                name, options: DeleteOptions(propagation: .background))
        }
    }

    /// The run namespace by its deterministic name, for a run whose status does not say it yet.
    private func placeName(_ run: AgentRun) -> String? {
        guard let repositoryID = run.status?.repositoryID, let agent = run.status?.effective?.agent else { return nil }
        return Names.runNamespace(repositoryID: repositoryID, issue: run.spec.issue, agent: agent)
    }
}
