// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import ControllerRuntime
import JSONCoding
import KubernetesAPI
import KubernetesClient

extension AgentRunReconciler {
    /// Writes what changed in the status, as one merge patch; writes nothing when nothing changed.
    ///
    /// Only the difference is sent, so that fields of other writers stay theirs.
    func write(_ run: AgentRun, _ change: (inout AgentRunStatus) -> Void) async throws -> AgentRun {
        var status = run.status ?? AgentRunStatus()
        change(&status)
        status.observedGeneration = run.metadata.generation
        let waits = RunWaitFacts.facts(before: run.status, after: status)
        if !waits.isEmpty {
            await context.audit.recordEventually(waits.map { event(run, $0.type, key: $0.key, $0.payload) })
        }
        let before = try JSONValue(encoding: run.status ?? AgentRunStatus())
        guard let patch = MergePatch.difference(from: before, to: try JSONValue(encoding: status)) else { return run }
        let written = try await context.runClient(run).patchStatus(
            run.metadata.name, .merge(["status": patch]), options: .init(fieldManager: .codexK8s))
        latest.note(written)
        for note in RunEvents.notes(before: run, after: written) { context.events?.record(note) }
        return written
    }

    /// Sets one condition; the summary is set apart.
    static func set(
        _ status: inout AgentRunStatus, _ run: AgentRun, _ type: RunCondition, _ value: ConditionStatus,
        _ reason: Reason, _ message: String, _ now: Timestamp
    ) {
        var conditions = status.conditions ?? []
        conditions.set(
            Condition(
                type: type.rawValue, status: value, reason: reason.rawValue, message: message.bounded(to: 1000),
                observedGeneration: run.metadata.generation),
            now: now)
        status.conditions = conditions
    }

    /// Sets phase and summary together: `Ready` is true only for a run that succeeded. Whatever was waited for is
    /// waited for no longer, and whatever pod was to end has ended.
    static func setPhase(
        _ status: inout AgentRunStatus, _ run: AgentRun, _ phase: RunPhase, _ reason: Reason, _ message: String,
        _ now: Timestamp
    ) {
        status.phase = phase
        status.stopping = nil
        RunClock.resume(&status, now: now)
        set(&status, run, .ready, phase == .succeeded ? .true : .false, reason, message, now)
    }

    /// A fact about a run.
    func event(
        _ run: AgentRun, _ type: AuditEventType, key: String = "", actor: AuditActor = .controller,
        attempt: Int? = nil, _ payload: JSONValue = [:]
    ) -> AuditEvent {
        AuditEvent(
            correlationID: run.correlationID, runUID: run.metadata.uid, attempt: attempt ?? run.status?.attempt ?? 1,
            type: type, key: key, actor: actor, payload: payload)
    }

    /// That an effect is about to happen.
    func intent(_ run: AgentRun, _ type: AuditEventType, key: String = "", _ payload: JSONValue = [:]) -> AuditEvent {
        event(run, .effectIntended, key: "\(type.rawValue)|\(key)", payload)
    }

    /// The run as history keeps it.
    func record(_ run: AgentRun, phase: RunPhase? = nil, reason: Reason? = nil, repositoryID: Int64? = nil) -> RunRecord {
        let status = run.status
        let trigger = run.spec.trigger
        return RunRecord(
            runUID: run.metadata.uid, name: run.metadata.name, namespace: run.metadata.namespace ?? "",
            correlationID: run.correlationID,
            repositoryID: repositoryID ?? status?.repositoryID ?? run.spec.repositoryID ?? 0,
            repository: run.spec.repository, issue: run.spec.issue,
            kind: status?.effective?.kind ?? trigger.kind, revise: trigger.revise ?? false,
            agent: status?.effective?.agent ?? run.spec.agent?.key ?? "",
            labelEventID: status?.labelEventID ?? trigger.labelEventID, reviewID: trigger.reviewID,
            pullRequest: status?.pullRequest?.number ?? trigger.pullRequest, branch: status?.branch,
            phase: (phase ?? run.phase).rawValue, reason: reason?.rawValue, model: status?.effective?.model?.value,
            reasoningEffort: status?.effective?.reasoningEffort?.value, sessionID: status?.session?.id)
    }

    /// The settings fixed at admission, with the agent's definition of today.
    func settings(of run: AgentRun) throws -> AdmittedSettings {
        let effective = run.status?.effective
        guard let kind = run.triggerKind, let key = effective?.agent,
            let agent = context.configuration.agents[key], let branch = run.status?.branch
        else {
            throw ReconcileErrors.configurationChanged(run)
        }
        let timeout = run.spec.agent?.timeout.flatMap { KubernetesDuration.parse($0) } ?? agent.timeout
        return AdmittedSettings(
            kind: kind, revise: run.spec.trigger.revise ?? false, agent: agent, mode: effective?.mode ?? agent.mode,
            image: effective?.image ?? agent.image, model: effective?.model?.value,
            reasoningEffort: effective?.reasoningEffort?.value, branch: branch, timeout: timeout,
            discussion: effective?.discussion ?? false)
    }
}
