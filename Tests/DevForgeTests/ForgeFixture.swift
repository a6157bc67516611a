// SPDX-License-Identifier: MIT
import ChildProcesses
import Cryptography
import DevForge
import Foundation
import HTTPTransport
import HTTPTypes
import JSONCoding
import ServiceRuntime
import SystemCalls
import Testing

/// A running stand-in in a folder of its own, and ways to talk to it.
struct ForgeFixture: Sendable {
    let forge: ForgeServer
    let url: String
    let directory: String
    let http: HTTPClient

    /// Making a key takes longer than most tests, so all share one.
    static let key = Result { try RSAPrivateKey.generate().pem() }
    static let secret = "it is a secret to everybody"

    /// Runs `body` against a stand-in that is stopped afterwards. The folder stays for a second start when it is given.
    static func with(
        directory: String? = nil, configure: (inout ForgeConfiguration) -> Void = { _ in },
        _ body: @Sendable @escaping (ForgeFixture) async throws -> Void
    ) async throws {
        let folder = try directory ?? Files.temporaryDirectory(prefix: "codex-k8s-forge-test")
        defer { if directory == nil { try? Files.remove(folder) } }
        let keyFile = "\(folder)/app.private-key.pem"
        if !Files.exists(keyFile) {
            try Files.createDirectory(folder)
            try Files.writeAtomically(keyFile, Array(try key.get().utf8), durable: false)
        }
        var configuration = ForgeConfiguration(directory: folder, webhookSecret: Secret(secret))
        configure(&configuration)
        let forge = try await ForgeServer.open(configuration, logger: .disabled)
        let http = HTTPClient()
        defer { http.shutdown() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await forge.run() }
            let fixture = ForgeFixture(
                forge: forge, url: try await forge.waitUntilListening(), directory: folder, http: http)
            do {
                try await body(fixture)
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }
    }

    /// Asks until a condition holds; the deadline is for what takes milliseconds on a machine with nothing else to do.
    func eventually(
        _ what: Comment, within limit: Duration = .seconds(20), sourceLocation: SourceLocation = #_sourceLocation,
        _ isSo: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + limit
        while try await !isSo() {
            if ContinuousClock.now > deadline {
                Issue.record("not within \(limit): \(what)", sourceLocation: sourceLocation)
                return
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    var owner: String { forge.credentials.ownerToken.reveal() }

    func token(_ login: String) throws -> String { try #require(forge.credentials.tokens[login]).reveal() }

    /// Sends a request to REST; the path is below the repository unless it begins with `//`.
    @discardableResult
    func call(
        _ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil, as token: String? = nil
    ) async throws -> ClientResponse {
        let full = path.hasPrefix("//") ? String(path.dropFirst()) : "/repos/acme/shop" + path
        var request = ClientRequest(method: method, url: url + full)
        request.headers["Authorization"] = "Bearer " + (token ?? owner)
        request.body = body?.encoded()
        request.timeout = .seconds(20)
        return try await http.send(request)
    }

    /// As `call`, and the answer must have the status.
    @discardableResult
    func json(
        _ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil, as token: String? = nil,
        expecting status: Int = 200, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> JSONValue {
        let response = try await call(method, path, body, as: token)
        let text = String(decoding: response.body, as: UTF8.self)
        #expect(response.status.rawValue == status, "\(method) \(path): \(text)", sourceLocation: sourceLocation)
        return response.body.isEmpty ? .null : try JSONValue.parse(response.body)
    }

    /// The app's own token.
    func appToken(expiresIn seconds: Int = 500, issuer: String? = nil, key: RSAPrivateKey? = nil) throws -> String {
        struct Claims: Encodable {
            var iss: String
            var iat: Int
            var exp: Int
        }
        let now = Int(Date().timeIntervalSince1970)
        let key = try key ?? RSAPrivateKey(pem: forge.credentials.privateKeyPEM.reveal())
        return try JSONWebToken.sign(
            Claims(iss: issuer ?? String(forge.credentials.appID), iat: now - 60, exp: now + seconds), with: key)
    }

    /// A token of the installation.
    func installationToken(_ permissions: [String: String]? = nil) async throws -> String {
        var body: JSONValue = ["repositories": ["shop"]]
        if let permissions { body["permissions"] = JSONValue(permissions) }
        let path = "//app/installations/\(forge.credentials.installationID)/access_tokens"
        let answer = try await json(.post, path, body, as: appToken(), expecting: 201)
        return try #require(answer["token"]?.stringValue)
    }

    @discardableResult
    func issue(_ title: String = "Something to do", labels: [String] = []) async throws -> Int {
        let answer = try await json(
            .post, "/issues", ["title": .string(title), "labels": .array(labels.map(JSONValue.string))],
            expecting: 201)
        return Int(try #require(answer["number"]?.integerValue))
    }

    /// Runs git in a folder; the first failure ends the test.
    @discardableResult
    func git(_ arguments: [String], in folder: String? = nil, mayFail: Bool = false) async throws -> ChildProcess.Result
    {
        var configuration = ChildProcess.Configuration(
            executable: "git", arguments: arguments,
            environment: [
                "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0", "GIT_AUTHOR_NAME": "T",
                "GIT_AUTHOR_EMAIL": "t@example.invalid", "GIT_COMMITTER_NAME": "T",
                "GIT_COMMITTER_EMAIL": "t@example.invalid",
            ])
        configuration.workingDirectory = folder
        let result = try await ChildProcess.run(configuration, timeout: .seconds(30))
        if !mayFail { #expect(result.exitCode == 0, "git \(arguments): \(result.errorText)") }
        return result
    }

    /// The address of the repository for git, with a token in it.
    func remote(_ token: String) -> String {
        url.replacing("http://", with: "http://x-access-token:\(token)@") + "/acme/shop.git"
    }

    /// Clones with a token and commits one file on a new branch.
    func workspace(_ token: String, branch: String, file: String, text: String = "text\n") async throws -> String {
        let folder = directory + "/work-" + String(UInt32.random(in: .min ... .max), radix: 16)
        try await git(["clone", "--quiet", remote(token), folder])
        try await git(["checkout", "--quiet", "-B", branch], in: folder)
        try Files.createDirectory(Files.directory(of: "\(folder)/\(file)"))
        try Files.writeAtomically("\(folder)/\(file)", Array(text.utf8))
        try await git(["add", "--all"], in: folder)
        try await git(["commit", "--quiet", "-m", "Add \(file)"], in: folder)
        return folder
    }
}
