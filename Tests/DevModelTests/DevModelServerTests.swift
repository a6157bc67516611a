// SPDX-License-Identifier: MIT
import HTTPTransport
import HTTPTypes
import JSONCoding
import ServiceRuntime
import Testing

@testable import DevModel

@Suite(.timeLimit(.minutes(1)))
struct DevModelServerTests {
    static let key = "sk-dev-test-4711"

    /// Serves while `body` runs; it gets the server, a way to post a task, and a client with the address.
    static func serving(
        _ body: @escaping @Sendable (DevModelServer, String, HTTPClient) async throws -> Void
    ) async throws {
        let model = DevModelServer(key: Secret(key), logger: .disabled)
        let client = HTTPClient(configuration: .init())
        defer { client.shutdown() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await model.run() }
            try await body(model, try await model.waitUntilListening(), client)
            group.cancelAll()
        }
    }

    static func request(_ url: String, _ task: String, key: String = key, stream: Bool = true) -> ClientRequest {
        let body: JSONValue = [
            "model": "gpt-dev", "stream": .bool(stream), "reasoning": ["effort": "high"],
            "input": [ModelScriptTests.user(task)],
        ]
        return ClientRequest(
            method: .post, url: "\(url)/responses",
            headers: ["Authorization": "Bearer \(key)", "Content-Type": "application/json"], body: body.encoded())
    }

    @Test func anAnswerIsStreamedAndRemembered() async throws {
        try await Self.serving { model, url, client in
            let answer = try await client.send(Self.request(url, "create a.txt with x\nmodel: think"))
            #expect(answer.headers["Content-Type"] == "text/event-stream")
            let text = String(decoding: answer.body, as: UTF8.self)
            let names = text.split(separator: "\n").filter { $0.hasPrefix("event: ") }.map { String($0.dropFirst(7)) }
            #expect(
                names == [
                    "response.created", "response.output_item.done", "response.output_item.done", "response.completed",
                ])
            #expect(text.contains(#""total_tokens":125"#))
            let request = try #require(model.requests.first)
            #expect(request.model == "gpt-dev")
            #expect(request.effort == "high")
            #expect(request.items == 1)
            #expect(request.usage?.input == 100)
            #expect(request.usage?.reasoning == 5)
            #expect(!request.hasEarlierTurns)
        }
    }

    @Test func withoutAStreamItIsOneObject() async throws {
        try await Self.serving { _, url, client in
            let answer = try await client.send(Self.request(url, "hello", stream: false))
            let json = try JSONValue.parse(answer.body)
            #expect(json["output"]?[0]?["content"]?[0]?["text"]?.stringValue == "There was nothing to do.")
            #expect(json.at("usage", "input_tokens")?.integerValue == 100)
        }
    }

    @Test func aWrongKeyIsRefusedInTheProvidersManner() async throws {
        try await Self.serving { model, url, client in
            let answer = try await client.send(Self.request(url, "hello", key: "wrong"))
            #expect(answer.status == .unauthorized)
            #expect(try JSONValue.parse(answer.body).at("error", "code")?.stringValue == "invalid_api_key")
            #expect(model.requests.isEmpty)
        }
    }

    @Test func troubleComesAsOftenAsAsked() async throws {
        try await Self.serving { model, url, client in
            let request = Self.request(url, "model: status 429 times 2 retry-after 3")
            let first = try await client.send(request)
            #expect(first.headers["Retry-After"] == "3")
            let second = try await client.send(request).status
            let third = try await client.send(request).status
            #expect([first.status, second, third] == [.tooManyRequests, .tooManyRequests, .ok])
            #expect(model.requests.map(\.status) == [429, 429, 200])
            #expect(model.requests.compactMap(\.usage).count == 1)
        }
    }

    @Test func aCutAnswerIsNoWholeAnswer() async throws {
        try await Self.serving { _, url, client in
            let request = Self.request(url, "model: cut times 1")
            await #expect(throws: HTTPClientError.self) { try await client.send(request) }
            let again = try await client.send(request).status
            #expect(again == .ok)
        }
    }

    @Test(arguments: ["/v1/files", "/responses", "/v1/responses/x"])
    func otherAddressesAreUnknown(path: String) async throws {
        try await Self.serving { _, url, client in
            let root = url.dropLast(3)
            let answer = try await client.send(
                ClientRequest(url: root + path, headers: ["Authorization": "Bearer \(Self.key)"]))
            #expect(answer.status == .notFound)
        }
    }
}
