// SPDX-License-Identifier: MIT
import JSONCoding

/// An answer in the words of the Responses API: as one object or as server-sent events.
struct ModelEvents: Sendable {
    /// Distinguishes answers; part of their ids.
    let number: Int
    let model: String
    let step: ModelScript.Step
    let thinks: Bool
    let usage: ModelUsage

    private var output: [JSONValue] {
        var items: [JSONValue] = []
        if thinks {
            items.append([
                "type": "reasoning", "id": .string("rs_\(number)"),
                "summary": [["type": "summary_text", "text": "Thinking about what is asked"]],
            ])
        }
        switch step {
        case .command(let command):
            let arguments: JSONValue = ["cmd": .string(command)]
            items.append([
                "type": "function_call", "id": .string("fc_\(number)"), "call_id": .string("call_\(number)"),
                "name": "exec_command", "arguments": .string(arguments.encodedString()), "status": "completed",
            ])
        case .report(let text, let namespace):
            let arguments: JSONValue = ["status": .string(text)]
            items.append([
                "type": "function_call", "id": .string("fc_\(number)"), "call_id": .string("call_\(number)"),
                "namespace": .string(namespace), "name": .string(ModelConversation.reportTool),
                "arguments": .string(arguments.encodedString()), "status": "completed",
            ])
        case .message(let text):
            items.append([
                "type": "message", "id": .string("msg_\(number)"), "role": "assistant", "status": "completed",
                "content": [["type": "output_text", "text": .string(text), "annotations": []]],
            ])
        }
        return items
    }

    /// The whole answer as one object.
    var response: JSONValue {
        [
            "id": .string("resp_\(number)"), "object": "response", "status": "completed", "model": .string(model),
            "output": .array(output), "usage": usage.json,
        ]
    }

    /// The events, each with its blank line.
    var events: [[UInt8]] {
        let id = JSONValue.string("resp_\(number)")
        var events = [Self.event("response.created", ["response": ["id": id, "status": "in_progress"]])]
        for (index, item) in output.enumerated() {
            events.append(
                Self.event("response.output_item.done", ["output_index": .integer(Int64(index)), "item": item]))
        }
        return events + [Self.event("response.completed", ["response": response])]
    }

    private static func event(_ type: String, _ members: JSONObject) -> [UInt8] {
        var data = members
        data["type"] = .string(type)
        return Array("event: \(type)\ndata: \(JSONValue.object(data).encodedString())\n\n".utf8)
    }
}
