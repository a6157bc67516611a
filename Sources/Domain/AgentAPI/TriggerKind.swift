// SPDX-License-Identifier: MIT

/// What a run is for: the second word of its label, `run:KIND`.
package enum TriggerKind: String, Sendable, Hashable, Codable, CaseIterable {
    case intake, vision, prd, arch, design, plan, dev
    case docAudit = "doc-audit"
    case qa, release, postdeploy, ops
    case selfImprove = "self-improve"
    case rethink

    /// Whether `run:KIND:revise` exists.
    package var allowsRevise: Bool {
        switch self {
        case .intake, .vision, .prd, .arch, .design, .plan, .dev: true
        case .docAudit, .qa, .release, .postdeploy, .ops, .selfImprove, .rethink: false
        }
    }

    /// The agent that does this kind of work unless the run names another.
    package var defaultAgent: String {
        switch self {
        case .intake, .vision, .prd: "pm"
        case .arch, .design: "sa"
        case .plan, .rethink: "em"
        case .dev: "dev"
        case .qa: "qa"
        case .release, .postdeploy, .ops: "sre"
        case .docAudit, .selfImprove: "km"
        }
    }

    /// The branch the run works on: `codex/issue-N` for dev, `codex/issue-N-KIND` for the others.
    package func branch(issue: Int) -> String {
        self == .dev ? "codex/issue-\(issue)" : "codex/issue-\(issue)-\(rawValue)"
    }

    /// The kind whose branch of an issue this is; `nil` for any name that ``branch(issue:)`` does not make.
    package static func owning(branch: String, issue: Int) -> TriggerKind? {
        allCases.first { $0.branch(issue: issue) == branch }
    }

    /// The word that ties pull request and issue: only dev closes the issue.
    package var issueReference: String { self == .dev ? "Closes" : "Refs" }
}
