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
            TraceCommand.command,
            Command("version", summary: "Prints the version."),
        ])

    /// What `version` prints.
    static let version = "0.1.0"

    static func main() async {
        let code: Int32
        do {
            switch try command.parse(
                Array(CommandLine.arguments.dropFirst()), environment: ProcessIdentity.environment)
            {
            case .help(let text):
                StandardStreams.writeOutput(Array(text.utf8))
                code = 0
            case .run(let parsed): code = try await run(parsed)
            }
        } catch let error as UsageError {
            StandardStreams.writeErrorLine(error.description)
            code = UsageError.exitCode
        } catch let error as UnusableInput {
            StandardStreams.writeErrorLine("codex-k8s: \(error.description)")
            code = UsageError.exitCode
        } catch {
            StandardStreams.writeErrorLine("codex-k8s: \(error)")
            code = 1
        }
        ProcessIdentity.exitNow(code)
    }

    private static func run(_ parsed: ParsedCommand) async throws -> Int32 {
        switch parsed.path.joined(separator: " ") {
        case "controller": try await ControllerCommand.run(parsed)
        case "dev": try DevCommand.run()
        case "migrate": try await MigrateCommand.run(parsed)
        case "config check": try ConfigCheckCommand.run(parsed)
        case "trace": try await TraceCommand.run(parsed)
        case "version": StandardStreams.writeOutputLine("codex-k8s \(version)")
        default: throw UsageError("codex-k8s", "unknown command; see codex-k8s --help")
        }
        return 0
    }
}
