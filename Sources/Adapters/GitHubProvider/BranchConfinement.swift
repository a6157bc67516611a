// SPDX-License-Identifier: MIT

/// Decides from a repository's rules whether our app can write to nothing but `codex/**`.
enum BranchConfinement {
    /// A name outside `codex/` that nobody uses; rules bind names whether or not there is such a branch.
    static let probe = "codex-k8s-confinement-probe"

    /// One rule that is active on a branch.
    struct Rule: Sendable, Hashable {
        var type: String
        var ruleset: Int64
    }

    /// The base must take no push from us (`update`, or `pull_request`, which asks for a pull request), and no other
    /// branch may be made by us; each by a ruleset that we do not pass.
    static func holds(base: [Rule], others: [Rule], bypassed: Set<Int64>) -> Bool {
        func has(_ types: Set<String>, _ rules: [Rule]) -> Bool {
            rules.contains { types.contains($0.type) && !bypassed.contains($0.ruleset) }
        }
        return has(["update", "pull_request"], base) && has(["creation"], others)
            && has(["update", "pull_request"], others)
    }
}
