// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import SystemCalls

/// What an agent leaves in its result file.
struct AgentResult: Sendable, Equatable {
    var summary: String?
    var commitSubject: String?
    var sessionID: String?
    var sessionResumed: Bool?
    /// Why the session that it was given was not gone on with.
    var resumeProblem: String?
    /// Why it failed, in a line.
    var error: String?

    /// Takes what the model itself wrote to the file: its words win, all else is the driver's.
    mutating func take(modelsFile json: JSONValue?) {
        let said = AgentResult(untrusted: json)
        if let text = said.summary, !text.isEmpty { summary = text }
        if let text = said.commitSubject, !text.isEmpty { commitSubject = text }
    }

    var json: JSONValue {
        var object = JSONObject()
        let texts = [
            ("summary", summary), ("commitSubject", commitSubject), ("sessionID", sessionID),
            ("resumeProblem", resumeProblem), ("error", error),
        ]
        for case (let name, let text?) in texts { object[name] = .string(text) }
        if let sessionResumed { object["sessionResumed"] = .bool(sessionResumed) }
        return .object(object)
    }

    /// The largest file that is read, in bytes.
    private static let longestFile = 256 << 10

    /// Reads a file that a model or an agent wrote; nil when there is none that could be read.
    static func read(_ path: String) -> JSONValue? {
        // Without following links: neither a pipe nor a device keeps this waiting.
        guard let reader = try? FileReader(path, followsLinks: false),
            let bytes = try? reader.read(at: 0, upTo: longestFile + 1), bytes.count <= longestFile
        else { return nil }
        return try? JSONValue.parse(bytes)
    }
}

extension AgentResult {
    /// The longest summary, in code points.
    static let longestSummary = 8000

    /// A text as a summary: credentials hidden, in bounds, without what is not seen and changes how the rest reads: control
    /// characters, and changes of the direction of writing (UAX #9).
    static func summary(_ text: String) -> String {
        let seen = SecretMask.mask(text).unicodeScalars.filter { scalar in
            switch scalar.value {
            case 0x09, 0x0A: true
            case 0x202A...0x202E, 0x2066...0x2069: false
            default: scalar.properties.generalCategory != .control
            }
        }
        return String(String.UnicodeScalarView(seen.prefix(longestSummary)))
    }

    /// What a file says, as the runner takes it: credentials hidden, texts in bounds; a member that is none of ours is as
    /// good as none.
    init(untrusted json: JSONValue?) {
        summary = json?["summary"]?.stringValue.map { Self.summary($0) }
        commitSubject = json?["commitSubject"]?.stringValue.map { OneLine.make($0, limit: 400) }
        if let id = json?["sessionID"]?.stringValue, SessionName.isValid(id) { sessionID = id }
        sessionResumed = json?["sessionResumed"]?.boolValue
        resumeProblem = json?["resumeProblem"]?.stringValue.map { OneLine.make($0, limit: 400) }
        error = json?["error"]?.stringValue.map { OneLine.make($0, limit: 1000) }
    }
}
