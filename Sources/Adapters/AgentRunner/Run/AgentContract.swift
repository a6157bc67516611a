// SPDX-License-Identifier: MIT
import AgentAPI

/// What an agent's program may rely on, and what it never sees.
///
/// * It is started in the checkout, on the run's branch, with the prompt on standard input and in
///   `CODEXK8S_PROMPT_FILE`.
/// * What it leaves in the checkout becomes one commit; commits of its own are kept. It pushes nothing.
/// * Exit code 0 means done, even when nothing was changed; any other means failed. TERM asks it to end, KILL follows.
/// * It may write `CODEXK8S_AGENT_RESULT_FILE`: a JSON object with `summary` (for the pull request), `commitSubject`,
///   `sessionID` and `sessionResumed`, all optional.
/// * Its environment is made from a list of names, so that nothing secret reaches it by accident.
enum AgentContract {
    /// Variables of the pod that the agent gets as they are.
    private static let inherited = [
        "PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "CODEX_HOME",
        // FullEnv: where the API server is; the token of the environment's service account is a file.
        "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "KUBECONFIG",
        RunnerEnvironment.runName, RunnerEnvironment.runUID, RunnerEnvironment.attempt,
        RunnerEnvironment.correlationID, RunnerEnvironment.repository, RunnerEnvironment.issue,
        RunnerEnvironment.triggerKind, RunnerEnvironment.revise, RunnerEnvironment.branch,
        RunnerEnvironment.baseBranch, RunnerEnvironment.agentKey, RunnerEnvironment.model,
        RunnerEnvironment.reasoningEffort, RunnerEnvironment.timeoutSeconds,
        // The marks by which a kubelet without containers knows the processes of a pod again.
        "CODEXK8S_KUBELET_STATE", "CODEXK8S_POD_UID",
    ]

    static func environment(_ configuration: RunnerConfiguration) -> [String: String] {
        var environment = configuration.environment.filter { inherited.contains($0.key) }
        environment["HOME"] = configuration.home
        environment[RunnerEnvironment.workspace] = configuration.checkout
        environment[RunnerEnvironment.promptFile] = configuration.promptFile
        environment[RunnerEnvironment.agentResultFile] = configuration.agentResultFile
        return environment
    }
}
