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

    /// At most 256 characters, as GitHub takes.
    static func title(_ input: Input) -> String {
        let title = input.issue.title.split(whereSeparator: \.isNewline).joined(separator: " ")
        return String("\(title) (#\(input.issue.number))".prefix(256))
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
                lines.append(quoted(summary))
            }
            lines.append("")
        }
        lines.append("Made by codex-k8s; commits beyond these runs were pushed by people.")
        return lines.joined(separator: "\n")
    }

    /// The agent's words are quoted, and mentions and references in them are made inert.
    private static func quoted(_ text: String) -> String {
        let inert = text.map { character -> String in
            switch character {
            case "@": "@\u{200B}"
            case "#": "#\u{200B}"
            case "<": "&lt;"
            default: String(character)
            }
        }.joined()
        return inert.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).prefix(20).map { "> \($0)" }
            .joined(separator: "\n")
    }
}
