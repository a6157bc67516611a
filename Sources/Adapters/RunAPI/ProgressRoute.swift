// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import HTTPServing
import HTTPTypes
import JSONCoding

/// `POST /v1/run/progress`: a sign of life, and what is new.
struct ProgressRoute: Sendable {
    /// The largest report.
    static let maximumBytes = 16 << 10

    let store: any RunProgressStore

    func report(_ request: ServerRequest, _ caller: RunCaller) async throws -> ServerResponse {
        // A tool's line stays until the runner has a newer one to tell.
        try await store.report(try Self.read(request.body), runUID: caller.runUID, attempt: caller.attempt)
        return .empty(.noContent)
    }

    /// Reads a report strictly, and brings its texts into bounds.
    static func read(_ body: [UInt8]) throws(HTTPError) -> ProgressReport {
        guard body.count <= maximumBytes else {
            throw HTTPError(
                .contentTooLarge, reason: "bodyTooLarge",
                "a report has at most \(maximumBytes) bytes, not \(body.count)")
        }
        var report: ProgressReport
        do { report = try JSONValue.parse(body).decode(ProgressReport.self) } catch {
            throw HTTPError(.badRequest, reason: "malformed", "the report cannot be read: \(error)")
        }
        func refuse(_ what: String) -> HTTPError { HTTPError(.unprocessableContent, reason: "invalid", what) }
        if let session = report.sessionID, !SessionName.isValid(session) {
            throw refuse("sessionID is no name of a session: 1 to 128 letters, digits, -, _ and .")
        }
        if let usage = report.usage {
            let counts = [
                usage.inputTokens, usage.cachedInputTokens, usage.outputTokens, usage.reasoningTokens,
            ]
            if counts.contains(where: { $0 < 0 }) { throw refuse("usage counts tokens; a count is negative") }
        }
        if let waiting = report.waiting {
            guard waitStates.contains(waiting.state) else {
                throw refuse("waiting.state is none of \(waitStates.sorted().joined(separator: ", "))")
            }
            report.waiting?.reason = OneLine.of(waiting.reason, limit: 300)
        }
        if let line = report.line {
            let plain = OneLine.of(line, limit: ProgressReport.longestLine)
            report.line = plain.isEmpty ? nil : plain
        }
        return report
    }

    private static let waitStates = Set(WaitState.allCases.map(\.rawValue))
}
