// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import ControllerRuntime
import JSONCoding
import KubernetesAPI
import SourceProvider

/// Everything that admission looks at, asked for once and side by side.
extension AgentRunReconciler {
    /// Gathers what is to be decided from. What brought the run here is recorded with the decision; where nothing can be
    /// decided it is recorded at once.
    func look(_ run: AgentRun, _ walk: RunWalk) async throws -> AdmissionInput {
        do {
            return try await gatherAdmission(run, walk)
        } catch {
            try await context.audit.record(firstSight(run))
            throw error
        }
    }

    /// What is known before anything is decided.
    func firstSight(_ run: AgentRun) -> [AuditEvent] {
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
        async let guessedAnswer =
            trigger.actor == nil ? nil : Optional(source.permission(of: trigger.actor ?? "", in: name))
        let kind = TriggerKind(rawValue: trigger.kind)
        let branch = kind?.branch(issue: spec.issue) ?? ""
        let isRevise = trigger.revise ?? false
        let isSought = isRevise && trigger.pullRequest == nil
        async let openAnswer = isSought ? source.openPullRequest(head: branch, in: name) : nil
        async let confinedAnswer =
            configured.allowUnprotected ? true : context.facts.confinesApp(branch: branch, in: name)
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
            permission =
                actor.login == trigger.actor
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
            confined: try await confinedAnswer,
            isFresh: run.metadata.creationTimestamp.map { context.now().since($0) < Self.eventDelay } ?? false)
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

    /// How long a labelling may take to show among the code host's events.
    private static let eventDelay = Duration.seconds(60)

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
        var keys = Set(context.runs.byIndex("live-issue", RunIndex.issue(run)).map(\.metadata.key))
        for other in RunIndex.agent(run).map({ context.runs.byIndex("live-agent", $0) }) ?? [] {
            keys.insert(other.metadata.key)
        }
        // What was written a moment ago may be found under another agent than the cache thinks, or be live again.
        let repository = RunIndex.repository(run)
        keys.formUnion(latest.all.filter { RunIndex.repository($0) == repository }.map(\.metadata.key))
        keys.remove(run.metadata.key)
        // Of each the newer of what the cache has and what was written: none is forgotten before the cache has it.
        return keys.compactMap { latest.newest(context.runs.get($0), key: $0) }
    }

    /// `nil` where the code host has no such thing.
    func found<T: Sendable>(
        _ body: () async throws(ProviderError) -> T
    ) async throws(ProviderError) -> T? {
        do {
            return try await body()
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }
}
