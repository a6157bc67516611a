// SPDX-License-Identifier: MIT
import CommandLineInterface
import OperatorParts
import ServiceRuntime
import SystemCalls

/// The operator's program: the controller, the laptop mode, and what a person needs beside them.
@main
struct CodexK8sProgram {
    static let command = Command(
        "codex-k8s", summary: "Turns labelled issues into pull requests, on Kubernetes.",
        discussion: "Exit codes: 0 done, 1 failed, 2 wrongly called or configured.",
        subcommands: [
            ControllerCommand.command, DevCommand.command, MigrateCommand.command,
            Command("config", summary: "Works with the configuration file.", subcommands: [ConfigCheckCommand.command]),
            PromptsCommand.command, TraceCommand.command,
            Command("version", summary: "Prints the version."),
        ])

    /// What `version` prints.
    static let version = "0.1.0"

    static func main() async { await command.runAsProgram(run) }

    private static func run(_ parsed: ParsedCommand) async throws -> Int32 {
        switch parsed.path.joined(separator: " ") {
        case "controller": try await ControllerCommand.run(parsed)
        case "dev": try DevCommand.run()
        case "migrate": try await MigrateCommand.run(parsed)
        case "config check": try ConfigCheckCommand.run(parsed)
        case let path where path.hasPrefix("prompts "): try await PromptsCommand.run(parsed)
        case "trace": try await TraceCommand.run(parsed)
        case "version": StandardStreams.writeOutputLine("codex-k8s \(version)")
        default: throw UsageError("codex-k8s", "unknown command; see codex-k8s --help")
        }
        return 0
    }
}
