// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import KubernetesAPI
import RunPolicy
import SourceProvider

/// Decides whether a run may start: pure, so that every row of the contract's table is a row of a test.
enum AdmissionPlan {
    /// Why a run is not admitted, thrown by whichever check finds it.
    struct Refusal: Error {
        let decision: AdmissionDecision

        static func reject(
            _ reason: Reason, _ message: String, notice: Rejection.Notice = .comment, needsInput: Bool = false,
            event: AuditEventType = .runRejected, _ particulars: JSONObject = [:]
        ) -> Refusal {
            Refusal(
                decision: .reject(
                    Rejection(
                        reason: reason, message: message, notice: notice, needsInput: needsInput, event: event,
                        particulars: particulars)))
        }

        static func cancel(_ message: String) -> Refusal { Refusal(decision: .cancel(message: message)) }
    }

    /// Decides.
    static func decide(_ input: AdmissionInput) -> AdmissionDecision {
        do throws(Refusal) {
            return checkOthers(input, try examine(input))
        } catch {
            return error.decision
        }
    }

    /// The order of the checks is the order in which a person would mend things: where, what, who, how.
    private static func examine(_ input: AdmissionInput) throws(Refusal) -> AdmittedRun {
        let spec = input.run.spec
        guard let asked = TriggerKind(rawValue: spec.trigger.kind) else {
            throw .reject(.notAllowed, "\"\(spec.trigger.kind)\" is no kind of run")
        }
        guard let configured = input.configured, let repository = input.repository else {
            throw .reject(
                .repositoryNotConfigured,
                "\(spec.repository) is not among the configured repositories; add it to the operator's configuration")
        }
        for expected in [spec.repositoryID, configured.id].compactMap({ $0 }) where expected != repository.id {
            throw .reject(
                .repositoryNotConfigured,
                """
                \(spec.repository) has the id \(repository.id) now, not \(expected): the name belongs to another \
                repository
                """)
        }
        guard let issue = input.issue else {
            throw .reject(.issueNotFound, "\(spec.repository) has no issue \(spec.issue)")
        }
        try checkLabel(input, issue)
        try checkReview(input)
        guard issue.isOpen else {
            throw .reject(.issueClosed, "issue \(spec.issue) is closed; open it and set the label again")
        }
        let requester = try checkActor(input)
        let subject = try subject(input, asked, issue)
        try checkConflictingLabels(input, issue, subject.pullRequest)
        if !input.confined, !configured.allowUnprotected {
            throw .reject(
                .unprotectedRepository,
                """
                the rules of \(spec.repository) do not keep the app to codex/** branches; add such a rule, or set \
                allowUnprotected
                """)
        }
        return try AdmissionSettings.resolve(
            input, subject, issue: issue, repository: repository, configured: configured, requester: requester)
    }

    /// A label-started run needs its labelling: gone means that somebody changed their mind.
    ///
    /// The issue's labels are known before its events: a label that is there, and whose setting is not, was set just
    /// now.
    private static func checkLabel(_ input: AdmissionInput, _ issue: SourceIssue) throws(Refusal) {
        guard let label = input.run.spec.trigger.label else { return }
        let isOn = issue.labels.hasLabel(label)
        let event = input.labelEvent
        let isTakenOff = input.labelEvents.contains { !$0.isSet && $0.label.isLabel(label) && $0.id > event?.id ?? .max }
        if event != nil, !isTakenOff { return }
        if isOn, input.isFresh {
            throw Refusal(decision: .wait(message: "the events do not tell of \(label) yet", after: .seconds(3)))
        }
        // Where the label was set anew that labelling is another run's, and the label as well.
        guard event != nil, !isOn else {
            throw .reject(.labelMissing, "the issue's history has no labelling with \(label)", notice: .silent)
        }
        throw .cancel("the label \(label) was taken off before the run began")
    }

    private static func checkActor(_ input: AdmissionInput) throws(Refusal) -> AuditActor {
        let trigger = input.run.spec.trigger
        if input.isAppliedByHand {
            return AuditActor(kind: .human, id: trigger.requestedBy ?? "unknown Kubernetes user")
        }
        guard let actor = trigger.reviewID != nil ? input.review?.author : input.labelEvent?.actor else {
            throw .reject(.actorNotAllowed, "nobody is known to have asked for the run")
        }
        // What an agent asks for is for a person to decide, whatever lists its account is on.
        guard actor.id != input.identity.id else {
            throw .reject(
                .approvalRequired,
                """
                \(actor.login) is the agents' own account, and what it asks for needs a person's approval; somebody who \
                may start runs has to set the label
                """)
        }
        let subject = ActorPolicy.Subject(
            id: actor.id, login: actor.login, isBot: actor.isBot, permission: input.permission?.word)
        switch ActorPolicy.decide(subject, input.configuration.actors) {
        case .allowed: return AuditActor(kind: actor.isBot ? .system : .human, id: actor.login)
        case .denied(let rule): throw .reject(.actorNotAllowed, rule, notice: .reactionOnly)
        }
    }

    /// At most one model and one reasoning effort are asked for, on the issue and on the pull request each.
    private static func checkConflictingLabels(
        _ input: AdmissionInput, _ issue: SourceIssue, _ pullRequest: PullRequest?
    ) throws(Refusal) {
        let catalogue = input.configuration.labels
        for labels in [issue.labels, pullRequest?.labels ?? []] {
            for group in [catalogue.modelLabels(in: labels), catalogue.reasoningLabels(in: labels)]
            where group.count > 1 {
                throw .reject(
                    .conflictingLabels,
                    """
                    at most one of these labels can be set: \(group.sorted().joined(separator: ", ")); take the others off \
                    and ask again
                    """)
            }
        }
    }

    /// One run of an issue at a time; of several new ones the lowest label event goes first.
    private static func checkOthers(_ input: AdmissionInput, _ admitted: AdmittedRun) -> AdmissionDecision {
        let run = input.run
        let live = input.others.filter { $0.metadata.uid != run.metadata.uid && !$0.phase.isTerminal }
        let sameIssue = live.filter { $0.spec.issue == run.spec.issue }
        if let busy = sameIssue.first(where: { $0.isAccepted || $0.phase == .queued && precedes($0, run, input) }) {
            let message = "run \(busy.metadata.name) of this issue goes on (\(busy.phase.rawValue))"
            guard input.configuration.conflictPolicy == .reject else { return .queue(message: message) }
            return .reject(
                Rejection(
                    reason: .triggerConflict, message: message + afterwards(input, admitted),
                    event: .runTriggerConflict))
        }
        if let earlier = sameIssue.first(where: { !$0.isAccepted && precedes($0, run, input) }) {
            return .wait(message: "run \(earlier.metadata.name) asked first")
        }
        let sameAgent = live.filter { $0.isAccepted && $0.status?.effective?.agent == admitted.agent.key }
        if sameAgent.count >= admitted.agent.parallelRuns {
            return .queue(
                message: """
                    \(sameAgent.count) of \(admitted.agent.parallelRuns) runs of agent \(admitted.agent.key) go on in \
                    this repository
                    """)
        }
        return .admit(admitted)
    }

    /// A label can be set again; a review cannot be submitted again without saying something, so its way on is told.
    private static func afterwards(_ input: AdmissionInput, _ admitted: AdmittedRun) -> String {
        guard input.run.spec.trigger.reviewID != nil,
            let label = input.configuration.labels.label(kind: admitted.kind, revise: true)
        else { return "" }
        return "; set \(label) when it has ended"
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

extension AgentRun {
    /// Whether the run was admitted.
    var isAccepted: Bool { status?.conditions?.isTrue(RunCondition.accepted.rawValue) ?? false }
}
