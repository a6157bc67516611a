// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import ControllerRuntime
import JSONCoding
import KubernetesAPI
import KubernetesClient
import ServiceRuntime
import SourceProvider
import Synchronization

/// How a pod is ended that the run has no more use for: its Job is deleted, which sends TERM to the agent; its grace
/// period is waited for, because the session is saved in it; then what the agent left is taken, and the run goes where
/// the reason leads. Which pod, why and since when is in the status before anything is done, so that a stop in between
/// changes nothing.
extension AgentRunReconciler {
    /// Begins to end the pod.
    ///
    /// - Parameter reason: what becomes of the run then: `Cancelled` cancels it, a wait's reason makes it wait without a
    ///   pod, any other fails the attempt.
    func stop(_ run: AgentRun, _ reason: Reason, _ message: String) async throws -> Step {
        let now = context.now()
        let words = RunLedger.bounded(message, to: 1000)
        return .next(
            try await write(run) { status in
                status.stopping = .init(
                    reason: reason.rawValue, message: words, since: status.stopping?.since ?? now.wholeSeconds)
                Self.set(&status, run, .ready, .false, reason == .cancelled ? .cancelling : reason, words, now)
            })
    }

    /// Goes on with ending the pod; then with the run.
    func endPod(_ run: AgentRun, _ stopping: AgentRunStatus.StoppingStatus) async throws -> Step {
        switch try await haveEnd(run, since: stopping.since) {
        case .wait(let left): return .after(min(left, Self.issueCheckInterval))
        case .ended(let message, let detail):
            return .next(try await stopped(run, stopping, message, detail: detail))
        }
    }

    /// Has the pod end, and sees how far it is.
    func haveEnd(_ run: AgentRun, since: Timestamp) async throws -> RunStopPlan {
        try await stopJob(run)
        return RunStopPlan.decide(
            pod: try await podToEnd(run), since: since, grace: .seconds(JobBuilder.gracePeriod), now: context.now())
    }

    private func stopped(
        _ run: AgentRun, _ stopping: AgentRunStatus.StoppingStatus, _ message: RunResultMessage?, detail: String
    ) async throws -> AgentRun {
        let reason = Reason(rawValue: stopping.reason) ?? .cancelled
        let words = stopping.message ?? reason.rawValue
        if reason == .cancelled { return try await cancelled(run, message, words, detail: detail) }
        if let state = WaitState(rawValue: stopping.reason) {
            // An agent that came to its end by itself just then waits for nothing.
            if let message, message.outcome != .cancelled {
                return try await agentFinished(run, message, detail: detail)
            }
            return try await standAside(run, state, message, words, detail: detail)
        }
        if let message, RunStopPlan.isResult(message) { return try await agentFinished(run, message, detail: detail) }
        let progress = try await account(run, message, detail: detail)
        return try await finish(run, .failed, reason, words) { status, _ in
            RunLedger.close(&status, message: message, progress: progress)
        }
    }

    private func cancelled(
        _ run: AgentRun, _ message: RunResultMessage?, _ words: String, detail: String
    ) async throws -> AgentRun {
        let progress = try await account(run, message, detail: detail, waits: false)
        await takeLabelOff(run)
        return try await finish(run, .cancelled, .cancelled, words) { status, _ in
            RunLedger.close(&status, message: message, progress: progress)
        }
    }

    /// A label that cannot be taken off now does not keep the run alive, and neither does a record that cannot be made.
    func takeLabelOff(_ run: AgentRun) async {
        guard let configured = context.configuredRepository(run), let label = ownLabel(run) else { return }
        await context.audit.recordEventually([intent(run, .labelApplied, key: "-\(label)")])
        do {
            try await context.source.removeLabel(label, issue: run.spec.issue, in: configured.name)
        } catch {
            return context.logger.warning(
                "a label was not taken off", ["run": run.metadata.name, "label": label, "error": error.description])
        }
        await context.audit.recordEventually([event(run, .labelApplied, key: "-\(label)", ["removed": .string(label)])])
    }

    // MARK: Waiting without a pod

    /// The pod has ended, the run waits on: it has no Job until the wait is over.
    private func standAside(
        _ run: AgentRun, _ state: WaitState, _ message: RunResultMessage?, _ words: String, detail: String
    ) async throws -> AgentRun {
        let progress = try await account(run, message, detail: detail)
        let now = context.now()
        let limit = context.configuration.waitLimit
        return try await write(run) { status in
            RunLedger.close(&status, message: message, progress: progress)
            let until = RunWaitPlan.until(status.wait, waitLimit: limit, now: now)
            if status.wait == nil { status.wait = .init(state: state.rawValue, reason: words, since: now.wholeSeconds) }
            status.wait?.until = until
            status.phase = .waiting
            status.job = nil
            status.stopping = nil
            Self.set(
                &status, run, .agentCompleted, .false, state.reason,
                "the pod was ended; the agent goes on in a new one when the wait is over", now)
            Self.set(&status, run, .ready, .false, state.reason, words, now)
        }
    }

    /// Waiting without a pod: lets go of the one that ended, and makes another when the wait is over.
    func standBy(_ run: AgentRun) async throws -> Step {
        try await releasePods(run)
        let now = context.now()
        let plan = RunWaitPlan.decide(
            wait: run.status?.wait, hasPod: false, awaiting: .unknown, waitLimit: context.configuration.waitLimit,
            now: now)
        guard plan == .goOn || run.status?.wait == nil else {
            let left = run.status?.wait?.until.map { max(.seconds(1), $0.since(now)) } ?? Self.issueCheckInterval
            return .after(min(left, Self.issueCheckInterval))
        }
        return .next(
            try await write(run) { status in
                var attempt = status.currentAttempt
                attempt?.resumptions = run.resumption + 1
                status.currentAttempt = attempt
                status.progress?.line = nil
                Self.set(&status, run, .agentCompleted, .false, .resuming, "the wait is over", now)
                Self.setPhase(&status, run, .preparing, .resuming, "going on after the wait", now)
            })
    }

    // MARK: Job and pod

    /// Deletes the Job, and with it its pod; a Job that is gone is what was wanted.
    ///
    /// In the foreground: the Job stays until its pod is gone, because by it the run API knows the pod that saves its
    /// session.
    func stopJob(_ run: AgentRun) async throws {
        guard let namespace = run.status?.namespace ?? placeName(run) else { return }
        let jobs = context.api.resource(Job.self, namespace: namespace)
        let options = DeleteOptions(propagation: .foreground)
        if let name = run.status?.job {
            try await tolerating(.notFound) { _ = try await jobs.delete(name, options: options) }
        } else {
            // Without the rights in the run namespace, which come with it, no Job can have been made there.
            try await tolerating(.notFound, .forbidden) { _ = try await jobs.delete(run.jobName, options: options) }
        }
    }

    /// The pod of the current Job; asked for live before it is believed that there is none.
    private func podToEnd(_ run: AgentRun) async throws -> Pod? {
        if let pod = pod(of: run) { return pod }
        guard let namespace = run.status?.namespace ?? placeName(run) else { return nil }
        let ours = LabelSelector(matchLabels: [Keys.runUID: run.metadata.uid])
        let pods = try await context.api.resource(Pod.self, namespace: namespace).list(ListOptions(labelSelector: ours))
        return pods.items.first { isCurrent($0, of: run) && $0.status.phase?.isTerminal != true }
    }

    /// The run namespace by its deterministic name, for a run whose status does not say it yet.
    private func placeName(_ run: AgentRun) -> String? {
        guard let repositoryID = run.status?.repositoryID, let agent = run.status?.effective?.agent else { return nil }
        return Names.runNamespace(repositoryID: repositoryID, issue: run.spec.issue, agent: agent)
    }
}
