// SPDX-License-Identifier: MIT
import AgentAPI
import KubernetesAPI
import SourceProvider

/// Title and body of the pull request: pure, English, deterministic, so that writing them twice changes nothing.
enum PullRequestText {
    struct Input {
        var issue: SourceIssue
        var kind: TriggerKind
        var runs: [Section]
    }

    /// What one run adds to the body.
    struct Section {
        var run: String
        var agent: String
        var attempt = 1
        var model: AgentRunStatus.Resolved?
        var reasoningEffort: AgentRunStatus.Resolved?
        var session: AgentRunStatus.SessionStatus?
        var head: String?
        var summary: String?
    }

    static func title(_ input: Input) -> String {
        WorkTitle.pullRequest(issue: input.issue.number, title: input.issue.title, kind: input.kind)
    }

    static func body(_ input: Input) -> String {
        var lines = ["\(input.kind.issueReference) #\(input.issue.number)", ""]
        for section in input.runs {
            lines.append("### Run `\(section.run)`")
            lines.append("")
            lines.append("| | |")
            lines.append("|---|---|")
            lines.append("| agent | `\(section.agent)` |")
            if section.attempt > 1 { lines.append("| attempt | \(section.attempt) |") }
            if let model = section.model { lines.append("| model | `\(model.value)` (\(model.source)) |") }
            if let effort = section.reasoningEffort {
                lines.append("| reasoning | `\(effort.value)` (\(effort.source)) |")
            }
            if let session = section.session {
                let how = session.resumed.map { $0 ? ", resumed" : ", fresh" } ?? ""
                lines.append("| session | `\(session.id)`\(how) |")
            }
            if let head = section.head { lines.append("| commit | `\(head.prefix(12))` |") }
            lines.append("| checks | branch descends from its start; every changed path is in the run's write scope |")
            if let summary = section.summary, !summary.isEmpty {
                lines.append("")
                lines.append(InertText.quote(summary))
            }
            lines.append("")
        }
        lines.append("Made by codex-k8s; commits beyond these runs were pushed by people.")
        return lines.joined(separator: "\n")
    }
}
