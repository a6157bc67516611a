// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import ControllerRuntime
import JSONCoding
import KubernetesAPI
import KubernetesClient
import RunPolicy
import SourceProvider

/// Errors that only a person can end.
enum ReconcileErrors {
    static func configurationChanged(_ run: AgentRun) -> ReconcileError {
        .waitUntil(
            .seconds(60),
            "run \(run.metadata.name): its agent or repository is no longer configured; configure it again, or cancel the run")
    }
}

extension AgentRunReconciler {
    /// Pending and Queued: gather, decide, claim the label event, answer.
    func admit(_ run: AgentRun, _ walk: RunWalk) async throws -> Step {
        try await issueGate.withLock("\(run.spec.repository.lowercased())#\(run.spec.issue)") { [self] in
            // Another run of the issue may have been admitted while this one waited for the gate.
            guard let run = latest.newest(context.runs.get(run.metadata.key), key: run.metadata.key) else {
                return .settled
            }
            guard run.phase == .pending || run.phase == .queued else { return .next(run) }
            let input = try await look(run, walk)
            switch AdmissionPlan.decide(input) {
            case .wait: return .after(.milliseconds(200))
            case .admit(let admitted): return .next(try await accept(run, admitted, input, walk))
            case .reject(let rejection):
                let refusal = try await claim(run, input, recording: firstSight(run))
                return .next(try await reject(run, refusal ?? rejection, input))
            case .queue(let message):
                return try await claimed(run, input) { try await self.enqueue(run, message) }
            case .cancel(let message):
                return try await claimed(run, input) { try await self.cancel(run, message: message) }
            }
        }
    }

    /// Goes on with what was decided where the label event is the run's own.
    private func claimed(
        _ run: AgentRun, _ input: AdmissionInput, _ next: () async throws -> Step
    ) async throws -> Step {
        guard let refusal = try await claim(run, input, recording: firstSight(run)) else { return try await next() }
        return .next(try await reject(run, refusal, input))
    }

    /// Gathers what is to be decided from. What brought the run here is recorded with the decision; where nothing can be
    /// decided it is recorded at once.
    private func look(_ run: AgentRun, _ walk: RunWalk) async throws -> AdmissionInput {
        do {
            return try await gatherAdmission(run, walk)
        } catch {
            try await context.audit.record(firstSight(run))
            throw error
        }
    }

    /// What is known before anything is decided.
    private func firstSight(_ run: AgentRun) -> [AuditEvent] {
        let trigger = run.spec.trigger
        var events: [AuditEvent] = []
        if let delivery = trigger.deliveryID {
            events.append(
                event(
                    run, .webhookReceived, actor: AuditActor(kind: .system, id: "codex-k8s-edge"), attempt: 1,
                    [
                        "delivery": .string(delivery),
                        "received_at": run.metadata.annotations[Keys.receivedAt].map { .string($0) } ?? nil,
                    ]))
        }
        if let label = trigger.label {
            events.append(
                event(
                    run, .labelRequested, key: label, actor: AuditActor(kind: .human, id: trigger.actor ?? "unknown"),
                    attempt: 1, ["label": .string(label), "issue": .integer(Int64(run.spec.issue))]))
        }
        return events
    }

    private func gatherAdmission(_ run: AgentRun, _ walk: RunWalk) async throws -> AdmissionInput {
        let source = context.source
        let spec = run.spec
        guard let configured = context.configuredRepository(run) else {
            return input(run, configured: nil)
        }
        let name = configured.name
        let trigger = spec.trigger
        async let repositoryAnswer = context.facts.repository(name)
        async let issueAnswer = found { () async throws(ProviderError) in try await source.issue(spec.issue, in: name) }
        async let eventsAnswer = trigger.label == nil ? [] : source.labelEvents(issue: spec.issue, in: name)
        async let identityAnswer = source.identity()
        // Who set the label is known for certain from the label's event; it is asked about at once whom the edge named.
        async let guessedAnswer = trigger.actor == nil ? nil : Optional(source.permission(of: trigger.actor ?? "", in: name))
        let kind = TriggerKind(rawValue: trigger.kind)
        let branch = kind?.branch(issue: spec.issue) ?? ""
        let isRevise = trigger.revise ?? false
        let isSought = isRevise && trigger.pullRequest == nil
        async let openAnswer = isSought ? source.openPullRequest(head: branch, in: name) : nil
        async let confinedAnswer = configured.allowUnprotected ? true : context.facts.confinesApp(branch: branch, in: name)
        let repository = try await repositoryAnswer
        // Not needed to decide, and known by the time that it is.
        async let standAnswer = run.phase == .pending ? stand(configured, repository, run) : nil
        let issue = try await issueAnswer
        walk.issue = issue
        let events = issue == nil ? [] : try await eventsAnswer
        let identity = try await identityAnswer

        var review: PullRequestReview?
        var named: PullRequest?
        if let number = trigger.pullRequest {
            named = try await found { () async throws(ProviderError) in try await source.pullRequest(number, in: name) }
            if let reviewID = trigger.reviewID {
                review = try await found { () async throws(ProviderError) in
                    try await source.review(reviewID, pullRequest: number, in: name)
                }
            }
        }
        let actor = review?.author ?? AdmissionInput.labelEvent(for: trigger, in: events)?.actor
        var permission: RepositoryPermission?
        if let actor {
            permission = actor.login == trigger.actor
                ? try await guessedAnswer : try await source.permission(of: actor.login, in: name)
        }
        let past = try await past(run, repositoryID: repository.id)
        // Whoever cannot tell where the branches stand finds out when the run is provisioned, and says so there.
        walk.stand = try? await standAnswer
        return AdmissionInput(
            run: run, configuration: context.configuration, configured: configured, repository: repository,
            issue: issue, labelEvents: events, permission: permission, review: review,
            reviewAnsweredBy: past.reviewAnsweredBy, namedPullRequest: named, openPullRequest: try await openAnswer,
            identity: identity, others: otherRuns(of: run), history: past.runs, lastStage: past.lastStage,
            confined: try await confinedAnswer)
    }

    /// What history says that a decision needs: of a run that begins anew, nothing.
    private func past(
        _ run: AgentRun, repositoryID: Int64
    ) async throws(AuditError) -> (runs: [RunRecord], lastStage: String?, reviewAnsweredBy: String?) {
        guard run.spec.trigger.revise ?? false else { return ([], nil, nil) }
        let (history, issue) = (context.history, run.spec.issue)
        let runs = try await history.runs(repositoryID: repositoryID, issue: issue, limit: Self.historyLimit)
            .filter { $0.runUID != run.metadata.uid }
        guard let review = run.spec.trigger.reviewID else { return (runs, nil, nil) }
        let stage = try await history.lastStage(repositoryID: repositoryID, issue: issue)
        let answer = try await history.runs(answering: [review], repositoryID: repositoryID, issue: issue)[review]
        return (runs, stage, answer == run.metadata.uid ? nil : answer)
    }

    /// How many of the newest runs of an issue are looked at.
    static let historyLimit = 50

    private func input(_ run: AgentRun, configured: OperatorConfiguration.Repository?) -> AdmissionInput {
        AdmissionInput(
            run: run, configuration: context.configuration, configured: configured, repository: nil, issue: nil,
            labelEvents: [], permission: nil, review: nil, reviewAnsweredBy: nil, namedPullRequest: nil,
            openPullRequest: nil, identity: SourceActor(id: 0, login: "", isBot: true), others: [], history: [],
            lastStage: nil, confined: true)
    }

    /// The other runs of the same issue or agent that have not ended, as they are now, our own last writes included.
    func otherRuns(of run: AgentRun) -> [AgentRun] {
        var found: [ObjectKey: AgentRun] = [:]
        for other in context.runs.byIndex("live-issue", RunIndex.issue(run)) { found[other.metadata.key] = other }
        for other in RunIndex.agent(run).map({ context.runs.byIndex("live-agent", $0) }) ?? [] {
            found[other.metadata.key] = other
        }
        // What was written a moment ago may be found under another agent than the cache thinks.
        for other in latest.all where found[other.metadata.key] == nil && RunIndex.repository(other) == RunIndex.repository(run) {
            found[other.metadata.key] = other
        }
        return found.values.filter { $0.metadata.uid != run.metadata.uid }
            .compactMap { latest.newest($0, key: $0.metadata.key) }
    }

    /// `nil` where the code host has no such thing.
    private func found<T: Sendable>(
        _ body: () async throws(ProviderError) -> T
    ) async throws(ProviderError) -> T? {
        do {
            return try await body()
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }

    /// Claims the label event and records the facts with it; a run whose event another run has is a duplicate, and
    /// nothing is recorded.
    ///
    /// A run that is admitted has its row from here on, also where no label asked for it: what the run leaves on record
    /// belongs to that row.
    private func claim(
        _ run: AgentRun, _ input: AdmissionInput, for admitted: AdmittedRun? = nil, recording facts: [AuditEvent]
    ) async throws -> Rejection? {
        guard let repository = input.repository, admitted != nil || input.labelEvent != nil else {
            try await context.audit.record(facts)
            return nil
        }
        var record = record(run, repositoryID: repository.id)
        record.labelEventID = input.labelEvent?.id
        if let admitted {
            record.kind = admitted.kind.rawValue
            record.agent = admitted.agent.key
            record.branch = admitted.branch
            record.pullRequest = admitted.pullRequest?.number
            record.model = admitted.model?.value
            record.reasoningEffort = admitted.reasoningEffort?.value
        }
        guard case .takenBy(let other) = try await context.history.claim(record, recording: facts) else { return nil }
        return Rejection(reason: .duplicate, message: "run \(other) answers this labelling already", notice: .silent)
    }

    /// Claims the label event, with the decision and what it leads to in the record, while the finalizer is set; then
    /// writes the status while the place is made. Neither pair has an order: whoever stops in between is admitted again,
    /// finds claim and place its own, and leaves the place if it is not admitted then. The Job comes after all of it.
    private func accept(
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

    private func enqueue(_ run: AgentRun, _ message: String) async throws -> Step {
        if run.phase != .queued {
            try await context.audit.record([event(run, .runQueued, attempt: 1, ["why": .string(message)])])
        }
        let now = context.now()
        _ = try await write(run) { status in
            Self.set(&status, run, .accepted, .unknown, .queued, message, now)
            Self.setPhase(&status, run, .queued, .queued, message, now)
        }
        // Woken by the end of the other run; the clock is for the case that nobody wakes it.
        return .after(.seconds(15))
    }

    /// Says no: visibly where that helps, and takes the label off, so that setting it again means something.
    private func reject(_ run: AgentRun, _ rejection: Rejection, _ input: AdmissionInput) async throws -> AgentRun {
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
        _ = try await context.source.createComment(
            "\(marker)\nThe run was not started: \(rejection.message).", issue: run.spec.issue, in: repository)
    }

    /// Takes the run's label off its issue, with its records.
    func takeTriggerLabelOff(
        _ run: AgentRun, _ repository: RepositoryName, outcome: AuditEventType
    ) async throws {
        guard let label = run.spec.trigger.label else { return }
        try await context.audit.record([intent(run, outcome, key: "-\(label)")])
        try await context.source.removeLabel(label, issue: run.spec.issue, in: repository)
        try await context.audit.record([event(run, outcome, key: "-\(label)", ["removed": .string(label)])])
    }
}
