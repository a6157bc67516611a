// SPDX-License-Identifier: MIT

/// Environment variables of the run's pod: the seam between the Job that the controller builds and `agent-runner`.
///
/// Every path comes through one of these, so that a kubelet without mounts can put its own folders there.
package enum RunnerEnvironment {
    /// The AgentRun's uid.
    package static let runUID = "CODEXK8S_RUN_UID"
    /// The AgentRun's name.
    package static let runName = "CODEXK8S_RUN_NAME"
    package static let attempt = "CODEXK8S_ATTEMPT"
    package static let correlationID = "CODEXK8S_CORRELATION_ID"
    /// `owner/name`.
    package static let repository = "CODEXK8S_REPOSITORY"
    package static let issue = "CODEXK8S_ISSUE"
    /// A ``TriggerKind``.
    package static let triggerKind = "CODEXK8S_TRIGGER_KIND"
    /// `true` or `false`.
    package static let revise = "CODEXK8S_REVISE"
    /// The branch to work on and the only one that may be pushed.
    package static let branch = "CODEXK8S_BRANCH"
    package static let baseBranch = "CODEXK8S_BASE_BRANCH"
    /// The base branch's head that a new branch starts from.
    package static let baseSHA = "CODEXK8S_BASE_SHA"
    /// The branch's head before the run; absent when there was none.
    package static let headBefore = "CODEXK8S_HEAD_BEFORE"
    /// Mode FullEnv: the namespace that the agent may work in.
    package static let environmentNamespace = "CODEXK8S_ENVIRONMENT_NAMESPACE"
    /// Folder for the checkout.
    package static let workspace = "CODEXK8S_WORKSPACE"
    /// Folder that both containers share; the broker writes the file `address` there.
    package static let brokerDirectory = "CODEXK8S_BROKER_DIRECTORY"
    /// Folder with the task: `prompt.md`.
    package static let taskDirectory = "CODEXK8S_TASK_DIRECTORY"
    /// Broker only: folder with the file `token`.
    package static let credentialsDirectory = "CODEXK8S_CREDENTIALS_DIRECTORY"
    /// Broker only: the repository's smart-HTTP address without credentials.
    package static let upstreamGitURL = "CODEXK8S_UPSTREAM_GIT_URL"
    /// The file that the kubelet reads as the container's termination message.
    package static let terminationMessage = "CODEXK8S_TERMINATION_MESSAGE"
    package static let agentKey = "CODEXK8S_AGENT_KEY"
    /// The agent's command as a JSON array of strings.
    package static let agentCommand = "CODEXK8S_AGENT_COMMAND"
    /// The result file that an agent may write, set by agent-runner for the agent.
    package static let agentResultFile = "CODEXK8S_AGENT_RESULT_FILE"
    /// The prompt's path, set by agent-runner for the agent.
    package static let promptFile = "CODEXK8S_PROMPT_FILE"
    package static let model = "CODEXK8S_MODEL"
    package static let reasoningEffort = "CODEXK8S_REASONING_EFFORT"
    package static let committerName = "CODEXK8S_COMMITTER_NAME"
    package static let committerEmail = "CODEXK8S_COMMITTER_EMAIL"
    /// First line of the commit that the runner makes.
    package static let commitSubject = "CODEXK8S_COMMIT_SUBJECT"
    /// Last line of its message: `Closes #N` or `Refs #N`.
    package static let commitReference = "CODEXK8S_COMMIT_REFERENCE"
    /// Seconds that the agent has.
    package static let timeoutSeconds = "CODEXK8S_TIMEOUT_SECONDS"
    /// Folder of the agent's session: what is in it is saved while the run goes, and is there again when it resumes.
    package static let sessionDirectory = "CODEXK8S_SESSION_DIRECTORY"
    /// The session to go on with; absent for a fresh one. The agent gets it only when its files were restored.
    package static let sessionID = "CODEXK8S_SESSION_ID"
    /// The most bytes of a session's files that are saved.
    package static let sessionLimit = "CODEXK8S_SESSION_LIMIT"
    /// The file to which an agent appends its progress, a JSON object a line, set by agent-runner for the agent.
    package static let progressFile = "CODEXK8S_PROGRESS_FILE"
    /// Where the agent reaches its model: the broker, which adds the key. Set by agent-runner for the agent.
    package static let modelURL = "CODEXK8S_MODEL_URL"
    /// What the agent sends as its key: a word, because the broker has the key. Absent where there is no model.
    package static let modelKey = "CODEXK8S_MODEL_KEY"
    /// Where the agent reaches its tools, set by agent-runner for the agent; absent where there are none. The pod has the
    /// path below the broker's address here, such as `/mcp`.
    package static let toolsURL = "CODEXK8S_TOOLS_URL"
    /// The codex program, where it is not in `PATH`.
    package static let codex = "CODEXK8S_CODEX"
    /// `true` where the run only talks: nothing is committed or pushed.
    package static let discussion = "CODEXK8S_DISCUSSION"
    /// Broker only: the model provider's base address, such as `https://api.openai.com/v1`.
    package static let upstreamModelURL = "CODEXK8S_UPSTREAM_MODEL_URL"
    /// Broker only: the run API's base address; absent where there is none.
    package static let runAPIURL = "CODEXK8S_RUN_API_URL"
    /// Broker only: the file with the projected token for the run API, which the kubelet renews.
    package static let runAPITokenFile = "CODEXK8S_RUN_API_TOKEN_FILE"
}
