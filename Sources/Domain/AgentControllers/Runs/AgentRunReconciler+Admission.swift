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
        try await issueGate.withLock(RunIndex.issue(run)) { [self] in
            // Another run of the issue may have been admitted while this one waited for the gate.
            guard let run = latest.newest(context.runs.get(run.metadata.key), key: run.metadata.key) else {
                return .settled
            }
            guard run.phase == .pending || run.phase == .queued else { return .next(run) }
            let input = try await look(run, walk)
            switch AdmissionPlan.decide(input) {
            case .wait(_, let delay): return .after(delay)
            case .admit(let admitted):
                // Another issue's run may be taking the agent's last place at this moment.
                guard let place = takePlace(of: admitted.agent, for: run) else { return .after(.milliseconds(200)) }
                defer { place.giveBack() }
                return .next(try await accept(run, admitted, input, walk))
            case .reject(let rejection):
                let refusal = try await claim(run, input, recording: firstSight(run))
                return .next(try await reject(run, refusal ?? rejection, input))
            case .queue(let message):
                return try await claimed(run, input) { try await self.enqueue(run, message) }
            case .cancel(let message):
                // The run's label is off; one that was set anew is another run's.
                return try await claimed(run, input) {
                    .next(try await self.finish(run, .cancelled, .cancelled, message))
                }
            }
        }
    }

    /// Takes one of the places that an agent has in a repository, until the status says that the run has it; nil where
    /// those that are admitted at this moment have taken the last.
    func takePlace(of agent: AgentDefinition, for run: AgentRun) -> AgentPlaces.Place? {
        places.take("\(RunIndex.repository(run))|\(agent.key)", limit: agent.parallelRuns) {
            otherRuns(of: run).count {
                $0.status?.effective?.agent == agent.key && $0.isAccepted && !$0.phase.isTerminal
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

    /// Claims the label event and records the facts with it; a run whose event another run has is a duplicate, and
    /// nothing is recorded.
    ///
    /// A run that is admitted has its row from here on, also where no label asked for it: what the run leaves on record
    /// belongs to that row.
    func claim(
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
}
