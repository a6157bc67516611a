// SPDX-License-Identifier: MIT
import AgentAPI

/// When a report is sent: at once when something changed, but not too often; and from time to time as a sign of life.
struct ReportSchedule {
    /// The least time between two reports.
    static let shortest = Duration.seconds(5)
    /// The longest silence.
    static let longest = Duration.seconds(30)

    private var last: (report: ProgressReport, time: ContinuousClock.Instant)?

    /// True when nothing may be sent yet, so that there is no reason to ask for what it would say.
    func isEarly(_ now: ContinuousClock.Instant) -> Bool {
        guard let last else { return false }
        return now - last.time < Self.shortest
    }

    /// Whether to send the report now. Whoever is told true sends it.
    mutating func sends(_ report: ProgressReport, now: ContinuousClock.Instant) -> Bool {
        if let last {
            if isEarly(now) { return false }
            if report == last.report, now - last.time < Self.longest { return false }
        }
        last = (report, now)
        return true
    }
}
