// SPDX-License-Identifier: MIT
package import JSONCoding
package import KubernetesAPI

/// One run of one agent for one issue (`codex-k8s.dev/v1alpha1`).
package struct AgentRun: Resource, JSONReadable, JSONWritable, Hashable {
    package static let resourceType = ResourceType(
        group: "codex-k8s.dev", version: "v1alpha1", kind: "AgentRun", plural: "agentruns", isNamespaced: true)

    package var apiVersion: String { Self.resourceType.apiVersion }
    package var kind: String { Self.resourceType.kind }
    package var metadata: ObjectMeta
    @Boxed package var spec: AgentRunSpec
    @BoxedOptional package var status: AgentRunStatus?

    package init(metadata: ObjectMeta, spec: AgentRunSpec, status: AgentRunStatus? = nil) {
        self.metadata = metadata
        _spec = Boxed(wrappedValue: spec)
        _status = BoxedOptional(wrappedValue: status)
    }

    /// The phase; a run without a status is pending.
    package var phase: RunPhase { status?.phase ?? .pending }

    /// The kind of work: what admission fixed, else what was asked for; `nil` for a kind that this version does not know.
    package var triggerKind: TriggerKind? { TriggerKind(rawValue: status?.effective?.kind ?? spec.trigger.kind) }
}

/// What is asked for. Only ``attempts`` (grows) and ``cancel`` (becomes true) may change.
package struct AgentRunSpec: JSONReadable, JSONWritable, Sendable, Hashable {
    /// `owner/name`, one of the configured repositories.
    package var repository: String
    /// The repository's numeric id, when the writer knows it.
    package var repositoryID: Int64?
    /// The issue's number.
    package var issue: Int
    package var trigger: Trigger
    @BoxedOptional package var agent: AgentSelection?
    /// How many attempts are wanted, at least 1.
    package var attempts: Int?
    /// Asks the run to end.
    package var cancel: Bool?
    /// How long the object stays after the run ended; `nil` keeps it.
    package var ttlSecondsAfterFinished: Int?

    package init(
        repository: String, repositoryID: Int64? = nil, issue: Int, trigger: Trigger, agent: AgentSelection? = nil,
        attempts: Int? = nil, cancel: Bool? = nil, ttlSecondsAfterFinished: Int? = nil
    ) {
        self.repository = repository
        self.repositoryID = repositoryID
        self.issue = issue
        self.trigger = trigger
        _agent = BoxedOptional(wrappedValue: agent)
        self.attempts = attempts
        self.cancel = cancel
        self.ttlSecondsAfterFinished = ttlSecondsAfterFinished
    }

    /// Why the run exists and who asked for it.
    package struct Trigger: JSONReadable, JSONWritable, Sendable, Hashable {
        /// A ``TriggerKind``.
        package var kind: String
        /// Continues an earlier run on the same branch and pull request.
        package var revise: Bool?
        /// The Kubernetes user who applied the run.
        package var requestedBy: String?
        /// The label, set by the edge or by healing alone, like all below.
        package var label: String?
        /// The GitHub login that set the label or submitted the review.
        package var actor: String?
        /// `X-GitHub-Delivery`.
        package var deliveryID: String?
        /// When the issue changed, as the payload said.
        package var labelledAt: Timestamp?
        /// Ties every record of the trace together.
        package var correlationID: String?
        /// The labelled event, where healing found it.
        package var labelEventID: Int64?
        /// The pull request of a review that asks for changes.
        package var pullRequest: Int?
        /// That review.
        package var reviewID: Int64?

        package init(
            kind: String, revise: Bool? = nil, requestedBy: String? = nil, label: String? = nil, actor: String? = nil,
            deliveryID: String? = nil, labelledAt: Timestamp? = nil, correlationID: String? = nil,
            labelEventID: Int64? = nil, pullRequest: Int? = nil, reviewID: Int64? = nil
        ) {
            self.kind = kind
            self.revise = revise
            self.requestedBy = requestedBy
            self.label = label
            self.actor = actor
            self.deliveryID = deliveryID
            self.labelledAt = labelledAt
            self.correlationID = correlationID
            self.labelEventID = labelEventID
            self.pullRequest = pullRequest
            self.reviewID = reviewID
        }
    }

    /// Which agent runs, and how; what is left out is resolved at admission.
    package struct AgentSelection: JSONReadable, JSONWritable, Sendable, Hashable {
        package var key: String?
        package var mode: AgentMode?
        package var model: String?
        package var reasoningEffort: String?
        package var image: String?
        /// The run's time, as a Kubernetes duration such as `5h` or `90m`.
        package var timeout: String?

        package init(
            key: String? = nil, mode: AgentMode? = nil, model: String? = nil, reasoningEffort: String? = nil,
            image: String? = nil, timeout: String? = nil
        ) {
            self.key = key
            self.mode = mode
            self.model = model
            self.reasoningEffort = reasoningEffort
            self.image = image
            self.timeout = timeout
        }
    }
}

/// What an agent may reach.
package enum AgentMode: String, JSONReadable, JSONWritable, Sendable, Hashable, CaseIterable {
    /// An environment of its own in Kubernetes.
    case fullEnv = "FullEnv"
    /// The repository only, no Kubernetes credential at all.
    case codeOnly = "CodeOnly"
}
