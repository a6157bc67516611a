// SPDX-License-Identifier: MIT
import JSONCoding

/// Where a run stands. A value that this version does not know is kept.
package enum RunPhase: Sendable, Hashable, CaseIterable, RawRepresentable, JSONReadable, JSONWritable {
    case pending, queued, preparing, running, waiting, publishing, succeeded, failed, rejected, cancelled
    case other(String)

    package static let allCases: [RunPhase] = [
        .pending, .queued, .preparing, .running, .waiting, .publishing, .succeeded, .failed, .rejected, .cancelled,
    ]

    /// The phase's name in status.
    package var rawValue: String {
        switch self {
        case .pending: "Pending"
        case .queued: "Queued"
        case .preparing: "Preparing"
        case .running: "Running"
        case .waiting: "Waiting"
        case .publishing: "Publishing"
        case .succeeded: "Succeeded"
        case .failed: "Failed"
        case .rejected: "Rejected"
        case .cancelled: "Cancelled"
        case .other(let name): name
        }
    }

    package init(rawValue: String) {
        self =
            switch rawValue {
            case "Pending": .pending
            case "Queued": .queued
            case "Preparing": .preparing
            case "Running": .running
            case "Waiting": .waiting
            case "Publishing": .publishing
            case "Succeeded": .succeeded
            case "Failed": .failed
            case "Rejected": .rejected
            case "Cancelled": .cancelled
            default: .other(rawValue)
            }
    }

    /// Whether nothing more happens by itself; a failed run can still be given another attempt.
    package var isTerminal: Bool {
        switch self {
        case .succeeded, .failed, .rejected, .cancelled: true
        default: false
        }
    }
}

/// The conditions of an AgentRun.
package enum RunCondition: String, Sendable, CaseIterable {
    case accepted = "Accepted"
    case namespaceReady = "NamespaceReady"
    case agentCompleted = "AgentCompleted"
    case pullRequestReady = "PullRequestReady"
    case audited = "Audited"
    case ready = "Ready"
}

/// Reasons of conditions and of rejections: machine-readable, part of the contract.
package enum Reason: String, Sendable, CaseIterable {
    // Admission.
    case admitted = "Admitted"
    case admittedByKubernetes = "AdmittedByKubernetes"
    case conflictingLabels = "ConflictingLabels"
    case actorNotAllowed = "ActorNotAllowed"
    case triggerConflict = "TriggerConflict"
    case pullRequestNotFound = "PullRequestNotFound"
    case issueClosed = "IssueClosed"
    case issueNotFound = "IssueNotFound"
    case notAllowed = "NotAllowed"
    case duplicate = "Duplicate"
    case labelMissing = "LabelMissing"
    case repositoryNotConfigured = "RepositoryNotConfigured"
    case unprotectedRepository = "UnprotectedRepository"
    case stageAmbiguous = "StageAmbiguous"
    case approvalRequired = "ApprovalRequired"
    // Progress.
    case pending = "Pending"
    case queued = "Queued"
    case preparing = "Preparing"
    case provisioned = "Provisioned"
    case nameTaken = "NameTaken"
    case namespaceTerminating = "NamespaceTerminating"
    case running = "Running"
    case completed = "Completed"
    case publishing = "Publishing"
    case recorded = "Recorded"
    case auditUnavailable = "AuditUnavailable"
    case sourceUnavailable = "SourceUnavailable"
    case waitingRateLimit = "WaitingRateLimit"
    case waitingMCP = "WaitingMCP"
    case waitingOwnerReview = "WaitingOwnerReview"
    /// The cluster refuses what the run needs: a quota, a policy, a webhook.
    case clusterRefused = "ClusterRefused"
    case resuming = "Resuming"
    case cancelling = "Cancelling"
    case heartbeatLost = "HeartbeatLost"
    // Results.
    case succeeded = "Succeeded"
    case created = "Created"
    case updated = "Updated"
    case noChanges = "NoChanges"
    case discussion = "Discussion"
    /// The code host refuses for good what was to be done there.
    case sourceRefused = "SourceRefused"
    case branchExists = "BranchExists"
    case branchMoved = "BranchMoved"
    case policyViolation = "PolicyViolation"
    case resultLost = "ResultLost"
    case agentFailed = "AgentFailed"
    case deadlineExceeded = "DeadlineExceeded"
    case podFailed = "PodFailed"
    /// The pod is not made, not scheduled, or not started yet.
    case podPending = "PodPending"
    /// The pod's node was drained, shut down, or is gone.
    case nodeLost = "NodeLost"
    /// The node threw the pod out for what it used.
    case podEvicted = "PodEvicted"
    /// Somebody else deleted the pod or its Job.
    case podDeleted = "PodDeleted"
    case imageError = "ImageError"
    case cancelled = "Cancelled"
    case expired = "Expired"

    /// Whether an attempt came to its end so that nobody could say how: then the branch alone tells what was done.
    package var isResultLost: Bool {
        switch self {
        case .resultLost, .nodeLost, .podEvicted, .podDeleted: true
        default: false
        }
    }
}

/// What a run may wait for while its clock stands still: the value of `status.wait.state`.
package enum WaitState: String, Sendable, Hashable, CaseIterable {
    /// A tool call that waits for an approval.
    case mcp = "WaitingMCP"
    /// A question to the owner.
    case ownerReview = "WaitingOwnerReview"
    /// The model provider or the code host takes no more requests for now.
    case rateLimit = "WaitingRateLimit"

    /// The same as a reason of conditions.
    package var reason: Reason {
        switch self {
        case .mcp: .waitingMCP
        case .ownerReview: .waitingOwnerReview
        case .rateLimit: .waitingRateLimit
        }
    }
}
