// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import KubernetesAPI
import SourceProvider
import Synchronization

@testable import AgentControllers

/// What a walk saw of its runs before.
struct WalkObservations {
    struct Clock {
        var attempt: Int
        var remaining: Duration
        var waitingSince: Timestamp?
    }

    var phases: [String: (phase: RunPhase, attempt: Int)] = [:]
    var clocks: [String: Clock] = [:]
    /// The uids of the Jobs of a name.
    var jobs: [String: Set<String>] = [:]
    /// A process stopped that had records to write yet.
    var hasLostOutbox = false
}

extension WalkWorld {
    private func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
        if !condition { throw WalkFailure(description: message()) }
    }

    /// What holds at every moment.
    func check() async throws {
        let now = try await snapshot()
        try checkJobs(now)
        for run in now.runs {
            try checkPhase(run)
            try checkClock(run)
        }
        for branch in Set(host.host.state.withLock { $0.pulls.values.map(\.headBranch) }) {
            let open = host.host.pulls(from: branch).filter(\.isOpen)
            try require(open.count <= 1, "\(branch) has \(open.count) open pull requests")
        }
        let comments = host.host.comments(issue)
        for mark in ["codex-k8s:status", "codex-k8s:talk"] {
            let texts = comments.filter { $0.contains(mark) }.map { $0.prefix { !$0.isNewline } }
            try require(Set(texts).count == texts.count, "there are two comments \(texts)")
        }
        let unannounced = host.violations(all: false)
        try require(unannounced.isEmpty, "changed without an intent: \(unannounced)")
    }

    private func checkJobs(_ now: WalkSnapshot) throws {
        // A Job whose pod has ended makes no other, but for one that its node lost; that it is done it says later.
        let live = now.jobs.filter { job in
            !job.metadata.isBeingDeleted && !job.isFinished
                && !now.pods(of: job).contains {
                    $0.status.phase?.isTerminal == true && PodLoss($0)?.isDisruption != true
                }
        }
        try require(live.count <= 1, "live Jobs of one issue: \(live.map(\.metadata.name))")
        for job in now.jobs {
            observed.jobs[job.metadata.name, default: []].insert(job.metadata.uid)
            let uids = observed.jobs[job.metadata.name] ?? []
            try require(
                uids.count == 1 || deletedJobs.contains(job.metadata.name), "Job \(job.metadata.name) was made twice")
            let isAnnounced = record.kept.state.withLock { state in
                state.events.contains {
                    $0.type == .effectIntended && $0.key.hasPrefix("run.job.created|")
                        && $0.runUID == job.metadata.labels[Keys.runUID]
                        && String($0.attempt) == job.metadata.labels[Keys.attempt]
                }
            }
            try require(isAnnounced, "Job \(job.metadata.name) was made without an intent")
        }
    }

    private func checkPhase(_ run: AgentRun) throws {
        let attempt = run.status?.attempt ?? 1
        if let before = observed.phases[run.metadata.uid], before.phase.isTerminal, before.phase != run.phase {
            try require(
                before.phase == .failed && attempt > before.attempt,
                "\(run.metadata.name) was \(before.phase.rawValue) and is \(run.phase.rawValue)")
        }
        try require(attempt <= run.spec.attempts ?? 1, "\(run.metadata.name) is at attempt \(attempt)")
        observed.phases[run.metadata.uid] = (run.phase, attempt)
    }

    /// The remaining time never grows within an attempt, but for the seconds that waits are rounded by, and stands still
    /// in a wait.
    private func checkClock(_ run: AgentRun) throws {
        guard let attempt = run.status?.currentAttempt, attempt.startTime != nil, attempt.completionTime == nil else {
            observed.clocks[run.metadata.uid] = nil
            return
        }
        let remaining = RunClock(run.status, limit: AgentDefinition.defaultTimeout).remaining(at: clock.now)
        let since = run.status?.wait?.since
        if let before = observed.clocks[run.metadata.uid], before.attempt == attempt.number {
            try require(
                remaining <= before.remaining + .seconds(2),
                "\(run.metadata.name) had \(before.remaining) left and has \(remaining)")
            if let since, since == before.waitingSince {
                try require(remaining == before.remaining, "\(run.metadata.name) waits, and its clock goes")
            }
        }
        observed.clocks[run.metadata.uid] = .init(attempt: attempt.number, remaining: remaining, waitingSince: since)
    }

    /// What holds once the world is calm and nobody has anything to do any more.
    func checkEnd() async throws {
        let now = try await snapshot()
        for run in now.runs {
            try require(run.phase.isTerminal, "\(run.metadata.name) is \(run.phase.rawValue) for ever")
            try require(
                run.phase != .failed || run.status?.attempt ?? 1 >= run.spec.attempts ?? 1 || run.spec.cancel == true,
                "\(run.metadata.name) has an attempt left")
            try require(run.metadata.finalizers.isEmpty, "\(run.metadata.name) keeps \(run.metadata.finalizers)")
            try require(
                run.status?.stopping == nil && run.status?.wait == nil, "\(run.metadata.name) waits for something")
            try checkRecord(run)
            try checkLabels(run)
        }
        for pod in now.pods {
            try require(pod.metadata.finalizers.isEmpty, "pod \(pod.metadata.name) keeps \(pod.metadata.finalizers)")
        }
        for place in now.places {
            try require(
                place.spec.holders?.isEmpty ?? true, "\(place.metadata.name) is held by \(place.spec.holders ?? [])")
        }
        guard host.host.state.withLock({ $0.issues[issue] != nil }) else { return }
        let shown = now.runs.filter { StatusComment.isShown($0) && $0.status?.repositoryID != nil }
        for run in shown {
            try require(run.status?.statusCommentID != nil, "\(run.metadata.name) is not in the comment")
        }
        try checkTriggerLabels(now)
        let unannounced = observed.hasLostOutbox ? [] : host.violations(all: true)
        try require(unannounced.isEmpty, "changed without an intent: \(unannounced)")
    }

    private func checkRecord(_ run: AgentRun) throws {
        let attempt = run.status?.attempt ?? 1
        let events = record.kept.events(run).filter { $0.attempt == attempt }
        let end: AuditEventType? =
            switch run.phase {
            case .succeeded: .runSucceeded
            case .failed: .runFailed
            case .rejected: .runRejected
            case .cancelled: observed.hasLostOutbox ? nil : .runCancelled
            default: nil
            }
        if let end {
            try require(events.contains { $0.type == end }, "\(run.metadata.name): no \(end.rawValue) on record")
        }
        guard run.phase == .succeeded else { return }
        for intent in events where intent.type == .effectIntended {
            let parts = intent.key.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
            let (type, key) = (parts[0], parts.count > 1 ? String(parts[1]) : "")
            // What a place needs is recorded under the place; the status comment's outcome comes with the run's end.
            guard type != "run.namespace.prepared", key != "status" else { continue }
            // Which of the two it came to be is known when it is done.
            let types: Set<String> = type.hasPrefix("run.pr.") ? ["run.pr.created", "run.pr.updated"] : [String(type)]
            try require(
                events.contains { types.contains($0.type.rawValue) && $0.key == key },
                "\(run.metadata.name): \(intent.key) was intended and has no outcome")
        }
    }

    private func checkLabels(_ run: AgentRun) throws {
        guard run.phase == .succeeded, run.status?.conditions?.isTrue(RunCondition.pullRequestReady.rawValue) == true,
            let number = run.status?.pullRequest?.number
        else { return }
        let labels = host.host.labels(number)
        try require(
            labels.contains("state:in-review") || labels.contains("state:superseded"),
            "pull request \(number) has \(labels)")
    }

    /// A trigger label stays only where its newest labelling has led to nothing, or to a failure.
    private func checkTriggerLabels(_ now: WalkSnapshot) throws {
        for label in host.host.labels(issue) where label.hasPrefix("run:") {
            let events = host.host.state.withLock { $0.events[issue] ?? [] }
            guard let newest = HealingService.unanswered(label: label, in: events) else { continue }
            guard let run = now.runs.first(where: { $0.status?.labelEventID == newest.id }) else { continue }
            try require(run.phase == .failed, "\(label) stands, and \(run.metadata.name) is \(run.phase.rawValue)")
        }
    }
}
