// SPDX-License-Identifier: MIT
import AuditStore
import AuditTrail
import CommandLineInterface
import JSONCoding
import OperatorParts
import Postgres
import ServiceRuntime
import SystemCalls

/// `codex-k8s trace`: the way from an issue to its pull request, out of the audit.
enum TraceCommand {
    static let issue = Option<Int>.required("issue", .integer(1...Int.max), help: "The issue's number.")
    static let repository = Option<String?>.optional("repository", .text("OWNER/NAME"), help: "The repository, where the audit knows several.")
    static let events = Option<Bool>.flag("events", help: "Also prints every record, oldest first.")

    static let command = Command(
        "trace", summary: "Prints what happened for an issue, from the label to the pull request.",
        discussion: "A line a run, oldest first; label-to-job-ms is the time from the webhook's arrival to the Job's creation.",
        options: [
            CommonOptions.databaseURL.definition, issue.definition, repository.definition, events.definition,
        ])

    static func run(_ parsed: ParsedCommand) async throws {
        let client = PostgresClient(url: Secret(try parsed[CommonOptions.databaseURL]), logger: .disabled)
        defer { client.shutdown() }
        let query = PostgresAuditQuery(client: client)
        let number = try parsed[issue]
        let traces = try await query.traces(issue: number, repository: try parsed[repository])
        for trace in traces {
            if try parsed[events] {
                for event in trace.events {
                    StandardStreams.writeOutputLine("\(event.createdAt.microDescription) \(event.type) \(event.payload)")
                }
            }
            StandardStreams.writeOutputLine(trace.line)
        }
        if traces.isEmpty { throw UnusableInput("the audit knows no run of issue \(number)") }
    }
}
