// SPDX-License-Identifier: MIT

/// What a template may name as `{{name}}`.
///
/// Only what the operator knows by itself is here. The title and text of an issue are not: they are data, and would
/// stand outside of their fence wherever a template put them.
package enum PromptPlaceholder: String, Sendable, Hashable, CaseIterable {
    /// The agent's key.
    case agent
    case baseBranch = "base_branch"
    case branch
    /// The namespace that the agent may try things in.
    case environment
    /// The issue's number.
    case issue
    /// What the run is for, as in its label: `dev`, `prd`.
    case kind
    /// `FullEnv` or `CodeOnly`.
    case mode
    case model
    /// The pull request's number.
    case pullRequest = "pull_request"
    case reasoning
    /// `owner/name`.
    case repository
    /// What the agent is, as configured.
    case role
    /// What may be changed, in words.
    case writeScope = "write_scope"

    /// All of them for a message, in alphabetical order.
    package static var known: String { allCases.map(\.rawValue).sorted().joined(separator: ", ") }
}
