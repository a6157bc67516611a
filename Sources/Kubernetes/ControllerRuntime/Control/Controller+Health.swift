// SPDX-License-Identifier: MIT
import ServiceRuntime

/// What tells a stuck controller from a quiet one.
extension Controller {
    /// How long the longest reconcile under way has taken so far.
    package var longestRunning: Duration { queue.longestRunning }

    /// Beyond its deadline a reconcile is cancelled; one that goes on for as long again ignores that.
    package var stuckAfter: Duration { deadline * 2 }

    /// How long something may be due before nobody seems to be there.
    private static let patience = Duration.seconds(60)

    /// Why the controller cannot be expected to do any more work; nil when it works or has nothing to do.
    package var problem: String? {
        guard isWorking.isSet, !queue.isShutDown else { return nil }
        let running = longestRunning
        if running > stuckAfter { return "a reconcile has been running for \(running) and ignores its deadline" }
        let backlog = queue.idleBacklog
        if backlog > Self.patience { return "no worker has taken a key for \(backlog)" }
        let lag = queue.timerLag
        if lag > Self.patience { return "delayed keys have been due for \(lag)" }
        return nil
    }
}
