// SPDX-License-Identifier: MIT
import AgentRunner
import CommandLineInterface
import ServiceRuntime
import SystemCalls

/// What runs in the containers of a run's pod.
@main
struct AgentRunnerProgram {
    static let command = Command(
        "agent-runner", summary: "Runs one agent for one issue inside the run's pod.",
        discussion: """
            Everything it needs comes through the environment (CODEXK8S_...), which the controller puts into the pod. \
            Exit codes: 0 done (also without changes), 1 failed, 2 wrongly called or configured, 3 the branch moved, \
            143 told to stop.
            """,
        subcommands: [
            Command(
                "broker", summary: "Offers the repository on loopback and holds the git credential.",
                discussion: "Accepts pushes to the run's branch alone. Ends on SIGTERM."),
            Command(
                "codex", summary: "The codex CLI as an agent.",
                discussion: "Keeps the contract of docs/agent-contract.md. Finds codex by CODEXK8S_CODEX or in PATH."),
            Command(
                "run", summary: "Clones, runs the agent, commits and pushes.",
                discussion: "Leaves its result as JSON in the container's termination message."),
            Command(
                "stand-in", summary: "An agent for demonstrations that asks no model.",
                discussion: "Does what lines of the form 'create FILE with TEXT' in the prompt ask."),
        ])

    static func main() async {
        await command.runAsProgram { parsed in await run(parsed.path.first ?? "", ProcessIdentity.environment) }
    }

    private static func run(_ name: String, _ environment: [String: String]) async -> Int32 {
        switch name {
        case "broker": await RunnerProgram.broker(environment: environment, logger: Logger(label: "broker"))
        case "codex": await RunnerProgram.codex(environment: environment)
        case "run": await RunnerProgram.run(environment: environment, logger: Logger(label: "agent-runner"))
        default: RunnerProgram.standIn(environment: environment)
        }
    }
}
