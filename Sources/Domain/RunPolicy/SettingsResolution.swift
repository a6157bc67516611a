// SPDX-License-Identifier: MIT
package import AgentAPI

/// Model and reasoning effort of a run: the first source that says something wins.
package enum SettingsResolution {
    /// What each source says, in the order in which they are asked.
    package struct Sources: Sendable, Hashable {
        package var spec: String?
        package var issueLabel: String?
        package var pullRequestLabel: String?
        package var lastRun: String?
        package var agent: String?

        package init(
            spec: String? = nil, issueLabel: String? = nil, pullRequestLabel: String? = nil, lastRun: String? = nil,
            agent: String? = nil
        ) {
            self.spec = spec
            self.issueLabel = issueLabel
            self.pullRequestLabel = pullRequestLabel
            self.lastRun = lastRun
            self.agent = agent
        }
    }

    /// The value and where it came from; `nil` leaves the choice to the agent's CLI.
    package static func resolve(_ sources: Sources) -> AgentRunStatus.Resolved? {
        let chain: [(String, String?)] = [
            ("spec", sources.spec), ("issue-label", sources.issueLabel),
            ("pull-request-label", sources.pullRequestLabel), ("last-run", sources.lastRun), ("agent", sources.agent),
        ]
        for (source, value) in chain {
            if let value { return .init(value: value, source: source) }
        }
        return nil
    }
}
