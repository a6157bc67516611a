// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import KubernetesAPI
import RunPolicy
import SourceProvider

/// Everything that admission looks at, gathered once; the decision over it is pure.
struct AdmissionInput {
    let run: AgentRun
    let configuration: OperatorConfiguration
    /// The configured repository; `nil` when the run names another one.
    let configured: OperatorConfiguration.Repository?
    let repository: SourceRepository?
    /// `nil` when the code host has no such issue.
    let issue: SourceIssue?
    /// Every labelling of the issue, oldest first; empty for a run that no label started.
    let labelEvents: [LabelEvent]
    /// The permission of the actor of the label event or review.
    let permission: RepositoryPermission?
    /// The review that asks for changes; `nil` when the code host has no such review.
    let review: PullRequestReview?
    /// The uid of another run that answers the review already.
    let reviewAnsweredBy: String?
    /// The pull request that the trigger names: a review's, or the one that a person wants revised.
    let namedPullRequest: PullRequest?
    /// The open pull request from the run's branch.
    let openPullRequest: PullRequest?
    let identity: SourceActor
    /// The other runs of the repository, in whatever phase.
    let others: [AgentRun]
    /// The runs of the issue that history knows, newest first, without this one and without those that were rejected.
    let history: [RunRecord]
    /// The kind that the record of facts last saw the issue in; asked for where a review has to be understood.
    let lastStage: String?
    /// Whether the repository's rules keep our app to its own branches.
    let confined: Bool
    /// The run was made so lately that the code host's list of events may not tell of its labelling yet.
    var isFresh = false

    /// Whether Kubernetes alone stands for who asked: no label, no review.
    var isAppliedByHand: Bool { run.spec.trigger.label == nil && run.spec.trigger.reviewID == nil }

    /// The event that the run answers: the one healing named, else the newest labelling by that label.
    var labelEvent: LabelEvent? { Self.labelEvent(for: run.spec.trigger, in: labelEvents) }

    static func labelEvent(for trigger: AgentRunSpec.Trigger, in events: [LabelEvent]) -> LabelEvent? {
        guard let label = trigger.label else { return nil }
        if let named = trigger.labelEventID { return events.first { $0.id == named } }
        return events.filter { $0.isSet && $0.label.isLabel(label) }.max { $0.id < $1.id }
    }
}

/// What admission fixes for the whole run.
struct AdmittedRun: Equatable {
    var kind: TriggerKind
    /// What decided the kind, where a review left it open.
    var kindSource: StageResolution.Level?
    var revise: Bool
    /// The run only talks.
    var discussion: Bool
    var agent: AgentDefinition
    var mode: AgentMode
    var image: String
    var model: AgentRunStatus.Resolved?
    var reasoningEffort: AgentRunStatus.Resolved?
    var branch: String
    var repositoryID: Int64
    var labelEventID: Int64?
    var pullRequest: PullRequest?
    /// Who asked, for the record.
    var requester: AuditActor
    /// Admitted by Kubernetes' own access rules alone.
    var byKubernetes: Bool
}

/// What is decided about a new run.
enum AdmissionDecision: Equatable {
    case admit(AdmittedRun)
    /// The run ends here.
    case reject(Rejection)
    /// The run waits for another one, or for room.
    case queue(message: String)
    /// Something has to be known first, or another run of the issue to be decided: look again then.
    case wait(message: String, after: Duration = .milliseconds(200))
    /// The label was taken off before anything was done.
    case cancel(message: String)
}

/// Why a run was rejected and what people are told.
struct Rejection: Equatable {
    /// How loudly the rejection is said on the issue.
    enum Notice: Equatable {
        /// In the status comment.
        case comment
        /// A reaction; a comment at most once an issue a day.
        case reactionOnly
        /// Not at all.
        case silent
    }

    var reason: Reason
    var message: String
    var notice: Notice = .comment
    /// Also put `need:input` on the issue.
    var needsInput = false
    /// The fact that says more than that the run was rejected.
    var event: AuditEventType = .runRejected
    /// What that fact holds besides the message.
    var particulars: JSONObject = [:]
}
