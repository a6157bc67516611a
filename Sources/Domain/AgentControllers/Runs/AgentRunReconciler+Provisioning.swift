// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import ControllerRuntime
import Cryptography
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Prompts
import ServiceRuntime
import SourceProvider
import Synchronization

extension AgentRunReconciler {
    /// Preparing: join or make the place, remember where the branch stands, then secret, task and, last, the Job.
    func provision(_ run: AgentRun, _ walk: RunWalk) async throws -> Step {
        guard let repositoryID = run.status?.repositoryID, let configured = context.configuredRepository(run) else {
            throw ReconcileErrors.configurationChanged(run)
        }
        var settings = try settings(of: run)
        if run.resumption > 0 {
            // What is left of the attempt's time, for the agent to know; the clock alone ends it.
            settings.timeout = max(.seconds(60), RunClock(run.status, limit: settings.timeout).remaining(at: context.now()))
        }
        async let finalized = addFinalizer(run)
        let placeName = Names.runNamespace(
            repositoryID: repositoryID, issue: run.spec.issue, agent: settings.agent.key)
        let attempt = run.status?.attempt ?? 1
        if walk.intentsRecorded != attempt {
            try await context.audit.record(provisioningIntents(run, placeName: placeName))
            walk.intentsRecorded = attempt
        }
        // Nothing outside the run is made before both are there.
        let run = try await finalized
        var current = run
        if run.status?.currentAttempt?.baseSHA == nil {
            switch try await rememberBranch(run, configured: configured, settings: settings) {
            case .failure(let ended): return .next(ended)
            case .success(let remembered): current = remembered
            }
        }
        let place = if let joined = walk.takePlace() {
            joined
        } else {
            try await joinPlace(
                current, walk, name: placeName, agent: settings.agent, mode: settings.mode, repositoryID: repositoryID)
        }
        return try await startJob(
            JobStart(run: current, place: place, configured: configured, settings: settings, walk: walk))
    }

    /// Makes the place and the token of a run that was just admitted. What does not succeed here is done, and
    /// explained, when the run is provisioned.
    func beginPlace(
        _ run: AgentRun, _ walk: RunWalk, _ name: String, _ admitted: AdmittedRun,
        _ configured: OperatorConfiguration.Repository?
    ) async {
        guard let configured else { return }
        do {
            async let token = context.source.mintRunToken(configured.name)
            async let templates = templates(
                walk, agent: admitted.agent, kind: PromptKind(revise: admitted.revise),
                repositoryID: admitted.repositoryID, baseSHA: walk.stand?.base, configured)
            let place = try await joinPlace(
                run, walk, name: name, agent: admitted.agent, mode: admitted.mode, repositoryID: admitted.repositoryID)
            walk.give(place)
            let maker = context.placeMaker
            try await maker.gate.withLock(name) {
                let place = maker.newest(place)
                guard !place.metadata.isBeingDeleted, !maker.isActive(place) else { return }
                try await maker.make(place)
                walk.hasMadePlace = true
            }
            walk.give(try await token)
            walk.give(try await templates)
        } catch {
            context.logger.debug("the place is made later", ["run": run.metadata.name, "error": "\(error)"])
        }
    }

    /// What a Job is started with.
    private struct JobStart: Sendable {
        var run: AgentRun
        var place: IssueNamespace
        var configured: OperatorConfiguration.Repository
        var settings: AdmittedSettings
        var walk: RunWalk

        func with(place: IssueNamespace) -> JobStart {
            var copy = self
            copy.place = place
            return copy
        }
    }

    /// Makes the place where it is not there yet, and the Job in it. The run does not wait for the place's own reconciler
    /// to be woken; the gate keeps the two apart.
    private func startJob(_ start: JobStart) async throws -> Step {
        let maker = context.placeMaker
        return try await maker.gate.withLock(start.place.metadata.name) { [self] in
            let start = start.with(place: maker.newest(start.place))
            guard !start.place.metadata.isBeingDeleted else { return try await waitForPlace(start.run, start.place) }
            let isActive = maker.isActive(start.place)
            do {
                async let token = token(start)
                async let templates = templates(
                    start.walk, agent: start.settings.agent, kind: PromptKind(revise: start.settings.revise),
                    repositoryID: start.run.status?.repositoryID, baseSHA: start.run.status?.currentAttempt?.baseSHA,
                    start.configured)
                if !isActive, !start.walk.hasMadePlace { try await maker.make(start.place) }
                return .next(
                    try await createJob(
                        start, token: try await token, templates: try await templates, isPlaceActive: isActive))
            } catch let taken as PlaceMaker.NameTaken {
                try await maker.explain(start.place, .nameTaken, taken.description)
            } catch let terminating as PlaceMaker.Terminating {
                try await maker.explain(start.place, .namespaceTerminating, terminating.description)
            } catch let error as APIError {
                guard error.isNamespaceTerminating else { throw error }
                try await maker.explain(start.place, .namespaceTerminating, error.message)
            }
            return try await waitForPlace(start.run, maker.newest(start.place))
        }
    }

    private func token(_ start: JobStart) async throws -> RunToken {
        if let minted = start.walk.takeToken() { return minted }
        return try await context.source.mintRunToken(start.configured.name)
    }

    /// What is about to be made for an attempt.
    func provisioningIntents(_ run: AgentRun, placeName: String) -> [AuditEvent] {
        [
            intent(run, .namespacePrepared, ["namespace": .string(placeName)]),
            intent(
                run, .jobCreated, key: run.jobKey, ["namespace": .string(placeName), "job": .string(run.jobName)]),
        ]
    }

    /// Set just before the first object outside the run; taken off at its end.
    func addFinalizer(_ run: AgentRun) async throws -> AgentRun {
        guard let patch = Patch.addingFinalizer(Keys.cleanupFinalizer, to: run.metadata.finalizers) else { return run }
        let changed = try await context.runClient(run).patch(run.metadata.name, patch)
        latest.note(changed)
        return changed
    }

    /// Makes the place or joins the one that is there; joining keeps it from expiring.
    func joinPlace(
        _ run: AgentRun, _ walk: RunWalk, name: String, agent: AgentDefinition, mode: AgentMode, repositoryID: Int64
    ) async throws -> IssueNamespace {
        walk.reservation = context.placeMaker.reserve(name)
        let client = context.api.resource(IssueNamespace.self)
        let uid = run.metadata.uid
        if let known = context.places.get(ObjectKey(namespace: nil, name: name)), known.spec.holders?.contains(uid) == true,
            !known.metadata.isBeingDeleted
        {
            return known
        }
        let wanted = IssueNamespace(
            metadata: ObjectMeta(
                name: name,
                labels: [
                    Keys.managedBy: Keys.manager, Keys.repositoryID: String(repositoryID),
                    Keys.issue: String(run.spec.issue), Keys.agent: agent.key,
                ], finalizers: [Keys.cleanupFinalizer]),
            spec: IssueNamespaceSpec(
                repository: run.spec.repository, repositoryID: repositoryID, issue: run.spec.issue,
                agent: agent.key, mode: mode, readOnly: agent.readOnly,
                ttlSeconds: Int(context.configuration.leaseTTL.components.seconds), holders: [uid]))
        if let made = try await tolerating(.alreadyExists, body: { try await client.create(wanted) }) {
            context.placeMaker.latest.note(made)
            return made
        }
        let existing = try await client.get(name)
        guard existing.spec.repositoryID == repositoryID, existing.spec.agent == agent.key else {
            throw ReconcileError.waitUntil(.seconds(60), "IssueNamespace \(name) belongs to another repository")
        }
        if existing.metadata.isBeingDeleted {
            throw ReconcileError.waitUntil(.seconds(1), "IssueNamespace \(name) is being removed")
        }
        let holders = existing.spec.holders ?? []
        if holders.contains(uid) { return existing }
        return try await client.patch(
            name,
            .merge([
                "metadata": ["resourceVersion": .string(existing.metadata.resourceVersion)],
                "spec": ["holders": .array((holders + [uid]).map { .string($0) })],
            ]))
    }

    private func waitForPlace(_ run: AgentRun, _ place: IssueNamespace) async throws -> Step {
        let now = context.now()
        let problem = place.status?.conditions?["Ready"]
        let reason = problem.flatMap { Reason(rawValue: $0.reason) } ?? .preparing
        let message = problem?.message ?? "the namespaces are being made"
        if run.status?.conditions?[RunCondition.namespaceReady.rawValue]?.reason != reason.rawValue,
            reason != .preparing
        {
            _ = try await write(run) { status in
                Self.set(&status, run, .namespaceReady, .false, reason, message, now)
                Self.set(&status, run, .ready, .false, reason, message, now)
            }
        }
        // Woken by the place's change.
        return .after(.seconds(5))
    }

    private enum Remembered {
        case success(AgentRun)
        case failure(AgentRun)
    }

    /// Base and head are stored before the Job exists, so that what it pushes can be told from what was there.
    private func rememberBranch(
        _ run: AgentRun, configured: OperatorConfiguration.Repository, settings: AdmittedSettings
    ) async throws -> Remembered {
        let name = configured.name
        let repository = try await context.facts.repository(name)
        guard let stand = try await stand(configured, repository, run) else {
            let base = configured.baseBranch ?? repository.defaultBranch
            throw ReconcileError.waitUntil(.seconds(60), "\(name) has no branch \(base) to work from")
        }
        let (base, baseSHA, head) = (configured.baseBranch ?? repository.defaultBranch, stand.base, stand.head)
        if let head, head != baseSHA, !settings.revise, !settings.talksOnly, run.status?.attempt ?? 1 == 1 {
            let comparison = try await context.source.compare(base: baseSHA, head: head, in: name)
            if !comparison.headDescendsFromBase {
                return .failure(
                    try await finish(
                        run, .failed, .branchExists,
                        "the branch \(settings.branch) exists and does not descend from \(base); delete it, or bring it up to date, and set the label again"
                    ))
            }
        }
        let now = context.now().wholeSeconds
        return .success(
            try await write(run) { status in
                var attempt = status.currentAttempt ?? .init(number: status.attempt ?? 1)
                attempt.baseSHA = baseSHA
                attempt.headBefore = head
                attempt.startTime = now
                status.currentAttempt = attempt
            })
    }

    /// Where base and branch are now; `nil` when there is no base.
    func stand(
        _ configured: OperatorConfiguration.Repository, _ repository: SourceRepository, _ run: AgentRun
    ) async throws -> BranchStand? {
        guard let branch = run.status?.branch ?? TriggerKind(rawValue: run.spec.trigger.kind)?.branch(issue: run.spec.issue)
        else { return nil }
        let base = configured.baseBranch ?? repository.defaultBranch
        async let baseAnswer = context.facts.baseHead(base, in: configured.name)
        async let headAnswer = context.source.branchHead(branch, in: configured.name)
        guard let baseSHA = try await baseAnswer else { return nil }
        return BranchStand(base: baseSHA, head: try await headAnswer)
    }

    private func createJob(
        _ start: JobStart, token: RunToken, templates: [TemplateCandidate], isPlaceActive: Bool
    ) async throws -> AgentRun {
        let (run, place, settings) = (start.run, start.place, start.settings)
        let (source, name, maker) = (context.source, start.configured.name, context.placeMaker)
        let builder = maker.builder(place)
        let namespace = place.status?.namespaces?.run ?? builder.runNamespace
        let attempt = run.status?.attempt ?? 1
        let jobName = run.jobName
        let labels = JobBuilder.labels(run: run, attempt: attempt, agent: settings.agent.key)
        async let secretMade: Void = createCredentials(run, token, namespace: namespace, attempt: attempt, labels)
        async let repositoryAnswer = context.facts.repository(name)
        async let identityAnswer = source.identity()
        async let conversationAnswer = conversation(run, settings, name)
        let issue = if let known = start.walk.issue { known } else { try await source.issue(run.spec.issue, in: name) }
        let repository = try await repositoryAnswer
        let base = start.configured.baseBranch ?? repository.defaultBranch
        let identity = try await identityAnswer
        let (pullRequest, comments) = try await conversationAnswer
        let environment = place.status?.namespaces?.environment ?? builder.environmentNamespace
        let prompt = PromptAssembly(
            run: run, configuration: context.configuration, configured: start.configured, kind: settings.kind,
            revise: settings.revise, isDiscussion: settings.discussion, agent: settings.agent, mode: settings.mode,
            model: settings.model, reasoningEffort: settings.reasoningEffort, timeLimit: settings.timeout,
            branch: settings.branch, baseBranch: base, environment: environment, issue: issue, pullRequest: pullRequest,
            comments: comments, candidates: templates
        ).assemble()
        let task = try await createTask(run, prompt, namespace: namespace, labels: labels)
        // Of the prompt that is there; whoever stops before this is recorded comes by here again, because the status that
        // leads on is written behind it.
        async let assembled: Void = context.audit.record([event(run, .promptAssembled, key: run.jobKey, task.json)])
        try await secretMade

        let session = try await sessionToGoOnWith(run, settings)
        let job = JobBuilder.job(
            .init(
                run: run, attempt: attempt, namespace: namespace,
                environmentNamespace: environment,
                settings: settings, baseBranch: base,
                baseSHA: run.status?.currentAttempt?.baseSHA ?? "", headBefore: run.status?.currentAttempt?.headBefore,
                gitURL: source.gitURL(name),
                committer: (
                    identity.login, "\(identity.id)+\(identity.login)@users.noreply.github.com"
                ), issueTitle: issue.title, sessionID: session, sessionLimit: context.configuration.sessions.maximumBytes,
                modelURL: context.configuration.model.baseURL, runAPIURL: context.configuration.runAPI.url))
        startedJobs.withLock { $0[jobKey(run)] = context.now() }
        try await createOurs(.job, namespace: namespace, name: jobName, run: run, job)
        let created = context.now()
        try await assembled
        // A process that stops before this is in the record finds the Job, and records it then.
        async let recorded: Void = recordJob(
            run, namespace: namespace, jobName: jobName, created: created,
            also: isPlaceActive ? [] : [maker.preparedEvent(place)])
        let changed = try await write(run) { status in
            status.namespace = namespace
            status.job = jobName
            status.effective?.template = task.template
            Self.set(&status, run, .namespaceReady, .true, .provisioned, "", created)
            Self.set(&status, run, .agentCompleted, .false, .running, "the agent's Job exists", created)
            Self.setPhase(&status, run, .running, .running, "the agent works", created)
        }
        try await recorded
        // Nobody waits for this one; whoever takes the place up again finds all of it there and says so then.
        if !isPlaceActive { _ = try await maker.announce(place) }
        return changed
    }

    /// The session that the pod goes on with; nil where there is none, or nowhere to fetch it from.
    private func sessionToGoOnWith(_ run: AgentRun, _ settings: AdmittedSettings) async throws -> String? {
        let occasion = SessionChoice.occasion(
            isRevision: settings.revise, attempt: run.currentAttemptNumber, resumption: run.resumption)
        guard occasion != nil, context.configuration.runAPI.url != nil, let sessions = context.sessions,
            let repositoryID = run.status?.repositoryID
        else { return nil }
        let scope = SessionScope(repositoryID: repositoryID, issue: run.spec.issue, agent: settings.agent.key)
        let latest = try await sessions.latest(scope: scope, branch: settings.branch)
        return SessionChoice.session(occasion, latest: latest, runUID: run.metadata.uid)
    }

    /// Creates an object of this attempt; one that is there is taken only when it carries the run's uid.
    ///
    /// - Returns: the one that was there; nil when it was made now.
    @discardableResult
    func createOurs(
        _ type: ResourceType, namespace: String, name: String, run: AgentRun, _ body: JSONValue
    ) async throws -> JSONValue? {
        var object = body
        object["apiVersion"] = .string(type.apiVersion)
        object["kind"] = .string(type.kind)
        object.setValue(.string(name), at: ["metadata", "name"])
        object.setValue(.string(namespace), at: ["metadata", "namespace"])
        let made = try await tolerating(.alreadyExists) {
            try await context.placeMaker.whenGranted {
                try await context.api.create(object, type: type, namespace: namespace)
            }
        }
        if made != nil { return nil }
        let existing = try await context.api.get(type, ObjectKey(namespace: namespace, name: name))
        guard existing.at("metadata", "labels", Keys.runUID)?.stringValue == run.metadata.uid else {
            throw ReconcileError.waitUntil(
                .seconds(60), "\(type.kind) \(namespace)/\(name) exists and is not this run's (\(Reason.nameTaken.rawValue)); remove it")
        }
        return existing
    }
}
