// SPDX-License-Identifier: MIT
import AgentAPI

/// What an agent's program may rely on, and what it never sees; told in full by `docs/agent-contract.md`.
///
/// Its environment is made from a list of names, so that nothing secret reaches it by accident.
enum AgentContract {
    /// Variables of the pod that the agent gets as they are.
    private static let inherited = [
        "PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", RunnerEnvironment.codex,
        // FullEnv: where the API server is; the token of the environment's service account is a file.
        "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "KUBECONFIG",
        RunnerEnvironment.environmentNamespace,
        RunnerEnvironment.runName, RunnerEnvironment.runUID, RunnerEnvironment.attempt,
        RunnerEnvironment.correlationID, RunnerEnvironment.repository, RunnerEnvironment.issue,
        RunnerEnvironment.triggerKind, RunnerEnvironment.revise, RunnerEnvironment.branch,
        RunnerEnvironment.baseBranch, RunnerEnvironment.agentKey, RunnerEnvironment.model,
        RunnerEnvironment.reasoningEffort, RunnerEnvironment.timeoutSeconds, RunnerEnvironment.discussion,
        // The marks by which a kubelet without containers knows the processes of a pod again.
        "CODEXK8S_KUBELET_STATE", "CODEXK8S_POD_UID",
    ]

    /// The agent's whole environment.
    ///
    /// - Parameters:
    ///   - broker: the broker's base address.
    ///   - sessionID: the session to go on with, when its files are in place.
    static func environment(
        _ configuration: RunnerConfiguration, broker: String, sessionID: String?
    ) -> [String: String] {
        var environment = configuration.environment.filter { inherited.contains($0.key) }
        environment["HOME"] = configuration.home
        environment[RunnerEnvironment.workspace] = configuration.checkout
        environment[RunnerEnvironment.promptFile] = configuration.promptFile
        environment[RunnerEnvironment.agentResultFile] = configuration.agentResultFile
        environment[RunnerEnvironment.progressFile] = configuration.progressFile
        environment[RunnerEnvironment.sessionDirectory] = configuration.sessionDirectory
        environment[RunnerEnvironment.sessionID] = sessionID
        if let key = configuration.modelKey {
            environment[RunnerEnvironment.modelURL] = "\(broker)/model"
            environment[RunnerEnvironment.modelKey] = key
        }
        environment[RunnerEnvironment.toolsURL] = configuration.toolsPath.map { broker + $0 }
        return environment
    }
}
