// SPDX-License-Identifier: MIT
import JSONCoding

/// One line of what `codex exec --json` writes. Types that are not known here are kept by their name.
enum CodexEvent: Equatable {
    /// What an item is about.
    enum Item: Equatable {
        case message(String)
        case reasoning(String)
        /// A shell command; the exit code is there once it has ended.
        case command(String, exitCode: Int64?, output: String)
        case fileChange([String])
        case tool(server: String, name: String, problem: String?)
        case plan(done: Int, of: Int)
        case search(String)
        /// A warning that is no failure of the turn.
        case warning(String)
        case other(String)
    }

    case threadStarted(id: String)
    case turnStarted
    case turnCompleted
    case turnFailed(String)
    case error(String)
    case itemStarted(Item)
    case itemUpdated(Item)
    case itemCompleted(Item)
    case other(String)

    /// nil for a line that is no JSON object with a type: programs that codex starts may write between its lines.
    init?(line: [UInt8]) {
        guard let json = try? JSONValue.parse(line), let type = json["type"]?.stringValue else { return nil }
        switch type {
        case "thread.started":
            guard let id = json["thread_id"]?.stringValue else { return nil }
            self = .threadStarted(id: id)
        case "turn.started": self = .turnStarted
        case "turn.completed": self = .turnCompleted
        case "turn.failed": self = .turnFailed(json.at("error", "message")?.stringValue ?? "the turn failed")
        case "error": self = .error(json["message"]?.stringValue ?? "an error without words")
        case "item.started", "item.updated", "item.completed":
            guard let item = json["item"].flatMap(Item.init) else { return nil }
            self =
                switch type {
                case "item.started": .itemStarted(item)
                case "item.updated": .itemUpdated(item)
                default: .itemCompleted(item)
                }
        default: self = .other(type)
        }
    }
}

extension CodexEvent.Item {
    init?(_ json: JSONValue) {
        guard let type = json["type"]?.stringValue else { return nil }
        switch type {
        case "agent_message": self = .message(json["text"]?.stringValue ?? "")
        case "reasoning": self = .reasoning(json["text"]?.stringValue ?? "")
        case "command_execution":
            self = .command(
                json["command"]?.stringValue ?? "", exitCode: json["exit_code"]?.integerValue,
                output: json["aggregated_output"]?.stringValue ?? "")
        case "file_change":
            self = .fileChange((json["changes"]?.arrayValue ?? []).compactMap { $0["path"]?.stringValue })
        case "mcp_tool_call":
            let problem = json.at("error", "message")?.stringValue
            self = .tool(
                server: json["server"]?.stringValue ?? "", name: json["tool"]?.stringValue ?? "",
                problem: problem ?? (json["status"]?.stringValue == "failed" ? "it failed" : nil))
        case "todo_list":
            let entries = json["items"]?.arrayValue ?? []
            self = .plan(done: entries.count { $0["completed"]?.boolValue == true }, of: entries.count)
        case "web_search": self = .search(json["query"]?.stringValue ?? "")
        case "error": self = .warning(json["message"]?.stringValue ?? "")
        default: self = .other(type)
        }
    }
}
