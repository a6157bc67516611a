// SPDX-License-Identifier: MIT

/// How often a run may call tools: so many at once, and then one an interval.
///
/// Each call leaves up to three facts, which nobody can remove again. A run of five hours that never stops calling
/// leaves less than a trace shows.
package struct ToolRate: Sendable, Hashable {
    /// How many calls may come at once after a silence.
    package var burst: Int
    /// How long until another may follow.
    package var interval: Duration

    /// Ten at once, then five a minute.
    package init(burst: Int = 10, interval: Duration = .seconds(12)) {
        self.burst = burst
        self.interval = interval
    }

    /// For people and models: `10 at once, then one every 12 seconds`.
    package var words: String { "\(burst) at once, then one every \(interval.components.seconds) seconds" }
}

/// The calls that a run has left, kept where every process that serves runs sees them.
package protocol ToolBudget: Sendable {
    /// Takes one call out of the run's budget.
    ///
    /// - Returns: nil when it may go on; otherwise how long until the next one may.
    func take(runUID: String, rate: ToolRate) async throws(AuditError) -> Duration?
}
