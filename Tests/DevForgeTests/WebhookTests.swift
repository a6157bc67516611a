// SPDX-License-Identifier: MIT
import Cryptography
import DevForge
import HTTPServing
import HTTPTypes
import JSONCoding
import ServiceRuntime
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct WebhookTests {
    /// A receiver of webhooks that answers with a given status.
    private static func withReceiver(
        status: HTTPStatus = .ok,
        _ body: @Sendable @escaping (String, AsyncStream<ServerRequest>) async throws -> Void
    ) async throws {
        let (stream, continuation) = AsyncStream<ServerRequest>.makeStream()
        let server = HTTPServer(configuration: ServerConfiguration(), logger: .disabled) { request in
            continuation.yield(request)
            return .empty(status)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            let port = try await server.waitUntilListening()
            do {
                try await body("http://127.0.0.1:\(port)/hook", stream)
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
        }
    }

    /// What the edge needs of a review that asks for changes.
    @Test func aReviewIsTold() async throws {
        try await Self.withReceiver { address, received in
            try await ForgeFixture.with { fixture in
                let app = try await fixture.installationToken()
                let folder = try await fixture.workspace(app, branch: "codex/issue-1", file: "a.txt")
                try await fixture.git(["push", "--quiet", "origin", "codex/issue-1"], in: folder)
                let pull = try await fixture.json(
                    .post, "/pulls", ["title": "One", "head": "codex/issue-1", "base": "main"], as: app, expecting: 201)
                let made = try await fixture.json(
                    .post, "/pulls/1/reviews", ["event": "REQUEST_CHANGES", "body": "Please mend"])
                fixture.forge.setWebhookAddress(address)
                var told: JSONValue?
                for await request in received where request.headers["X-GitHub-Event"] == "pull_request_review" {
                    told = try JSONValue.parse(request.body)
                    break
                }
                let body = try #require(told)
                #expect(body["action"] == "submitted" && body.at("review", "state") == "changes_requested")
                #expect(body.at("review", "id") == made["id"] && body.at("review", "user", "login") == "acme")
                #expect(body.at("review", "submitted_at") != nil && body.at("pull_request", "number") == 1)
                #expect(body.at("pull_request", "state") == "open")
                #expect(body.at("pull_request", "head", "ref") == "codex/issue-1")
                let repository = body.at("repository", "id")
                #expect(repository != nil && body.at("pull_request", "head", "repo", "id") == repository)
                #expect(body.at("pull_request", "base", "repo", "id") == repository)
                #expect(body.at("pull_request", "user", "login") == pull.at("user", "login"))
            }
        }
    }

    @Test func signsAndDescribesWhatHappened() async throws {
        try await Self.withReceiver { address, received in
            try await ForgeFixture.with { fixture in
                let number = try await fixture.issue()
                try await fixture.json(.post, "/issues/\(number)/labels", ["labels": ["run:dev"]])
                // Queued while there is no address; sent once there is one.
                fixture.forge.setWebhookAddress(address)
                var labeled: ServerRequest?
                for await request in received {
                    let event = request.headers["X-GitHub-Event"]
                    let body = try JSONValue.parse(request.body)
                    if event == "issues", body["action"] == "labeled" {
                        labeled = request
                        break
                    }
                }
                let request = try #require(labeled)
                let code = Hex.encode(HMACKey(ForgeFixture.secret).sign(request.body))
                #expect(request.headers["X-Hub-Signature-256"] == "sha256=\(code)")
                #expect(request.headers["X-GitHub-Delivery"]?.count == 36)
                #expect(request.headers["User-Agent"]?.hasPrefix("GitHub-Hookshot/") == true)
                let body = try JSONValue.parse(request.body)
                #expect(
                    body.at("label", "name") == "run:dev" && body.at("issue", "number")?.integerValue == Int64(number))
                #expect(body.at("repository", "full_name") == "acme/shop" && body.at("sender", "login") == "acme")
                #expect(body.at("repository", "id")?.integerValue == fixture.forge.credentials.repositoryID)
                #expect(body.at("installation", "id") != nil && body.at("issue", "updated_at") != nil)
            }
        }
    }

    @Test func failuresAreLoggedAndNotRepeated() async throws {
        try await Self.withReceiver(status: .serviceUnavailable) { address, received in
            try await ForgeFixture.with(configure: { $0.webhookAddress = address }) { fixture in
                try await fixture.issue()
                var iterator = received.makeAsyncIterator()
                // The ping of the first start and the opened issue, in either order.
                let first = await iterator.next()?.headers["X-GitHub-Event"]
                let second = await iterator.next()?.headers["X-GitHub-Event"]
                #expect(Set([first, second]) == ["ping", "issues"])
                let log = try await fixture.deliveries { $0.allSatisfy { $0["status_code"] == 503 } && $0.count == 2 }
                let failed = try #require(log.first { $0["event"] == "issues" })
                let id = try #require(failed["id"]?.integerValue)
                try await fixture.json(
                    .post, "//app/hook/deliveries/\(id)/attempts", as: fixture.appToken(), expecting: 202)
                let again = try #require(await iterator.next())
                #expect(again.headers["X-GitHub-Delivery"] == failed["guid"]?.stringValue)
                let after = try await fixture.deliveries { $0.count == 3 && $0.allSatisfy { $0["status_code"] == 503 } }
                #expect(after.count { $0["redelivery"] == true } == 1)
            }
        }
    }

    @Test func switchesLoseWebhooks() async throws {
        try await Self.withReceiver { address, received in
            try await ForgeFixture.with { fixture in
                try await fixture.json(.put, "//_forge/webhooks", ["dropNext": 1], expecting: 204)
                fixture.forge.setWebhookAddress(address)
                _ = try await fixture.deliveries {
                    $0.count == 1 && $0[0]["status"]?.stringValue?.contains("dropped") == true
                }
                try await fixture.issue()
                var iterator = received.makeAsyncIterator()
                #expect(await iterator.next()?.headers["X-GitHub-Event"] == "issues")
            }
        }
    }
}

extension ForgeFixture {
    /// The delivery log, asked for until it is as wanted.
    func deliveries(until isWanted: ([JSONValue]) -> Bool) async throws -> [JSONValue] {
        var log: [JSONValue] = []
        try await eventually("the deliveries are as wanted") {
            log = try await json(.get, "//_forge/deliveries").arrayValue ?? []
            return isWanted(log)
        }
        return log
    }
}
