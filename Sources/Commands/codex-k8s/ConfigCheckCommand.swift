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
        // What may be meant, and is more often forgotten.
        let asking = configuration.agents.values.filter { $0.command == AgentDefinition.defaultCommand }.map(\.key).sorted()
        if configuration.model.baseURL == nil, !asking.isEmpty {
            StandardStreams.writeErrorLine(
                "\(path): model.baseURL is not set, so runs of \(asking.joined(separator: ", ")) will fail: they run codex, which needs a model")
        }
        if configuration.runAPI.url == nil {
            StandardStreams.writeErrorLine(
                "\(path): runAPI.url is not set, so sessions are not kept and nothing is heard of runs while they go on")
        }
    }
}
