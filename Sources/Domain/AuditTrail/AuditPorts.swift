// SPDX-License-Identifier: MIT
package import AgentAPI
package import JSONCoding

/// Why a record could not be written or read.
package struct AuditError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Whether trying again later can help.
    package var isTransient: Bool
    package var description: String

    package init(isTransient: Bool, description: String) {
        self.isTransient = isTransient
        self.description = description
    }
}

/// Where facts are recorded. Recording a fact that is there already is no error and changes nothing.
package protocol AuditSink: Sendable {
    func record(_ events: [AuditEvent]) async throws(AuditError)
}

/// A run as history keeps it, beyond the custom resource's life.
package struct RunRecord: Sendable, Hashable {
    package var runUID: String
    package var name: String
    package var namespace: String
    package var correlationID: String
    package var repositoryID: Int64
    package var repository: String
    package var issue: Int
    package var kind: String
    package var revise: Bool
    package var agent: String
    package var labelEventID: Int64?
    package var reviewID: Int64?
    package var pullRequest: Int?
    package var branch: String?
    package var phase: String
    package var reason: String?
    package var model: String?
    package var reasoningEffort: String?
    package var sessionID: String?

    package init(
        runUID: String, name: String, namespace: String, correlationID: String, repositoryID: Int64, repository: String,
        issue: Int, kind: String, revise: Bool, agent: String, labelEventID: Int64?, reviewID: Int64?,
        pullRequest: Int?, branch: String?, phase: String, reason: String?, model: String?, reasoningEffort: String?,
        sessionID: String?
    ) {
        self.runUID = runUID
        self.name = name
        self.namespace = namespace
        self.correlationID = correlationID
        self.repositoryID = repositoryID
        self.repository = repository
        self.issue = issue
        self.kind = kind
        self.revise = revise
        self.agent = agent
        self.labelEventID = labelEventID
        self.reviewID = reviewID
        self.pullRequest = pullRequest
        self.branch = branch
        self.phase = phase
        self.reason = reason
        self.model = model
        self.reasoningEffort = reasoningEffort
        self.sessionID = sessionID
    }
}

/// Whether a run may answer a label event.
package enum LabelEventClaim: Sendable, Hashable {
    /// The event is this run's, from now on or from an earlier call.
    case granted
    /// Another run has it.
    case takenBy(runUID: String)
}

/// Two things of a trace that belong together.
package struct TraceLink: Sendable, Hashable {
    /// What a link joins.
    package enum Kind: String, Sendable, Hashable { case issue, run, namespace, job, branch, pullRequest = "pull_request", approval }
    package var fromKind: Kind
    package var from: String
    package var toKind: Kind
    package var to: String

    package init(_ fromKind: Kind, _ from: String, to toKind: Kind, _ to: String) {
        self.fromKind = fromKind
        self.from = from
        self.toKind = toKind
        self.to = to
    }
}

/// The history of runs.
package protocol RunHistory: Sendable {
    /// Inserts or updates the run's row and claims its label event, if it has one, in one transaction.
    ///
    /// The unique index on (repository id, label event id) decides between two runs that want the same event.
    func claim(_ record: RunRecord) async throws(AuditError) -> LabelEventClaim
    /// Inserts or updates the run's row.
    func save(_ record: RunRecord) async throws(AuditError)
    /// Which of these label events have a run.
    func knownLabelEvents(_ ids: [Int64], repositoryID: Int64) async throws(AuditError) -> Set<Int64>
    /// The newest runs of an issue, newest first, those that were rejected left out.
    func runs(repositoryID: Int64, issue: Int, limit: Int) async throws(AuditError) -> [RunRecord]
    /// Joins things of a trace; a link that is there is no error.
    func link(_ links: [TraceLink], runUID: String) async throws(AuditError)
    /// Takes a place among those that may happen once, such as one comment an issue a day.
    ///
    /// - Returns: whether the place is this run's, from now on or from an earlier call: a run that was stopped between
    ///   taking the place and using it may go on.
    func claimOnce(_ key: String, runUID: String) async throws(AuditError) -> Bool
}
