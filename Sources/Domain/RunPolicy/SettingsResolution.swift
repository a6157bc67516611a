// SPDX-License-Identifier: MIT
package import AgentAPI

/// Model and reasoning effort of a run: the first source that says something wins.
package enum SettingsResolution {
    /// Where a value comes from, in the order in which the sources are asked; the words stand in status and audit.
    package enum Source: String, Sendable, Hashable, CaseIterable {
        /// The spec of a run that a person applied.
        case spec
        /// A label of the issue, as it is at admission.
        case issueLabel = "issue-label"
        /// A label of the pull request that is revised, as it is at admission.
        case pullRequestLabel = "pull-request-label"
        /// What the last run on the branch used.
        case lastRun = "last-run"
        /// The agent's configuration.
        case agent
        /// The repository's configuration.
        case repository
        /// The system's configuration.
        case systemDefault = "system-default"
    }

    /// What the sources say; one that says nothing is missing.
    package typealias Sources = [Source: String]

    /// The value and where it came from; `nil` leaves the choice to the agent's CLI.
    ///
    /// - Parameter isAllowed: whether a value may still be used. It is asked of the last run's alone: what was allowed
    ///   then may have been taken off the lists since, and then the chain goes on. What somebody asks for now and may
    ///   not have is to be refused, not replaced, so it is given back as it is.
    package static func resolve(
        _ sources: Sources, isAllowed: (String) -> Bool = { _ in true }
    ) -> AgentRunStatus.Resolved? {
        for source in Source.allCases {
            guard let value = sources[source], source != .lastRun || isAllowed(value) else { continue }
            return .init(value: value, source: source.rawValue)
        }
        return nil
    }
}
