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
    /// Ends the attempt: everything outside the run is settled first, the terminal status is written last, so that a
    /// process that stops in between does the settling again and nothing of it twice.
    func finish(
        _ run: AgentRun, _ phase: RunPhase, _ reason: Reason, _ message: String,
        _ more: @escaping (inout AgentRunStatus, Timestamp) -> Void = { _, _ in }
    ) async throws -> AgentRun {
        let waitsForRecords = phase == .succeeded || phase == .failed
        if phase == .succeeded, let configured = context.configuredRepository(run) {
            try await takeTriggerLabelOff(run, configured.name, outcome: .labelApplied)
        }
        try await leavePlace(run)
        let now = context.now()
        let change = { (status: inout AgentRunStatus) in
            more(&status, now)
            RunClock.resume(&status, now: now)
            if var attempt = status.currentAttempt {
                attempt.reason = reason.rawValue
                attempt.completionTime = attempt.completionTime ?? now.wholeSeconds
                if phase == .failed { attempt.message = message.bounded(to: 900) }
                status.currentAttempt = attempt
            }
            status.completionTime = now.wholeSeconds
            // What is said of the agent is about its Job; a run that is cancelled before it has one says nothing of it.
            let hadJob = status.conditions?[RunCondition.agentCompleted.rawValue] != nil
            if phase == .failed || (phase == .cancelled && hadJob),
                status.conditions?.isTrue(RunCondition.agentCompleted.rawValue) != true
            {
                Self.set(&status, run, .agentCompleted, .false, reason, message, now)
            }
            Self.setPhase(&status, run, phase, reason, message, now)
        }
        // History keeps the run as it will have ended.
        var ending = run
        var status = run.status ?? AgentRunStatus()
        change(&status)
        ending.status = status
        let row = record(ending, phase: phase, reason: reason)
        let fact = event(
            run, Self.eventType(of: phase),
            ["reason": .string(reason.rawValue), "message": .string(message.bounded(to: 500))])
        if waitsForRecords {
            try await context.audit.record([fact])
            try await context.history.save(row)
        } else {
            await context.audit.recordEventually([fact])
            try? await context.history.save(row)
        }
        let ended = try await write(run, change)
        tokenExpiry.withLock { $0[run.metadata.uid] = nil }
        lastIssueCheck.withLock { $0[run.metadata.uid] = nil }
        podMemories.withLock { $0[run.metadata.uid] = nil }
        startedJobs.withLock { $0[jobKey(run)] = nil }
        recordedJobs.withLock { _ = $0.remove(jobKey(run)) }
        return ended
    }

    private static func eventType(of phase: RunPhase) -> AuditEventType {
        switch phase {
        case .succeeded: .runSucceeded
        case .cancelled: .runCancelled
        default: .runFailed
        }
    }

    /// Terminal: let the pods go, begin another attempt where one is wanted, else take the finalizer off and remove the
    /// object when its time is over.
    func afterEnd(_ run: AgentRun) async throws -> Step {
        try await releasePods(run)
        if run.phase == .failed, let attempt = run.status?.attempt, attempt < run.spec.attempts ?? 1,
            run.spec.cancel != true
        {
            // Two runs of an issue may want another attempt at the same time, or a new run its first one.
            return try await issueGate.withLock(RunIndex.issue(run)) { [self] in
                try await beginAttempt(run, attempt + 1)
            }
        }
        let run = try await removeFinalizer(run)
        guard let ttl = run.spec.ttlSecondsAfterFinished, let ended = run.status?.completionTime else { return .settled }
        let left = ended.adding(.seconds(ttl)).since(context.now())
        guard left <= .zero else { return .after(left) }
        // People are told first how it ended, unless nobody can tell them.
        if StatusComment.isShown(run), run.status?.statusCommentID == nil, left + Self.commentTime > .zero {
            return .after(left + Self.commentTime)
        }
        try await context.runClient(run).delete(run.metadata.name, options: .exactly(run.metadata))
        return .settled
    }

    /// How much longer than its time a run stays for its end to get into the status comment.
    private static let commentTime = Duration.seconds(300)

    private func beginAttempt(_ run: AgentRun, _ attempt: Int) async throws -> Step {
        let busy = otherRuns(of: run).first { $0.spec.issue == run.spec.issue && !$0.phase.isTerminal }
        if let busy {
            context.logger.debug("attempt waits for another run", ["run": run.metadata.name, "other": busy.metadata.name])
            return .after(.seconds(15))
        }
        guard let place = takePlace(of: try settings(of: run).agent, for: run) else { return .after(.seconds(15)) }
        defer { place.giveBack() }
        try await context.audit.record([event(run, .runEnqueued, attempt: attempt, ["attempt": .integer(Int64(attempt))])])
        let now = context.now()
        return .next(
            try await write(run) { status in
                status.attempt = attempt
                status.job = nil
                status.completionTime = nil
                status.progress = nil
                Self.set(&status, run, .agentCompleted, .false, .pending, "attempt \(attempt)", now)
                Self.setPhase(&status, run, .preparing, .preparing, "preparing attempt \(attempt)", now)
            })
    }

    /// Cancelling never waits for Postgres. A run that may have a Job stays until its agent had its grace: it may save
    /// its session as long as its run has not ended.
    func cancel(_ run: AgentRun, message: String) async throws -> Step {
        guard run.phase == .pending || run.phase == .queued else { return try await stop(run, .cancelled, message) }
        await takeLabelOff(run)
        return .next(try await finish(run, .cancelled, .cancelled, message))
    }

    /// Deletion: as cancelling, without an end to write; then the finalizer goes.
    func tearDown(_ run: AgentRun) async throws -> Step {
        guard run.metadata.finalizers.contains(Keys.cleanupFinalizer) else {
            latest.forget(run.metadata.key)
            return .settled
        }
        let since = run.metadata.deletionTimestamp ?? context.now()
        var ending = run
        do {
            if !run.phase.isTerminal {
                guard run.status?.stopping?.reason == Reason.cancelled.rawValue else {
                    return try await stop(run, .cancelled, "the AgentRun was deleted")
                }
                switch try await haveEnd(run, since: run.status?.stopping?.since ?? since) {
                case .wait(let left): return .after(min(left, Self.issueCheckInterval))
                case .ended(let message, let detail):
                    let progress = try await account(run, message, detail: detail, waits: false)
                    var status = run.status ?? AgentRunStatus()
                    RunLedger.close(&status, message: message, progress: progress)
                    ending.status = status
                }
            }
            try await releasePods(run)
            try await leavePlace(run)
        } catch let error as APIError where context.now().since(since) < .seconds(15 * 60) {
            throw error
        } catch {
            // After a quarter of an hour a stuck cleanup must not keep the object, or its namespace, for ever.
            context.logger.warning("gave up cleaning up after a run", ["run": run.metadata.name, "error": "\(error)"])
        }
        if !run.phase.isTerminal {
            await takeLabelOff(run)
            await context.audit.recordEventually([
                event(run, .runCancelled, ["reason": .string("Deleted"), "message": "the AgentRun was deleted"])
            ])
            try? await context.history.save(record(ending, phase: .cancelled, reason: .cancelled))
        }
        _ = try await removeFinalizer(run)
        latest.forget(run.metadata.key)
        podMemories.withLock { $0[run.metadata.uid] = nil }
        return .settled
    }

    private func removeFinalizer(_ run: AgentRun) async throws -> AgentRun {
        guard let patch = Patch.removingFinalizer(Keys.cleanupFinalizer, from: run.metadata.finalizers) else { return run }
        guard let changed = try await tolerating(.notFound, .invalid, body: {
            try await context.runClient(run).patch(run.metadata.name, patch)
        }) else { return run }
        latest.note(changed)
        return changed
    }

    /// Takes the run out of the holders of its place, so that the lease can begin to run.
    ///
    /// The status names the place; a run that was stopped while both were written may hold one that it does not name.
    func leavePlace(_ run: AgentRun) async throws {
        let uid = run.metadata.uid
        var names = Set(context.places.byIndex("holder", uid).map(\.metadata.name))
        names.formUnion(context.placeMaker.latest.all.filter { $0.spec.holders?.contains(uid) == true }.map(\.metadata.name))
        if let repositoryID = run.status?.repositoryID, let agent = run.status?.effective?.agent {
            names.insert(Names.runNamespace(repositoryID: repositoryID, issue: run.spec.issue, agent: agent))
        }
        for name in names.sorted() { try await leave(name, run) }
    }

    private func leave(_ name: String, _ run: AgentRun) async throws {
        let client = context.api.resource(IssueNamespace.self)
        for _ in 0..<5 {
            let cached = context.places.get(ObjectKey(namespace: nil, name: name))
            guard let place = try await client.find(name) ?? cached, let holders = place.spec.holders,
                holders.contains(run.metadata.uid)
            else { return }
            let rest = holders.filter { $0 != run.metadata.uid }
            let left = try await tolerating(.conflict, .notFound) {
                try await client.patch(
                    name,
                    .merge([
                        "metadata": ["resourceVersion": .string(place.metadata.resourceVersion)],
                        "spec": ["holders": .array(rest.map { .string($0) })],
                    ]))
            }
            if left != nil { return }
        }
        throw ReconcileError.waitUntil(.seconds(1), "IssueNamespace \(name) changes too often to be left now")
    }

    /// The run's issue; nil when it was deleted or moved to another repository, where it answers under another number.
    func presentIssue(_ run: AgentRun, _ repository: RepositoryName) async throws(ProviderError) -> SourceIssue? {
        let source = context.source
        let number = run.spec.issue
        let issue = try await found { () async throws(ProviderError) in try await source.issue(number, in: repository) }
        return issue?.number == number ? issue : nil
    }

    /// What is said of a run whose issue is gone.
    static func issueGone(_ run: AgentRun) -> String { "\(run.spec.repository) has no issue \(run.spec.issue) any more" }

    /// Why a run is no longer wanted: its issue was closed, or its label taken off before it has a Job.
    ///
    /// The code host tells the edge alone, and the edge only creates; so a run in progress looks by itself now and
    /// then.
    func withdrawn(_ run: AgentRun) async throws -> String? {
        switch run.phase {
        case .queued, .preparing, .running, .waiting: break
        default: return nil
        }
        let now = context.now()
        let due = lastIssueCheck.withLock { checks -> Bool in
            guard let last = checks[run.metadata.uid] else {
                checks[run.metadata.uid] = now
                return false
            }
            guard now.since(last) >= Self.issueCheckInterval else { return false }
            checks[run.metadata.uid] = now
            return true
        }
        guard due, let configured = context.configuredRepository(run) else { return nil }
        let issue: SourceIssue
        do {
            guard let found = try await presentIssue(run, configured.name) else { return Self.issueGone(run) }
            issue = found
        } catch {
            return nil  // Not knowing is no reason to stop.
        }
        if !issue.isOpen { return "issue \(run.spec.issue) was closed" }
        // What had a Job once goes on, whether it has one now or waits for the next.
        if let label = run.spec.trigger.label, run.status?.namespace == nil, !issue.labels.hasLabel(label) {
            return "the label \(label) was taken off before the agent began"
        }
        return nil
    }
}
