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
        var model: String?
        var reasoningEffort: String?
        var session: String?
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
            if let model = section.model { lines.append("| model | `\(model)` |") }
            if let effort = section.reasoningEffort { lines.append("| reasoning | `\(effort)` |") }
            if let session = section.session { lines.append("| session | `\(session)` |") }
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
