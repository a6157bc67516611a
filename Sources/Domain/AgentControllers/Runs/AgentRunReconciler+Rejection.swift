// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import ControllerRuntime
import JSONCoding
import KubernetesAPI
import SourceProvider

/// How a run is told no, and how its label goes off.
extension AgentRunReconciler {
    /// Says no: visibly where that helps, and takes the label off, so that setting it again means something.
    func reject(_ run: AgentRun, _ rejection: Rejection, _ input: AdmissionInput) async throws -> AgentRun {
        let repositoryID = input.repository?.id
        try await leavePlace(run)
        if let configured = input.configured, rejection.notice != .silent, input.issue != nil {
            try await takeTriggerLabelOff(run, configured.name, outcome: .labelRejected)
            if rejection.notice == .reactionOnly {
                try await refuseQuietly(run, configured.name, rejection, repositoryID: repositoryID ?? 0)
            }
            if rejection.needsInput {
                try await askForInput(run, configured.name)
            }
        }
        var facts = [event(run, .runRejected, attempt: 1, ["reason": .string(rejection.reason.rawValue)])]
        if rejection.event != .runRejected {
            var particulars = rejection.particulars
            particulars["message"] = .string(rejection.message)
            facts.append(event(run, rejection.event, attempt: 1, .object(particulars)))
        }
        if rejection.reason != .duplicate, let repositoryID {
            var record = record(run, phase: .rejected, reason: rejection.reason, repositoryID: repositoryID)
            record.labelEventID = input.labelEvent?.id
            try await context.history.save(record)
        }
        try await context.audit.record(facts)
        let now = context.now()
        return try await write(run) { status in
            status.repositoryID = repositoryID
            if rejection.reason != .duplicate { status.labelEventID = input.labelEvent?.id }
            status.completionTime = now.wholeSeconds
            Self.set(&status, run, .accepted, .false, rejection.reason, rejection.message, now)
            Self.setPhase(&status, run, .rejected, rejection.reason, rejection.message, now)
        }
    }

    /// `need:input` on the issue, with its records.
    private func askForInput(_ run: AgentRun, _ repository: RepositoryName) async throws {
        let label = context.configuration.labels.needInput
        try await context.audit.record([intent(run, .labelApplied, key: label)])
        try await context.source.addLabels([label], issue: run.spec.issue, in: repository)
        try await context.audit.record([event(run, .labelApplied, key: label, ["label": .string(label)])])
    }

    /// A reaction always, words at most once an issue a day, and never the list behind the rule.
    private func refuseQuietly(
        _ run: AgentRun, _ repository: RepositoryName, _ rejection: Rejection, repositoryID: Int64
    ) async throws {
        try await context.source.react("confused", issue: run.spec.issue, in: repository)
        let day = context.now().description.prefix(10)
        let once = "refusal|\(repositoryID)|\(run.spec.issue)|\(day)"
        guard try await context.history.claimOnce(once, runUID: run.metadata.uid) else { return }
        let marker = "<!-- codex-k8s:refusal \(Names.hash(once)) -->"
        guard try await context.source.comments(marker: marker, issue: run.spec.issue, in: repository).isEmpty else {
            return
        }
        try await context.audit.record([intent(run, .statusCommentUpserted, key: "refusal")])
        let comment = try await context.source.createComment(
            "\(marker)\nThe run was not started: \(rejection.message).", issue: run.spec.issue, in: repository)
        try await context.audit.record([
            event(run, .statusCommentUpserted, key: "refusal", ["comment": .integer(comment.id)])
        ])
    }

    /// The run's label, to be taken off. A label that was set again belongs to the run that this asked for: where it is
    /// taken from under that run, that one is withdrawn.
    func ownLabel(_ run: AgentRun) -> String? {
        guard let label = run.spec.trigger.label else { return nil }
        let isWanted = otherRuns(of: run).contains { other in
            RunIndex.issue(other) == RunIndex.issue(run) && other.spec.trigger.label?.isLabel(label) == true
                && other.phase != .pending
                && !other.phase.isTerminal
        }
        return isWanted ? nil : label
    }

    /// Takes the run's label off its issue, with its records.
    func takeTriggerLabelOff(
        _ run: AgentRun, _ repository: RepositoryName, outcome: AuditEventType
    ) async throws {
        guard let label = ownLabel(run) else { return }
        try await context.audit.record([intent(run, outcome, key: "-\(label)")])
        try await context.source.removeLabel(label, issue: run.spec.issue, in: repository)
        try await context.audit.record([event(run, outcome, key: "-\(label)", ["removed": .string(label)])])
    }
}
