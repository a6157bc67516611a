// SPDX-License-Identifier: MIT
package import JSONCoding
package import KubernetesAPI

/// What is known of a run; written by the controller alone.
package struct AgentRunStatus: JSONReadable, JSONWritable, Sendable, Hashable {
    package var phase: RunPhase?
    package var observedGeneration: Int?
    package var conditions: [Condition]?
    /// The run namespace.
    package var namespace: String?
    /// The Job of the current attempt.
    package var job: String?
    package var branch: String?
    /// The current attempt, from 1.
    package var attempt: Int?
    /// The event of the labelling that this run answers.
    package var labelEventID: Int64?
    package var repositoryID: Int64?
    package var attempts: [AttemptStatus]?
    @BoxedOptional package var pullRequest: PullRequestStatus?
    @BoxedOptional package var session: SessionStatus?
    @BoxedOptional package var effective: EffectiveSettings?
    @BoxedOptional package var usage: UsageStatus?
    @BoxedOptional package var wait: WaitStatus?
    @BoxedOptional package var progress: ProgressStatus?
    @BoxedOptional package var stopping: StoppingStatus?
    package var startTime: Timestamp?
    package var completionTime: Timestamp?
    /// The status comment on the issue.
    package var statusCommentID: Int64?

    package init() {}

    /// One attempt: what was there before it and after it.
    package struct AttemptStatus: JSONReadable, JSONWritable, Sendable, Hashable {
        /// From 1.
        package var number: Int
        /// The base branch's head when the attempt was prepared.
        package var baseSHA: String?
        /// The run's branch before the Job; `nil` when there was none.
        package var headBefore: String?
        /// The run's branch after it.
        package var headAfter: String?
        package var startTime: Timestamp?
        package var completionTime: Timestamp?
        /// How it ended.
        package var reason: String?
        /// One line for people.
        package var message: String?
        /// Seconds for which the run's clock stood still, without the wait that goes on.
        package var pausedSeconds: Int?
        /// How often the attempt went on in a new pod after a long wait; part of its Job's name.
        package var resumptions: Int?
        /// Tokens that those pods of the attempt used that have ended.
        package var usage: UsageStatus?

        package init(number: Int) { self.number = number }
    }

    /// The pull request.
    package struct PullRequestStatus: JSONReadable, JSONWritable, Sendable, Hashable {
        package var number: Int
        package var url: String
        package var headSHA: String?

        package init(number: Int, url: String, headSHA: String?) {
            self.number = number
            self.url = url
            self.headSHA = headSHA
        }
    }

    /// The agent's session.
    package struct SessionStatus: JSONReadable, JSONWritable, Sendable, Hashable {
        package var id: String
        package var resumed: Bool?
        /// Bytes of the last snapshot, before compression; `nil` when none was stored.
        package var savedBytes: Int?
        /// Why it was not resumed, or not saved.
        package var message: String?

        package init(id: String, resumed: Bool?, savedBytes: Int? = nil, message: String? = nil) {
            self.id = id
            self.resumed = resumed
            self.savedBytes = savedBytes
            self.message = message
        }
    }

    /// A setting and where it came from.
    package struct Resolved: JSONReadable, JSONWritable, Sendable, Hashable {
        package var value: String
        package var source: String

        package init(value: String, source: String) {
            self.value = value
            self.source = source
        }
    }

    /// Which prompt template was used.
    package struct Template: JSONReadable, JSONWritable, Sendable, Hashable {
        package var source: String
        package var version: String?
        package var hash: String
        package var locale: String

        package init(source: String, version: String?, hash: String, locale: String) {
            self.source = source
            self.version = version
            self.hash = hash
            self.locale = locale
        }
    }

    /// What was resolved at admission; fixed then.
    package struct EffectiveSettings: JSONReadable, JSONWritable, Sendable, Hashable {
        /// A ``TriggerKind``: the trigger's own, or what was found out for a review.
        package var kind: String?
        /// What decided the kind of a run that answers a review.
        package var kindSource: String?
        package var agent: String?
        package var mode: AgentMode?
        package var image: String?
        /// The run only talks: it pushes nothing and opens nothing.
        package var discussion: Bool?
        @BoxedOptional package var model: Resolved?
        @BoxedOptional package var reasoningEffort: Resolved?
        @BoxedOptional package var template: Template?

        package init() {}
    }

    /// Tokens used, summed over the run.
    package struct UsageStatus: JSONReadable, JSONWritable, Codable, Sendable, Hashable {
        package var inputTokens: Int64
        package var cachedInputTokens: Int64
        package var outputTokens: Int64
        package var reasoningTokens: Int64

        package init(inputTokens: Int64 = 0, cachedInputTokens: Int64 = 0, outputTokens: Int64 = 0, reasoningTokens: Int64 = 0) {
            self.inputTokens = inputTokens
            self.cachedInputTokens = cachedInputTokens
            self.outputTokens = outputTokens
            self.reasoningTokens = reasoningTokens
        }

        /// What is left of the first without the second; never less than nothing.
        package static func - (left: UsageStatus, right: UsageStatus) -> UsageStatus {
            UsageStatus(
                inputTokens: max(0, left.inputTokens - right.inputTokens),
                cachedInputTokens: max(0, left.cachedInputTokens - right.cachedInputTokens),
                outputTokens: max(0, left.outputTokens - right.outputTokens),
                reasoningTokens: max(0, left.reasoningTokens - right.reasoningTokens))
        }

        /// The sum of two.
        package static func + (left: UsageStatus, right: UsageStatus) -> UsageStatus {
            UsageStatus(
                inputTokens: left.inputTokens + right.inputTokens,
                cachedInputTokens: left.cachedInputTokens + right.cachedInputTokens,
                outputTokens: left.outputTokens + right.outputTokens,
                reasoningTokens: left.reasoningTokens + right.reasoningTokens)
        }
    }

    /// What the run waits for.
    package struct WaitStatus: JSONReadable, JSONWritable, Sendable, Hashable {
        package var state: String
        package var reason: String?
        package var since: Timestamp?
        /// Seconds left on the run's clock.
        package var remaining: Int?
        /// When it is expected to end.
        package var until: Timestamp?

        package init(
            state: String, reason: String?, since: Timestamp?, remaining: Int? = nil, until: Timestamp? = nil
        ) {
            self.state = state
            self.reason = reason
            self.since = since
            self.remaining = remaining
            self.until = until
        }
    }

    /// That the run's pod is being ended: it gets its grace, and its last words are waited for.
    package struct StoppingStatus: JSONReadable, JSONWritable, Sendable, Hashable {
        /// Why, as a ``Reason``; it decides what becomes of the run then.
        package var reason: String
        /// Why, for people.
        package var message: String?
        package var since: Timestamp

        package init(reason: String, message: String?, since: Timestamp) {
            self.reason = reason
            self.message = message
            self.since = since
        }
    }

    /// What the agent said last.
    package struct ProgressStatus: JSONReadable, JSONWritable, Sendable, Hashable {
        /// One line of at most 100 characters.
        package var line: String?
        /// The last sign of life from the pod.
        package var heartbeatTime: Timestamp?

        package init(line: String?, heartbeatTime: Timestamp?) {
            self.line = line
            self.heartbeatTime = heartbeatTime
        }
    }

    /// The current attempt's entry; setting replaces the one of that number.
    package var currentAttempt: AttemptStatus? {
        get { attempts?.first { $0.number == attempt } }
        set {
            guard let newValue else { return }
            var list = attempts ?? []
            if let position = list.firstIndex(where: { $0.number == newValue.number }) {
                list[position] = newValue
            } else {
                list.append(newValue)
            }
            // The newest twenty: a status is bounded, history lives in Postgres.
            attempts = Array(list.suffix(20))
        }
    }
}
