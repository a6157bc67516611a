// SPDX-License-Identifier: MIT
import ChildProcesses
import FoundationEssentials
import HTTPServing
import HTTPTypes
import ServiceRuntime
import Synchronization
import SystemCalls
import Testing

@testable import AgentRunner

/// A real repository behind `git http-backend`, as a code host would serve it: with a token.
final class GitOrigin: Sendable {
    static let token = "ghs_test-token-4711"
    static let path = "/usr/bin:/bin"

    let folder: String
    /// What was asked, for tests of what the broker lets through.
    let requests = Mutex<[String]>([])
    var asked: [String] { requests.withLock { $0 } }

    init() async throws {
        folder = try Files.temporaryDirectory(prefix: "origin-test")
        try await git(["init", "--quiet", "--bare", "--initial-branch=main", "\(folder)/shop.git"], in: folder)
        try await git(["config", "http.receivepack", "true"], in: "\(folder)/shop.git")
        try await commit("README.md", "# Shop\n", on: "main")
    }

    deinit { try? Files.remove(folder) }

    /// Runs git as the people around the run would.
    @discardableResult
    func git(_ arguments: [String], in place: String) async throws -> String {
        let result = try await ChildProcess.run(
            .init(
                executable: "git", arguments: ["-c", "safe.directory=*"] + arguments,
                environment: [
                    "PATH": Self.path, "HOME": folder, "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "Ada",
                    "GIT_AUTHOR_EMAIL": "ada@example.com", "GIT_COMMITTER_NAME": "Ada",
                    "GIT_COMMITTER_EMAIL": "ada@example.com",
                ],
                workingDirectory: place))
        try #require(result.exitCode == 0, "git \(arguments): \(result.errorText)")
        return result.outputText
    }

    func inRepository(_ arguments: String...) async throws -> String {
        try await git(arguments, in: "\(folder)/shop.git")
    }

    /// Pushes a commit of someone else; the branch is made from `main` where it is missing.
    @discardableResult
    func commit(_ file: String, _ text: String, on branch: String) async throws -> String {
        let copy = try Files.temporaryDirectory(prefix: "origin-copy")
        defer { try? Files.remove(copy) }
        try await git(["clone", "--quiet", "\(folder)/shop.git", "."], in: copy)
        let known = try await git(["branch", "--remotes", "--format", "%(refname:lstrip=3)"], in: copy)
        if known.split(separator: "\n").contains(Substring(branch)) {
            try await git(["checkout", "--quiet", branch], in: copy)
        } else {
            try await git(["checkout", "--quiet", "-b", branch], in: copy)
        }
        try Files.writeAtomically("\(copy)/\(file)", Array(text.utf8), durable: false)
        try await git(["add", "--all"], in: copy)
        try await git(["commit", "--quiet", "-m", "Change \(file)"], in: copy)
        try await git(["push", "--quiet", "origin", branch], in: copy)
        return try await git(["rev-parse", "HEAD"], in: copy)
    }

    func head(_ branch: String) async throws -> String { try await inRepository("rev-parse", "refs/heads/\(branch)") }

    /// Serves while `body` runs and gives it the repository's address.
    func serve<T: Sendable>(_ body: @escaping @Sendable (String) async throws -> T) async throws -> T {
        let server = HTTPServer(configuration: ServerConfiguration(), logger: .disabled) { await self.answer($0) }
        return try await withThrowingTaskGroup(of: T?.self) { group in
            group.addTask {
                try await server.run()
                return nil
            }
            let port = try await server.waitUntilListening()
            group.addTask { try await body("http://127.0.0.1:\(port)/shop.git") }
            defer { group.cancelAll() }
            while let result = try await group.next() { if let result { return result } }
            throw CancellationError()
        }
    }

    /// Requests that are still to be answered with 503.
    let failures = Mutex(0)

    private func fails() -> Bool {
        failures.withLock { left in
            guard left > 0 else { return false }
            left -= 1
            return true
        }
    }

    private func answer(_ request: ServerRequest) async -> ServerResponse {
        if fails() { return .text("try later\n", status: .serviceUnavailable) }
        requests.withLock { $0.append("\(request.method.rawValue) \(request.rawTarget)") }
        let expected = "Basic \(Data("x-access-token:\(Self.token)".utf8).base64EncodedString())"
        guard request.headers["Authorization"] == expected else {
            return .text("who are you?\n", status: .unauthorized)
        }
        var environment = [
            "PATH": Self.path, "GIT_PROJECT_ROOT": folder, "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": request.method.rawValue,
            "PATH_INFO": request.path, "CONTENT_TYPE": request.headers["Content-Type"] ?? "",
            "CONTENT_LENGTH": "\(request.body.count)", "REMOTE_USER": "test", "HOME": folder,
            "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
        ]
        environment["QUERY_STRING"] =
            request.rawTarget.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init) ?? ""
        environment["HTTP_CONTENT_ENCODING"] = request.headers["Content-Encoding"]
        environment["GIT_PROTOCOL"] = request.headers["Git-Protocol"]
        let result = try? await ChildProcess.run(
            .init(
                executable: "git", arguments: ["http-backend"], environment: environment,
                standardInput: .bytes(request.body)))
        guard let result, result.exitCode == 0 else { return .text("backend failed\n", status: .badGateway) }
        return Self.response(result.stdout)
    }

    /// Splits what a CGI program says into header and body.
    private static func response(_ output: [UInt8]) -> ServerResponse {
        var status = HTTPStatus.ok
        var headers: HTTPHeaders = [:]
        var rest = output[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: rest[..<end], as: UTF8.self).filter { $0 != "\r" && $0 != "\r\n" }
            rest = rest[(end + 1)...]
            if line.isEmpty { break }
            let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
            if parts[0] == "Status", let code = Int(parts[1].split(separator: " ")[0]) {
                status = HTTPStatus(rawValue: code)
            } else {
                headers[parts[0]] = String(parts[1].drop { $0 == " " })
            }
        }
        return ServerResponse(status: status, headers: headers, body: .bytes(Array(rest)))
    }
}
