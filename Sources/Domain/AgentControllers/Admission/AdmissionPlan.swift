// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import KubernetesAPI
import RunPolicy
import SourceProvider

/// Decides whether a run may start: pure, so that every row of the contract's table is a row of a test.
enum AdmissionPlan {
    /// Decides. The order of the checks is the order in which a person would mend things: where, what, who, when.
    static func decide(_ input: AdmissionInput) -> AdmissionDecision {
        let spec = input.run.spec
        guard let kind = TriggerKind(rawValue: spec.trigger.kind) else {
            return reject(.notAllowed, "\"\(spec.trigger.kind)\" is no kind of run")
        }
        guard let configured = input.configured, let repository = input.repository else {
            return reject(
                .repositoryNotConfigured,
                "\(spec.repository) is not among the configured repositories; add it to the operator's configuration")
        }
        for expected in [spec.repositoryID, configured.id].compactMap({ $0 }) where expected != repository.id {
            return reject(
                .repositoryNotConfigured,
                "\(spec.repository) has the id \(repository.id) now, not \(expected): the name belongs to another repository")
        }
        guard let issue = input.issue else {
            return reject(.issueNotFound, "\(spec.repository) has no issue \(spec.issue)")
        }
        if let answer = checkLabel(input) { return answer }
        guard issue.isOpen else {
            return reject(.issueClosed, "issue \(spec.issue) is closed; open it and set the label again")
        }
        let requester: AuditActor
        switch checkActor(input) {
        case .success(let actor): requester = actor
        case .failure(let refusal): return .reject(refusal.rejection)
        }
        if let answer = checkConflictingLabels(input, issue) { return answer }
        let revise = spec.trigger.revise ?? false
        if revise, !kind.allowsRevise { return reject(.notAllowed, "a run of kind \(kind.rawValue) cannot be revised") }
        var pullRequest: PullRequest?
        if revise {
            switch checkPullRequest(input, kind) {
            case .success(let found): pullRequest = found
            case .failure(let refusal): return .reject(refusal.rejection)
            }
        }
        if !input.confined, !configured.allowUnprotected {
            return reject(
                .unprotectedRepository,
                "the rules of \(spec.repository) do not keep the app to codex/** branches; add such a rule, or set allowUnprotected")
        }
        let settings: AdmittedRun
        switch AdmissionSettings.resolve(
            input, kind: kind, revise: revise, issue: issue, pullRequest: pullRequest, repository: repository,
            requester: requester)
        {
        case .success(let resolved): settings = resolved
        case .failure(let refusal): return .reject(refusal.rejection)
        }
        return checkOthers(input, settings)
    }

    static func reject(
        _ reason: Reason, _ message: String, notice: Rejection.Notice = .comment, needsInput: Bool = false,
        event: AuditEventType = .runRejected
    ) -> AdmissionDecision {
        .reject(
            Rejection(reason: reason, message: message, notice: notice, needsInput: needsInput, event: event))
    }

    /// A label-started run needs its labelling: gone means that somebody changed their mind.
    private static func checkLabel(_ input: AdmissionInput) -> AdmissionDecision? {
        guard let label = input.run.spec.trigger.label else { return nil }
        guard let event = input.labelEvent else {
            return reject(.labelMissing, "the issue's history has no labelling with \(label)", notice: .silent)
        }
        let later = input.labelEvents.filter { !$0.isSet && $0.label == label && $0.id > event.id }
        if !later.isEmpty { return .cancel(message: "the label \(label) was taken off before the run began") }
        return nil
    }

    struct Refusal: Error { let rejection: Rejection }

    private static func checkActor(_ input: AdmissionInput) -> Result<AuditActor, Refusal> {
        let trigger = input.run.spec.trigger
        if input.isAppliedByHand {
            return .success(AuditActor(kind: .human, id: trigger.requestedBy ?? "unknown Kubernetes user"))
        }
        guard let actor = trigger.reviewID != nil ? input.review?.author : input.labelEvent?.actor else {
            return .failure(
                Refusal(rejection: Rejection(reason: .actorNotAllowed, message: "nobody is known to have asked for the run")))
        }
        let subject = ActorPolicy.Subject(
            id: actor.id, login: actor.login, isBot: actor.isBot, permission: input.permission?.word)
        switch ActorPolicy.decide(subject, input.configuration.actors) {
        case .allowed: return .success(AuditActor(kind: actor.isBot ? .system : .human, id: actor.login))
        case .denied(let rule):
            return .failure(
                Refusal(rejection: Rejection(reason: .actorNotAllowed, message: rule, notice: .reactionOnly)))
        }
    }

    private static func checkConflictingLabels(_ input: AdmissionInput, _ issue: SourceIssue) -> AdmissionDecision? {
        let catalogue = input.configuration.labels
        for group in [catalogue.modelLabels(in: issue.labels), catalogue.reasoningLabels(in: issue.labels)]
        where group.count > 1 {
            return reject(
                .conflictingLabels, "at most one of these labels can be set: \(group.sorted().joined(separator: ", "))")
        }
        return nil
    }

    /// A revise run works on an open pull request of ours, within one repository.
    private static func checkPullRequest(
        _ input: AdmissionInput, _ kind: TriggerKind
    ) -> Result<PullRequest, Refusal> {
        func refuse(_ message: String) -> Result<PullRequest, Refusal> {
            .failure(
                Refusal(
                    rejection: Rejection(
                        reason: .pullRequestNotFound, message: message, event: .runRevisePRNotFound)))
        }
        let branch = kind.branch(issue: input.run.spec.issue)
        let viaReview = input.run.spec.trigger.reviewID != nil
        guard let found = viaReview ? input.reviewedPullRequest : input.openPullRequest else {
            return refuse("there is no open pull request from \(branch); set \(firstLabel(input, kind)) to make one")
        }
        guard found.isOpen else { return refuse("pull request \(found.number) is not open") }
        guard found.headRepositoryID == found.baseRepositoryID else {
            return refuse("pull request \(found.number) comes from another repository")
        }
        guard found.author.id == input.identity.id else {
            return refuse("pull request \(found.number) was not opened by \(input.identity.login)")
        }
        guard found.headBranch == branch else {
            return refuse("pull request \(found.number) comes from \(found.headBranch), not from \(branch)")
        }
        return .success(found)
    }

    private static func firstLabel(_ input: AdmissionInput, _ kind: TriggerKind) -> String {
        input.configuration.labels.label(kind: kind, revise: false) ?? kind.rawValue
    }

    /// One run of an issue at a time; of several new ones the lowest label event goes first.
    private static func checkOthers(_ input: AdmissionInput, _ admitted: AdmittedRun) -> AdmissionDecision {
        let run = input.run
        let live = input.others.filter { $0.metadata.uid != run.metadata.uid && !$0.phase.isTerminal }
        let sameIssue = live.filter { $0.spec.issue == run.spec.issue }
        if let busy = sameIssue.first(where: { isAccepted($0) || $0.phase == .queued && precedes($0, run, input) }) {
            let message = "run \(busy.metadata.name) of this issue goes on (\(busy.phase.rawValue))"
            return input.configuration.conflictPolicy == .queue
                ? .queue(message: message)
                : reject(.triggerConflict, message, event: .runTriggerConflict)
        }
        if let earlier = sameIssue.first(where: { !isAccepted($0) && precedes($0, run, input) }) {
            return .wait(message: "run \(earlier.metadata.name) asked first")
        }
        let sameAgent = live.filter { isAccepted($0) && $0.status?.effective?.agent == admitted.agent.key }
        if sameAgent.count >= admitted.agent.parallelRuns {
            return .queue(
                message: "\(sameAgent.count) of \(admitted.agent.parallelRuns) runs of agent \(admitted.agent.key) go on in this repository")
        }
        return .admit(admitted)
    }

    private static func isAccepted(_ run: AgentRun) -> Bool {
        run.status?.conditions?.isTrue(RunCondition.accepted.rawValue) ?? false
    }

    /// Whether another run of the issue asked before this one: by label event, else by creation, else by uid.
    private static func precedes(_ other: AgentRun, _ run: AgentRun, _ input: AdmissionInput) -> Bool {
        let theirs = AdmissionInput.labelEvent(for: other.spec.trigger, in: input.labelEvents)?.id
        let ours = input.labelEvent?.id
        if let theirs, let ours, theirs != ours { return theirs < ours }
        if let theirs = other.metadata.creationTimestamp, let ours = run.metadata.creationTimestamp, theirs != ours {
            return theirs < ours
        }
        return other.metadata.uid < run.metadata.uid
    }
}
