// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding

/// The clock of a run's current attempt: it counts the time in which the agent could work, and stands still in waits.
///
/// Everything that it knows is in the status, so a restart changes nothing, and `kubectl` shows what it shows.
struct RunClock: Equatable {
    /// The working time that the attempt has.
    let limit: Duration
    /// When the attempt began; `nil` when it did not yet, or has ended: then nothing is counted.
    let startedAt: Timestamp?
    /// How long it stood still, the present wait not counted.
    let paused: Duration
    /// Since when it stands still.
    let waitingSince: Timestamp?

    init(_ status: AgentRunStatus?, limit: Duration) {
        self.limit = limit
        let attempt = status?.currentAttempt
        let goesOn = attempt?.completionTime == nil
        startedAt = goesOn ? attempt?.startTime : nil
        paused = .seconds(max(0, attempt?.pausedSeconds ?? 0))
        waitingSince = status?.wait?.since
    }

    /// The working time used by now; never less than nothing, whatever clocks were set back.
    func spent(at now: Timestamp) -> Duration {
        guard let startedAt else { return .zero }
        let end = waitingSince.map { min($0, now) } ?? now
        return max(.zero, end.since(startedAt) - paused)
    }

    /// The working time that is left.
    func remaining(at now: Timestamp) -> Duration { max(.zero, limit - spent(at: now)) }

    /// Whether the attempt's time is over.
    func isOver(at now: Timestamp) -> Bool { startedAt != nil && remaining(at: now) == .zero }

    /// How long the present wait goes on; `nil` while nothing is waited for.
    func waited(at now: Timestamp) -> Duration? { waitingSince.map { max(.zero, now.since($0)) } }

    /// Stops the clock for a wait, or names anew what is waited for; what is left of the time is kept for people to
    /// see.
    static func pause(_ status: inout AgentRunStatus, for awaited: Awaited, limit: Duration?, now: Timestamp) {
        let left = limit.map { Int(RunClock(status, limit: $0).remaining(at: now).components.seconds) }
        status.wait = .init(
            state: awaited.state.rawValue, reason: awaited.reason.bounded(to: 1000),
            since: status.wait?.since ?? now.wholeSeconds, remaining: status.wait?.remaining ?? left,
            until: awaited.until?.wholeSeconds)
    }

    /// Lets the clock go on: the wait's time is taken off what counts. Nothing happens where nothing is waited for.
    ///
    /// A wait counts for at least a second, so that each leaves its trace, and for whole seconds, in favour of the run.
    static func resume(_ status: inout AgentRunStatus, now: Timestamp) {
        guard let wait = status.wait else { return }
        status.wait = nil
        guard let since = wait.since, var attempt = status.currentAttempt, attempt.completionTime == nil,
            let startedAt = attempt.startTime
        else { return }
        let (seconds, rest) = max(.zero, now.since(max(since, startedAt))).components
        attempt.pausedSeconds = (attempt.pausedSeconds ?? 0) + max(1, Int(seconds) + (rest > 0 ? 1 : 0))
        status.currentAttempt = attempt
    }
}
