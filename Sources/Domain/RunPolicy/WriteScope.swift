// SPDX-License-Identifier: MIT
package import AgentAPI

/// What a kind of run may change in the repository; checked against what was pushed, never against what was said.
package enum WriteScope: Sendable, Hashable {
    /// Anything; workflow files only where the repository allows it.
    case anything(workflows: Bool)
    /// Prompts and Markdown.
    case promptsAndMarkdown
    /// Markdown alone.
    case markdown
    /// Nothing.
    case nothing

    /// One path that differs between two trees.
    package struct Change: Sendable, Hashable {
        package var path: String
        /// Modes before and after; `nil` where the path did not exist.
        package var oldMode: String?
        package var newMode: String?

        package init(path: String, oldMode: String?, newMode: String?) {
            self.path = path
            self.oldMode = oldMode
            self.newMode = newMode
        }
    }

    /// The scope of a run.
    package static func of(kind: TriggerKind, agent: String, allowsWorkflows: Bool) -> WriteScope {
        if agent == "reviewer" { return .nothing }
        return switch kind {
        case .dev: .anything(workflows: allowsWorkflows)
        case .selfImprove: .promptsAndMarkdown
        default: .markdown
        }
    }

    /// The changes outside the scope, each with why, in the order given.
    package func violations(in changes: [Change]) -> [String] {
        changes.compactMap { change in violation(of: change).map { "\(change.path): \($0)" } }
    }

    private func violation(of change: Change) -> String? {
        // A submodule or a link can bring in what no path of this tree shows.
        let modes = [change.oldMode, change.newMode].compactMap { $0 }
        switch self {
        case .nothing: return "this agent may change nothing"
        case .anything(let workflows):
            if Self.isWorkflow(change.path), !workflows { return "workflow files may not be changed" }
            if modes.contains("160000") { return "submodules may not be changed" }
            return nil
        case .markdown:
            if modes.contains(where: { $0 != "100644" }) { return "only plain Markdown files may be changed" }
            return Self.isMarkdown(change.path) ? nil : "only *.md may be changed"
        case .promptsAndMarkdown:
            if modes.contains(where: { $0 != "100644" }) { return "only plain files may be changed" }
            return Self.isMarkdown(change.path) || Self.isPrompt(change.path)
                ? nil : "only prompts and *.md may be changed"
        }
    }

    /// GitHub takes every file of this folder for a workflow; the comparison ignores case, as some file systems do.
    private static func isWorkflow(_ path: String) -> Bool {
        let lowered = path.lowercased()
        return begins(lowered, ".github/workflows/") || lowered == ".github/workflows"
            || begins(lowered, ".github/actions/")
    }

    /// Compares bytes, as git does: as text, a slash before a combining mark is another character than a slash.
    private static func begins(_ path: String, _ prefix: String) -> Bool { path.utf8.starts(with: prefix.utf8) }

    private static func isMarkdown(_ path: String) -> Bool {
        path.lowercased().hasSuffix(".md") && !begins(path.lowercased(), ".github/workflows/")
    }

    private static func isPrompt(_ path: String) -> Bool {
        begins(path, "prompts/") || begins(path, ".codex/prompts/")
    }
}
