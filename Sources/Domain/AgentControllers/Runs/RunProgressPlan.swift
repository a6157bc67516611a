// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import KubernetesAPI

/// What the Job and its pod say about an attempt: pure.
///
/// What the agent said whole counts, however its pod came to its end. Else a pod that was taken from its agent (its
/// node was lost, it was evicted, somebody deleted it) is told apart from an agent that failed.
enum RunProgressPlan: Equatable {
    /// The agent has not begun.
    case starting
    /// The agent works.
    case working
    /// The pod was lost with its node, and the Job makes another.
    case replacing(detail: String)
    /// The agent ended and said how.
    case finished(message: RunResultMessage, detail: String)
    /// The agent was cut off; the message, if there is one, tells of its session alone.
    case lost(reason: Reason, message: RunResultMessage?, detail: String)
    /// The pod cannot start, or go on, in the kubelet's own words.
    case cannotStart(reason: Reason, message: String)
    /// The run's own time is over.
    case deadlineExceeded

    /// - Parameters:
    ///   - trouble: what was seen of a container that does not start.
    ///   - isOver: whether the run's clock says that its time is over.
    static func decide(
        job: Job?, pod: Pod?, trouble: StartTrouble?, isOver: Bool, now: Timestamp
    ) -> RunProgressPlan {
        if let pod, let ended = end(of: pod, job: job) {
            // A pod that is to come has no more time than one that is there.
            if case .replacing = ended, isOver { return .deadlineExceeded }
            return ended
        }
        if let trouble, trouble.isOver(at: now) {
            let failure = trouble.failure
            return .cannotStart(reason: failure.reason, message: failure.message)
        }
        if isOver { return .deadlineExceeded }
        if let pod, pod.status.container("agent")?.state.running != nil { return .working }
        if let job, pod == nil, let failure = job.failure {
            return .lost(
                reason: .resultLost, message: nil, detail: "the pod is gone; \(failure.reason): \(failure.message)")
        }
        if let job, pod == nil, job.isComplete {
            return .lost(reason: .resultLost, message: nil, detail: "the pod is gone")
        }
        if job == nil {
            return .lost(reason: .podDeleted, message: nil, detail: "the Job was deleted from outside")
        }
        return .starting
    }

    /// How a pod's agent ended; `nil` while it did not, or while that is not to be said yet.
    private static func end(of pod: Pod, job: Job?) -> RunProgressPlan? {
        let ended = pod.status.container("agent")?.state.terminated
        guard ended != nil || pod.status.phase?.isTerminal == true else { return nil }
        let message = ended?.message.flatMap { RunResultMessage.read($0) }
        let loss = PodLoss(pod)
        var detail = ended.map { "exit code \($0.exitCode)\($0.reason.map { ", \($0)" } ?? "")" }
            ?? "the pod ended without its agent"
        if let loss { detail += "; \(loss.description)" }
        if let message, message.outcome != .cancelled { return .finished(message: message, detail: detail) }
        // The Job makes another pod where the node was to blame, as its policy says, and it may not have counted yet.
        if let loss, loss.isDisruption, let job, !job.isFinished { return .replacing(detail: loss.description) }
        if message != nil, loss == nil {
            return .lost(reason: .podFailed, message: message, detail: "the agent was told to stop by nobody we know")
        }
        return .lost(reason: loss?.reason ?? .resultLost, message: message, detail: detail)
    }
}

/// That a pod was taken from its agent, and by what.
struct PodLoss: Equatable {
    var reason: Reason
    /// For people, in the words of whoever took it.
    var description: String
    /// Whether a Job's policy tells it from a failure (`DisruptionTarget`, Kubernetes' pod conditions).
    var isDisruption: Bool

    /// Reasons of a pod's status that a node gives when it goes away (kubelet, node lifecycle controller, pod GC).
    private static let nodeReasons: Set<String> = [
        "NodeLost", "NodeShutdown", "Shutdown", "Terminated", "NodeAffinity", "UnexpectedAdmissionError", "NodeRestart",
    ]

    /// What took the pod; `nil` for one that nobody took.
    init?(_ pod: Pod) {
        let disruption = pod.status.conditions.first { $0.type == "DisruptionTarget" && $0.status == .true }
        isDisruption = disruption != nil
        let said = [pod.status.reason, pod.status.message].compactMap { $0 }.joined(separator: ": ")
        if pod.status.reason == "Evicted" {
            reason = .podEvicted
            description = "the pod was evicted: \(pod.status.message ?? disruption?.message ?? "no reason was given")"
        } else if let disruption {
            reason = .nodeLost
            let words = said.isEmpty ? "\(disruption.reason): \(disruption.message)" : said
            description = "the pod's node was lost or drained: \(words)"
        } else if let word = pod.status.reason, Self.nodeReasons.contains(word) {
            reason = .nodeLost
            description = "the pod's node was lost: \(said)"
        } else if pod.metadata.isBeingDeleted {
            reason = .podDeleted
            description = "the pod was deleted from outside"
        } else {
            return nil
        }
        description = description.bounded(to: 600)
    }
}
