// SPDX-License-Identifier: MIT
package import AgentAPI
package import JSONCoding

/// The last report of an attempt's pod.
package struct RunProgress: Sendable, Hashable {
    /// What the pod said.
    package var report: ProgressReport
    /// When it said so, by the store's clock.
    package var heartbeatAt: Timestamp

    /// Gives a report back.
    package init(report: ProgressReport, heartbeatAt: Timestamp) {
        self.report = report
        self.heartbeatAt = heartbeatAt
    }
}

/// How far the pods of runs are: written by whichever process a pod reached, read by the one that leads.
package protocol RunProgressStore: Sendable {
    /// Takes the place of what was known of the attempt; where it has no line, the one that is there stays.
    func report(_ report: ProgressReport, runUID: String, attempt: Int) async throws(AuditError)
    /// Puts a line in the place of the one that is there, and leaves the rest of the report as it is.
    func show(line: String, runUID: String, attempt: Int) async throws(AuditError)
    /// What the attempt's pod said last; nil before its first word.
    func progress(runUID: String, attempt: Int) async throws(AuditError) -> RunProgress?
}
