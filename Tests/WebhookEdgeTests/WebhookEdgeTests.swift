// SPDX-License-Identifier: MIT
import AgentAPI
import Foundation
import HTTPServing
import HTTPTransport
import HTTPTypes
import JSONCoding
import KubernetesClient
import ServiceRuntime
import Synchronization
import Testing
import WebhookEdge

/// The whole edge against an API server that answers as it is told.
@Suite(.timeLimit(.minutes(1))) struct WebhookEdgeTests {
    private final class FakeAPIServer: Sendable {
        let requests = Mutex<[(path: String, body: JSONValue)]>([])
        let answer = Mutex<HTTPStatus>(.created)

        func handle(_ request: ServerRequest) -> ServerResponse {
            if request.path == "/version" { return .json(["gitVersion": "v1.32.0"]) }
            let body = (try? JSONValue.parse(request.body)) ?? .null
            requests.withLock { $0.append((request.rawTarget, body)) }
            let status = answer.withLock { $0 }
            guard status != .created else { return .json(body, status: .created) }
            let reason = status == .conflict ? "AlreadyExists" : status == .unprocessableContent ? "Invalid" : "Other"
            return .json(
                [
                    "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": .string(reason),
                    "message": "as told", "code": .integer(Int64(status.rawValue)),
                ], status: status)
        }
    }

    private func withEdge(
        _ body: @escaping @Sendable (_ url: String, _ api: FakeAPIServer, _ client: HTTPClient) async throws -> Void
    ) async throws {
        let api = FakeAPIServer()
        let apiServer = HTTPServer(configuration: .init(), logger: .disabled) { api.handle($0) }
        let client = HTTPClient()
        defer { client.shutdown() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await apiServer.run() }
            let apiURL = "http://127.0.0.1:\(try await apiServer.waitUntilListening())"
            let edge = try WebhookEdge(
                configuration: Payloads.configuration(), listen: .init(), secret: Secret(Payloads.secret),
                client: APIClient(
                    configuration: ClusterConfiguration(server: apiURL), http: client, retryPolicy: .never),
                metrics: MetricsRegistry(), logger: .disabled)
            group.addTask { try await edge.run() }
            try await body("http://127.0.0.1:\(try await edge.waitUntilListening())", api, client)
            group.cancelAll()
        }
    }

    private func deliver(_ client: HTTPClient, _ url: String) async throws -> (status: Int, json: JSONValue) {
        let body = Payloads.labeled.encoded()
        var request = ClientRequest(method: .post, url: url + WebhookReceiver.path)
        request.headers = Payloads.headers(body)
        request.body = body
        let response = try await client.send(request)
        return (response.status.rawValue, (try? JSONValue.parse(response.body)) ?? .null)
    }

    @Test func deliveryBecomesAnObject() async throws {
        try await withEdge { url, api, client in
            let answer = try await deliver(client, url)
            #expect(answer.status == 202, "\(answer)")
            let request = try #require(api.requests.withLock { $0 }.first)
            #expect(request.path == "/apis/codex-k8s.dev/v1alpha1/namespaces/codex-k8s/agentruns")
            #expect(request.body["kind"] == "AgentRun" && request.body["status"] == nil)
            #expect(request.body.at("metadata", "name") == answer.json["run"])
            #expect(
                request.body["spec"] == [
                    "repository": "Acme/Shop", "repositoryID": 1001, "issue": 42,
                    "trigger": [
                        "kind": "dev", "label": "run:dev", "actor": "octocat", "deliveryID": "d-1",
                        "labelledAt": "2026-11-22T21:00:00Z", "correlationID": "d-1",
                    ],
                ])
        }
    }

    @Test(arguments: [
        (HTTPStatus.conflict, 200, "duplicate"), (.serviceUnavailable, 503, "error"), (.forbidden, 503, "error"),
        (.unauthorized, 503, "error"), (.notFound, 503, "error"), (.unprocessableContent, 500, "error"),
        (.internalServerError, 503, "error"), (.tooManyRequests, 503, "error"),
    ])
    func clusterAnswerDecides(told: HTTPStatus, status: Int, word: String) async throws {
        try await withEdge { url, api, client in
            api.answer.withLock { $0 = told }
            let answer = try await deliver(client, url)
            #expect(answer.status == status && answer.json["status"]?.stringValue == word, "\(answer)")
        }
    }

    @Test func absentClusterIsUnavailableAndNotReady() async throws {
        let client = HTTPClient()
        defer { client.shutdown() }
        let edge = try WebhookEdge(
            configuration: Payloads.configuration(), listen: .init(), secret: Secret(Payloads.secret),
            client: APIClient(
                configuration: ClusterConfiguration(server: "http://127.0.0.1:1"), http: client, retryPolicy: .never),
            metrics: MetricsRegistry(), logger: .disabled)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await edge.run() }
            let url = "http://127.0.0.1:\(try await edge.waitUntilListening())"
            #expect(try await deliver(client, url).status == 503)
            let ready = try await client.send(ClientRequest(method: .get, url: url + "/readyz"))
            #expect(ready.status == .serviceUnavailable)
            #expect(String(decoding: ready.body, as: UTF8.self) == "start: waiting for: the API server\n")
            #expect(try await client.send(ClientRequest(method: .get, url: url + "/healthz")).status == .ok)
            group.cancelAll()
        }
    }

    @Test func presentClusterMakesItReady() async throws {
        try await withEdge { url, _, client in
            var status = HTTPStatus.serviceUnavailable
            for _ in 0..<200 where status != .ok {
                status = try await client.send(ClientRequest(method: .get, url: url + "/readyz")).status
            }
            #expect(status == .ok)
        }
    }

    @Test func emptySecretIsRefused() throws {
        let client = HTTPClient()
        defer { client.shutdown() }
        #expect(throws: WebhookEdge.EmptySecret.self) {
            try WebhookEdge(
                configuration: Payloads.configuration(), listen: .init(), secret: Secret(""),
                client: APIClient(configuration: ClusterConfiguration(server: "http://127.0.0.1:1"), http: client),
                metrics: MetricsRegistry(), logger: .disabled)
        }
    }
}
