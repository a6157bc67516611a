// SPDX-License-Identifier: MIT
import AgentAPI
import DevModel
import HTTPServing
import HTTPTransport
import HTTPTypes
import JSONCoding
import ServiceRuntime
import Synchronization
import SystemCalls
import Testing

@testable import AgentRunner

@Suite(.timeLimit(.minutes(1)))
struct ModelProxyTests {
    static let key = "sk-proxy-test-key-0815"

    /// A provider that answers as a test says, and what it was asked.
    final class Provider: Sendable {
        let requests = Mutex<[ServerRequest]>([])
        let reply: @Sendable (ServerRequest, Int) -> ServerResponse

        init(_ reply: @escaping @Sendable (ServerRequest, Int) -> ServerResponse) { self.reply = reply }

        func answer(_ request: ServerRequest) -> ServerResponse {
            let number = requests.withLock { requests in
                requests.append(request)
                return requests.count
            }
            return reply(request, number)
        }
    }

    /// A broker whose model is `url`, and a client.
    static func broker(
        _ url: String, logger: Logger = .disabled,
        _ body: @escaping @Sendable (RunPod, HTTPClient) async throws -> Void
    ) async throws {
        try await RunPod.with(
            "http://127.0.0.1:1/x.git", logger: logger, { $0[RunnerEnvironment.upstreamModelURL] = url },
            { pod in
                try Files.writeAtomically("\(pod.folder)/credentials/model-key", Array("\(key)\n".utf8), durable: false)
                try await eventually { Files.exists("\(pod.folder)/broker/address") }
                let client = TestClient()
                try await body(pod, client.client)
            })
    }

    static func providing(
        _ reply: @escaping @Sendable (ServerRequest, Int) -> ServerResponse,
        _ body: @escaping @Sendable (Provider, RunPod, HTTPClient) async throws -> Void
    ) async throws {
        let provider = Provider(reply)
        let server = HTTPServer(configuration: ServerConfiguration(), logger: .disabled) { provider.answer($0) }
        let serving = Task { try await server.run() }
        let port = try await server.waitUntilListening()
        try await broker("http://127.0.0.1:\(port)/v1") { pod, client in try await body(provider, pod, client) }
        serving.cancel()
        _ = await serving.result
    }

    static func post(_ pod: RunPod, _ path: String = "/model/responses", headers: HTTPHeaders = [:]) throws
        -> ClientRequest
    {
        ClientRequest(method: .post, url: try pod.base + path, headers: headers, body: Array(#"{"model":"m"}"#.utf8))
    }

    static func usage(_ pod: RunPod, _ client: HTTPClient) async throws -> BrokerUsage? {
        let answer = try await client.send(ClientRequest(url: try pod.base + "/usage"))
        return BrokerUsage(try JSONValue.parse(answer.body))
    }

    @Test func theKeyIsAddedAndTheAgentsCredentialsAreNot() async throws {
        let sent: HTTPHeaders = [
            "Authorization": "Bearer broker", "Content-Type": "application/json", "Connection": "X-Hop", "X-Hop": "1",
            "OpenAI-Organization": "other", "Session-Id": "s", "Accept-Encoding": "gzip", "Cookie": "a=b",
            "X-HTTP-Method-Override": "DELETE",
        ]
        try await Self.providing { _, _ in
            .json(
                ["echo": .string(Self.key), "usage": ["input_tokens": 3]],
                headers: ["X-Key": Self.key, "Set-Cookie": "a=b", "X-Request-Id": "r-1"])
        } _: { provider, pod, client in
            let answer = try await client.send(try Self.post(pod, headers: sent))
            #expect(answer.status == .ok)
            #expect(
                String(decoding: answer.body, as: UTF8.self) == #"{"echo":"[redacted]","usage":{"input_tokens":3}}"#)
            #expect(answer.headers["X-Key"] == "[redacted]")
            #expect(answer.headers["X-Request-Id"] == "r-1")
            #expect(answer.headers["Set-Cookie"] == nil)
            let request = try #require(provider.requests.withLock { $0.first })
            #expect(request.rawTarget == "/v1/responses")
            #expect(request.headers.values(for: "Authorization") == ["Bearer \(Self.key)"])
            #expect(request.headers["Session-Id"] == "s")
            #expect(String(decoding: request.body, as: UTF8.self) == #"{"model":"m"}"#)
            for name in ["X-Hop", "OpenAI-Organization", "Accept-Encoding", "Cookie", "X-HTTP-Method-Override"] {
                #expect(request.headers[name] == nil, "\(name)")
            }
            #expect(try await Self.usage(pod, client)?.totals.inputTokens == 3)
        }
    }

    @Test func aRenewedKeyIsUsedAtOnce() async throws {
        try await Self.providing { _, _ in
            .json([:])
        } _: { provider, pod, client in
            _ = try await client.send(try Self.post(pod))
            try Files.writeAtomically("\(pod.folder)/credentials/model-key", Array("new".utf8), durable: false)
            _ = try await client.send(try Self.post(pod))
            let keys = provider.requests.withLock { $0.map { $0.headers["Authorization"] ?? "" } }
            #expect(keys == ["Bearer \(Self.key)", "Bearer new"])
        }
    }

    @Test(arguments: [
        (HTTPMethod.get, "/model/responses", 404), (.post, "/model/files", 404), (.post, "/model/responses/x", 404),
        (.delete, "/model/responses", 404), (.get, "/model", 404), (.post, "/usage", 404), (.get, "/usage/x", 404),
        (.get, "/model/models?client_version=1", 200), (.post, "/model/responses/compact", 200),
    ])
    func onlyWhatAnAgentNeedsIsPassedOn(method: HTTPMethod, path: String, status: Int) async throws {
        try await Self.providing { _, _ in
            .json([:])
        } _: { provider, pod, client in
            let answer = try await client.send(
                ClientRequest(method: method, url: try pod.base + path, body: method == .post ? [0x7B, 0x7D] : nil))
            #expect(answer.status.rawValue == status)
            let asked = provider.requests.withLock { $0.map(\.rawTarget) }
            #expect(asked == (status == 200 ? ["/v1" + path.dropFirst(6)] : []))
        }
    }

    @Test func answersComeWhileTheyAreMade() async throws {
        let (opened, gate) = AsyncStream.makeStream(of: Void.self)
        try await Self.providing { _, _ in
            .stream(contentType: "text/event-stream") { writer in
                try await writer.write(Array("data: {}\n\n".utf8))
                for await _ in opened { break }
                try await writer.write(Array("data: \(UsageScannerTests.completed())\n\n".utf8))
            }
        } _: { _, pod, client in
            let answer = try await client.stream(try Self.post(pod))
            var chunks = answer.body.makeAsyncIterator()
            let first = try await chunks.next()
            #expect(first == Array("data: {}\n\n".utf8))
            gate.yield()
            while try await chunks.next() != nil {}
            #expect(try await Self.usage(pod, client)?.totals.inputTokens == 100)
        }
    }

    @Test(arguments: [200, 429])
    func whatCannotBeLookedIntoIsNotPassedOn(status: Int) async throws {
        try await Self.providing { _, _ in
            ServerResponse(
                status: HTTPStatus(rawValue: status),
                headers: ["Content-Encoding": "gzip", "Retry-After": "1000000", "Content-Type": "application/json"],
                body: .bytes([0x1F, 0x8B]))
        } _: { _, pod, client in
            let answer = try await client.send(try Self.post(pod))
            #expect(answer.status == .badGateway)
            #expect(try JSONValue.parse(answer.body).at("error", "code")?.stringValue == "upstream_compressed")
        }
    }

    /// The key goes to the provider that was configured and nowhere else.
    @Test(arguments: [301, 302, 307, 308])
    func aRedirectIsNotFollowed(status: Int) async throws {
        try await Self.providing { request, _ in
            request.segments == ["elsewhere"]
                ? .json([:])
                : ServerResponse(status: HTTPStatus(rawValue: status), headers: ["Location": "/elsewhere?k=\(Self.key)"])
        } _: { provider, pod, client in
            let answer = try await client.send(try Self.post(pod))
            #expect(answer.status.rawValue == status)
            #expect(answer.headers["Location"] == "/elsewhere?k=[redacted]")
            #expect(provider.requests.withLock { $0.count } == 1)
        }
    }

    @Test func errorsOfTheProviderAreTheAgentsToSee() async throws {
        try await Self.providing { _, _ in
            .json(["error": ["message": .string("bad key \(Self.key)")]], status: .unauthorized)
        } _: { _, pod, client in
            let answer = try await client.send(try Self.post(pod))
            #expect(answer.status == .unauthorized)
            #expect(String(decoding: answer.body, as: UTF8.self) == #"{"error":{"message":"bad key [redacted]"}}"#)
        }
    }

    @Test(arguments: [429, 503]) func aRateLimitIsWaitedOutAndTold(status: Int) async throws {
        try await Self.providing { _, number in
            number == 1
                ? ServerResponse(status: HTTPStatus(rawValue: status), headers: ["Retry-After": "1"]) : .json(["done": true])
        } _: { provider, pod, client in
            let request = try Self.post(pod)
            async let answer = client.send(request)
            var waiting: ProgressReport.Waiting?
            while waiting == nil { waiting = try await Self.usage(pod, client)?.waiting }
            #expect(waiting?.state == "WaitingRateLimit")
            #expect((waiting?.until ?? 0) > 1_600_000_000)
            #expect(try await answer.status == .ok)
            #expect(provider.requests.withLock { $0.count } == 2)
            #expect(try await Self.usage(pod, client)?.waiting == nil)
        }
    }

    @Test(arguments: [
        (#"{"error":{"code":"insufficient_quota"}}"#, "1"), (#"{"error":{"message":"later"}}"#, "1000000"),
        (#"{"error":{"message":"never"}}"#, "9999999999999999"),
    ])
    func aLimitThatWaitingDoesNotHelpIsTold(body: String, retryAfter: String) async throws {
        try await Self.providing { _, _ in
            ServerResponse(
                status: .tooManyRequests, headers: ["Retry-After": retryAfter, "Content-Type": "application/json"],
                body: .bytes(Array(body.utf8)))
        } _: { provider, pod, client in
            let answer = try await client.send(try Self.post(pod))
            #expect(answer.status == .tooManyRequests)
            #expect(String(decoding: answer.body, as: UTF8.self) == body)
            #expect(answer.headers["Retry-After"] == retryAfter)
            #expect(provider.requests.withLock { $0.count } == 1)
        }
    }

    @Test(arguments: [
        ("5", "{}", 1, 5), ("0", "{}", 1, 1), (nil, "{}", 1, 2), (nil, "x", 3, 8), ("soon", "", 20, 60), ("-1", "", 1, 2),
        ("Sun, 06 Nov 1994 08:50:07 GMT", "{}", 1, 30), ("Sun, 06 Nov 1994 08:49:00 GMT", "{}", 1, 1),
        ("Sun, 06 Non 1994 08:50:07 GMT", "{}", 1, 2),
        // More than can be added to the time of day.
        ("9999999999999999", "{}", 1, 1 << 31), ("99999999999999999999999", "{}", 1, 1 << 31),
    ])
    func pausesFollowTheProvider(header: String?, body: String, attempt: Int, seconds: Int) throws {
        var headers: HTTPHeaders = [:]
        headers["Retry-After"] = header
        let now = try #require(Timestamp("1994-11-06T08:49:37.5Z"))
        let wait = RateLimitWait(headers: headers, body: Array(body.utf8), attempt: attempt, now: now)
        #expect(wait?.seconds == seconds)
    }

    @Test func anOverloadOfUnknownLengthIsTheAgentsToSee() async throws {
        try await Self.providing { _, _ in
            ServerResponse(status: .serviceUnavailable)
        } _: { provider, pod, client in
            let answer = try await client.send(try Self.post(pod))
            #expect(answer.status == .serviceUnavailable)
            #expect(provider.requests.withLock { $0.count } == 1)
        }
    }

    @Test func aLimitWithALongExplanationIsWaitedOutToo() async throws {
        try await Self.providing { _, number in
            number == 1
                ? ServerResponse(
                    status: .tooManyRequests, headers: ["Retry-After": "1"],
                    body: .bytes([UInt8](repeating: 0x20, count: 100_000))) : .json(["done": true])
        } _: { provider, pod, client in
            let answer = try await client.send(try Self.post(pod))
            #expect(answer.status == .ok)
            #expect(provider.requests.withLock { $0.count } == 2)
        }
    }

    @Test func eachRequestWaitsForItself() {
        let meter = ModelMeter()
        let (first, second) = (meter.request(), meter.request())
        meter.wait(.init(state: "WaitingRateLimit", reason: "short", until: 5), request: first)
        meter.wait(.init(state: "WaitingRateLimit", reason: "long", until: 9), request: second)
        #expect(meter.usage.waiting?.reason == "long")
        meter.wait(nil, request: second)
        #expect(meter.usage.waiting?.reason == "short")
        meter.wait(nil, request: first)
        #expect(meter.usage.waiting == nil)
    }

    @Test func withoutAProviderThereIsStillAnAnswer() async throws {
        try await Self.broker("http://127.0.0.1:1/v1") { pod, client in
            let answer = try await client.send(try Self.post(pod))
            #expect(answer.status == .badGateway)
            #expect(try JSONValue.parse(answer.body).at("error", "code")?.stringValue == "upstream_unreachable")
            try Files.remove("\(pod.folder)/credentials/model-key")
            let keyless = try await client.send(try Self.post(pod))
            #expect(keyless.status == .serviceUnavailable)
        }
        try await Self.broker("") { pod, client in
            let answer = try await client.send(try Self.post(pod))
            #expect(try JSONValue.parse(answer.body).at("error", "code")?.stringValue == "no_model")
        }
    }

    @Test func aRequestThatIsTooLargeIsRefusedByItsHeader() async throws {
        try await Self.providing { _, _ in
            .json([:])
        } _: { provider, pod, client in
            var request = try Self.post(pod)
            request.body = [UInt8](repeating: 0x20, count: ModelProxy.maximumBodyBytes + 1)
            let answer = try await client.send(request)
            #expect(answer.status == .contentTooLarge)
            #expect(try JSONValue.parse(answer.body).at("error", "code")?.stringValue == "request_too_large")
            #expect(provider.requests.withLock { $0.isEmpty })
        }
    }

    @Test func aBrokerThatIsStartedAgainGoesOnCounting() throws {
        let folder = try Files.temporaryDirectory(prefix: "meter-test")
        defer { try? Files.remove(folder) }
        let file = "\(folder)/usage.json"
        let first = ModelMeter(file: file)
        first.add(.init(inputTokens: 5, outputTokens: 1))
        first.add(.init(inputTokens: 2))
        first.wait(.init(state: "WaitingRateLimit", reason: "r"), request: first.request())
        let second = ModelMeter(file: file)
        #expect(second.usage == BrokerUsage(totals: .init(inputTokens: 7, outputTokens: 1)))
        second.add(.init(inputTokens: 1))
        #expect(ModelMeter(file: file).usage.totals.inputTokens == 8)
        try Files.overwrite(file, Array("broken".utf8))
        #expect(ModelMeter(file: file).usage == BrokerUsage())
    }

    @Test func anAnswerThatEndsEarlyEndsEarlyForTheAgent() async throws {
        let log = LogMemory()
        let model = DevModelServer(key: Secret(Self.key), logger: .disabled)
        let serving = Task { try await model.run() }
        let logger = Logger(label: "broker", sink: log.sink)
        try await Self.broker(try await model.waitUntilListening(), logger: logger) { pod, client in
            let body: JSONValue = [
                "model": "m", "stream": true,
                "input": [["role": "user", "content": "model: cut times 1\nmodel: tell key"]],
            ]
            var request = try Self.post(pod)
            request.body = body.encoded()
            let cut = request
            await #expect(throws: HTTPClientError.self) { try await client.send(cut) }
            let answer = try await client.send(request)
            let text = String(decoding: answer.body, as: UTF8.self)
            #expect(text.contains("The key is [redacted]."))
            #expect(model.requests.count == 2)
            let sum = model.requests.compactMap(\.usage).reduce(Int64(0)) { $0 + $1.input }
            #expect(try await Self.usage(pod, client)?.totals.inputTokens == sum)
        }
        let isLeaked = log.records.contains { "\($0)".contains(Self.key) }
        #expect(!isLeaked)
        serving.cancel()
        _ = await serving.result
    }
}
