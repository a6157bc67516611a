// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import HTTPTransport
import HTTPTypes
import JSONCoding
import RunAPITestSupport
import Testing

private func withTools(
    calls: Int = .max, _ body: @Sendable (RunAPIFixture, PodClient) async throws -> Void
) async throws {
    let http = HTTPClient()
    defer { http.shutdown() }
    let fixture = RunAPIFixture(toolCalls: calls)
    try await fixture.serve { url async throws in try await body(fixture, PodClient(url: url, http: http)) }
}

extension PodClient {
    fileprivate func rpc(
        _ message: JSONValue, headers: HTTPHeaders = ["Accept": "application/json, text/event-stream"]
    ) async throws -> (status: Int, answer: JSONValue?) {
        let answer = try await send(.post, "/v1/mcp", message.encoded(), headers: headers)
        // nil would be read as JSON's null.
        let document: JSONValue? = answer.body.isEmpty ? Optional.none : try JSONValue.parse(answer.body)
        return (answer.status, document)
    }

    fileprivate func call(_ arguments: JSONValue, tool: JSONValue = "run_status_report") async throws -> JSONValue {
        let message: JSONValue = [
            "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": ["name": tool, "arguments": arguments],
        ]
        return try await rpc(message).answer ?? .null
    }
}

@Suite(.timeLimit(.minutes(1))) struct MCPEndpointTests {
    @Test func aClientBeginsListsAndCalls() async throws {
        try await withTools { fixture, client async throws in
            let begun = try await client.rpc([
                "jsonrpc": "2.0", "id": "a", "method": "initialize",
                "params": [
                    "protocolVersion": "2025-06-18", "capabilities": [:], "clientInfo": ["name": "t", "version": "1"],
                ],
            ])
            #expect(begun.status == 200 && begun.answer?["id"] == "a")
            #expect(begun.answer?.at("result", "protocolVersion") == "2025-06-18")
            #expect(begun.answer?.at("result", "capabilities", "tools") == ["listChanged": false])
            let noted = try await client.rpc(["jsonrpc": "2.0", "method": "notifications/initialized"])
            #expect(noted.status == 202 && noted.answer?.typeName == nil)
            #expect(try await client.rpc(["jsonrpc": "2.0", "id": 1, "method": "ping"]).answer?["result"] == [:])
            let listed = try await client.rpc(["jsonrpc": "2.0", "id": 2, "method": "tools/list"])
            let tool = listed.answer?.at("result", "tools")?.arrayValue?.first
            #expect(tool?["name"] == "run_status_report")
            #expect(tool?.at("inputSchema", "properties", "status", "maxLength") == 100)
            #expect(tool?.at("outputSchema", "required") == ["shown", "line"])

            let result = try await client.call(["status": "reading the tests"])["result"]
            #expect(result?["isError"] == false)
            #expect(result?["structuredContent"] == ["shown": true, "line": "reading the tests"])
            #expect(fixture.progress.reports("run-1", 1).last?.line == "reading the tests")
            #expect(fixture.sink.events.map(\.type) == [.toolCalled, .agentStatusReported, .toolSucceeded])
            #expect(fixture.sink.events[1].actor == AuditActor(kind: .agent, id: "dev"))
            #expect(fixture.sink.events[1].payload == ["line": "reading the tests"])
            // The same again is the same facts.
            _ = try await client.call(["status": "reading the tests"])
            #expect(fixture.sink.events.count == 3)
        }
    }

    @Test func aDryRunShowsNobody() async throws {
        try await withTools { fixture, client async throws in
            let result = try await client.call(["status": "x", "dry_run": true])["result"]
            #expect(result?["structuredContent"] == ["shown": false, "line": "x"])
            #expect(fixture.progress.reports("run-1", 1).isEmpty)
        }
    }

    @Test func whatTheRunnerSaidStaysWithTheLine() async throws {
        try await withTools { fixture, client async throws in
            _ = try await client.send(.post, "/v1/run/progress", Array(#"{"sessionID":"s","line":"old"}"#.utf8))
            _ = try await client.call(["status": "new"])
            let last = fixture.progress.reports("run-1", 1).last
            #expect(last?.sessionID == "s" && last?.line == "new")
        }
    }

    @Test(
        arguments: [
            [:], ["status": ""], ["status": "   "], ["status": 5], ["status": "a\nb"], ["status": "a\r\n"], ["status": "\n"], ["status": "a\n\n"],
            ["status": .string(String(repeating: "x", count: 101))], ["status": "a", "other": 1],
            ["status": "a", "dry_run": "yes"], ["status": "\u{202E}"], ["status": "\u{0}"],
            ["status": .string("e" + String(repeating: "\u{301}", count: 100))],
        ] as [JSONValue])
    func wrongArgumentsAreExplained(arguments: JSONValue) async throws {
        try await withTools { fixture, client async throws in
            let answer = try await client.call(arguments)
            #expect(answer["error"] == nil && answer.at("result", "isError") == true)
            let text = answer.at("result", "content")?[0]?["text"]?.stringValue
            #expect(text?.hasPrefix("run_status_report: ") == true)
            #expect(fixture.sink.events.isEmpty && fixture.progress.reports("run-1", 1).isEmpty)
        }
    }

    @Test(arguments: [[], "text", nil] as [JSONValue])
    func whatIsNoCallIsAnErrorOfTheProtocol(arguments: JSONValue) async throws {
        try await withTools { fixture, client async throws in
            #expect(try await client.call(arguments).at("error", "code") == -32602)
            #expect(fixture.sink.events.isEmpty)
        }
    }

    /// What the schema takes, the tool takes: a line of a hundred characters, whatever blanks are in it.
    @Test(arguments: [String(repeating: "ж", count: 100), " a\u{85}b\u{2028}c\t", "👨‍👩‍👧‍👦", "a\n"])
    func whatTheSchemaTakesIsShown(line: String) async throws {
        try await withTools { _, client async throws in
            #expect(try await client.call(["status": .string(line)]).at("result", "isError") == false)
        }
    }

    @Test func tooManyCallsAreRefusedAndLeaveNothing() async throws {
        try await withTools(calls: 3) { fixture, client async throws in
            for number in 1...3 { _ = try await client.call(["status": "line \(number)"]) }
            for number in 4...20 {
                let result = try await client.call(["status": "line \(number)"])["result"]
                #expect(result?["isError"] == true && result?["structuredContent"] == nil)
                let text = result?.at("content")?[0]?["text"]?.stringValue ?? ""
                #expect(text.contains("too often (10 at once, then one every 12 seconds)") && text.contains("13 seconds"))
            }
            #expect(fixture.sink.events.count == 9)
            #expect(fixture.progress.reports("run-1", 1).last?.line == "line 3")
            // Each run has its own.
            fixture.tokens.set("other", .success(.pod(run: "run-2")))
            var other = client
            other.token = "other"
            #expect(try await other.call(["status": "mine"]).at("result", "isError") == false)
        }
    }

    @Test func versionsThatAreNotSpokenAreNamed() async throws {
        try await withTools { _, client async throws in
            func begin(_ version: JSONValue) async throws -> JSONValue? {
                try await client.rpc([
                    "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": ["protocolVersion": version],
                ]).answer?.at("result", "protocolVersion")
            }
            for version: JSONValue in ["2025-11-25", "2025-06-18"] { #expect(try await begin(version) == version) }
            // Those before had batches, which are not taken here.
            for version: JSONValue in ["2025-03-26", "2024-11-05", "2026-07-28", ""] {
                #expect(try await begin(version) == "2025-11-25")
            }
            let asked = try await client.rpc(
                ["jsonrpc": "2.0", "id": "d", "method": "server/discover", "params": nil],
                headers: ["MCP-Protocol-Version": "2026-07-28"])
            #expect(asked.status == 400 && asked.answer?["id"] == "d")
            #expect(asked.answer?.at("error", "code") == -32022)
            #expect(
                asked.answer?.at("error", "data")
                    == ["supported": ["2025-11-25", "2025-06-18"], "requested": "2026-07-28"])
        }
    }

    @Test func onlyJSONIsSpoken() async throws {
        try await withTools { _, client async throws in
            let ping: JSONValue = ["jsonrpc": "2.0", "id": 1, "method": "ping", "params": nil]
            let cases: [(HTTPHeaders, Int)] = [
                (["Content-Type": "application/json; charset=utf-8"], 200), (["Content-Type": "Application/JSON"], 200),
                (["Content-Type": "text/plain"], 415), (["Content-Type": "application/x-www-form-urlencoded"], 415),
                (["Accept": "text/event-stream"], 406), (["Accept": "text/html, application/json;q=0.5"], 200),
                (["Accept": "*/*"], 200), ([:], 200),
            ]
            for (headers, status) in cases {
                #expect(try await client.rpc(ping, headers: headers).status == status, "\(headers)")
            }
            let list: JSONValue = ["jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": ["cursor": nil]]
            #expect(try await client.rpc(list).answer?.at("result", "tools")?.arrayValue?.count == 1)
        }
    }

    /// The runner's report and the tool's line come at the same time, each with what it knows alone.
    @Test func aReportTakesNoLineAway() async throws {
        try await withTools { fixture, client async throws in
            _ = try await client.call(["status": "first"])
            _ = try await client.send(.post, "/v1/run/progress", Array(#"{"sessionID":"s"}"#.utf8))
            #expect(fixture.progress.reports("run-1", 1).last == ProgressReport(sessionID: "s", line: "first"))
            #expect(fixture.progress.reads == 0, "what is read before it is written is lost in between")
        }
    }

    @Test func theRestOfTheProtocolIsRefusedInItsWords() async throws {
        try await withTools { _, client async throws in
            let messages: [(JSONValue, Int, JSONValue)] = [
                (["jsonrpc": "2.0", "id": 1, "method": "resources/list"], 200, -32601),
                (["jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": ["name": "rm"]], 200, -32602),
                (["jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": ["cursor": "x"]], 200, -32602),
                (["jsonrpc": "2.0", "id": 1, "method": "initialize", "params": [:]], 200, -32602),
                (["jsonrpc": "2.0", "id": 1, "method": "ping", "params": []], 400, -32602),
                (["jsonrpc": "1.0", "id": 1, "method": "ping"], 400, -32600),
                (["jsonrpc": "2.0", "id": nil, "method": "ping"], 400, -32600),
                ([["jsonrpc": "2.0", "id": 1, "method": "ping"]], 400, -32600),
            ]
            for (message, status, code) in messages {
                let answer = try await client.rpc(message)
                #expect(answer.status == status && answer.answer?.at("error", "code") == code, "\(message)")
            }
            let broken = try await client.send(.post, "/v1/mcp", Array("{".utf8))
            #expect(broken.status == 400)
            #expect(try JSONValue.parse(broken.body).at("error", "code") == -32700)
            let ping: JSONValue = ["jsonrpc": "2.0", "id": 1, "method": "ping"]
            #expect(try await client.rpc(ping, headers: ["Origin": "https://evil.example"]).status == 403)
            #expect(try await client.rpc(ping, headers: ["MCP-Protocol-Version": "1999-01-01"]).status == 400)
            #expect(try await client.rpc(ping, headers: ["MCP-Protocol-Version": "2025-06-18"]).status == 200)
            #expect(try await client.rpc(["jsonrpc": "2.0", "id": 1, "result": [:]]).status == 202)
            #expect(try await client.send(.get, "/v1/mcp").status == 405)
            let newer = try await client.rpc([
                "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": ["protocolVersion": "2099-01-01"],
            ])
            #expect(newer.answer?.at("result", "protocolVersion") == "2025-11-25")
        }
    }

    @Test func whatCannotBeRecordedIsNotDone() async throws {
        try await withTools { fixture, client async throws in
            fixture.sink.breakDown()
            let result = try await client.call(["status": "x"])["result"]
            #expect(result?["isError"] == true)
            #expect(fixture.progress.reports("run-1", 1).isEmpty)
        }
    }
}
