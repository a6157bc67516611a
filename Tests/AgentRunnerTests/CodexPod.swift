// SPDX-License-Identifier: MIT
import AgentAPI
import DevModel
import JSONCoding
import ServiceRuntime
import Synchronization
import SystemCalls
import Testing

@testable import AgentRunner

/// The real codex between a scripted model and a checkout: everything of a run but git.
final class CodexPod: Sendable {
    static let key = "sk-codex-test-key-4711"

    let pod: RunPod
    let model: DevModelServer
    private let said = Mutex<[String]>([])

    init(pod: RunPod, model: DevModelServer) {
        self.pod = pod
        self.model = model
    }

    /// What the agent wrote for people.
    var lines: [String] { said.withLock { $0 } }

    /// The program: `CODEXK8S_CODEX`, else in PATH, else where `hack/setup.sh` puts it.
    static func program(file: String = #filePath) -> String {
        if let path = ProcessIdentity.environment[RunnerEnvironment.codex] { return path }
        for folder in (ProcessIdentity.environment["PATH"] ?? "").split(separator: ":") {
            if Files.isExecutable("\(folder)/codex") { return "\(folder)/codex" }
        }
        let tests = Files.directory(of: Files.directory(of: file))
        return "\(Files.directory(of: tests))/.build/tools/bin/codex"
    }

    /// Runs model and broker while `body` runs.
    static func with(_ body: @escaping @Sendable (CodexPod) async throws -> Void) async throws {
        let model = DevModelServer(key: Secret(key), runsCommands: true, logger: .disabled)
        let serving = Task { try await model.run() }
        let url = try await model.waitUntilListening()
        try await RunPod.with("http://127.0.0.1:1/x.git", { $0[RunnerEnvironment.upstreamModelURL] = url }) { pod in
            try Files.writeAtomically("\(pod.folder)/credentials/model-key", Array("\(key)\n".utf8), durable: false)
            try Files.createDirectory("\(pod.folder)/workspace/repository")
            try Files.createDirectory("\(pod.folder)/workspace/home")
            try await eventually { Files.exists("\(pod.folder)/broker/address") }
            try await body(CodexPod(pod: pod, model: model))
        }
        serving.cancel()
        _ = await serving.result
    }

    func configuration(model name: String = "model-one") throws -> RunnerConfiguration {
        try pod.configuration(agent: "") {
            $0[RunnerEnvironment.codex] = Self.program()
            $0[RunnerEnvironment.model] = name
            $0[RunnerEnvironment.reasoningEffort] = "high"
        }
    }

    /// The environment that the runner would give to the agent.
    func environment(model name: String = "model-one", session: String? = nil) throws -> [String: String] {
        AgentContract.environment(try configuration(model: name), broker: try pod.base, sessionID: session)
    }

    /// Runs the agent for a task and answers its exit code and its result.
    func run(
        _ task: String, model name: String = "model-one", session: String? = nil,
        retries: CodexConfiguration.Retries = .standard, tools: Bool = false
    ) async throws -> (Int32, AgentResult) {
        try pod.setPrompt(task)
        let configuration = try configuration(model: name)
        try Files.remove(configuration.agentResultFile)
        try Files.remove(configuration.progressFile)
        var environment = try environment(model: name, session: session)
        if tools { environment[RunnerEnvironment.toolsURL] = try pod.base + "/mcp" }
        var settings = try CodexSettings(environment: environment)
        settings.retries = retries
        let agent = CodexAgent(settings: settings) { line in self.said.withLock { $0.append(line) } }
        let code = await agent.run()
        return (code, try result())
    }

    func result() throws -> AgentResult {
        let json = try #require(AgentResult.read(try configuration().agentResultFile))
        return AgentResult(
            summary: json["summary"]?.stringValue, commitSubject: json["commitSubject"]?.stringValue,
            sessionID: json["sessionID"]?.stringValue, sessionResumed: json["sessionResumed"]?.boolValue,
            resumeProblem: json["resumeProblem"]?.stringValue, error: json["error"]?.stringValue)
    }

    /// The lines of the progress file.
    func progress() throws -> [AgentProgress.Entry] {
        let text = try Files.readText(try configuration().progressFile)
        return try text.split(separator: "\n").compactMap { AgentProgress.Entry(try JSONValue.parse(String($0))) }
    }

    /// The text of a file in the checkout.
    func file(_ name: String) throws -> String { try Files.readText("\(pod.folder)/workspace/repository/\(name)") }

    /// What the broker counted.
    func usage() async throws -> BrokerUsage? {
        let client = TestClient()
        return try await ModelProxyTests.usage(pod, client.client)
    }

    /// Takes away all that codex keeps but its session: what a new pod has.
    func loseAllButTheSession() throws {
        let home = Files.directory(of: try configuration().sessionDirectory)
        for name in try Files.list(home) where name != "sessions" { try Files.remove("\(home)/\(name)") }
    }

    /// The rollout files, by their paths.
    func rollouts() throws -> [String] {
        func files(_ folder: String) throws -> [String] {
            try Files.list(folder).flatMap { name -> [String] in
                let path = "\(folder)/\(name)"
                return Files.isDirectory(path) ? try files(path) : [path]
            }
        }
        return try files(try configuration().sessionDirectory)
    }
}
