// SPDX-License-Identifier: MIT

/// A run as history keeps it, beyond the custom resource's life.
package struct RunRecord: Sendable, Hashable {
    /// The custom resource's uid: the record's key.
    package var runUID: String
    /// The custom resource's name.
    package var name: String
    /// The custom resource's namespace.
    package var namespace: String
    /// Joins everything that one cause led to.
    package var correlationID: String
    /// The code host's number of the repository; 0 where it is not known.
    package var repositoryID: Int64
    /// `owner/name` as it was at the time.
    package var repository: String
    /// The issue's number.
    package var issue: Int
    /// The trigger's kind, such as `dev`.
    package var kind: String
    /// Whether the run works on an earlier run's pull request.
    package var revise: Bool
    /// The agent's key; empty where none was chosen yet.
    package var agent: String
    /// The labelling that the run answers.
    package var labelEventID: Int64?
    /// The review that the run answers.
    package var reviewID: Int64?
    /// The pull request's number.
    package var pullRequest: Int?
    /// The branch that the run works on.
    package var branch: String?
    /// The phase as in the custom resource's status.
    package var phase: String
    /// Why the run is in that phase.
    package var reason: String?
    /// The model, as chosen at admission.
    package var model: String?
    /// The reasoning effort, as chosen at admission.
    package var reasoningEffort: String?
    /// The agent's session.
    package var sessionID: String?

    /// Describes a run.
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
