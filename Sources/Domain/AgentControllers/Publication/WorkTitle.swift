// SPDX-License-Identifier: MIT
import AgentAPI

/// Titles of pull requests and subjects of commits: English, one line, with the issue's reference. Pure.
enum WorkTitle {
    /// A pull request's title, at most 256 characters, as GitHub takes.
    static func pullRequest(issue: Int, title: String, kind: TriggerKind) -> String {
        let reference = "(#\(issue))"
        guard let title = EnglishLine.of(title) else { return "\(word(kind)) for an issue \(reference)" }
        let line = kind == .dev ? title : "\(word(kind)): \(title)"
        return "\(cut(line, to: 255 - reference.count)) \(reference)"
    }

    /// A commit's first line, at most 72 characters.
    static func commitSubject(issue: Int, title: String, revise: Bool) -> String {
        let reference = "(#\(issue))"
        guard let title = EnglishLine.of(title) else {
            return "\(revise ? "Revise the work" : "Work") on an issue \(reference)"
        }
        return "\(cut("\(revise ? "Revise" : "Work on"): \(title)", to: 71 - reference.count)) \(reference)"
    }

    /// What a run of the kind makes.
    private static func word(_ kind: TriggerKind) -> String {
        switch kind {
        case .intake: "Intake"
        case .vision: "Vision"
        case .prd: "Requirements"
        case .arch: "Architecture"
        case .design: "Design"
        case .plan: "Plan"
        case .dev: "Change"
        case .docAudit: "Documentation audit"
        case .qa: "Quality assurance"
        case .release: "Release"
        case .postdeploy: "Review after deployment"
        case .ops: "Operations"
        case .selfImprove: "Self-improvement"
        case .rethink: "Rethinking"
        }
    }

    private static func cut(_ line: String, to room: Int) -> String {
        line.count <= room ? line : "\(line.prefix(room - 1))…"
    }
}
