// SPDX-License-Identifier: MIT
import AgentAPI
import ChildProcesses
import HTTPServing
import HTTPTransport
import HTTPTypes
import ServiceRuntime
import SystemCalls
import Testing

@testable import AgentRunner

@Suite(.timeLimit(.minutes(1)))
struct BrokerTests {
    /// Clones through the broker and makes a commit there.
    static func clone(_ pod: RunPod, _ origin: GitOrigin) async throws -> String {
        let copy = "\(pod.folder)/copy"
        try await eventually { Files.exists("\(pod.folder)/broker/address") }
        try await origin.git(["clone", "--quiet", try pod.address, copy], in: pod.folder)
        try Files.writeAtomically("\(copy)/new", Array("x".utf8), durable: false)
        try await origin.git(["add", "--all"], in: copy)
        try await origin.git(["commit", "--quiet", "-m", "New"], in: copy)
        return copy
    }

    static func push(_ refspecs: [String], in copy: String, options: [String] = []) async throws -> ChildProcess.Result
    {
        try await ChildProcess.run(
            .init(
                executable: "git", arguments: ["-c", "safe.directory=*"] + options + ["push", "origin"] + refspecs,
                environment: ["PATH": GitOrigin.path, "HOME": copy, "GIT_TERMINAL_PROMPT": "0"],
                workingDirectory: copy))
    }

    @Test(arguments: [
        (["HEAD:refs/heads/main"], "this run may push refs/heads/codex/issue-7 alone"),
        (["HEAD:refs/heads/codex/issue-70"], "this run may push refs/heads/codex/issue-7 alone"),
        (["HEAD:refs/tags/v1"], "this run may push refs/heads/codex/issue-7 alone"),
        ([":refs/heads/codex/issue-7"], "a run may not delete its branch"),
        (["HEAD:refs/heads/codex/issue-7", "HEAD:refs/heads/other"], "one branch at a time"),
    ])
    func otherPushesAreRefusedWithTheirReason(refspecs: [String], reason: String) async throws {
        try await RunCommandTests.inPod { origin, pod in
            let before = try await origin.commit("first", "1", on: RunPod.branch)
            let copy = try await Self.clone(pod, origin)
            let result = try await Self.push(["--force"] + refspecs, in: copy)
            #expect(result.exitCode != 0)
            #expect(result.errorText.contains("[remote rejected]"))
            #expect(result.errorText.contains(reason))
            let refs = try await origin.inRepository("for-each-ref", "--format=%(refname) %(objectname)")
            #expect(refs == "refs/heads/codex/issue-7 \(before)\nrefs/heads/main \(try await origin.head("main"))")
        }
    }

    @Test func theRunsBranchIsPushedAlsoInPieces() async throws {
        try await RunCommandTests.inPod { origin, pod in
            let copy = try await Self.clone(pod, origin)
            // A small buffer makes git probe first and then send the pack chunked.
            var generator = SystemRandomNumberGenerator()
            let noise = (0..<300_000).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            try Files.writeAtomically("\(copy)/noise", noise, durable: false)
            try await origin.git(["add", "--all"], in: copy)
            try await origin.git(["commit", "--quiet", "-m", "Noise"], in: copy)
            let result = try await Self.push(
                ["HEAD:refs/heads/codex/issue-7"], in: copy, options: ["-c", "http.postBuffer=65536"])
            #expect(result.exitCode == 0, "\(result.errorText)")
            #expect(try await origin.head(RunPod.branch) == origin.git(["rev-parse", "HEAD"], in: copy))
        }
    }

    @Test(arguments: [(0, 120), (1000, 120), (BrokerConfiguration.largestPush, 120 + 1536)])
    func aLargePushHasItsTime(bytes: Int, seconds: Int) {
        #expect(GitProxy.patience(sending: bytes) == .seconds(seconds))
    }

    @Test func aRenewedTokenIsUsedAtOnceAndABadOneIsTold() async throws {
        try await RunCommandTests.inPod { origin, pod in
            let copy = try await Self.clone(pod, origin)
            let file = "\(pod.folder)/credentials/token"
            try Files.writeAtomically(file, Array("expired".utf8), durable: false)
            let refused = try await Self.push(["HEAD:refs/heads/codex/issue-7"], in: copy)
            #expect(refused.exitCode != 0)
            #expect(refused.errorText.contains("refused the run's credential"))
            #expect(!refused.errorText.contains("expired"))
            try Files.writeAtomically(file, Array(GitOrigin.token.utf8), durable: false)
            #expect(try await Self.push(["HEAD:refs/heads/codex/issue-7"], in: copy).exitCode == 0)
        }
    }

    @Test(arguments: [
        "/HEAD", "/info/refs", "/info/refs?service=git-upload-archive", "/objects/info/packs",
        "/../other.git/info/refs",
        "/git-upload-pack", "/info/refs/x?service=git-upload-pack",
    ])
    func nothingElseIsServed(path: String) async throws {
        try await RunCommandTests.inPod { origin, pod in
            try await eventually { Files.exists("\(pod.folder)/broker/address") }
            let client = HTTPClient(configuration: .init())
            defer { client.shutdown() }
            let answer = try await client.send(.init(method: .get, url: try pod.address + path))
            #expect(answer.status == .notFound)
            #expect(origin.asked.isEmpty)
        }
    }

    @Test func withoutTheNonceNothingIsServed() async throws {
        try await RunCommandTests.inPod { origin, pod in
            try await eventually { Files.exists("\(pod.folder)/broker/address") }
            let client = HTTPClient(configuration: .init())
            defer { client.shutdown() }
            let address = try pod.address
            let parts = address.split(separator: "/")
            let root = "http://\(parts[1])"
            for path in ["", "/repository.git", "/\(String(repeating: "0", count: 32))/repository.git"] {
                let url = "\(root)\(path)/info/refs?service=git-upload-pack"
                let answer = try await client.send(.init(method: .get, url: url))
                #expect(answer.status == .notFound)
            }
            #expect(origin.asked.isEmpty)
        }
    }

    @Test func aBrokerThatWasStartedAgainIsWhereItWas() async throws {
        let pod = try RunPod(upstream: "http://127.0.0.1:1/x.git")
        let configuration = try BrokerConfiguration(environment: pod.environment(agent: "true"))
        let client = TestClient()
        func runOnce() async throws -> String {
            let broker = Task { try await Broker(configuration: configuration, logger: .disabled).run() }
            var address: String?
            while address == nil {
                guard let text = try? pod.base else { continue }
                let answer = try? await client.client.send(.init(url: "\(text)/usage"))
                if answer?.status == .ok { address = text }
            }
            broker.cancel()
            _ = await broker.result
            return try #require(address)
        }
        let first = try await runOnce()
        #expect(try await runOnce() == first)
        // Somebody else has the port now: another one is taken.
        let port = try #require(BrokerAddress(first)?.port)
        let other = HTTPServer(configuration: .init(host: "127.0.0.1", port: port), logger: .disabled) { _ in
            .empty(.ok)
        }
        let serving = Task { try await other.run() }
        _ = try await other.waitUntilListening()
        let broker = Task { try await Broker(configuration: configuration, logger: .disabled).run() }
        try await eventually { try pod.base != first }
        broker.cancel()
        _ = await broker.result
        serving.cancel()
        _ = await serving.result
    }

    @Test(arguments: [
        ("http://127.0.0.1:80/0123456789abcdef0123456789abcdef\n", 80), ("", nil), ("http://127.0.0.1:80/0123\n", nil),
        ("http://10.0.0.1:80/0123456789abcdef0123456789abcdef", nil),
        ("http://127.0.0.1:0/0123456789abcdef0123456789abcdef", nil),
        ("http://127.0.0.1:80/0123456789abcdef0123456789abcdef/x", nil),
    ])
    func addressesAreRead(text: String, port: Int?) { #expect(BrokerAddress(text)?.port == port) }

    @Test(arguments: ["https://token@host/x.git", "ssh://host/x.git", "http://host/x.git?a=b", ""])
    func upstreamMustBeAPlainAddress(url: String) throws {
        let pod = try RunPod(upstream: url)
        #expect(throws: RunnerError.self) { try BrokerConfiguration(environment: pod.environment(agent: "true")) }
    }
}
