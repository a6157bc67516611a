// SPDX-License-Identifier: MIT
import AgentAPI
import ChildProcesses
import Cryptography
import Foundation
import GitHubEvents
import HTTPServing
import HTTPTransport
import HTTPTypes
import JSONCoding
import KubernetesAPI
import ServiceRuntime
import Testing
import WebhookEdge

/// The receiver behind a real server, over real connections.
@Suite(.timeLimit(.minutes(1))) struct WebhookReceiverTests {
    private struct Answer {
        let status: Int
        let json: JSONValue
    }

    private func withReceiver(
        creator: RecordingCreator = RecordingCreator(), answerDeadline: Duration = .seconds(4),
        metrics: MetricsRegistry = MetricsRegistry(), configure: (inout ServerConfiguration) -> Void = { _ in },
        body: @escaping @Sendable (_ url: String, _ client: HTTPClient) async throws -> Void
    ) async throws {
        let receiver = WebhookReceiver(
            secret: Secret(Payloads.secret), intake: RunIntake(configuration: try Payloads.configuration()),
            creator: creator, metrics: metrics, logger: .disabled, answerDeadline: answerDeadline)
        var configuration = ServerConfiguration()
        receiver.configure(&configuration)
        configure(&configuration)
        var router = Router(logger: .disabled)
        receiver.add(to: &router)
        HealthEndpoints(metrics: metrics).add(to: &router)
        let server = HTTPServer(configuration: configuration, logger: .disabled) { [router] in await router.handle($0) }
        let client = HTTPClient()
        defer { client.shutdown() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            try await body("http://127.0.0.1:\(try await server.waitUntilListening())", client)
            group.cancelAll()
        }
    }

    private func post(
        _ client: HTTPClient, _ url: String, _ body: [UInt8], _ headers: HTTPHeaders? = nil
    ) async throws -> Answer {
        var request = ClientRequest(method: .post, url: url + WebhookReceiver.path)
        request.headers = headers ?? Payloads.headers(body)
        request.body = body
        request.timeout = .seconds(30)
        let response = try await client.send(request)
        return Answer(status: response.status.rawValue, json: (try? JSONValue.parse(response.body)) ?? .null)
    }

    @Test func labellingIsAcceptedOnce() async throws {
        let creator = RecordingCreator()
        try await withReceiver(creator: creator) { url, client in
            let body = Payloads.labeled.encoded()
            let first = try await post(client, url, body)
            let name = try #require(creator.created.first).metadata.name
            #expect(first.status == 202 && first.json == ["status": "accepted", "run": .string(name)])
            let second = try await post(client, url, body, Payloads.headers(body, delivery: "d-2"))
            #expect(second.status == 200 && second.json == ["status": "duplicate", "run": .string(name)])
            #expect(creator.created.count == 1)
        }
    }

    /// A review that asks for changes, delivered twice, and once more under the same id.
    @Test func reviewIsAcceptedOnce() async throws {
        let creator = RecordingCreator()
        try await withReceiver(creator: creator) { url, client in
            let body = Payloads.review.encoded()
            var answers: [Answer] = []
            for delivery in ["d-1", "d-2", "d-1"] {
                let headers = Payloads.headers(body, event: "pull_request_review", delivery: delivery)
                answers.append(try await post(client, url, body, headers))
            }
            let run = try #require(creator.created.first)
            #expect(run.spec.trigger.pullRequest == 7 && run.spec.trigger.reviewID == 80 && run.spec.trigger.revise == true)
            let name = JSONValue.string(run.metadata.name)
            #expect(answers.map(\.status) == [202, 200, 200])
            #expect(answers.map { $0.json["status"] } == ["accepted", "duplicate", "duplicate"])
            #expect(answers.allSatisfy { $0.json["run"] == name } && creator.created.count == 1)
        }
    }

    @Test func ignoredDeliveriesCreateNothing() async throws {
        let creator = RecordingCreator()
        try await withReceiver(creator: creator) { url, client in
            var body = Payloads.labeled
            body.setValue("bug", at: ["label", "name"])
            let bytes = body.encoded()
            let answer = try await post(client, url, bytes)
            #expect(answer.status == 200 && answer.json == ["status": "ignored", "reason": "label"])
            let push = try await post(client, url, bytes, Payloads.headers(bytes, event: "push"))
            #expect(push.status == 200 && push.json == ["status": "ignored", "reason": "event"])
            #expect(creator.created.isEmpty)
        }
    }

    private static let bytes = Payloads.labeled.encoded()

    @Test(
        arguments: [
            ("X-Hub-Signature-256", nil, 401, "signatureMissing"),
            ("X-Hub-Signature-256", "sha256=12", 401, "signatureMalformed"),
            ("X-Hub-Signature-256", "sha256=" + String(repeating: "0", count: 64), 401, "signatureMismatch"),
            ("X-Hub-Signature-256", Payloads.signature(bytes, secret: "another"), 401, "signatureMismatch"),
            ("X-Hub-Signature-256", Payloads.signature(bytes + [0x20]), 401, "signatureMismatch"),
            ("Content-Type", nil, 415, "contentType"),
            ("Content-Type", "application/x-www-form-urlencoded", 415, "contentType"),
            ("Content-Type", "application/jsonx", 415, "contentType"),
            ("Content-Encoding", "gzip", 415, "contentEncoding"),
            ("X-GitHub-Event", nil, 400, "eventMissing"), ("X-GitHub-Delivery", nil, 400, "deliveryMalformed"),
            ("X-GitHub-Delivery", "a/b", 400, "deliveryMalformed"),
            ("X-GitHub-Delivery", String(repeating: "d", count: 65), 400, "deliveryMalformed"),
        ] as [(String, String?, Int, String)])
    func badHeadersAreRefused(field: String, value: String?, status: Int, reason: String) async throws {
        let creator = RecordingCreator()
        try await withReceiver(creator: creator) { url, client in
            var headers = Payloads.headers(Self.bytes)
            headers[field] = value
            // curl adds a type of its own where there is none.
            if field == "Content-Type", value == nil { headers["Content-Type"] = "" }
            let answer = try await post(client, url, Self.bytes, headers)
            #expect(answer.status == status && answer.json["reason"]?.stringValue == reason, "\(answer.json)")
            #expect(creator.created.isEmpty)
        }
    }

    @Test func contentTypeMayHaveParameters() async throws {
        try await withReceiver { url, client in
            var headers = Payloads.headers(Self.bytes)
            headers["Content-Type"] = "Application/JSON ; charset=utf-8"
            let answer = try await post(client, url, Self.bytes, headers)
            #expect(answer.status == 202)
        }
    }

    @Test(arguments: [
        Array("{".utf8), Array("[]".utf8), [], Array(String(repeating: "[", count: 100_000).utf8),
        Array(#"{"action":"labeled"}"#.utf8), Array(#"{"action":""#.utf8) + [0xFF, 0xFE] + Array(#""}"#.utf8),
    ])
    func malformedBodiesAreRefused(body: [UInt8]) async throws {
        let creator = RecordingCreator()
        try await withReceiver(creator: creator) { url, client in
            let answer = try await post(client, url, body)
            #expect(answer.status == 400 && answer.json["reason"] == "malformed", "\(answer)")
            #expect(answer.json["message"]?.stringValue?.isEmpty == false)
            #expect(creator.created.isEmpty)
        }
    }

    @Test func malformedIsToldOnlyToWhoSigned() async throws {
        try await withReceiver { url, client in
            var headers = Payloads.headers([])
            headers["X-Hub-Signature-256"] = Payloads.signature(Array("{".utf8), secret: "another")
            let answer = try await post(client, url, Array("{".utf8), headers)
            #expect(answer.status == 401)
        }
    }

    @Test func longBodyIsRefused() async throws {
        try await withReceiver { url, client in
            let body = [UInt8](repeating: 0x20, count: WebhookReceiver.maximumBodyBytes + 1)
            let answer = try await post(client, url, body)
            #expect(answer.status == 413 && answer.json["reason"] == "bodyTooLarge", "\(answer)")
        }
    }

    @Test func bodyOfExactlyTheLimitIsRead() async throws {
        try await withReceiver { url, client in
            let json = Self.bytes
            let padding = WebhookReceiver.maximumBodyBytes - json.count
            let answer = try await post(client, url, json + [UInt8](repeating: 0x20, count: padding))
            #expect(answer.status == 202)
        }
    }

    @Test(arguments: [
        (RunCreationFailure(isPermanent: false, description: "connection refused"), 503, "unavailable"),
        (RunCreationFailure(isPermanent: true, description: "spec.issue: Invalid value"), 500, "rejected"),
    ]) func failureIsSaidWithoutItsParticulars(failure: RunCreationFailure, status: Int, reason: String) async throws {
        try await withReceiver(creator: RecordingCreator(failure: failure)) { url, client in
            let answer = try await post(client, url, Self.bytes)
            #expect(answer.status == status && answer.json["reason"]?.stringValue == reason)
            #expect(!answer.json.description.contains(failure.description))
        }
    }

    @Test func clusterThatDoesNotAnswerIsUnavailable() async throws {
        try await withReceiver(creator: RecordingCreator(hangs: true), answerDeadline: .milliseconds(100)) {
            url, client in
            let start = ContinuousClock.now
            let answer = try await post(client, url, Self.bytes)
            #expect(answer.status == 503 && answer.json["reason"] == "unavailable")
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }

    @Test func slowSenderIsCutOff() async throws {
        let metrics = MetricsRegistry()
        try await withReceiver(metrics: metrics) {
            $0.bodyDeadline = .milliseconds(300)
        } body: { url, client in
            let port = try #require(url.split(separator: ":").last)
            // Promises more than it sends, then waits: the shell's own TCP, no client that could help.
            let (code, output) = try await bash(
                """
                exec 3<>/dev/tcp/127.0.0.1/\(port)
                printf 'POST /webhooks/github HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 100\\r\\n' >&3
                printf 'Content-Type: application/json\\r\\nX-GitHub-Event: issues\\r\\nX-GitHub-Delivery: d\\r\\n' >&3
                printf 'X-Hub-Signature-256: \(Payloads.signature([]))\\r\\n\\r\\n{' >&3
                timeout 20 cat <&3
                """)
            #expect(code == 0 && output.isEmpty, "\(code) \(output)")
        }
    }

    @Test func otherMethodsAndPathsTakeNoBody() async throws {
        try await withReceiver { url, client in
            let get = try await client.send(ClientRequest(method: .get, url: url + WebhookReceiver.path))
            #expect(get.status == .methodNotAllowed && get.headers["Allow"] == "POST")
            var other = ClientRequest(method: .post, url: url + "/other")
            other.body = [1, 2, 3]
            #expect(try await client.send(other).status == .notFound)
            #expect(try await client.send(ClientRequest(method: .get, url: url + "/healthz")).status == .ok)
        }
    }

    @Test func everyOutcomeIsCounted() async throws {
        let metrics = MetricsRegistry()
        try await withReceiver(metrics: metrics) {
            $0.maximumBodyBytes = 5000
        } body: { url, client in
            _ = try await post(client, url, Self.bytes)
            _ = try await post(client, url, Self.bytes)
            _ = try await post(client, url, Self.bytes, Payloads.headers(Self.bytes, event: "push"))
            _ = try await post(client, url, Self.bytes, Payloads.headers(Array("x".utf8)))
            _ = try await post(client, url, Self.bytes, ["Content-Type": "application/json"])
            _ = try await post(client, url, [UInt8](repeating: 0x20, count: 5001))
            let text = metrics.render()
            for line in [
                #"{event="issues",reason="",result="accepted"} 1"#, #"{event="issues",reason="",result="duplicate"} 1"#,
                #"{event="other",reason="event",result="ignored"} 1"#,
                #"{event="issues",reason="signatureMismatch",result="refused"} 1"#,
                #"{event="unknown",reason="signatureMissing",result="refused"} 1"#,
                #"{event="unknown",reason="bodyTooLarge",result="refused"} 1"#,
            ] { #expect(text.contains("codexk8s_webhook_requests_total\(line)\n"), "\(line) in \(text)") }
            #expect(text.contains(#"codexk8s_webhook_request_duration_seconds_count{result="accepted"} 1"#), "\(text)")
        }
    }

    private func bash(_ script: String) async throws -> (code: Int32, output: String) {
        let result = try await ChildProcess.run(
            ChildProcess.Configuration(
                executable: "/bin/bash", arguments: ["-c", script], environment: ["PATH": ExecutableSearch.defaultPath]),
            timeout: .seconds(40))
        return (result.exitCode, String(decoding: result.stdout, as: UTF8.self))
    }
}
