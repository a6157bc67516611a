// SPDX-License-Identifier: MIT
import AuditTrail
import ControllerRuntime
import KubernetesClient

/// Records nothing any more once the lead was lost. After the lead was given up in order, what waits may be written.
struct FencedAuditSink: AuditSink {
    let sink: any AuditSink
    let fence: LeaseFence

    func record(_ events: [AuditEvent]) async throws(AuditError) {
        try fence.checkRecord()
        try await sink.record(events)
    }
}

/// The history of runs behind the same fence: claims, rows and links are written by who leads alone.
struct FencedRunHistory: RunHistory {
    let history: any RunHistory
    let fence: LeaseFence

    func claim(_ record: RunRecord, recording facts: [AuditEvent]) async throws(AuditError) -> LabelEventClaim {
        try fence.checkRecord()
        return try await history.claim(record, recording: facts)
    }

    func save(_ record: RunRecord) async throws(AuditError) {
        try fence.checkRecord()
        try await history.save(record)
    }

    func knownLabelEvents(_ ids: [Int64], repositoryID: Int64) async throws(AuditError) -> Set<Int64> {
        try await history.knownLabelEvents(ids, repositoryID: repositoryID)
    }

    func runs(repositoryID: Int64, issue: Int, limit: Int) async throws(AuditError) -> [RunRecord] {
        try await history.runs(repositoryID: repositoryID, issue: issue, limit: limit)
    }

    func lastStage(repositoryID: Int64, issue: Int) async throws(AuditError) -> String? {
        try await history.lastStage(repositoryID: repositoryID, issue: issue)
    }

    func runs(
        answering reviews: [Int64], repositoryID: Int64, issue: Int
    ) async throws(AuditError) -> [Int64: String] {
        try await history.runs(answering: reviews, repositoryID: repositoryID, issue: issue)
    }

    func link(_ links: [TraceLink], runUID: String, recording facts: [AuditEvent]) async throws(AuditError) {
        try fence.checkRecord()
        try await history.link(links, runUID: runUID, recording: facts)
    }

    func claimOnce(_ key: String, runUID: String) async throws(AuditError) -> Bool {
        try fence.checkRecord()
        return try await history.claimOnce(key, runUID: runUID)
    }
}

extension LeaseFence {
    /// Refuses what is to be recorded once the lead was lost.
    fileprivate func checkRecord() throws(AuditError) {
        do throws(APIError) {
            try forReports.checkWrite()
        } catch {
            throw AuditError(isTransient: true, description: error.message)
        }
    }
}
