// SPDX-License-Identifier: MIT
import AgentAPI
import ServiceRuntime
import SystemCalls
import Testing

@testable import AgentRunner

/// The folders and the environment of a run's pod, with a real broker.
final class RunPod: Sendable {
    static let branch = "codex/issue-7"
    let folder: String
    let upstream: String

    init(upstream: String) throws {
        self.upstream = upstream
        folder = try Files.temporaryDirectory(prefix: "pod-test")
        for name in ["workspace", "broker", "task", "credentials"] { try Files.createDirectory("\(folder)/\(name)") }
        try Files.writeAtomically("\(folder)/credentials/token", Array("\(GitOrigin.token)\n".utf8), durable: false)
        try setPrompt("create a.txt with hello")
    }

    deinit { try? Files.remove(folder) }

    func setPrompt(_ text: String) throws {
        try Files.writeAtomically("\(folder)/task/prompt.md", Array(text.utf8), durable: false)
    }

    /// The repository's address.
    var address: String { get throws { try base + "/repository.git" } }

    /// The broker's address.
    var base: String { get throws { String(try Files.readText("\(folder)/broker/address").dropLast()) } }

    /// The environment; the agent is a shell script, so that a test can be any agent.
    func environment(agent script: String) -> [String: String] {
        [
            "PATH": GitOrigin.path, "SECRET_THING": "must not leak",
            RunnerEnvironment.runUID: "uid-1", RunnerEnvironment.runName: "run-1", RunnerEnvironment.attempt: "1",
            RunnerEnvironment.branch: Self.branch, RunnerEnvironment.baseBranch: "main",
            RunnerEnvironment.workspace: "\(folder)/workspace", RunnerEnvironment.brokerDirectory: "\(folder)/broker",
            RunnerEnvironment.taskDirectory: "\(folder)/task",
            RunnerEnvironment.credentialsDirectory: "\(folder)/credentials",
            RunnerEnvironment.upstreamGitURL: upstream,
            RunnerEnvironment.terminationMessage: "\(folder)/termination",
            RunnerEnvironment.agentCommand: #"["sh","-c",\#(JSONText.quote(script))]"#,
            RunnerEnvironment.committerName: "codex-k8s[bot]",
            RunnerEnvironment.committerEmail: "bot@codex-k8s.dev",
            RunnerEnvironment.commitSubject: "Do what the issue asks",
            RunnerEnvironment.commitReference: "Closes #7", RunnerEnvironment.timeoutSeconds: "30",
            RunnerEnvironment.modelKey: "broker", RunnerEnvironment.issue: "7", RunnerEnvironment.repository: "acme/shop",
        ]
    }

    func configuration(
        agent script: String, _ change: (inout [String: String]) -> Void = { _ in }
    ) throws -> RunnerConfiguration {
        var environment = environment(agent: script)
        change(&environment)
        return try RunnerConfiguration(environment: environment)
    }

    /// Runs and checks that the termination message says the same as the call.
    @discardableResult
    func run(_ configuration: RunnerConfiguration) async throws -> RunResultMessage {
        let message = await RunCommand(configuration: configuration, logger: .disabled).run()
        #expect(RunResultMessage.read(try Files.readText("\(folder)/termination")) == message)
        return message
    }

    /// Runs the broker while `body` runs.
    static func with<T: Sendable>(
        _ upstream: String, logger: Logger = .disabled, _ change: (inout [String: String]) -> Void = { _ in },
        _ body: @escaping @Sendable (RunPod) async throws -> T
    ) async throws -> T {
        let pod = try RunPod(upstream: upstream)
        var environment = pod.environment(agent: "true")
        change(&environment)
        let broker = Broker(configuration: try BrokerConfiguration(environment: environment), logger: logger)
        return try await withThrowingTaskGroup(of: T?.self) { group in
            group.addTask {
                try await broker.run()
                return nil
            }
            group.addTask { try await body(pod) }
            defer { group.cancelAll() }
            while let result = try await group.next() { if let result { return result } }
            throw CancellationError()
        }
    }
}

enum JSONText {
    static func quote(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
    }
}
