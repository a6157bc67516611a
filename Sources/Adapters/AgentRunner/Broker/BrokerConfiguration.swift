// SPDX-License-Identifier: MIT
import AgentAPI

/// What `agent-runner broker` is told by its environment.
package struct BrokerConfiguration: Sendable {
    /// The repository's smart-HTTP address without credentials, such as `https://github.com/acme/shop.git`.
    package var upstream: String
    /// Folder with the file `token`, which is read again for each request because it is renewed.
    package var credentialsDirectory: String
    /// Folder that the agent's container shares; the address is written there.
    package var brokerDirectory: String
    /// The one branch that may be pushed.
    package var branch: String
    /// The largest push, in bytes: its pack is held in memory on its way.
    package var maximumBodyBytes = 256 << 20

    /// Reads the environment strictly.
    package init(environment: [String: String]) throws(RunnerError) {
        let reader = EnvironmentReader(environment)
        let name = RunnerEnvironment.upstreamGitURL
        let url = try reader.text(name)
        guard url.hasPrefix("https://") || url.hasPrefix("http://"), !url.contains("@"), !url.contains("?") else {
            throw .configuration(variable: name, problem: "must be an http address without credentials")
        }
        upstream = url.hasSuffix("/") ? String(url.dropLast()) : url
        credentialsDirectory = try reader.folder(RunnerEnvironment.credentialsDirectory)
        brokerDirectory = try reader.folder(RunnerEnvironment.brokerDirectory)
        branch = try reader.branch(RunnerEnvironment.branch)
    }

    var tokenFile: String { "\(credentialsDirectory)/token" }
    var addressFile: String { "\(brokerDirectory)/\(BrokerAddress.fileName)" }
}
