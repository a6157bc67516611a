// SPDX-License-Identifier: MIT

/// What the runner in the pod tells the run API while the agent works; also a sign of life when nothing in it is set.
///
/// It holds totals, not differences: a report that is lost, doubled or overtaken does no harm.
package struct ProgressReport: Codable, Sendable, Hashable {
    /// A wait that stops the run's clock.
    package struct Waiting: Codable, Sendable, Hashable {
        /// `WaitingRateLimit` and the other wait states.
        package var state: String
        /// Why, for people.
        package var reason: String
        /// When it is expected to end, in whole seconds since 1970.
        package var until: Int64?

        /// Describes a wait.
        package init(state: String, reason: String, until: Int64? = nil) {
            self.state = state
            self.reason = reason
            self.until = until
        }
    }

    /// The longest line, in characters.
    package static let longestLine = 100

    /// The agent's session, once it has one.
    package var sessionID: String?
    /// Whether that session was resumed.
    package var sessionResumed: Bool?
    /// The last thing that the agent said about itself, in one line.
    package var line: String?
    /// Tokens used in this attempt so far.
    package var usage: AgentRunStatus.UsageStatus?
    /// What the agent waits for now; nil when it works.
    package var waiting: Waiting?

    /// A report, by default a mere sign of life.
    package init(
        sessionID: String? = nil, sessionResumed: Bool? = nil, line: String? = nil,
        usage: AgentRunStatus.UsageStatus? = nil, waiting: Waiting? = nil
    ) {
        self.sessionID = sessionID
        self.sessionResumed = sessionResumed
        self.line = line
        self.usage = usage
        self.waiting = waiting
    }
}
