// SPDX-License-Identifier: MIT
import AgentAPI
import SystemCalls

/// What `agent-runner codex` is told by the environment of the agent contract.
struct CodexSettings: Sendable {
    /// The program, by path or by name.
    let executable: String
    let checkout: String
    let promptFile: String
    let resultFile: String?
    let progressFile: String?
    /// codex keeps its rollout files here; always the folder `sessions` of its home.
    let sessionDirectory: String
    /// The session to go on with.
    let sessionID: String?
    /// How long codex may take to end; below the runner's own grace for this program.
    let grace = Duration.seconds(10)
    /// How often codex tries again to reach its model.
    var retries = CodexConfiguration.Retries.standard

    private let environment: [String: String]
    private let model: String?
    private let effort: String?
    private let modelURL: String
    private let toolsURL: String?

    init(environment: [String: String]) throws(RunnerError) {
        let reader = EnvironmentReader(environment)
        executable = reader.optional(RunnerEnvironment.codex) ?? "codex"
        checkout = try reader.folder(RunnerEnvironment.workspace)
        promptFile = try reader.folder(RunnerEnvironment.promptFile)
        resultFile = reader.optional(RunnerEnvironment.agentResultFile)
        progressFile = reader.optional(RunnerEnvironment.progressFile)
        sessionDirectory = try reader.folder(RunnerEnvironment.sessionDirectory)
        guard sessionDirectory.hasSuffix("/sessions") else {
            throw .configuration(
                variable: RunnerEnvironment.sessionDirectory,
                problem: "must end in /sessions, which is where codex looks, not be \(sessionDirectory)")
        }
        sessionID = try reader.sessionName(RunnerEnvironment.sessionID)
        model = reader.optional(RunnerEnvironment.model)
        effort = reader.optional(RunnerEnvironment.reasoningEffort)
        if let effort, !CodexConfiguration.efforts.contains(effort) {
            throw .configuration(
                variable: RunnerEnvironment.reasoningEffort,
                problem: "must be one of \(CodexConfiguration.efforts.sorted().joined(separator: ", ")), not \(effort)")
        }
        guard reader.optional(RunnerEnvironment.modelURL) != nil else { throw .modelMissing }
        modelURL = try reader.address(RunnerEnvironment.modelURL)
        toolsURL = try reader.optionalAddress(RunnerEnvironment.toolsURL)
        self.environment = environment
    }

    /// codex's own folder: configuration, sessions, and what it keeps beside them.
    var codexHome: String { Files.directory(of: sessionDirectory) }

    var configuration: CodexConfiguration {
        CodexConfiguration(
            model: model, effort: effort, modelURL: modelURL, keyVariable: RunnerEnvironment.modelKey,
            toolsURL: toolsURL, checkout: checkout, retries: retries)
    }

    /// What codex, and every command that it starts, sees.
    var childEnvironment: [String: String] {
        var environment = environment
        environment["CODEX_HOME"] = codexHome
        // Errors alone on standard error, which becomes the reason when codex cannot start.
        environment["RUST_LOG"] = "error"
        return environment
    }

    /// The arguments; the prompt comes through standard input, so that nobody sees it in a list of processes.
    func arguments(session: String?) -> [String] {
        let flags = ["--json", "--skip-git-repo-check"] + configuration.overrides
        guard let session else { return ["exec"] + flags + ["-"] }
        return ["exec", "resume"] + flags + [session, "-"]
    }
}
