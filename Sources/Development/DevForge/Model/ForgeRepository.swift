// SPDX-License-Identifier: MIT
package import JSONCoding

/// A repository: its names, who may do what with it, and the rules on its branches.
package struct ForgeRepository: Codable, Sendable {
    package var id: Int64
    package var owner: String
    package var name: String
    package var defaultBranch: String
    package var isPrivate: Bool
    package var createdAt: Timestamp
    /// Role by account id; an account not listed has `read` on a public repository and nothing on a private one.
    package var roles: [Int64: ForgeRole]
    package var rulesets: [ForgeRuleset]
    /// The number that the next issue or pull request gets; they share one series.
    package var nextNumber: Int
    /// Whether a pull request from `…/issue-N` gets the number N and shares labels and comments with issue N.
    ///
    /// GitHub has one series for both, and no such pairs.
    package var pairsNumbers: Bool

    /// `OWNER/NAME`.
    package var fullName: String { "\(owner)/\(name)" }

    /// The role that an account has here.
    package func role(of account: Int64) -> ForgeRole {
        roles[account] ?? (isPrivate ? .none : .read)
    }
}

/// A set of branch rules in the manner of GitHub's repository rulesets.
package struct ForgeRuleset: Codable, Sendable, Equatable {
    package var id: Int64
    package var name: String
    /// `active`, `evaluate` or `disabled`; only active ones hold.
    package var enforcement: String
    /// Patterns such as `~ALL`, `~DEFAULT_BRANCH`, `refs/heads/codex/**`.
    package var include: [String]
    package var exclude: [String]
    /// Rule types: `creation`, `update`, `deletion`, `non_fast_forward`, `pull_request`.
    package var rules: [String]
    /// The weakest role that the rules do not bind; nil binds everyone. An app is always bound.
    package var bypassRole: ForgeRole?

    /// Whether the rules bind the branch.
    package func applies(to branch: String, defaultBranch: String) -> Bool {
        guard enforcement == "active" else { return false }
        func matches(_ pattern: String) -> Bool {
            switch pattern {
            case "~ALL": true
            case "~DEFAULT_BRANCH": branch == defaultBranch
            default: RefPattern(pattern).matches("refs/heads/\(branch)")
            }
        }
        return include.contains(where: matches) && !exclude.contains(where: matches)
    }
}

/// A reference pattern as rulesets use it: `*` stays within a path segment, `**` crosses them.
package struct RefPattern: Sendable {
    private let pattern: [UInt8]

    /// Takes the pattern as written, for example `refs/heads/codex/**`.
    package init(_ pattern: String) {
        self.pattern = Array(pattern.utf8)
    }

    /// Whether the whole reference name matches.
    package func matches(_ name: String) -> Bool {
        Self.matches(pattern[...], Array(name.utf8)[...])
    }

    private static func matches(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        let star = UInt8(ascii: "*")
        guard first == star else {
            return name.first == first && matches(pattern.dropFirst(), name.dropFirst())
        }
        let crossesSegments = pattern.dropFirst().first == star
        let rest = pattern.drop { $0 == star }
        var remaining = name
        while true {
            if matches(rest, remaining) { return true }
            guard let next = remaining.first, crossesSegments || next != UInt8(ascii: "/") else { return false }
            remaining = remaining.dropFirst()
        }
    }
}

/// A label that the repository knows.
package struct ForgeLabel: Codable, Sendable, Equatable {
    package var id: Int64
    package var repository: Int64
    package var name: String
    package var color: String
    package var description: String?
}
