// SPDX-License-Identifier: MIT
import JSONCoding

/// A request's body as the Responses API defines it, as far as the stand-in looks at it.
struct ModelConversation: Sendable, Equatable {
    /// One item of the conversation so far.
    enum Item: Sendable, Equatable {
        case message(role: String, text: String)
        /// A shell command that was asked for.
        case command(String)
        /// A status that was reported to people by the tool for that.
        case report(String)
        /// Output of a call, reasoning, and whatever else there is.
        case other
    }

    let model: String
    /// `reasoning.effort`, where it was sent.
    let effort: String?
    /// `service_tier`, where it was sent.
    let serviceTier: String?
    /// The answer is wanted as server-sent events.
    let isStreamed: Bool
    let items: [Item]
    /// The namespace of the tool that reports a status to people; nil where the agent offers none.
    let reportNamespace: String?

    /// The tool that reports a status.
    static let reportTool = "run_status_report"

    /// What is wrong with a body, in the provider's manner.
    struct Problem: Error, Equatable {
        let message: String
        /// The member that is wrong.
        let parameter: String
    }

    /// Reads a body strictly where the answer depends on it.
    init(_ json: JSONValue) throws(Problem) {
        guard let model = json["model"]?.stringValue, !model.isEmpty else {
            throw Problem(message: "Missing required parameter: 'model'.", parameter: "model")
        }
        guard let input = json["input"]?.arrayValue else {
            throw Problem(message: "Invalid type for 'input': expected an array.", parameter: "input")
        }
        self.model = model
        effort = json.at("reasoning", "effort")?.stringValue
        if let effort, !["none", "minimal", "low", "medium", "high", "xhigh"].contains(effort) {
            throw Problem(message: "Invalid value: '\(effort)'.", parameter: "reasoning.effort")
        }
        serviceTier = json["service_tier"]?.stringValue
        isStreamed = json["stream"]?.boolValue ?? false
        var items: [Item] = []
        for (index, item) in input.enumerated() {
            guard let object = item.objectValue else {
                throw Problem(message: "Invalid type for 'input[\(index)]'.", parameter: "input[\(index)]")
            }
            items.append(Self.item(.object(object)))
        }
        self.items = items
        reportNamespace =
            (json["tools"]?.arrayValue ?? []).first { tool in
                tool["type"]?.stringValue == "namespace"
                    && (tool["tools"]?.arrayValue ?? []).contains { $0["name"]?.stringValue == Self.reportTool }
            }?["name"]?.stringValue
        try Self.checkCalls(input)
    }

    /// Every output belongs to a call before it, as the provider demands.
    private static func checkCalls(_ input: [JSONValue]) throws(Problem) {
        var calls: Set<String> = []
        for (index, item) in input.enumerated() {
            let id = item["call_id"]?.stringValue ?? ""
            switch item["type"]?.stringValue {
            case "function_call": calls.insert(id)
            case "function_call_output" where !calls.contains(id):
                throw Problem(
                    message: "No tool call found for function call output with call_id \(id).",
                    parameter: "input[\(index)]")
            default: break
            }
        }
    }

    private static func item(_ json: JSONValue) -> Item {
        switch json["type"]?.stringValue {
        case "message", nil:
            guard let role = json["role"]?.stringValue else { return .other }
            if let text = json["content"]?.stringValue { return .message(role: role, text: text) }
            let parts = json["content"]?.arrayValue ?? []
            return .message(role: role, text: parts.compactMap { $0["text"]?.stringValue }.joined(separator: "\n"))
        case "function_call":
            let arguments = try? JSONValue.parse(json["arguments"]?.stringValue ?? "")
            switch json["name"]?.stringValue {
            case "exec_command": return arguments?["cmd"]?.stringValue.map { .command($0) } ?? .other
            case reportTool: return arguments?["status"]?.stringValue.map { .report($0) } ?? .other
            default: return .other
            }
        default: return .other
        }
    }

    /// The position of the newest message of the user. What codex says about the surroundings is one by its role only.
    var newestUserMessage: Int? {
        items.lastIndex {
            if case .message("user", let text) = $0 { !text.hasPrefix("<environment_context>") } else { false }
        }
    }

    /// The text of that message.
    var task: String {
        guard let newestUserMessage, case .message(_, let text) = items[newestUserMessage] else { return "" }
        return text
    }

    /// The texts in the user's role.
    var userMessages: [String] {
        items.compactMap { if case .message("user", let text) = $0 { text } else { nil } }
    }

    /// Commands that were asked for at any time.
    var commands: Set<String> { Set(items.compactMap { if case .command(let text) = $0 { text } else { nil } }) }

    /// Commands that were asked for since the newest message of the user.
    var commandsOfThisTurn: [String] {
        items.dropFirst(newestUserMessage ?? 0).compactMap { if case .command(let text) = $0 { text } else { nil } }
    }

    /// Statuses that were reported since the newest message of the user.
    var reportsOfThisTurn: [String] {
        items.dropFirst(newestUserMessage ?? 0).compactMap { if case .report(let text) = $0 { text } else { nil } }
    }

    /// True when the model has answered before the newest message of the user: the conversation is gone on with.
    var hasEarlierTurns: Bool {
        items.prefix(newestUserMessage ?? 0).contains {
            switch $0 {
            case .message(let role, _): role == "assistant"
            case .command, .report: true
            case .other: false
            }
        }
    }
}
