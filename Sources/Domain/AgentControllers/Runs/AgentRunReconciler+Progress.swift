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

extension AgentRunReconciler {
    /// Running and Waiting: see what Job and pod say, keep the token alive, bring progress and result into the status.
    func followProgress(_ run: AgentRun) async throws -> Step {
        guard run.status?.job != nil else { return try await standBy(run) }
        let settings = try settings(of: run)
        let pod = pod(of: run)
        let job = try await job(of: run)
        let now = context.now()
        let clock = RunClock(run.status, limit: settings.timeout)
        if job == nil, pod == nil, isJobNew(run) { return .after(try await nextLook(run, clock)) }
        try await ensureJobRecorded(run, job)
        let trouble = remember(run) { $0.trouble(of: pod, at: now) }
        let plan = RunProgressPlan.decide(job: job, pod: pod, trouble: trouble, isOver: clock.isOver(at: now), now: now)
        switch plan {
        case .starting:
            let look = try await nextLook(run, clock)
            if let trouble { return .after(min(trouble.patience(at: now), look)) }
            guard let delay = try await startDelay(run, job, pod, now) else { return .after(look) }
            if delay.isOver { return try await stop(run, .podFailed, delay.message) }
            _ = try await say(run, .podPending, delay.message)
            return .after(look)
        case .working:
            try await noteBegun(run, settings)
            return try await listen(run, pod, clock)
        case .replacing(let detail):
            let changed = try await say(run, .nodeLost, "\(detail); the Job makes another pod")
            return .after(try await nextLook(changed, clock))
        case .finished(let message, let detail): return .next(try await agentFinished(run, message, detail: detail))
        case .lost(let reason, let message, let detail):
            return .next(try await agentLost(run, reason, message, detail: detail))
        case .cannotStart(let reason, let message): return try await stop(run, reason, message)
        case .deadlineExceeded:
            let seconds = settings.timeout.components.seconds
            return try await stop(
                run, .deadlineExceeded, "the agent did not end within \(seconds) seconds of working time")
        }
    }

    /// What holds the pod up; asked for not too often, because it is not told by what is watched.
    private func startDelay(_ run: AgentRun, _ job: Job?, _ pod: Pod?, _ now: Timestamp) async throws -> StartDelay? {
        guard let subject = StartDelay.subject(job: job, pod: pod), let namespace = subject.namespace,
            let since = subject.creationTimestamp, now.since(since) >= StartDelay.silence,
            remember(run, { $0.takeQuestion(at: now) })
        else { return nil }
        let about = ListOptions(
            fieldSelector: FieldSelector([.init(field: "involvedObject.uid", value: subject.uid)]), limit: 50)
        // An installation of an older version may not let us see them.
        let events = try await tolerating(.forbidden, .notFound) {
            try await context.api.objects(.event, namespace: namespace).list(about).items.map(\.content)
        }
        return StartDelay.of(job: job, pod: pod, events: events ?? [], now: now)
    }

    // MARK: Job and pod

    /// The current Job's pod: the newest, since a Job replaces a pod that its node lost.
    func pod(of run: AgentRun) -> Pod? {
        context.pods.byIndex("run", run.metadata.uid).filter { isCurrent($0, of: run) }.max { left, right in
            (left.status.phase?.isTerminal == true ? 0 : 1, left.metadata.creationTimestamp?.microseconds ?? 0)
                < (right.status.phase?.isTerminal == true ? 0 : 1, right.metadata.creationTimestamp?.microseconds ?? 0)
        }
    }

    /// Whether a pod is one of the current attempt's current Job.
    func isCurrent(_ pod: Pod, of run: AgentRun) -> Bool {
        pod.metadata.labels[Keys.attempt] == String(run.currentAttemptNumber)
            && Int(pod.metadata.labels[Keys.resumption] ?? "0") == run.resumption
    }

    /// The current Job; asked for live before it is believed to be gone.
    private func job(of run: AgentRun) async throws -> Job? {
        guard let namespace = run.status?.namespace, let name = run.status?.job else { return nil }
        if let cached = context.jobs.get(ObjectKey(namespace: namespace, name: name)) {
            startedJobs.withLock { $0[jobKey(run)] = nil }
            return cached
        }
        if isJobNew(run) { return nil }
        return try await context.api.resource(Job.self, namespace: namespace).find(name)
    }

    /// Whether the Job was made so lately that the cache cannot be blamed for not having it.
    private func isJobNew(_ run: AgentRun) -> Bool {
        startedJobs.withLock { $0[jobKey(run)] }.map { context.now().since($0) < .seconds(5) } ?? false
    }

    // MARK: Looking

    /// Works with what is remembered of the run's pod.
    func remember<T: Sendable>(_ run: AgentRun, _ body: (inout PodMemory) -> T) -> T {
        podMemories.withLock { memories in
            var memory = memories[run.metadata.uid] ?? PodMemory()
            defer { memories[run.metadata.uid] = memory }
            return body(&memory)
        }
    }

    /// The next time at which something can be due without anything changing: a report, the token, the clock, the
    /// issue.
    private func nextLook(_ run: AgentRun, _ clock: RunClock) async throws -> Duration {
        let left = clock.waitingSince == nil ? clock.remaining(at: context.now()) : .seconds(24 * 3600)
        let look = context.progress == nil ? Self.issueCheckInterval : PodMemory.lookInterval
        return min(try await renewal(run), max(.seconds(1), left), look)
    }

    /// Keeps the token alive. Where the code host gives none for now the agent works on with the token that it has, and
    /// the run is followed all the same.
    private func renewal(_ run: AgentRun) async throws -> Duration {
        do {
            return try await renewToken(run)
        } catch let error as ProviderError {
            if case .rateLimited(let until) = error.code { return max(.seconds(1), until.since(context.now())) }
            context.logger.warning(
                "a run's token was not renewed", ["run": run.metadata.name, "error": error.description])
            return .seconds(30)
        }
    }

    /// Records that the agent has begun: once a Job and process.
    private func noteBegun(_ run: AgentRun, _ settings: AdmittedSettings) async throws {
        let job = run.jobName
        guard remember(run, { $0.isBeginning(job) }) else { return }
        try await context.audit.record([
            event(run, .agentStarted, key: run.jobKey, actor: AuditActor(kind: .agent, id: settings.agent.key))
        ])
        remember(run) { $0.noteBegun(job) }
    }

    /// Looks at what the pod says of itself, not too often, and brings what is new into the status.
    private func listen(_ run: AgentRun, _ pod: Pod?, _ clock: RunClock) async throws -> Step {
        let next = try await nextLook(run, clock)
        let now = context.now()
        guard remember(run, { $0.takeLook(at: now) }) else { return .after(next) }
        let progress = await progress(of: run)
        var taken = run.status ?? AgentRunStatus()
        let isNews = progress.map { RunLedger.take($0, into: &taken) } ?? false
        let hearing = RunHeartbeat(
            begun: pod?.status.container("agent")?.state.running?.startedAt, last: progress?.heartbeatAt,
            deafUntil: remember(run) { $0.deafUntil })
        let waitPlan = RunWaitPlan.decide(
            wait: run.status?.wait, hasPod: true,
            awaiting: isNews ? RunLedger.awaiting(progress) : hearing.isUnheard(at: now) ? .nothing : .unknown,
            waitLimit: context.configuration.waitLimit, now: now)
        if waitPlan == .endPod, let wait = run.status?.wait, let state = WaitState(rawValue: wait.state) {
            return try await stop(run, state.reason, "it waits for long: \(wait.reason ?? wait.state)")
        }
        let silence = hearing.silentSince(at: now)
        let change = { (status: inout AgentRunStatus) in
            if let progress { RunLedger.take(progress, into: &status) }
            Self.apply(waitPlan, to: &status, run, clock, now)
            Self.setAgent(&status, run, silence: silence, now)
        }
        var changed = run.status ?? AgentRunStatus()
        change(&changed)
        guard RunLedger.isWorthWriting(run.status, changed) else { return .after(next) }
        try await keepLost(run, changed)
        _ = try await write(run, change)
        return .after(next)
    }

    /// What the pod of the current Job said last. A store that cannot be asked is no reason to fail: nothing is known
    /// then.
    func progress(of run: AgentRun) async -> RunProgress? {
        guard let store = context.progress else { return nil }
        do {
            return try await store.progress(runUID: run.metadata.uid, attempt: run.currentAttemptNumber)
        } catch {
            remember(run) { $0.noteDeaf(at: context.now()) }
            context.logger.debug(
                "a run's progress cannot be read", ["run": run.metadata.name, "error": error.description])
            return nil
        }
    }

    /// Brings a decision about a wait into the status of a run whose pod is there.
    private static func apply(
        _ plan: RunWaitPlan, to status: inout AgentRunStatus, _ run: AgentRun, _ clock: RunClock, _ now: Timestamp
    ) {
        switch plan {
        case .enter(let awaited), .change(let awaited):
            RunClock.pause(&status, for: awaited, limit: clock.limit, now: now)
            status.phase = .waiting
            set(&status, run, .ready, .false, awaited.state.reason, awaited.reason, now)
        case .leave: setPhase(&status, run, .running, .running, "the agent works", now)
        case .keep, .endPod, .goOn: break
        }
    }

    /// Says whether the agent is heard of; silence is only told, the clock ends it.
    private static func setAgent(
        _ status: inout AgentRunStatus, _ run: AgentRun, silence: Timestamp?, _ now: Timestamp
    ) {
        if let silence {
            set(
                &status, run, .agentCompleted, .false, .heartbeatLost,
                "the pod has said nothing since \(silence); the run's clock alone ends it", now)
        } else if status.conditions?[RunCondition.agentCompleted.rawValue]?.reason != Reason.running.rawValue {
            set(&status, run, .agentCompleted, .false, .running, "the agent works", now)
        }
    }

    /// Puts what became of the pod into the condition, once.
    private func say(_ run: AgentRun, _ reason: Reason, _ message: String) async throws -> AgentRun {
        guard run.status?.conditions?[RunCondition.agentCompleted.rawValue]?.reason != reason.rawValue else { return run }
        let now = context.now()
        return try await write(run) { status in
            Self.set(&status, run, .agentCompleted, .false, reason, message, now)
        }
    }
}
