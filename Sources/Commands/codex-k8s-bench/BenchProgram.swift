// SPDX-License-Identifier: MIT
import CommandLineInterface
import ServiceRuntime
import SystemCalls

/// The benchmarks' program: load generator, observer, and the servers that the operator needs. It is not shipped.
@main
struct BenchProgram {
    static let command = Command(
        "codex-k8s-bench", summary: "Measures the operator beside the limit of the server that it works with.",
        discussion: """
            hack/bench.sh builds everything and calls `run`. The other commands are the servers that `run` starts, each \
            in a process of its own. Exit codes: 0 measured, whether or not bars were met; 1 a run broke; 2 wrongly called.
            """,
        subcommands: [RunCommand.command, ClusterCommand.command, ForgeCommand.command])

    static func main() async {
        await command.runAsProgram { parsed in
            switch parsed.path.joined(separator: " ") {
            case "run": try await RunCommand.run(parsed)
            case "cluster": try await ClusterCommand.run(parsed)
            case "forge": try await ForgeCommand.run(parsed)
            default: throw UsageError("codex-k8s-bench", "unknown command; see codex-k8s-bench --help")
            }
            return 0
        }
    }
}

/// A run that cannot be measured: what broke, and where to look.
struct BrokenRun: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
