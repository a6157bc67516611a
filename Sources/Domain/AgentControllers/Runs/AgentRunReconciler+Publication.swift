// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import ControllerRuntime
import JSONCoding
import KubernetesAPI
import SourceProvider

extension AgentRunReconciler {
    /// Publishing: the branch's head is the truth; check it, then make or update the pull request.
    func publish(_ run: AgentRun) async throws -> Step {
        guard let configured = context.configuredRepository(run) else { throw ReconcileErrors.configurationChanged(run) }
        try await releasePods(run)
        let settings = try settings(of: run)
        async let issueAnswer = presentIssue(run, configured.name)
        let input = try await gatherPublication(run, configured, settings)
        guard let issue = try await issueAnswer else {
            return .next(try await finish(run, .failed, .issueNotFound, Self.issueGone(run)))
        }
        switch PublicationPlan.decide(input) {
        case .violation(let message):
            return .next(try await finish(run, .failed, .policyViolation, message))
        case .moved(let message):
            return .next(try await finish(run, .failed, .branchMoved, message))
        case .lost:
            let condition = run.status?.conditions?[RunCondition.agentCompleted.rawValue]
            let reason = condition.flatMap { Reason(rawValue: $0.reason) } ?? .resultLost
            return .next(
                try await finish(
                    run, .failed, reason,
                    "nothing was pushed; \(condition?.message ?? ""); raise spec.attempts to try again"))
        case .talk:
            return .next(try await talked(run, configured.name, settings, open: input.openPullRequest))
        case .noChanges:
            return .next(
                try await finish(run, .succeeded, .noChanges, "the agent ended without a new commit") { status, now in
                    Self.set(&status, run, .pullRequestReady, .false, .noChanges, "there is no new commit", now)
                })
        case .create, .update:
            switch try await upsertPullRequest(run, configured, settings, issue, head: input.head) {
            case .success(let (pullRequest, created)):
                return .next(
                    try await published(run, configured, settings, pullRequest, created: created, head: input.head))
            case .failure(let refusal):
                return .next(
                    try await finish(
                        run, .failed, .sourceRefused,
                        """
                        the branch is pushed, but its pull request is refused: \(refusal.description); mend what is \
                        wrong there and raise spec.attempts to try again
                        """))
            }
        }
    }

    private func gatherPublication(
        _ run: AgentRun, _ configured: OperatorConfiguration.Repository, _ settings: AdmittedSettings
    ) async throws -> PublicationInput {
        let source = context.source
        let name = configured.name
        async let headAnswer = source.branchHead(settings.branch, in: name)
        async let openAnswer = source.openPullRequest(head: settings.branch, in: name)
        let head = try await headAnswer
        let open = try await openAnswer
        let attempts = run.status?.attempts ?? []
        var input = PublicationInput(
            kind: settings.kind, agent: settings.agent.key, allowsWorkflows: configured.allowWorkflowFiles,
            discussion: settings.discussion, attempts: attempts, head: head, comparison: nil, before: nil, after: nil,
            openPullRequest: open,
            isResultLost: run.status?.conditions?[RunCondition.agentCompleted.rawValue]
                .flatMap { Reason(rawValue: $0.reason) }?.isResultLost ?? false)
        guard let head, let start = PublicationPlan.start(of: attempts.last) else { return input }
        async let comparison = head == start ? nil : Optional(source.compare(base: start, head: head, in: name))
        if input.needsTrees, let base = attempts.first?.baseSHA {
            async let fromBase = source.compare(base: base, head: head, in: name)
            let history = try await context.history.runs(
                repositoryID: run.status?.repositoryID ?? 0, issue: run.spec.issue, limit: Self.historyLimit)
            let isTrusted = PublicationPlan.isTrusted(
                branch: settings.branch, history: history.filter { $0.runUID != run.metadata.uid })
            let baseline = PublicationPlan.baseline(
                attempts: attempts, openPullRequest: open, isTrusted: isTrusted,
                mergeBase: try await fromBase.mergeBase)
            if let baseline {
                async let before = source.tree(commit: baseline, in: name)
                async let after = source.tree(commit: head, in: name)
                input.before = try await before
                input.after = try await after
            }
        }
        input.comparison = try await comparison
        return input
    }

    /// Makes the pull request or brings it up to date. A refusal that no repetition would change (there is no such base
    /// any more, all of the branch is in it already) is given back.
    private func upsertPullRequest(
        _ run: AgentRun, _ configured: OperatorConfiguration.Repository, _ settings: AdmittedSettings,
        _ issue: SourceIssue, head: String?
    ) async throws -> Result<(PullRequest, created: Bool), ProviderError> {
        let source = context.source
        let name = configured.name
        let text = PullRequestText.Input(
            issue: issue, kind: settings.publishedKind(issue: issue.number), runs: sections(run, settings, head: head))
        let body = PullRequestText.body(text)
        if let open = try await source.openPullRequest(head: settings.branch, in: name) {
            // What a person opened says what that person wrote.
            let isOurs = try await source.identity().id == open.author.id
            guard isOurs, open.body != body else { return .success((open, false)) }
            try await context.audit.record([intent(run, .prUpdated, ["number": .integer(Int64(open.number))])])
            return .success((try await source.updatePullRequest(open.number, title: nil, body: body, in: name), false))
        }
        let repository = try await source.repository(name)
        try await context.audit.record([intent(run, .prCreated, ["head": .string(settings.branch)])])
        let draft = PullRequestDraft(
            title: PullRequestText.title(text), body: body, headBranch: settings.branch,
            baseBranch: configured.baseBranch ?? repository.defaultBranch)
        do throws(ProviderError) {
            return .success((try await source.createPullRequest(draft, in: name), true))
        } catch {
            guard error.code == .invalid else { throw error }
            return .failure(error)
        }
    }

    /// A section for each earlier run of the branch that the cluster still knows, and one for this run.
    private func sections(
        _ run: AgentRun, _ settings: AdmittedSettings, head: String?
    ) -> [PullRequestText.Section] {
        let ofIssue = FeedbackReconciler.issueKey(run).flatMap { key in context.runs.byIndex("issue", key.description) }
        let published = ofIssue.filter {
            $0.metadata.uid != run.metadata.uid && $0.status?.branch == settings.branch && $0.phase == .succeeded
                && $0.status?.pullRequest != nil
                // A run that only talked has the pull request that it talked about, and made nothing of it.
                && $0.status?.conditions?.isTrue(RunCondition.pullRequestReady.rawValue) == true
        }
        let earlier = published.sorted { left, right in
            (left.metadata.creationTimestamp?.microseconds ?? 0) < (right.metadata.creationTimestamp?.microseconds ?? 0)
        }
        return (earlier.map { ($0, $0.status?.pullRequest?.headSHA) } + [(run, head)]).map { run, head in
            PullRequestText.Section(
                run: run.metadata.name, agent: run.status?.effective?.agent ?? "",
                attempt: run.currentAttemptNumber, model: run.status?.effective?.model,
                reasoningEffort: run.status?.effective?.reasoningEffort, session: run.status?.session, head: head, summary: run.status?.currentAttempt?.message)
        }
    }

    private func published(
        _ run: AgentRun, _ configured: OperatorConfiguration.Repository, _ settings: AdmittedSettings,
        _ pullRequest: PullRequest, created: Bool, head: String?
    ) async throws -> AgentRun {
        // A process that stopped between making the pull request and its record finds it made: the first run of a pull
        // request made it, whoever looks.
        let isFirst = if created { true } else { try await isFirst(run, of: pullRequest) }
        try await context.history.link(
            [TraceLink(.branch, run.status?.branch ?? "", to: .pullRequest, "\(run.spec.repository)#\(pullRequest.number)")],
            runUID: run.metadata.uid,
            recording: [
                event(
                    run, isFirst ? .prCreated : .prUpdated,
                    [
                        "number": .integer(Int64(pullRequest.number)), "url": .string(pullRequest.url),
                        "head": head.map { .string($0) } ?? nil,
                    ])
            ])
        if settings.kind == .rethink { try await supersede(run, configured.name, settings, by: pullRequest) }
        try await markInReview(run, configured.name, pullRequest)
        let message = "\(isFirst ? "created" : "updated") pull request \(pullRequest.number)"
        return try await finish(run, .succeeded, .succeeded, message) { status, now in
            status.pullRequest = .init(number: pullRequest.number, url: pullRequest.url, headSHA: head)
            var attempt = status.currentAttempt
            attempt?.headAfter = head
            status.currentAttempt = attempt
            Self.set(&status, run, .pullRequestReady, .true, isFirst ? .created : .updated, message, now)
        }
    }

    /// Whether no other run has this pull request.
    private func isFirst(_ run: AgentRun, of pullRequest: PullRequest) async throws -> Bool {
        let runs = try await context.history.runs(
            repositoryID: run.status?.repositoryID ?? 0, issue: run.spec.issue, limit: Self.historyLimit)
        let identity = try await context.source.identity()
        return pullRequest.author.id == identity.id
            && !runs.contains { $0.runUID != run.metadata.uid && $0.pullRequest == pullRequest.number }
    }

    /// `state:in-review` on issue and pull request; the trigger label comes off.
    private func markInReview(
        _ run: AgentRun, _ repository: RepositoryName, _ pullRequest: PullRequest
    ) async throws {
        let label = context.configuration.labels.inReview
        try await context.audit.record([intent(run, .labelApplied, key: label)])
        async let onIssue: Void = context.source.addLabels([label], issue: run.spec.issue, in: repository)
        async let onPullRequest: Void = context.source.addLabels([label], issue: pullRequest.number, in: repository)
        _ = try await (onIssue, onPullRequest)
        // What was superseded and is worked on again is not superseded any more.
        let superseded = context.configuration.labels.superseded
        let wasSuperseded = pullRequest.labels.hasLabel(superseded)
        if wasSuperseded {
            try await context.source.removeLabel(superseded, issue: pullRequest.number, in: repository)
        }
        try await context.audit.record([
            event(
                run, .labelApplied, key: label,
                ["label": .string(label), "removed": wasSuperseded ? .string(superseded) : .null])
        ])
    }
}
