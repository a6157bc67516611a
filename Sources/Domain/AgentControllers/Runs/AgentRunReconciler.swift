// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
package import ControllerRuntime
import JSONCoding
package import KubernetesAPI
import KubernetesClient
import ServiceRuntime
import SourceProvider
import Synchronization

/// Drives an AgentRun from its first sight to its end.
///
/// A reconcile is a walk of steps; every step observes, lets a pure plan decide, acts, and writes the status once. The
/// status says which step is next, so a process that stops anywhere goes on at the same step, and every effect of a step
/// finds what its earlier self left.
package final class AgentRunReconciler: Reconciler {
    /// More steps than any run takes in one go; a walk that does not end is a defect and is cut.
    private static let longestWalk = 24

    /// How often the issue of a run in progress is looked at: closing it, or taking the label off, ends the run.
    static let issueCheckInterval = Duration.seconds(15)

    let context: ControllerContext
    let latest = LatestVersions<AgentRun>()
    /// Admission looks at the other runs of the issue, so it is done for one run of an issue at a time.
    let issueGate = KeyedMutex<String>()
    /// An agent has so many runs in a repository, whichever issues they are of.
    let places = AgentPlaces()
    /// When the token of a run in progress ends; rebuilt by minting anew after a restart.
    let tokenExpiry = Mutex<[String: Timestamp]>([:])
    /// When a Job was made, by run and attempt, until the cache shows it.
    let startedJobs = Mutex<[String: Timestamp]>([:])
    /// The attempts whose Job this process knows to be in the record.
    let recordedJobs = Mutex<Set<String>>([])
    /// What is remembered of the pods of runs in progress.
    let podMemories = Mutex<[String: PodMemory]>([:])
    /// When the issue of a run in progress was last looked at.
    let lastIssueCheck = Mutex<[String: Timestamp]>([:])

    package init(context: ControllerContext) { self.context = context }

    /// What a step says about what follows.
    enum Step {
        /// The status changed: take the next step at once.
        case next(AgentRun)
        /// Nothing to do until something changes.
        case settled
        /// Look again after this long, or when something changes.
        case after(Duration)
    }

    package func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard var run = latest.newest(context.runs.get(key), key: key) else {
            latest.forget(key)
            try await releaseOrphans(of: key)
            return .done
        }
        let walk = RunWalk()
        for _ in 0..<Self.longestWalk {
            do {
                switch try await advance(run, walk) {
                case .next(let changed): run = changed
                case .settled: return .done
                case .after(let delay): return .requeueAfter(max(delay, .milliseconds(50)))
                }
            } catch let error as AuditError {
                try await explain(run, .audited, .auditUnavailable, error.description)
                throw error
            } catch let error as ProviderError {
                return try await sourceFailed(run, error)
            } catch let error as APIError where error.reason == .notFound && run.metadata.isBeingDeleted {
                latest.forget(key)
                return .done
            } catch let error as APIError where error.reason == .conflict {
                // Somebody else wrote in between; the cache will show it.
                return .requeueAfter(.milliseconds(100))
            } catch let error as APIError where error.reason == .forbidden || error.reason == .invalid {
                // A quota, a policy, a webhook: trying again may help once somebody has seen why.
                try await explain(run, .ready, .clusterRefused, error.message)
                throw error
            }
        }
        throw ReconcileError.waitUntil(.seconds(30), "run \(key) took \(Self.longestWalk) steps without settling")
    }

    private func advance(_ run: AgentRun, _ walk: RunWalk) async throws -> Step {
        if run.metadata.isBeingDeleted { return try await tearDown(run) }
        if run.phase.isTerminal { return try await afterEnd(run) }
        if let stopping = run.status?.stopping,
            run.spec.cancel != true || stopping.reason == Reason.cancelled.rawValue
        {
            return try await endPod(run, stopping)
        }
        if run.spec.cancel == true { return try await cancel(run, message: "spec.cancel was set") }
        if let message = try await withdrawn(run) { return try await cancel(run, message: message) }
        switch run.phase {
        case .pending, .queued: return try await admit(run, walk)
        case .preparing: return try await provision(run, walk)
        case .running, .waiting: return try await followProgress(run)
        case .publishing: return try await publish(run)
        case .succeeded, .failed, .rejected, .cancelled: return .settled
        case .other(let name):
            throw ReconcileError.terminal("phase \(name) of run \(run.metadata.name) is not known to this version")
        }
    }

    /// What the code host's refusal means for the run: it waits, and says so; it never fails by it.
    private func sourceFailed(_ run: AgentRun, _ error: ProviderError) async throws -> ReconcileResult {
        guard case .rateLimited(let until) = error.code else {
            try await explain(run, .ready, .sourceUnavailable, error.description)
            throw error
        }
        let now = context.now()
        if run.status?.wait == nil {
            let awaited = Awaited(state: .rateLimit, reason: error.message, until: until)
            let limit = (try? settings(of: run))?.timeout
            _ = try await write(run) { status in
                RunClock.pause(&status, for: awaited, limit: limit, now: now)
                Self.set(&status, run, .ready, .false, .waitingRateLimit, error.description, now)
            }
        }
        return .requeueAfter(max(.seconds(1), until.since(now)))
    }

    /// Puts why nothing goes on into a condition, once.
    private func explain(
        _ run: AgentRun, _ condition: RunCondition, _ reason: Reason, _ message: String
    ) async throws {
        guard run.status?.conditions?[condition.rawValue]?.reason != reason.rawValue else { return }
        let now = context.now()
        _ = try await write(run) { status in
            Self.set(&status, run, condition, .false, reason, message, now)
        }
    }
}
