// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import Cryptography
import JSONCoding

/// `run_status_report`: one line for the timeline and the status comment.
struct StatusReportTool: Tool {
    let progress: any RunProgressStore
    let sink: any AuditSink

    let name = Names.statusReportTool
    let title = "Report what you are doing"
    let description = """
        Shows one line of at most \(ProgressReport.longestLine) characters to the people who follow this run. Call it \
        every 5 to 7 tool calls, and when something changes: what you do now, in plain words, without secrets. More \
        often is refused: \(ToolRate().words).
        """

    /// One line with something in it that can be seen; ``objection(to:)`` takes what this takes.
    private static let pattern =
        #"^[^\r\n]*[^\s\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069][^\r\n]*$"#

    let inputSchema: JSONValue = [
        "type": "object",
        "properties": [
            "status": [
                "type": "string", "minLength": 1, "maxLength": .integer(Int64(ProgressReport.longestLine)),
                "pattern": .string(Self.pattern), "description": "One line: what you are doing now.",
            ],
            "dry_run": [
                "type": "boolean", "default": false, "description": "Only check the line; nobody is shown it.",
            ],
        ],
        "required": ["status"],
        "additionalProperties": false,
    ]

    let outputSchema: JSONValue = [
        "type": "object",
        "properties": [
            "shown": ["type": "boolean", "description": "Whether people see the line now."],
            "line": ["type": "string", "description": "The line as it is shown."],
        ],
        "required": ["shown", "line"],
        "additionalProperties": false,
    ]

    func objection(to arguments: JSONValue) -> String? {
        guard let members = arguments.objectValue else { return "arguments must be an object" }
        if let other = members.first(where: { !["status", "dry_run"].contains($0.key) }) {
            return "there is no argument \(OneLine.of(other.key, limit: 40)); there are status and dry_run"
        }
        guard let line = arguments["status"]?.stringValue else { return "status must be a string" }
        // The line's own end is no second line; many a regular expression takes it for the end of the text as well.
        let inside = line.unicodeScalars.last == "\n" ? line.unicodeScalars.dropLast() : line.unicodeScalars[...]
        if inside.contains(where: { $0 == "\r" || $0 == "\n" }) { return "status must be one line" }
        // As JSON Schema counts: code points, so that combining marks are not for nothing.
        let count = line.unicodeScalars.count
        if count > ProgressReport.longestLine {
            return "status has \(count) characters; at most \(ProgressReport.longestLine) are shown: say it shorter"
        }
        if OneLine.of(line, limit: ProgressReport.longestLine).isEmpty { return "status must not be empty" }
        if let dry = arguments["dry_run"], dry.boolValue == nil { return "dry_run must be true or false" }
        return nil
    }

    func call(_ arguments: JSONValue, _ caller: RunCaller) async throws -> ToolResult {
        let line = OneLine.of(arguments["status"]?.stringValue ?? "", limit: ProgressReport.longestLine)
        if arguments["dry_run"]?.boolValue == true {
            return ToolResult(
                text: "The line is fine; nobody was shown it.", structured: ["shown": false, "line": .string(line)])
        }
        try await sink.record([
            AuditEvent(
                correlationID: caller.correlationID, runUID: caller.runUID, attempt: caller.attempt,
                type: .agentStatusReported, key: String(SHA256.hexDigest(Array(line.utf8)).prefix(32)),
                actor: AuditActor(kind: .agent, id: caller.agent), payload: ["line": .string(line)])
        ])
        try await progress.show(line: line, runUID: caller.runUID, attempt: caller.attempt)
        return ToolResult(text: "People see the line now.", structured: ["shown": true, "line": .string(line)])
    }
}
