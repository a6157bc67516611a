// SPDX-License-Identifier: MIT
import AgentAPI
import HTTPTransport
import HTTPTypes
import JSONCoding
import ServiceRuntime

/// Tells the run API, through the broker, how the agent is doing while it works.
///
/// Nothing here fails the run: a report that does not arrive is followed by the next one, which says everything again.
struct ProgressReporter: Sendable {
    let configuration: RunnerConfiguration
    /// The broker's base address.
    let broker: String
    let progress: AgentProgress
    let client: HTTPClient
    let logger: Logger
    /// How often the progress file is looked at.
    var interval = Duration.seconds(1)

    /// Follows the agent until the task is cancelled.
    func run() async {
        var tail = ProgressTail(path: configuration.progressFile)
        var schedule = ReportSchedule()
        var isHeard = true
        while !Task.isCancelled {
            for line in tail.next() { progress.take(line: line) }
            let now = ContinuousClock.now
            if !schedule.isEarly(now) {
                let report = await report()
                if schedule.sends(report, now: now) { isHeard = await send(report, wasHeard: isHeard) }
            }
            try? await Task.sleep(for: interval)
        }
        // What was written between the last look and the end still counts, for the session above all.
        tail.finish { progress.take(line: $0) }
    }

    /// What the broker counted; nil when it cannot be asked.
    func usage() async -> BrokerUsage? {
        let request = ClientRequest(url: "\(broker)/usage", timeout: .seconds(5))
        guard let answer = try? await client.send(request, maximumBodyBytes: 64 << 10), answer.status == .ok,
            let json = try? JSONValue.parse(answer.body)
        else { return nil }
        return BrokerUsage(json)
    }

    private func report() async -> ProgressReport {
        let state = progress.state
        let usage = await usage()
        return ProgressReport(
            sessionID: state.sessionID, sessionResumed: state.sessionResumed, line: state.line, usage: usage?.totals,
            waiting: usage?.waiting ?? state.waiting)
    }

    /// Answers whether it arrived; the first failure of several in a row is logged.
    private func send(_ report: ProgressReport, wasHeard: Bool) async -> Bool {
        do {
            let answer = try await client.send(
                ClientRequest(
                    method: .post, url: "\(broker)/run/progress", headers: ["Content-Type": "application/json"],
                    body: JSONValue(encoding: report).encoded(), timeout: .seconds(10)),
                maximumBodyBytes: 64 << 10)
            if answer.status.isSuccess { return true }
            if wasHeard { logger.warning("a progress report was not taken", ["status": "\(answer.status)"]) }
        } catch {
            guard !Task.isCancelled else { return wasHeard }
            if wasHeard {
                logger.warning("a progress report cannot be sent", ["error": BrokerURL.hide(in: "\(error)")])
            }
        }
        return false
    }
}
