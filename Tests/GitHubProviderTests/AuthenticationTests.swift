// SPDX-License-Identifier: MIT
import AgentAPI
import Cryptography
@testable import GitHubProvider
import HTTPServing
import HTTPTransport
import HTTPTypes
import JSONCoding
import ServiceRuntime
import SourceProvider
import Testing

@Suite(.timeLimit(.minutes(1)))
struct AuthenticationTests {
    private static let tokens = "POST /app/installations/{id}/access_tokens"

    @Test func oneTokenServesManyUntilShortlyBeforeItsEnd() async throws {
        try await ProviderFixture.with { fixture in
            let number = try await fixture.issue()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 1...8 {
                    group.addTask { _ = try await fixture.provider.issue(number, in: fixture.repository) }
                }
                try await group.waitForAll()
            }
            #expect(try await fixture.requests(Self.tokens) == 1)
            fixture.clock.advance(.seconds(3600 - 301))
            _ = try await fixture.provider.issue(number, in: fixture.repository)
            #expect(try await fixture.requests(Self.tokens) == 1)
            fixture.clock.advance(.seconds(2))
            _ = try await fixture.provider.issue(number, in: fixture.repository)
            #expect(try await fixture.requests(Self.tokens) == 2)
        }
    }

    @Test func aRevokedTokenIsReplacedOnce() async throws {
        try await ProviderFixture.with { fixture in
            let number = try await fixture.issue()
            _ = try await fixture.provider.issue(number, in: fixture.repository)
            try await fixture.fault(["match": "GET /repos", "status": 401, "message": "Bad credentials"])
            _ = try await fixture.provider.issue(number, in: fixture.repository)
            #expect(try await fixture.requests(Self.tokens) == 2)
            try await fixture.fault(["match": "GET /repos", "status": 401, "count": 2])
            let error = await #expect(throws: ProviderError.self) {
                try await fixture.provider.issue(number, in: fixture.repository)
            }
            #expect(error?.code == .unauthorized)
        }
    }

    @Test func aWrongKeyIsUnauthorized() async throws {
        try await ProviderFixture.with(adjust: { configuration in
            if let key = try? RSAPrivateKey.generate() { configuration.privateKey = key }
        }) { fixture in
            let error = await #expect(throws: ProviderError.self) {
                try await fixture.provider.repository(fixture.repository)
            }
            #expect(error?.code == .unauthorized)
        }
    }

    /// Not `notFound`: a branch or a permission that nobody could ask for is none that is not there.
    @Test func aRepositoryWithoutTheAppIsForbidden() async throws {
        try await ProviderFixture.with { fixture in
            let other = try #require(RepositoryName("acme/none"))
            let error = await #expect(throws: ProviderError.self) { try await fixture.provider.repository(other) }
            #expect(error?.code == .forbidden && error?.message.contains("not installed for acme/none") == true)
            await #expect(throws: ProviderError.self) { try await fixture.provider.branchHead("main", in: other) }
            await #expect(throws: ProviderError.self) { try await fixture.provider.permission(of: "ada", in: other) }
        }
    }

    /// The app was taken off and installed anew: the old number gives no token, and the new one is found.
    @Test func anInstallationThatWentIsLookedUpAnew() async throws {
        try await ProviderFixture.with { fixture in
            let number = try await fixture.issue()
            _ = try await fixture.provider.issue(number, in: fixture.repository)
            fixture.clock.advance(.seconds(3600))
            try await fixture.fault(["match": "access_tokens", "status": 404, "message": "Not Found"])
            let error = await #expect(throws: ProviderError.self) {
                try await fixture.provider.branchHead("main", in: fixture.repository)
            }
            #expect(error?.code == .forbidden)
            let lookUps = try await fixture.requests("GET /repos/{owner}/{repo}/installation")
            _ = try await fixture.provider.issue(number, in: fixture.repository)
            #expect(try await fixture.requests("GET /repos/{owner}/{repo}/installation") == lookUps + 1)
        }
    }

    /// A limit on the app itself holds for its next requests as well.
    @Test func aLimitOnTokensIsObeyed() async throws {
        try await ProviderFixture.with { fixture in
            try await fixture.fault(
                ["match": "access_tokens", "status": 403, "message": "secondary rate limit", "retryAfter": 30])
            for _ in 1...3 {
                let error = await #expect(throws: ProviderError.self) {
                    try await fixture.provider.branchHead("main", in: fixture.repository)
                }
                #expect(error?.code == .rateLimited(until: fixture.clock.now.adding(.seconds(30))))
            }
            #expect(try await fixture.requests(Self.tokens) == 1)
            fixture.clock.advance(.seconds(31))
            #expect(try await fixture.provider.branchHead("main", in: fixture.repository) != nil)
        }
    }

    /// GitHub answers everything under an old name by a redirect, but for the tokens: they are asked for by number.
    @Test func aRepositoryThatWasRenamedIsNamedByItsNumber() async throws {
        let isRenamed = Flag()
        let server = HTTPServer(configuration: ServerConfiguration(), logger: .disabled) { request in
            let body = (try? JSONValue.parse(request.body)) ?? .null
            switch (request.path, isRenamed.isSet) {
            case ("/repos/acme/shop/installation", false), ("/repositories/7/installation", true):
                return .json(["id": 1])
            case ("/repos/acme/shop/installation", true):
                return ServerResponse(status: 301, headers: ["Location": "/repositories/7/installation"])
            case ("/repos/acme/shop/git/ref/heads/main", true):
                return ServerResponse(status: 301, headers: ["Location": "/repositories/7/git/ref/heads/main"])
            case ("/app/installations/1/access_tokens", _):
                guard body["repository_ids"] == [7] || !isRenamed.isSet else {
                    return .json(["message": "There is at least one repository that does not exist"], status: 422)
                }
                return .json(["token": "t", "expires_at": "2000-01-01T00:00:00Z"], status: .created)
            default: return .json(["object": ["sha": "abc"]])
            }
        }
        let http = HTTPClient()
        defer { http.shutdown() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            let url = "http://127.0.0.1:\(try await server.waitUntilListening())"
            let provider = GitHubAppProvider(
                configuration: GitHubConfiguration(
                    apiURL: url, gitURL: url, appID: 1,
                    privateKey: try RSAPrivateKey(pem: ProviderFixture.key.get())), http: http, logger: .disabled)
            let name = try #require(RepositoryName("acme/shop"))
            #expect(try await provider.branchHead("main", in: name) == "abc")
            isRenamed.set()
            for _ in 1...2 { #expect(try await provider.branchHead("main", in: name) == "abc") }
            #expect(try await provider.mintRunToken(name).token.reveal() == "t")
            group.cancelAll()
        }
    }

    @Test func aHostThatIsAwayIsUnavailable() async throws {
        let http = HTTPClient()
        defer { http.shutdown() }
        // Port 9 of loopback: nobody listens there.
        let configuration = GitHubConfiguration(
            apiURL: "http://127.0.0.1:9/", gitURL: "http://127.0.0.1:9", appID: 1, privateKey: try .generate())
        let provider = GitHubAppProvider(configuration: configuration, http: http, logger: .disabled)
        let name = try #require(RepositoryName("acme/shop"))
        let error = await #expect(throws: ProviderError.self) { try await provider.repository(name) }
        #expect(error?.code == .unavailable)
    }

    @Test func aSlowHostIsGivenUpAtTheDeadline() async throws {
        try await ProviderFixture.with(adjust: { $0.deadline = .seconds(3) }) { fixture in
            let number = try await fixture.issue()
            _ = try await fixture.provider.issue(number, in: fixture.repository)
            try await fixture.fault(["match": "/reactions", "delay": 30000])
            let error = await #expect(throws: ProviderError.self) {
                try await fixture.provider.react("eyes", issue: number, in: fixture.repository)
            }
            #expect(error?.code == .unavailable)
        }
    }

    @Test func redirectsAreFollowedOnTheSameHostOnly() async throws {
        let server = HTTPServer(configuration: ServerConfiguration(), logger: .disabled) { request in
            switch request.path {
            case "/old", "/write":
                ServerResponse(status: request.path == "/old" ? 301 : 307, headers: ["Location": "/new"])
            case "/away": ServerResponse(status: 301, headers: ["Location": "http://127.0.0.1:9/new"])
            case "/loop": ServerResponse(status: 301, headers: ["Location": "/loop"])
            default: .json(["method": .string(request.method.rawValue)])
            }
        }
        let http = HTTPClient()
        defer { http.shutdown() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            let client = GitHubClient(
                apiURL: "http://127.0.0.1:\(try await server.waitUntilListening())", http: http, tls: nil,
                deadline: .seconds(10), clock: .system)
            let read = try await client.send(GitHubRequest(path: "/old"), authorization: "Bearer x")
            #expect(read.body["method"] == "GET")
            let write = try await client.send(GitHubRequest(method: .post, path: "/write"), authorization: nil)
            #expect(write.body["method"] == "POST")
            for request in [
                GitHubRequest(path: "/away"), GitHubRequest(path: "/loop"), GitHubRequest(method: .post, path: "/old"),
            ] {
                await #expect(throws: ProviderError.self) { try await client.send(request, authorization: "Bearer x") }
            }
            group.cancelAll()
        }
    }

    @Test(
        arguments: [
            ("<https://api.x/a?page=2>; rel=\"next\", <https://api.x/a?page=9>; rel=\"last\"", "/a?page=2"),
            ("<https://api.x/a?page=1>; rel=\"prev\"", nil), ("<https://evil.y/a?page=2>; rel=\"next\"", nil),
            ("<https://api.x.evil/a>; rel=\"next\"", nil), ("nonsense", nil), ("", nil),
        ] as [(String, String?)])
    func nextPagesAreOnTheSameHost(header: String, path: String?) {
        #expect(LinkHeader.next(in: header, below: "https://api.x") == path)
    }

    @Test(
        arguments: [
            (["update"], ["creation", "update"], [Int64](), true),
            (["pull_request"], ["creation", "update"], [], true),
            (["deletion"], ["creation", "update"], [], false), (["update"], ["update"], [], false),
            (["update"], ["creation"], [], false), ([], [], [], false),
            (["update"], ["creation", "update"], [1], false),
        ] as [([String], [String], [Int64], Bool)])
    func confinement(base: [String], others: [String], bypassed: [Int64], holds: Bool) {
        func rules(_ types: [String]) -> [BranchConfinement.Rule] { types.map { .init(type: $0, ruleset: 1) } }
        #expect(BranchConfinement.holds(base: rules(base), others: rules(others), bypassed: Set(bypassed)) == holds)
    }
}
