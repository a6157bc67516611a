// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import KubernetesAPI
import Synchronization

/// The audit and the history of runs in memory, with the order and the claims that the real ones have.
final class MemoryRecord: AuditSink, RunHistory {
    struct State: Sendable {
        var events: [AuditEvent] = []
        var known: Set<String> = []
        /// Oldest first.
        var records: [RunRecord] = []
        var onceKeys: [String: String] = [:]
    }

    let state = Mutex(State())

    /// What is on record of a run, in order.
    func events(_ run: AgentRun, _ type: AuditEventType? = nil) -> [AuditEvent] {
        state.withLock { $0.events.filter { $0.runUID == run.metadata.uid && (type == nil || $0.type == type) } }
    }

    func record(_ events: [AuditEvent]) {
        state.withLock { state in
            for event in events where state.known.insert(event.id).inserted { state.events.append(event) }
        }
    }

    func claim(_ record: RunRecord, recording facts: [AuditEvent]) -> LabelEventClaim {
        let holder = state.withLock { state in
            state.records.first { $0.labelEventID != nil && $0.labelEventID == record.labelEventID }?.runUID
        }
        if let holder, holder != record.runUID { return .takenBy(runUID: holder) }
        save(record)
        self.record(facts)
        return .granted
    }

    func save(_ record: RunRecord) {
        state.withLock { state in
            guard let index = state.records.firstIndex(where: { $0.runUID == record.runUID }) else {
                state.records.append(record)
                return
            }
            var merged = record
            let old = state.records[index]
            merged.pullRequest = record.pullRequest ?? old.pullRequest
            merged.branch = record.branch ?? old.branch
            merged.reason = record.reason ?? old.reason
            merged.model = record.model ?? old.model
            merged.reasoningEffort = record.reasoningEffort ?? old.reasoningEffort
            state.records[index] = merged
        }
    }

    func knownLabelEvents(_ ids: [Int64], repositoryID: Int64) -> Set<Int64> {
        state.withLock { Set($0.records.compactMap(\.labelEventID)).intersection(ids) }
    }

    func runs(repositoryID: Int64, issue: Int, limit: Int) -> [RunRecord] {
        state.withLock { state in
            Array(
                state.records.reversed().filter {
                    $0.repositoryID == repositoryID && $0.issue == issue && $0.phase != RunPhase.rejected.rawValue
                }.prefix(limit))
        }
    }

    func lastStage(repositoryID: Int64, issue: Int) -> String? {
        state.withLock { state in
            let uids = Set(state.records.filter { $0.repositoryID == repositoryID && $0.issue == issue }.map(\.runUID))
            return state.events.last { $0.type == .runEnqueued && uids.contains($0.runUID) && $0.payload["kind"] != nil }?
                .payload["kind"]?.stringValue
        }
    }

    func runs(answering reviews: [Int64], repositoryID: Int64, issue: Int) -> [Int64: String] {
        state.withLock { state in
            var answers: [Int64: String] = [:]
            for record in state.records.reversed() where record.issue == issue {
                if let review = record.reviewID, reviews.contains(review) { answers[review] = record.runUID }
            }
            return answers
        }
    }

    func link(_ links: [TraceLink], runUID: String, recording facts: [AuditEvent]) { record(facts) }

    func claimOnce(_ key: String, runUID: String) -> Bool {
        state.withLock { state in
            let holder = state.onceKeys[key] ?? runUID
            state.onceKeys[key] = holder
            return holder == runUID
        }
    }
}
