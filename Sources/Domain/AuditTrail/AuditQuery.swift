// SPDX-License-Identifier: MIT
package import JSONCoding

/// A fact as the record gives it back.
package struct RecordedEvent: Sendable, Hashable {
    /// Its deterministic id.
    package let id: String
    /// Its place in the order of arrival; grows, with gaps.
    package let position: Int64
    /// Joins everything that one cause led to.
    package let correlationID: String
    /// The run that it is about, or the place where no run holds it.
    package let runUID: String
    /// The run's attempt.
    package let attempt: Int
    /// The name of its type; newer versions may have written ones that this version does not know.
    package let type: String
    /// Tells facts of one type of one attempt apart.
    package let key: String
    /// Who did it.
    package let actor: AuditActor
    /// Particulars, without secrets.
    package let payload: JSONValue
    /// When the record took it.
    package let createdAt: Timestamp

    /// Gives a fact back.
    package init(
        id: String, position: Int64, correlationID: String, runUID: String, attempt: Int, type: String, key: String,
        actor: AuditActor, payload: JSONValue, createdAt: Timestamp
    ) {
        self.id = id
        self.position = position
        self.correlationID = correlationID
        self.runUID = runUID
        self.attempt = attempt
        self.type = type
        self.key = key
        self.actor = actor
        self.payload = payload
        self.createdAt = createdAt
    }
}

/// What is known of one run, from its issue to its pull request.
package struct RunTrace: Sendable, Hashable {
    /// The run.
    package var run: RunRecord
    /// Oldest first.
    package var events: [RecordedEvent]
    /// In the order in which they were joined.
    package var links: [TraceLink]

    /// Puts together what is known.
    package init(run: RunRecord, events: [RecordedEvent], links: [TraceLink]) {
        self.run = run
        self.events = events
        self.links = links
    }

    /// The namespace that the run worked in.
    package var namespaceName: String? { last(.namespace) ?? jobCreated?["namespace"]?.stringValue }

    /// The Job of the run's newest attempt.
    package var jobName: String? { last(.job) ?? jobCreated?["job"]?.stringValue }

    /// The number of the run's pull request.
    package var pullRequestNumber: Int? {
        run.pullRequest ?? last(.pullRequest)?.split(separator: "#").last.flatMap { Int($0) }
    }

    /// How long it took from the webhook's arrival at the edge to the creation of the first Job; `nil` where the run
    /// did not come by a webhook or has no Job.
    package var labelToJob: Duration? {
        guard let received = moment(of: .webhookReceived, "received_at"),
            let created = moment(of: .jobCreated, "created_at")
        else { return nil }
        return created.since(received)
    }

    /// How many facts there are, without those that only announce an effect.
    package var factCount: Int { events.count { $0.type != AuditEventType.effectIntended.rawValue } }

    /// One line that leads from the issue to the pull request; a dash stands for what is not known.
    package var line: String {
        let milliseconds = labelToJob.map {
            String($0.components.seconds * 1000 + $0.components.attoseconds / 1_000_000_000_000_000)
        }
        return """
            TRACE issue=\(run.issue) run=\(run.name) namespace=\(namespaceName ?? "-") job=\(jobName ?? "-") \
            pull-request=\(pullRequestNumber.map(String.init) ?? "-") events=\(factCount) \
            label-to-job-ms=\(milliseconds ?? "-")
            """
    }

    /// The newest record of a Job, for a run that was stopped before its links were written.
    private var jobCreated: JSONValue? { events.last { $0.type == AuditEventType.jobCreated.rawValue }?.payload }

    private func last(_ kind: TraceLink.Kind) -> String? { links.last { $0.toKind == kind && !$0.to.isEmpty }?.to }

    private func moment(of type: AuditEventType, _ member: String) -> Timestamp? {
        events.first { $0.type == type.rawValue }?.payload[member]?.stringValue.flatMap { Timestamp($0) }
    }
}

/// Reads the record.
package protocol AuditQuery: Sendable {
    /// The runs of an issue with their facts, oldest run first; runs that were rejected are left out.
    ///
    /// - Parameter repository: `owner/name`; without it, the issue of that number in every repository.
    func traces(issue: Int, repository: String?) async throws(AuditError) -> [RunTrace]
    /// A run's facts, oldest first, a page at a time.
    ///
    /// - Parameter position: only those after it; 0 for the first page.
    func events(runUID: String, after position: Int64, limit: Int) async throws(AuditError) -> [RecordedEvent]
}
