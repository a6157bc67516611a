// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import KubernetesAPI

/// Why a pod's container does not start, as far as it was seen: the kubelet says it again and again, in worse words.
///
/// A registry may be away for a moment, and a sidecar may fall once; so a trouble that may pass gets three tries or a
/// minute, whichever ends first. What cannot pass ends the attempt at once.
struct StartTrouble: Equatable {
    /// The container that does not start.
    var container: String
    /// The kubelet's word for it, such as `ErrImagePull`.
    var reason: String
    /// The kubelet's sentence: that of the try itself, not that of the pause after it.
    var message: String?
    /// When it was first seen.
    var since: Timestamp
    /// How many tries were seen to fail.
    var tries: Int
    /// Whether the container waits for its next try.
    fileprivate var isPausing: Bool

    /// How many tries a trouble may have that may pass.
    static let tries = 3
    /// How long a trouble may last that may pass.
    static let patience = Duration.seconds(60)

    /// Nobody but a person ends these.
    private static let fatal: Set<String> = ["InvalidImageName", "ErrImageNeverPull"]
    /// A try failed.
    private static let failed: Set<String> = [
        "ErrImagePull", "RegistryUnavailable", "SignatureValidationFailed", "CreateContainerConfigError",
        "CreateContainerError", "RunContainerError", "PreCreateHookError", "PostStartHookError",
    ]
    /// The next try is waited for.
    private static let pausing: Set<String> = ["ImagePullBackOff", "CrashLoopBackOff"]

    /// What to remember of a pod now, from what was remembered of it before; `nil` where all is well.
    static func observe(_ pod: Pod?, before: StartTrouble?, now: Timestamp) -> StartTrouble? {
        guard let pod, pod.status.phase?.isTerminal != true else { return nil }
        for container in pod.status.initContainerStatuses + pod.status.containerStatuses {
            guard let waiting = container.state.waiting, let reason = waiting.reason,
                fatal.contains(reason) || failed.contains(reason) || pausing.contains(reason)
            else { continue }
            let known = before.flatMap { $0.container == container.name ? $0 : nil }
            return observe(container, reason, waiting.message, known, now)
        }
        return nil
    }

    private static func observe(
        _ container: ContainerStatus, _ reason: String, _ message: String?, _ before: StartTrouble?, _ now: Timestamp
    ) -> StartTrouble {
        let isPausing = pausing.contains(reason)
        var trouble =
            before
            ?? StartTrouble(
                container: container.name, reason: reason, message: nil, since: now, tries: isPausing ? 1 : 0,
                isPausing: isPausing)
        if reason == "CrashLoopBackOff" {
            // How it ended says more than that it is waited for.
            trouble.reason = reason
            trouble.tries = max(trouble.tries, container.restartCount)
            trouble.message = Self.lastWords(container) ?? message ?? trouble.message
        } else if !isPausing {
            if before == nil || before?.isPausing == true { trouble.tries += 1 }
            trouble.reason = reason
            trouble.message = message ?? trouble.message
        } else if before == nil || trouble.message == nil {
            trouble.message = message
        }
        trouble.isPausing = isPausing
        return trouble
    }

    /// How a container ended that was started again.
    private static func lastWords(_ container: ContainerStatus) -> String? {
        guard let ended = container.lastState.terminated else { return nil }
        let end = "exit code \(ended.exitCode)" + (ended.reason.map { $0 == "Error" ? "" : ", \($0)" } ?? "")
        let words = ended.message?.split(whereSeparator: \.isNewline).suffix(3).joined(separator: " ") ?? ""
        return words.isEmpty ? end : "\(end): \(words)"
    }

    /// Whether waiting on has no point.
    func isOver(at now: Timestamp) -> Bool {
        Self.fatal.contains(reason) || tries >= Self.tries || now.since(since) >= Self.patience
    }

    /// How long it may still pass by itself.
    func patience(at now: Timestamp) -> Duration { max(.zero, Self.patience - now.since(since)) }

    /// What the attempt ends with.
    var failure: (reason: Reason, message: String) {
        let isImage =
            reason.contains("Image") || ["RegistryUnavailable", "SignatureValidationFailed"].contains(reason)
        let words = "container \(container): \(reason)\(message.map { ": \($0)" } ?? "")"
        return (isImage ? .imageError : .podFailed, words.bounded(to: 900))
    }
}
