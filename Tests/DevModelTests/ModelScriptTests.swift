// SPDX-License-Identifier: MIT
import ChildProcesses
import JSONCoding
import SystemCalls
import Testing

@testable import DevModel

@Suite(.timeLimit(.minutes(1)))
struct ModelScriptTests {
    static func user(_ text: String) -> JSONValue {
        ["type": "message", "role": "user", "content": [["type": "input_text", "text": .string(text)]]]
    }

    static func call(_ command: String, id: String) -> [JSONValue] {
        let arguments: JSONValue = ["cmd": .string(command)]
        return [
            [
                "type": "function_call", "call_id": .string(id), "name": "exec_command",
                "arguments": .string(arguments.encodedString()),
            ],
            ["type": "function_call_output", "call_id": .string(id), "output": "ok"],
        ]
    }

    static func conversation(_ items: [JSONValue]) throws -> ModelConversation {
        try ModelConversation(["model": "m", "input": .array(items), "stream": true])
    }

    static func step(_ items: [JSONValue], runsCommands: Bool = false) throws -> ModelScript.Step {
        ModelScript(conversation: try conversation(items), runsCommands: runsCommands).step
    }

    static let first = "printf '%s\\n' 'one' > './a.txt'"
    static let second = "mkdir -p './b/c' && printf '%s\\n' 'two' > './b/c/d.txt'"

    @Test func instructionsAreDoneOneAfterTheOther() throws {
        let task = Self.user("# Do\n- create a.txt with one\n- create b/c/d.txt with two\n")
        let context = Self.user("<environment_context>\n  <cwd>/x</cwd>")
        #expect(try Self.step([context, task]) == .command(Self.first))
        #expect(try Self.step([context, task] + Self.call(Self.first, id: "1")) == .command(Self.second))
        let all = [context, task] + Self.call(Self.first, id: "1") + Self.call(Self.second, id: "2")
        #expect(try Self.step(all) == .message("Created a.txt, b/c/d.txt."))
    }

    @Test func aLaterTurnDoesWhatIsNew() throws {
        let items =
            [Self.user("create a.txt with one")] + Self.call(Self.first, id: "1")
            + [["type": "message", "role": "assistant", "content": [["type": "output_text", "text": "Created."]]]]
            + [Self.user("the issue:\ncreate a.txt with one\nthe review:\ncreate b/c/d.txt with two")]
        #expect(try Self.step(items) == .command(Self.second))
        #expect(try Self.step(items + Self.call(Self.second, id: "2")) == .message("Created b/c/d.txt."))
        #expect(try Self.conversation(items).hasEarlierTurns)
        #expect(try !Self.conversation(Array(items.prefix(3))).hasEarlierTurns)
    }

    @Test func theResultFileComesLastAndOnceATurn() throws {
        let task = Self.user("create a.txt with one\nWrite JSON to the file in CODEXK8S_AGENT_RESULT_FILE.")
        let items = [task] + Self.call(Self.first, id: "1")
        guard case .command(let command) = try Self.step(items) else {
            Issue.record("a command was expected")
            return
        }
        #expect(command.hasSuffix(#"> "$CODEXK8S_AGENT_RESULT_FILE""#))
        #expect(command.contains(#""commitSubject":"Create a.txt""#))
        #expect(try Self.step(items + Self.call(command, id: "2")) == .message("Created a.txt."))
    }

    @Test func aStatusIsReportedOnceWhereThereIsAToolForIt() throws {
        let task = Self.user("model: report half done")
        func step(_ items: [JSONValue]) throws -> ModelScript.Step {
            let tools: JSONValue = [
                ["type": "function", "name": "exec_command"],
                ["type": "namespace", "name": "mcp__x", "tools": [["type": "function", "name": "run_status_report"]]],
            ]
            let conversation = try ModelConversation(["model": "m", "input": .array(items), "tools": tools])
            return ModelScript(conversation: conversation, runsCommands: false).step
        }
        #expect(try step([task]) == .report("half done", namespace: "mcp__x"))
        let call: JSONValue = [
            "type": "function_call", "call_id": "c", "name": "run_status_report",
            "arguments": #"{"status":"half done"}"#,
        ]
        #expect(try step([task, call]) == .message("There was nothing to do."))
        #expect(try Self.step([task]) == .message("There was nothing to do."))
    }

    @Test(arguments: ["../a", "/etc/a", "a/../../b", ".git/config"])
    func whatLeavesTheCheckoutIsRefused(file: String) throws {
        #expect(
            try Self.step([Self.user("create \(file) with x")])
                == .message("Refused \(file): not inside the checkout."))
    }

    @Test func withoutInstructionsThereIsNothingToDo() throws {
        #expect(try Self.step([Self.user("hello")]) == .message("There was nothing to do."))
        #expect(try Self.step([Self.user("model: say It is fine")]) == .message("It is fine"))
        #expect(try Self.step([Self.user("model: run ls")]) == .message("There was nothing to do."))
        #expect(try Self.step([Self.user("model: run ls")], runsCommands: true) == .command("ls"))
    }

    @Test(arguments: ["plain", "it's", "$HOME `id` \"x\" \\", "'; rm -rf / #", "-n", "ä→"])
    func commandsWriteExactlyTheText(text: String) async throws {
        let folder = try Files.temporaryDirectory(prefix: "dev-model-test")
        defer { try? Files.remove(folder) }
        let conversation = try Self.conversation([Self.user("create d/it's.txt with \(text)")])
        guard case .command(let command) = ModelScript(conversation: conversation, runsCommands: false).step else {
            Issue.record("a command was expected")
            return
        }
        let result = try await ChildProcess.run(
            .init(
                executable: "sh", arguments: ["-c", command], environment: ["PATH": "/usr/bin:/bin"],
                workingDirectory: folder))
        #expect(result.exitCode == 0, "\(result.errorText)")
        #expect(try Files.readText("\(folder)/d/it's.txt") == text + "\n")
    }

    @Test(arguments: [
        ("model: status 429 times 2 retry-after 1", ModelDirective.status(429, times: 2, retryAfter: 1)),
        ("- model: status 500", .status(500, times: 1, retryAfter: nil)), ("model: cut times 3", .cut(times: 3)),
        ("model: slow 5", .slow(milliseconds: 5)), ("model: hang", .hang), ("model: think", .think),
        ("model: forget", .forget), ("model: tell key", .tellKey), ("model: say a  b", .say("a  b")),
        ("model: run ls -l", .run("ls -l")), ("model: report half done", .report("half done")),
        ("model: status 200", nil), ("model: dance", nil), ("the model: hang", nil),
        ("model: tell jokes", nil),
    ])
    func directivesAreRead(line: String, directive: ModelDirective?) {
        #expect(ModelDirective(line: line[...]) == directive)
    }

    @Test(arguments: [
        ("{}", "model"), (#"{"model":"m"}"#, "input"), (#"{"model":"m","input":"x"}"#, "input"),
        (#"{"model":"m","input":[1]}"#, "input[0]"),
        (#"{"model":"m","input":[],"reasoning":{"effort":"extra"}}"#, "reasoning.effort"),
        (#"{"model":"m","input":[{"type":"function_call_output","call_id":"c","output":""}]}"#, "input[0]"),
    ])
    func whatAProviderRefusesIsRefused(body: String, parameter: String) throws {
        let json = try JSONValue.parse(body)
        let problem = #expect(throws: ModelConversation.Problem.self) { try ModelConversation(json) }
        #expect(problem?.parameter == parameter)
    }
}
