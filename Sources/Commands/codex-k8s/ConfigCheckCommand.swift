// SPDX-License-Identifier: MIT
import AgentAPI
import CommandLineInterface
import OperatorParts
import SystemCalls

/// `codex-k8s config check`: reads the configuration as the controller would, and says everything that is wrong.
enum ConfigCheckCommand {
    static let command = Command(
        "check", summary: "Checks a configuration file and prints every problem.",
        discussion: "Ends with 0 when the file can be used, else with 2.", options: [CommonOptions.config.definition])

    static func run(_ parsed: ParsedCommand) throws {
        let path = try parsed[CommonOptions.config]
        let configuration = try CommonOptions.configuration(at: path)
        let repositories = configuration.repositories.map(\.name.description).joined(separator: ", ")
        StandardStreams.writeOutputLine(
            "\(path): ok (repositories: \(repositories); agents: \(configuration.agents.keys.sorted().joined(separator: ", ")))")
    }
}
