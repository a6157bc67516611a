// SPDX-License-Identifier: MIT
import AgentAPI

/// What `agent-runner broker` is told by its environment.
package struct BrokerConfiguration: Sendable {
    /// The repository's smart-HTTP address without credentials, such as `https://github.com/acme/shop.git`.
    package var upstream: String
    /// Folder with the files `token` and `model-key`, read again for each request because they are renewed.
    package var credentialsDirectory: String
    /// Folder that the agent's container shares; the address is written there.
    package var brokerDirectory: String
    /// The one branch that may be pushed.
    package var branch: String
    /// True where the run only talks, so that every push is refused.
    package var isDiscussion: Bool
    /// The model provider's base address, such as `https://api.openai.com/v1`; nil where the agent asks no model.
    package var upstreamModel: String?
    /// The run API's base address; nil where there is none.
    package var runAPI: String?
    /// The one model that the run may ask; nil where the run leaves the choice to the agent's program.
    package var model: String?
    /// The file with the token for the run API, which is read again for each request; set where ``runAPI`` is.
    package var runAPITokenFile: String?
    /// The largest push, in bytes: its pack is held in memory on its way, twice, and the container has 512 MiB.
    package var maximumBodyBytes = Self.largestPush

    static let largestPush = 192 << 20

    /// How long the model's rate limit may hold up one request; the run is ended and gone on with later long before.
    package var rateLimitPatience = Duration.seconds(2 * 60 * 60)
    /// How long the model may say nothing at all while it answers.
    package var modelSilence = Duration.seconds(10 * 60)

    /// Reads the environment strictly.
    package init(environment: [String: String]) throws(RunnerError) {
        let reader = EnvironmentReader(environment)
        upstream = try reader.address(RunnerEnvironment.upstreamGitURL)
        credentialsDirectory = try reader.folder(RunnerEnvironment.credentialsDirectory)
        brokerDirectory = try reader.folder(RunnerEnvironment.brokerDirectory)
        branch = try reader.branch(RunnerEnvironment.branch)
        isDiscussion = reader.flag(RunnerEnvironment.discussion)
        upstreamModel = try reader.optionalAddress(RunnerEnvironment.upstreamModelURL)
        model = reader.optional(RunnerEnvironment.model)
        runAPI = try reader.optionalAddress(RunnerEnvironment.runAPIURL)
        if runAPI != nil { runAPITokenFile = try reader.folder(RunnerEnvironment.runAPITokenFile) }
    }

    var tokenFile: String { "\(credentialsDirectory)/token" }
    /// The model provider's key, read again for each request.
    var modelKeyFile: String { "\(credentialsDirectory)/model-key" }
    /// What the model used so far, for a broker that is started again.
    var usageFile: String { "\(brokerDirectory)/usage.json" }
    var addressFile: String { "\(brokerDirectory)/\(BrokerAddress.fileName)" }
}
