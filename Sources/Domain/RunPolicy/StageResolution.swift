// SPDX-License-Identifier: MIT
package import AgentAPI

/// Which kind of run a review asks for: the first level that says something decides, and it has to say one thing.
package enum StageResolution {
    /// The levels in the order in which they are asked; the words stand in status and audit.
    package enum Level: String, Sendable, Hashable, CaseIterable {
        /// Stage labels of the pull request.
        case pullRequestLabel = "pull-request-label"
        /// Stage labels of the issue.
        case issueLabel = "issue-label"
        /// The last run of this issue and pull request.
        case lastRun = "last-run"
        /// The last stage that the audit saw the issue in.
        case audit
    }

    /// What each level names; a level that says nothing is missing or empty.
    package typealias Candidates = [Level: [TriggerKind]]

    /// What comes of it.
    package enum Outcome: Sendable, Hashable {
        /// One kind, and the level that named it.
        case resolved(TriggerKind, Level)
        /// The first level that says something says more than one thing.
        case ambiguous([TriggerKind], Level)
        /// No level says anything.
        case unknown
    }

    /// Decides. A kind that a level names twice, by both of its labels, is one candidate.
    package static func resolve(_ candidates: Candidates) -> Outcome {
        for level in Level.allCases {
            let named = Set(candidates[level] ?? [])
            guard let first = named.first else { continue }
            if named.count == 1 { return .resolved(first, level) }
            return .ambiguous(TriggerKind.allCases.filter { named.contains($0) }, level)
        }
        return .unknown
    }
}
