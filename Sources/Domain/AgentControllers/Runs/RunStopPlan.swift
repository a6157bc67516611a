// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import KubernetesAPI

/// How far a pod is that was told to end: pure.
///
/// Its agent has the grace period to save its session and to say so; what decides is the end of that container, or the
/// end of the time.
enum RunStopPlan: Equatable {
    /// Ask again after this long, or when the pod changes.
    case wait(Duration)
    /// The agent has ended, or was never begun, or was given up; the message is what it left.
    case ended(message: RunResultMessage?, detail: String)

    /// What the kubelet may need beyond the grace period to report the end.
    static let reserve = Duration.seconds(30)

    /// - Parameter since: when the pod was told to end.
    static func decide(pod: Pod?, since: Timestamp, grace: Duration, now: Timestamp) -> RunStopPlan {
        guard let pod else { return .ended(message: nil, detail: "there is no pod") }
        let agent = pod.status.container("agent")?.state
        if let ended = agent?.terminated {
            return .ended(message: RunResultMessage.read(ended.message ?? ""), detail: "exit code \(ended.exitCode)")
        }
        if pod.status.phase?.isTerminal == true {
            return .ended(message: nil, detail: "the pod ended without its agent")
        }
        guard agent?.running != nil else { return .ended(message: nil, detail: "the agent had not begun") }
        let left = grace + reserve - now.since(since)
        guard left > .zero else { return .ended(message: nil, detail: "the agent did not end within its grace period") }
        return .wait(left)
    }

    /// Whether the attempt itself was done when it was told to end, so that its result counts instead.
    static func isResult(_ message: RunResultMessage?) -> Bool {
        switch message?.outcome {
        case .succeeded, .noChanges: true
        case .failed, .branchMoved, .cancelled, nil: false
        }
    }
}
