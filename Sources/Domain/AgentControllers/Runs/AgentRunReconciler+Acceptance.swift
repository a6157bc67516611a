// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import ControllerRuntime
import JSONCoding
import KubernetesAPI
import RunPolicy
import SourceProvider

/// What a run is given when it is admitted: its row in history, its place, and what was resolved for it.
extension AgentRunReconciler {
    /// Claims the label event, with the decision and what it leads to in the record, while the finalizer is set; then
    /// writes the status while the place is made. Neither pair has an order: whoever stops in between is admitted again,
    /// finds claim and place its own, and leaves the place if it is not admitted then. The Job comes after all of it.
    func accept(
        _ run: AgentRun, _ admitted: AdmittedRun, _ input: AdmissionInput, _ walk: RunWalk
    ) async throws -> AgentRun {
        let now = context.now()
        let placeName = Names.runNamespace(
            repositoryID: admitted.repositoryID, issue: run.spec.issue, agent: admitted.agent.key)
        let facts = admissionFacts(run, admitted) + provisioningIntents(run, placeName: placeName)
        async let finalizedAnswer = addFinalizer(run)
        let refusal = try await claim(run, input, for: admitted, recording: firstSight(run) + facts)
        let run = try await finalizedAnswer
        if let refusal {
            try await context.audit.record(firstSight(run))
            return try await reject(run, refusal, input)
        }
        walk.intentsRecorded = 1
        // A branch that holds something is compared with its base first, when the run is provisioned.
        // Where a review's run turned out to have another branch than its trigger let expect, all is looked at anew.
        let isExpected = TriggerKind(rawValue: run.spec.trigger.kind)?.branch(issue: run.spec.issue) == admitted.branch
        let stand = walk.stand.flatMap {
            isExpected && (!$0.needsComparison || admitted.revise || admitted.discussion) ? $0 : nil
        }
        async let begun: Void = stand == nil ? () : beginPlace(run, walk, placeName, admitted, input.configured)
        let written = try await write(run) { status in
            status.repositoryID = admitted.repositoryID
            status.labelEventID = admitted.labelEventID
            status.branch = admitted.branch
            status.attempt = 1
            status.startTime = now.wholeSeconds
            var effective = AgentRunStatus.EffectiveSettings()
            effective.kind = admitted.kind.rawValue
            effective.kindSource = admitted.kindSource?.rawValue
            effective.agent = admitted.agent.key
            effective.mode = admitted.mode
            effective.image = admitted.image
            effective.discussion = admitted.discussion ? true : nil
            effective.model = admitted.model
            effective.reasoningEffort = admitted.reasoningEffort
            status.effective = effective
            if let pullRequest = admitted.pullRequest {
                status.pullRequest = .init(
                    number: pullRequest.number, url: pullRequest.url, headSHA: pullRequest.headSHA)
            }
            let how = admitted.byKubernetes ? "by Kubernetes access rules alone" : "for \(admitted.requester.id)"
            Self.set(
                &status, run, .accepted, .true, admitted.byKubernetes ? .admittedByKubernetes : .admitted,
                "admitted \(how)", now)
            Self.set(&status, run, .audited, .true, .recorded, "", now)
            if let stand {
                var attempt = AgentRunStatus.AttemptStatus(number: 1)
                attempt.baseSHA = stand.base
                attempt.headBefore = stand.head
                attempt.startTime = now.wholeSeconds
                status.currentAttempt = attempt
            }
            Self.setPhase(&status, run, .preparing, .preparing, "preparing the place of the run", now)
        }
        await begun
        return written
    }

    /// What was decided about a run that is admitted, for the record.
    private func admissionFacts(_ run: AgentRun, _ admitted: AdmittedRun) -> [AuditEvent] {
        func resolved(_ setting: AgentRunStatus.Resolved?) -> JSONValue {
            setting.map { ["value": .string($0.value), "source": .string($0.source)] } ?? .null
        }
        var facts = [
            event(
                run, .runEnqueued, actor: admitted.requester, attempt: 1,
                [
                    "kind": .string(admitted.kind.rawValue), "revise": .bool(admitted.revise),
                    "agent": .string(admitted.agent.key), "branch": .string(admitted.branch),
                ]),
            event(
                run, .profileResolved, attempt: 1,
                [
                    "model": resolved(admitted.model), "reasoning": resolved(admitted.reasoningEffort),
                    "mode": .string(admitted.mode.rawValue), "agent": .string(admitted.agent.key),
                    "image": .string(admitted.image), "discussion": .bool(admitted.discussion),
                ]),
        ]
        if let level = admitted.kindSource {
            facts.append(
                event(
                    run, .runReviseStageResolved, attempt: 1,
                    [
                        "stage": .string(admitted.kind.rawValue), "level": .string(level.rawValue),
                        "pull_request": admitted.pullRequest.map { .integer(Int64($0.number)) } ?? .null,
                        "review": run.spec.trigger.reviewID.map { .integer($0) } ?? .null,
                    ]))
        }
        return facts
    }
}
