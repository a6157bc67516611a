// SPDX-License-Identifier: MIT
import JSONCoding
import Testing

@testable import AgentRunner

struct CodexDriverTests {
    /// Feeds lines as codex writes them.
    static func drive(_ lines: [String], wanted: String? = nil) throws -> (CodexDriver, [CodexDriver.Action]) {
        var driver = CodexDriver(wantedSession: wanted)
        var actions: [CodexDriver.Action] = []
        for line in lines { actions += driver.take(try #require(CodexEvent(line: Array(line.utf8)), "\(line)")) }
        return (driver, actions)
    }

    static func item(_ phase: String, _ members: String) -> String {
        #"{"type":"item.\#(phase)","item":{\#(members)}}"#
    }

    static let thread = #"{"type":"thread.started","thread_id":"t-1"}"#
    static let turn = #"{"type":"turn.started"}"#
    static let done = #"{"type":"turn.completed","usage":{"input_tokens":1}}"#
    static func message(_ text: String) -> String {
        #"{"type":"item.completed","item":{"id":"i","type":"agent_message","text":"\#(text)"}}"#
    }
    static func failed(_ text: String) -> String { #"{"type":"turn.failed","error":{"message":"\#(text)"}}"# }

    @Test(arguments: [
        (#"{"type":"turn.started"}"#, CodexEvent.turnStarted),
        (#"{"type":"error","message":"m"}"#, .error("m")), (#"{"type":"error"}"#, .error("an error without words")),
        (#"{"type":"turn.failed","error":{"message":"x"}}"#, .turnFailed("x")),
        (#"{"type":"something.new","a":1}"#, .other("something.new")),
        (
            Self.item("started", #""type":"command_execution","command":"ls","exit_code":null"#),
            .itemStarted(.command("ls", exitCode: nil, output: ""))
        ),
        (
            Self.item("completed", #""type":"command_execution","command":"ls","exit_code":2,"aggregated_output":"o""#),
            .itemCompleted(.command("ls", exitCode: 2, output: "o"))
        ),
        (
            Self.item("completed", #""type":"file_change","changes":[{"path":"a","kind":"add"},{"path":"b"}]"#),
            .itemCompleted(.fileChange(["a", "b"]))
        ),
        (
            Self.item("completed", #""type":"mcp_tool_call","server":"s","tool":"t","status":"failed""#),
            .itemCompleted(.tool(server: "s", name: "t", problem: "it failed"))
        ),
        (
            Self.item("completed", #""type":"todo_list","items":[{"completed":true},{"completed":false}]"#),
            .itemCompleted(.plan(done: 1, of: 2))
        ),
        (item("updated", #""type":"todo_list","items":[]"#), .itemUpdated(.plan(done: 0, of: 0))),
        (item("completed", #""type":"web_search","query":"q""#), .itemCompleted(.search("q"))),
        (item("completed", #""type":"reasoning","text":"r""#), .itemCompleted(.reasoning("r"))),
        (item("completed", #""type":"error","message":"w""#), .itemCompleted(.warning("w"))),
        (#"{"type":"item.completed","item":{"type":"novelty"}}"#, .itemCompleted(.other("novelty"))),
        ("not json", nil), ("[]", nil), (#"{"no":"type"}"#, nil), (#"{"type":"thread.started"}"#, nil),
        (#"{"type":"item.completed"}"#, nil), (#"{"type":"turn.started""#, nil),
    ])
    func eventsAreRead(line: String, event: CodexEvent?) {
        #expect(CodexEvent(line: Array(line.utf8)) == event)
    }

    @Test func aWholeRun() throws {
        let (driver, actions) = try Self.drive([
            Self.thread, Self.turn,
            Self.item("started", #""type":"command_execution","command":"/bin/bash -lc 'make'""#),
            Self.item(
                "completed",
                #""type":"command_execution","command":"x","exit_code":2,"aggregated_output":"a\nno rule\n\n""#),
            Self.message("First"), Self.message("All\\nis done"), Self.done,
        ])
        #expect(
            actions == [
                .log("session t-1"), .progress(["type": "session", "id": "t-1", "resumed": false]),
                .log("$ make"), .progress(["type": "status", "text": "runs make"]), .log("exit 2: no rule"),
                .log("says: First"), .progress(["type": "status", "text": "First"]),
                .log("says: All is done"), .progress(["type": "status", "text": "All is done"]),
                .log("the turn is done"),
            ])
        #expect(driver.lastMessage == "All\nis done")
        #expect(driver.verdict(exitCode: 0, errors: "") == .done)
        #expect(driver.verdict(exitCode: 1, errors: "boom\n") == .failed("boom"))
    }

    @Test func aPlanIsToldWhileItIsFollowed() throws {
        let steps = #""type":"todo_list","items":[{"completed":true},{"completed":false}]"#
        let (_, actions) = try Self.drive(["started", "updated", "completed"].map { Self.item($0, steps) })
        let told = CodexDriver.Action.progress(["type": "status", "text": "1 of 2 steps done"])
        // codex completes the plan when the turn ends, however far it came.
        #expect(actions == [told, told])
    }

    @Test func whatLooksLikeACredentialIsHiddenEverywhere() throws {
        let (driver, actions) = try Self.drive([Self.thread, Self.message("it is sk-abcdefghijklmnopqrst, yes")])
        #expect(driver.lastMessage == "it is ‹redacted›, yes")
        let isLeaked = actions.contains { "\($0)".contains("sk-abc") }
        #expect(!isLeaked)
    }

    @Test(arguments: [
        ("a\u{0}b\u{1B}[31mc\r\n\td", "ab[31mc\n\td"), ("a\u{202E}b\u{2066}c\u{85}", "abc"), ("Grüße 👩‍👧", "Grüße 👩‍👧"),
    ])
    func summariesHoldWhatIsSeen(text: String, summary: String) { #expect(AgentResult.summary(text) == summary) }

    @Test func summariesHaveABound() {
        let endless = AgentResult.summary(String(repeating: "\u{1100}", count: 20_000))
        #expect(endless.unicodeScalars.count == AgentResult.longestSummary)
        var result = AgentResult()
        result.take(modelsFile: ["summary": .string(String(repeating: "a", count: 262_000))])
        #expect(result.json.encoded().count < 64 << 10)
    }

    /// What codex wrote, with which exit code and standard error, and what that comes to.
    @Test(
        arguments: [
            ([thread, turn, failed("no quota")], 1, "", nil, CodexDriver.Verdict.failed("no quota")),
            ([thread, turn, failed("x"), turn, done], 0, "", nil, .done),
            (
                [thread, turn], 0, "", nil,
                .failed("the turn was not ended: codex ended with exit code 0 and said nothing")
            ),
            ([thread, turn, #"{"type":"error","message":"lost"}"#], 1, "noise", nil, .failed("lost")),
            (
                [thread], 137, "noise", nil,
                .failed("codex was killed, perhaps because the container had no memory left")
            ),
            ([thread], 134, "", nil, .failed("codex was ended by signal 6")),
            ([], 1, "Error: no rollout found for t-1\n", "t-1", .notResumed("Error: no rollout found for t-1")),
            ([], 1, "Error: bad config", nil, .failed("Error: bad config")),
            (
                [], 1, "WARNING: x\nError loading config.toml: no array\n  |\n1 | [\n\nStack:\n   0: <unknown>\n", nil,
                .failed("Error loading config.toml: no array")
            ),
            (
                [thread, turn, failed("unexpected status 400 Bad Request: invalid_encrypted_content")], 1, "", "t-1",
                .notResumed("unexpected status 400 Bad Request: invalid_encrypted_content")
            ),
            (
                [thread, turn, failed("unexpected status 400 Bad Request")], 1, "", nil,
                .failed("unexpected status 400 Bad Request")
            ),
            (
                [thread, turn, message("hi"), failed("unexpected status 400 Bad Request")], 1, "", "t-1",
                .failed("unexpected status 400 Bad Request")
            ),
            ([thread, turn, failed("unexpected status 500")], 1, "", "t-1", .failed("unexpected status 500")),
        ] as [([String], Int32, String, String?, CodexDriver.Verdict)])
    func verdicts(
        lines: [String], exitCode: Int32, errors: String, wanted: String?, verdict: CodexDriver.Verdict
    ) throws {
        let (driver, _) = try Self.drive(lines, wanted: wanted)
        #expect(driver.verdict(exitCode: exitCode, errors: errors) == verdict)
    }

    @Test func anotherSessionIsNotTheOneThatWasWanted() throws {
        let (driver, actions) = try Self.drive([Self.thread], wanted: "t-0")
        #expect(!driver.isResumed)
        #expect(actions.last == .progress(["type": "session", "id": "t-1", "resumed": false]))
        let (same, _) = try Self.drive([Self.thread], wanted: "t-1")
        #expect(same.isResumed)
    }

    @Test func tryingInVainHasAnEnd() throws {
        let retry = #"{"type":"error","message":"Reconnecting... waiting for network"}"#
        let almost = Array(repeating: retry, count: CodexDriver.reconnectLimit - 1)
        let (patient, _) = try Self.drive([Self.thread] + almost + [Self.message("back"), retry])
        #expect(patient.verdict(exitCode: 1, errors: "") == .failed("codex ended with exit code 1 and said nothing"))
        let (driver, actions) = try Self.drive([Self.thread] + almost + [retry, retry])
        let ends = actions.filter { if case .end = $0 { true } else { false } }
        #expect(ends.count == 1)
        guard case .failed(let reason) = driver.verdict(exitCode: 143, errors: "") else {
            Issue.record("a failure was expected")
            return
        }
        #expect(reason.hasPrefix("codex tried 60 times in vain to reach its model"))
    }

    @Test(arguments: [
        ("plain", #""plain""#), ("a\"b\\c", #""a\"b\\c""#), ("\n\r\t\u{1}\u{7F}", #""\n\r\t\u0001\u007f""#),
        ("ä→", "\"ä→\""),
    ])
    func tomlTextsAreEscaped(text: String, quoted: String) {
        #expect(TOMLText.quote(text) == quoted)
    }

    @Test(arguments: [
        ("CODEXK8S_REASONING_EFFORT", "extra"), ("CODEXK8S_SESSION_DIRECTORY", "/x/state"), ("CODEXK8S_MODEL_URL", "model"),
        ("CODEXK8S_SESSION_ID", "--last"), ("CODEXK8S_WORKSPACE", "here"),
    ])
    func badSettingsNameTheVariable(variable: String, value: String) {
        var environment = [
            "CODEXK8S_WORKSPACE": "/w", "CODEXK8S_PROMPT_FILE": "/p", "CODEXK8S_SESSION_DIRECTORY": "/a/sessions",
            "CODEXK8S_MODEL_URL": "http://127.0.0.1:1/n/model",
        ]
        #expect(throws: Never.self) { try CodexSettings(environment: environment) }
        environment[variable] = value
        let error = #expect(throws: RunnerError.self) { try CodexSettings(environment: environment) }
        #expect(error?.description.contains(variable) == true)
    }

    @Test func withoutAModelItIsSaidWhereOneIsConfigured() {
        let environment = [
            "CODEXK8S_WORKSPACE": "/w", "CODEXK8S_PROMPT_FILE": "/p", "CODEXK8S_SESSION_DIRECTORY": "/a/sessions",
        ]
        let error = #expect(throws: RunnerError.self) { try CodexSettings(environment: environment) }
        #expect(error?.description.contains("model.baseURL") == true)
    }
}
