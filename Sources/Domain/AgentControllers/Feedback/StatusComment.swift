// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import KubernetesAPI

/// The one status comment of an issue, a section a run: pure, so that an unchanged state gives an unchanged text.
enum StatusComment {
    /// The hidden first line by which the comment is found again.
    static func marker(repositoryID: Int64, issue: Int) -> String {
        "<!-- codex-k8s:status repository=\(repositoryID) issue=\(issue) -->"
    }

    /// Renders the runs of one issue; `nil` when none of them has anything to say.
    static func body(repositoryID: Int64, issue: Int, runs: [AgentRun]) -> String? {
        let shown = runs.filter { isShown($0) }.sorted { left, right in
            (left.metadata.creationTimestamp?.microseconds ?? 0, left.metadata.name)
                < (right.metadata.creationTimestamp?.microseconds ?? 0, right.metadata.name)
        }
        guard !shown.isEmpty else { return nil }
        let sections = shown.suffix(20).map { section($0) }
        return marker(repositoryID: repositoryID, issue: issue) + "\n" + sections.joined(separator: "\n\n")
    }

    /// Rejections that are said otherwise, or not at all, have no section.
    static func isShown(_ run: AgentRun) -> Bool {
        guard run.phase == .rejected else { return true }
        switch run.status?.conditions?[RunCondition.accepted.rawValue]?.reason {
        case Reason.duplicate.rawValue, Reason.actorNotAllowed.rawValue, Reason.labelMissing.rawValue,
            Reason.issueNotFound.rawValue, Reason.repositoryNotConfigured.rawValue:
            return false
        default: return true
        }
    }

    private static func section(_ run: AgentRun) -> String {
        let label = run.spec.trigger.label ?? "run:\(run.spec.trigger.kind)\(run.spec.trigger.revise == true ? ":revise" : "")"
        var lines = ["### `\(label)` — \(headline(run))", ""]
        if let ready = run.status?.conditions?[RunCondition.ready.rawValue], !ready.message.isEmpty {
            lines.append(ready.message)
            lines.append("")
        }
        var facts = ["run `\(run.metadata.name)`"]
        if let attempt = run.status?.attempt, attempt > 1 { facts.append("attempt \(attempt)") }
        if let model = run.status?.effective?.model { facts.append("model `\(model.value)` (\(model.source))") }
        if let effort = run.status?.effective?.reasoningEffort { facts.append("reasoning `\(effort.value)`") }
        if let pullRequest = run.status?.pullRequest { facts.append("pull request #\(pullRequest.number)") }
        lines.append(facts.joined(separator: " · "))
        if let next = suggestion(run) {
            lines.append("")
            lines.append(next)
        }
        return lines.joined(separator: "\n")
    }

    private static func headline(_ run: AgentRun) -> String {
        switch run.phase {
        case .pending: "accepted by the webhook"
        case .queued: "waiting for its turn"
        case .preparing: "preparing its place"
        case .running: "the agent is working"
        case .waiting: "waiting for an answer"
        case .publishing: "publishing"
        case .succeeded: "done"
        case .failed: "failed"
        case .rejected: "rejected"
        case .cancelled: "cancelled"
        case .other(let name): name
        }
    }

    /// The next sensible labels.
    private static func suggestion(_ run: AgentRun) -> String? {
        let kind = TriggerKind(rawValue: run.spec.trigger.kind)
        switch run.phase {
        case .succeeded where run.status?.pullRequest != nil && kind?.allowsRevise == true:
            return "Review the pull request, comment what should be different, and set `run:\(run.spec.trigger.kind):revise`."
        case .failed: return "Take the label off and set it again to start anew, or raise `spec.attempts` of the run by one."
        default: return nil
        }
    }
}
