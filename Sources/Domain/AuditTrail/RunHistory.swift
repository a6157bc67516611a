// SPDX-License-Identifier: MIT

/// Whether a run may answer a label event.
package enum LabelEventClaim: Sendable, Hashable {
    /// The event is this run's, from now on or from an earlier call.
    case granted
    /// Another run has it.
    case takenBy(runUID: String)
}

/// The history of runs.
package protocol RunHistory: Sendable {
    /// Inserts or updates the run's row and claims its label event, if it has one. Doing it again is harmless.
    ///
    /// The unique index on (repository id, label event id) decides between two runs that want the same event.
    ///
    /// - Parameter facts: recorded with a claim that is granted, and not at all when another run has the event; claim and
    ///   facts are made durable together, because every wait for the disk is a wait of the run.
    func claim(_ record: RunRecord, recording facts: [AuditEvent]) async throws(AuditError) -> LabelEventClaim
    /// Inserts or updates the run's row.
    func save(_ record: RunRecord) async throws(AuditError)
    /// Which of these label events have a run.
    func knownLabelEvents(_ ids: [Int64], repositoryID: Int64) async throws(AuditError) -> Set<Int64>
    /// The newest runs of an issue, newest first, those that were rejected left out.
    func runs(repositoryID: Int64, issue: Int, limit: Int) async throws(AuditError) -> [RunRecord]
    /// The kind that a run of the issue was last admitted with, as the record of facts has it; `nil` when it has none.
    func lastStage(repositoryID: Int64, issue: Int) async throws(AuditError) -> String?
    /// Which runs of the issue answer these reviews, by review; a review that no run answers is missing.
    func runs(
        answering reviews: [Int64], repositoryID: Int64, issue: Int
    ) async throws(AuditError) -> [Int64: String]
    /// Joins things of a trace; a link that is there is no error.
    ///
    /// - Parameter facts: recorded together with the links.
    func link(_ links: [TraceLink], runUID: String, recording facts: [AuditEvent]) async throws(AuditError)
    /// Takes a place among those that may happen once, such as one comment an issue a day.
    ///
    /// - Returns: whether the place is this run's, from now on or from an earlier call: a run that was stopped between
    ///   taking the place and using it may go on.
    func claimOnce(_ key: String, runUID: String) async throws(AuditError) -> Bool
}

extension RunHistory {
    /// Claims the run's label event and records nothing besides.
    package func claim(_ record: RunRecord) async throws(AuditError) -> LabelEventClaim {
        try await claim(record, recording: [])
    }

    /// Joins things of a trace and records nothing besides.
    package func link(_ links: [TraceLink], runUID: String) async throws(AuditError) {
        try await link(links, runUID: runUID, recording: [])
    }
}
