// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail

/// Which session a run's next pod goes on with.
enum SessionChoice {
    /// Why there may be one.
    enum Occasion: Equatable {
        /// The run works on the pull request of an earlier one, and knows what was thought there.
        case revision
        /// An earlier pod of the same run stopped: an attempt failed, or a wait was too long.
        case continuation
    }

    /// - Returns: nil for the first pod of a run that begins something.
    static func occasion(isRevision: Bool, attempt: Int, resumption: Int) -> Occasion? {
        if attempt > 1 || resumption > 0 { return isRevision ? .revision : .continuation }
        return isRevision ? .revision : nil
    }

    /// - Parameter latest: the session of repository, issue, agent and branch that was saved last.
    /// - Returns: the session's name; nil for a fresh one.
    static func session(_ occasion: Occasion?, latest: StoredSession?, runUID: String) -> String? {
        guard let occasion, let latest else { return nil }
        if latest.runUID == runUID { return latest.id }
        // Another run's unfinished work without a session is of use to that run alone.
        return occasion == .revision && !latest.id.hasPrefix(SessionManifest.workPrefix) ? latest.id : nil
    }
}
