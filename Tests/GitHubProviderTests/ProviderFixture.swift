// SPDX-License-Identifier: MIT
import AgentAPI
import Cryptography
import DevForge
import Foundation
import GitHubProvider
import HTTPTransport
import HTTPTypes
import JSONCoding
import ServiceRuntime
import SourceProvider
import SystemCalls
import Synchronization
import Testing

/// The provider under test against a stand-in of its own.
struct ProviderFixture: Sendable {
    let forge: ForgeServer
    let url: String
    let http: HTTPClient
    let clock: TestClock
    let provider: GitHubAppProvider
    let repository: RepositoryName

    /// Making a key takes longer than most tests, so all share one.
    static let key = Result { try RSAPrivateKey.generate().pem() }

    /// A wall clock that stands still until a test moves it.
    final class TestClock: Sendable {
        private let start = Timestamp.now
        private let offset = Mutex(Duration.zero)
        var wall: WallClock { WallClock { [self] in start.adding(offset.withLock { $0 }) } }
        var now: Timestamp { wall.now() }
        func advance(_ duration: Duration) { offset.withLock { $0 += duration } }
    }

    static func with(
        configure: @Sendable (inout ForgeConfiguration) -> Void = { _ in },
        adjust: @Sendable (inout GitHubConfiguration) -> Void = { _ in },
        _ body: @Sendable @escaping (ProviderFixture) async throws -> Void
    ) async throws {
        let folder = try Files.temporaryDirectory(prefix: "codex-k8s-provider-test")
        defer { try? Files.remove(folder) }
        try Files.writeAtomically("\(folder)/app.private-key.pem", Array(try key.get().utf8), durable: false)
        let clock = TestClock()
        var configuration = ForgeConfiguration(directory: folder, webhookSecret: Secret("s"))
        configuration.clock = clock.wall
        configure(&configuration)
        let forge = try await ForgeServer.open(configuration, logger: .disabled)
        let http = HTTPClient()
        defer { http.shutdown() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await forge.run() }
            let url = try await forge.waitUntilListening()
            var github = GitHubConfiguration(
                apiURL: url, gitURL: url, appID: forge.credentials.appID,
                privateKey: try RSAPrivateKey(pem: forge.credentials.privateKeyPEM.reveal()))
            github.clock = clock.wall
            adjust(&github)
            let fixture = ProviderFixture(
                forge: forge, url: url, http: http, clock: clock,
                provider: GitHubAppProvider(configuration: github, http: http, logger: .disabled),
                repository: try #require(RepositoryName(forge.credentials.repository)))
            do {
                try await body(fixture)
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
        }
    }

    /// Asks the stand-in as its owner, or as one of its people; the path is below the repository unless it begins
    /// with `//`.
    @discardableResult
    func forge(
        _ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil, as login: String = "acme"
    ) async throws -> JSONValue {
        let full = path.hasPrefix("//") ? String(path.dropFirst()) : "/repos/acme/shop" + path
        var request = ClientRequest(method: method, url: url + full)
        let token = try #require(forge.credentials.tokens[login])
        request.headers["Authorization"] = "Bearer " + token.reveal()
        request.body = body?.encoded()
        let answer = try await http.send(request)
        try #require(answer.status.isSuccess, "\(method) \(path): \(String(decoding: answer.body, as: UTF8.self))")
        return answer.body.isEmpty ? .null : try JSONValue.parse(answer.body)
    }

    @discardableResult
    func issue(_ title: String = "Something", labels: [String] = []) async throws -> Int {
        let body: JSONValue = ["title": .string(title), "body": "text", "labels": .array(labels.map(JSONValue.string))]
        return Int(try #require(try await forge(.post, "/issues", body)["number"]?.integerValue))
    }

    /// A branch with one commit on top of the default branch.
    @discardableResult
    func branch(_ name: String, file: String = "hello.txt") async throws -> String {
        let sha = try #require(try await forge(.get, "/git/ref/heads/main").at("object", "sha"))
        try await forge(.post, "/git/refs", ["ref": .string("refs/heads/\(name)"), "sha": sha])
        let answer = try await forge(
            .put, "/contents/\(file)",
            ["message": "Add \(file)", "content": "aGVsbG8K", "branch": .string(name)])
        return try #require(answer.at("commit", "sha")?.stringValue)
    }

    /// How many requests of a kind the stand-in has seen.
    func requests(_ kind: String) async throws -> Int {
        let match = PercentEncoding.encode(kind)
        return Int(try await forge(.get, "//_forge/requests?match=\(match)")["total"]?.integerValue ?? 0)
    }

    func fault(_ fault: JSONValue) async throws { try await forge(.post, "//_forge/faults", fault) }
}
