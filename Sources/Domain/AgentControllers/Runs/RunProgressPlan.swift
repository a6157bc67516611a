// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import KubernetesAPI

/// What the Job and its pod say about an attempt: pure.
enum RunProgressPlan: Equatable {
    /// The agent has not begun.
    case starting
    /// The agent works.
    case working
    /// The agent ended; the message may be lost with its pod.
    case finished(message: RunResultMessage?, detail: String)
    /// The pod cannot start, in the kubelet's own words.
    case cannotStart(reason: Reason, message: String)
    /// The run's own time is over.
    case deadlineExceeded
    /// The Job is gone, and with it whatever the agent said.
    case lost

    /// Waiting reasons after which a pod does not get well by itself.
    private static let fatalWaiting: Set<String> = [
        "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError",
        "CreateContainerError", "RunContainerError", "CrashLoopBackOff",
    ]

    /// Ended by its node or by an eviction, not by itself.
    private static func isDisrupted(_ pod: Pod) -> Bool {
        pod.status.phase == .failed && pod.status.conditions.isTrue("DisruptionTarget")
    }

    static func decide(
        job: Job?, pod: Pod?, startedAt: Timestamp?, timeout: Duration, now: Timestamp
    ) -> RunProgressPlan {
        if let pod, isDisrupted(pod), job?.failure == nil, job != nil {
            // The Job makes another; what this one said, if anything, counts only when it said it whole.
            let message = pod.status.container("agent")?.state.terminated?.message.flatMap { RunResultMessage.read($0) }
            if let message { return .finished(message: message, detail: "the pod's node was lost after the agent ended") }
        } else if let pod {
            if let ended = pod.status.container("agent")?.state.terminated {
                let detail = "exit code \(ended.exitCode)\(ended.reason.map { ", \($0)" } ?? "")"
                return .finished(message: RunResultMessage.read(ended.message ?? ""), detail: detail)
            }
            if pod.status.phase?.isTerminal == true {
                let detail = [pod.status.reason, pod.status.message].compactMap { $0 }.joined(separator: ": ")
                return .finished(message: nil, detail: detail.isEmpty ? "the pod ended without its agent" : detail)
            }
            for container in pod.status.initContainerStatuses + pod.status.containerStatuses {
                guard let waiting = container.state.waiting, let reason = waiting.reason, fatalWaiting.contains(reason)
                else { continue }
                let words = "container \(container.name): \(reason)\(waiting.message.map { ": \($0)" } ?? "")"
                return .cannotStart(
                    reason: reason.contains("Image") ? .imageError : .podFailed, message: String(words.prefix(900)))
            }
        }
        if let startedAt, now.since(startedAt) >= timeout { return .deadlineExceeded }
        guard let job else { return .lost }
        if pod == nil, let failure = job.failure {
            return .finished(message: nil, detail: "\(failure.reason): \(failure.message)")
        }
        if pod == nil, job.isComplete { return .finished(message: nil, detail: "the pod is gone") }
        return pod?.status.container("agent")?.state.running == nil ? .starting : .working
    }
}
