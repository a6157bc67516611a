// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding

/// Everything that `agent-runner run` is told, read once from its environment.
package struct RunnerConfiguration: Sendable {
    package var runUID: String
    package var runName: String
    package var attempt: Int
    package var branch: String
    package var baseBranch: String
    /// Where a new branch starts; the base branch's head where nil.
    package var baseSHA: String?
    /// The branch's head that the controller saw before the run; nil when there was no branch.
    package var headBefore: String?
    /// Folder that the runner fills: the checkout, the agent's home, its result.
    package var workspace: String
    package var brokerDirectory: String
    package var taskDirectory: String
    package var terminationMessage: String?
    package var agentCommand: [String]
    package var committerName: String
    package var committerEmail: String
    package var commitSubject: String
    package var commitReference: String
    /// The session to go on with; nil for a fresh one.
    package var sessionID: String?
    /// True where the run only talks: nothing is committed or pushed, and the agent's summary is the answer.
    package var isDiscussion: Bool
    /// What the agent sends as its model's key, which means nothing outside of the pod; nil where there is no model.
    package var modelKey: String?
    /// Where the tools are below the broker's address, such as `/mcp`; nil where there are none.
    package var toolsPath: String?
    /// The most bytes of a session's files that are saved; nil where sessions are not kept.
    package var sessionLimit: Int?
    /// How often the session is saved while the agent works.
    package var sessionInterval = Duration.seconds(30)
    /// How long the last save may take, within the pod's grace period (60 s, of which the agent may use 15).
    package var savePatience = Duration.seconds(25)
    /// How long fetching a session may take before a fresh one is begun.
    package var restorePatience = Duration.seconds(60)
    /// How long the agent may work.
    package var timeout: Duration
    /// How much longer than ``timeout`` this process lets the agent work. The clock is the controller's: it stands still
    /// in waits, of which nothing is known here; this is for a controller that is away.
    package var agentReserve = Duration.seconds(24 * 3600)
    /// How long the agent may take to end when it is told to; below the pod's 30 s (pod lifecycle, termination).
    package var agentGrace = Duration.seconds(15)
    /// How long the broker may take to start.
    package var brokerPatience = Duration.seconds(60)
    /// The environment that the agent's is made from.
    package var environment: [String: String]

    /// Reads the environment strictly: what is missing or malformed is named.
    package init(environment: [String: String]) throws(RunnerError) {
        let reader = EnvironmentReader(environment)
        runUID = try reader.text(RunnerEnvironment.runUID)
        runName = try reader.text(RunnerEnvironment.runName)
        attempt = try reader.positiveInteger(RunnerEnvironment.attempt)
        branch = try reader.branch(RunnerEnvironment.branch)
        baseBranch = try reader.branch(RunnerEnvironment.baseBranch)
        baseSHA = try reader.objectID(RunnerEnvironment.baseSHA)
        headBefore = try reader.objectID(RunnerEnvironment.headBefore)
        workspace = try reader.folder(RunnerEnvironment.workspace)
        brokerDirectory = try reader.folder(RunnerEnvironment.brokerDirectory)
        taskDirectory = try reader.folder(RunnerEnvironment.taskDirectory)
        terminationMessage = reader.optional(RunnerEnvironment.terminationMessage)
        agentCommand = try reader.command(RunnerEnvironment.agentCommand)
        committerName = try reader.text(RunnerEnvironment.committerName)
        committerEmail = try reader.text(RunnerEnvironment.committerEmail)
        commitSubject = try reader.text(RunnerEnvironment.commitSubject)
        commitReference = try reader.text(RunnerEnvironment.commitReference)
        timeout = .seconds(try reader.positiveInteger(RunnerEnvironment.timeoutSeconds))
        sessionID = try reader.sessionName(RunnerEnvironment.sessionID)
        if reader.optional(RunnerEnvironment.sessionLimit) != nil {
            sessionLimit = try reader.positiveInteger(RunnerEnvironment.sessionLimit)
        }
        isDiscussion = reader.flag(RunnerEnvironment.discussion)
        modelKey = reader.optional(RunnerEnvironment.modelKey)
        toolsPath = try reader.path(RunnerEnvironment.toolsURL)
        self.environment = environment
    }

    /// The checkout.
    package var checkout: String { "\(workspace)/repository" }
    /// When this process ends the agent, whatever anybody else does.
    package var agentLimit: Duration { timeout + agentReserve }
    /// The agent's home folder, outside the checkout so that nothing of it is committed.
    package var home: String { "\(workspace)/home" }
    /// What the agent may leave for the pull request and the comment.
    package var agentResultFile: String { "\(workspace)/agent-result.json" }
    /// What the agent appends its progress to.
    package var progressFile: String { "\(workspace)/agent-progress.jsonl" }
    /// The folder of the agent's session, in a folder that the agent may use for whatever else it keeps beside it.
    package var sessionDirectory: String { "\(workspace)/agent/sessions" }
    /// The prompt.
    package var promptFile: String { "\(taskDirectory)/prompt.md" }
    /// The broker's base address, once it listens.
    package var brokerAddressFile: String { "\(brokerDirectory)/\(BrokerAddress.fileName)" }
}
