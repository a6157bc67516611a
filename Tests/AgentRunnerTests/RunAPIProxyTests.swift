// SPDX-License-Identifier: MIT
import AgentAPI
import HTTPTransport
import HTTPTypes
import JSONCoding
import RunAPITestSupport
import ServiceRuntime
import SystemCalls
import Testing

@testable import AgentRunner

@Suite(.timeLimit(.minutes(1))) struct RunAPIProxyTests {
    @Test(
        arguments: [
            (.run, .post, ["progress"], "/v1/run/progress"), (.run, .get, ["session", "s-1"], "/v1/run/session/s-1"),
            (.run, .put, ["session", "s-1", "chunks", "abc"], "/v1/run/session/s-1/chunks/abc"),
            (.run, .get, ["session"], "/v1/run/session"), (.tools, .post, [], "/v1/mcp"), (.tools, .get, [], "/v1/mcp"),
            (.run, .get, ["progress"], nil), (.run, .post, ["session", "s"], nil),
            (.run, .delete, ["session", "s"], nil),
            (.run, .get, ["session", ".."], nil), (.run, .get, ["session", "a/b"], nil),
            (.run, .get, ["session", "a?b"], nil),
            (.run, .get, ["other", "s"], nil), (.run, .get, ["session", "s", "other", "d"], nil), (.run, .get, [], nil),
            (.run, .get, ["session", "s", "chunks"], nil), (.tools, .post, ["x"], nil), (.tools, .put, [], nil),
        ] as [(RunAPIProxy.Word, HTTPMethod, [String], String?)])
    func onlyWhatTheRunAPIHasIsPassedOn(word: RunAPIProxy.Word, method: HTTPMethod, path: [String], expected: String?) {
        #expect(RunAPIProxy.path(word, method, path) == expected)
    }

    @Test func theBrokerAddsThePodsTokenAsItIsNow() async throws {
        let fixture = SessionPod.api()
        try await SessionPod.inCluster(fixture) { _, url, api in
            let folder = try Files.temporaryDirectory(prefix: "token")
            defer { try? Files.remove(folder) }
            let file = "\(folder)/token"
            let client = HTTPClient()
            defer { client.shutdown() }
            let memory = LogMemory()
            try await RunPod.with(url, logger: Logger(label: "t", sink: memory.sink)) { environment in
                environment[RunnerEnvironment.runAPIURL] = api
                environment[RunnerEnvironment.runAPITokenFile] = file
            } _: { pod in
                try await eventually { Files.exists("\(pod.folder)/broker/address") }
                func post(_ path: String, _ body: String) async throws -> ClientResponse {
                    try await client.send(
                        ClientRequest(
                            method: .post, url: try pod.base + path,
                            // What the agent's container sends as its own does not count.
                            headers: ["Authorization": "Bearer other"], body: Array(body.utf8), timeout: .seconds(10)))
                }
                #expect(try await post("/run/progress", "{}").status == .serviceUnavailable)
                try Files.writeAtomically(file, Array("wrong\n".utf8), durable: false)
                #expect(try await post("/run/progress", "{}").status == .badGateway)
                try Files.writeAtomically(file, Array("first\n".utf8), durable: false)
                #expect(try await post("/run/progress", #"{"line":"hello"}"#).status == .noContent)
                let ping = try await post("/mcp", #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#)
                #expect(try JSONValue.parse(ping.body)["result"] == [:])
                #expect(try await post("/run/elsewhere", "{}").status == .notFound)
            }
            #expect(fixture.progress.reports("uid-1", 1).map(\.line) == ["hello"])
            #expect(fixture.progress.reports("uid-2", 1).isEmpty)
            let text = memory.records.map { "\($0)" }.joined()
            #expect(!text.contains("first") && !text.contains("Bearer"))
        }
    }

    @Test func aRunAPIThatIsAwayIsAnAnswerAndNotAWait() async throws {
        let folder = try Files.temporaryDirectory(prefix: "token")
        defer { try? Files.remove(folder) }
        try Files.writeAtomically("\(folder)/token", Array("first".utf8), durable: false)
        let client = HTTPClient()
        defer { client.shutdown() }
        for (address, expected) in [("http://127.0.0.1:9", HTTPStatus.badGateway), (nil, .notFound)] {
            try await RunPod.with("http://127.0.0.1:9/x.git") { environment in
                environment[RunnerEnvironment.runAPIURL] = address
                environment[RunnerEnvironment.runAPITokenFile] = "\(folder)/token"
            } _: { pod in
                try await eventually { Files.exists("\(pod.folder)/broker/address") }
                let answer = try await client.send(
                    ClientRequest(method: .post, url: try pod.base + "/run/progress", body: [], timeout: .seconds(10)))
                #expect(answer.status == expected)
            }
        }
    }
}
