// SPDX-License-Identifier: MIT
import AgentAPI
import ChildProcesses
import JSONCoding
package import ServiceRuntime
import SystemCalls

/// The commands of `agent-runner`, each from its environment to its exit code.
package enum RunnerProgram {
    /// The pod was not built as this program expects.
    package static let badConfiguration: Int32 = 2

    /// `agent-runner run`: SIGTERM has the agent end and the result say `cancelled`.
    package static func run(environment: [String: String], logger: Logger) async -> Int32 {
        let configuration: RunnerConfiguration
        do throws(RunnerError) { configuration = try RunnerConfiguration(environment: environment) } catch {
            logger.error("bad configuration", ["error": error.description])
            leave(error, environment)
            return badConfiguration
        }
        // The first process of a container has to reap whatever agents leave, or ids for new ones run out.
        try? ChildProcess.becomeSubreaper()
        let signals = await SignalSequence([.terminate, .interrupt])
        let work = Task { await RunCommand(configuration: configuration, logger: logger).run() }
        let watcher = Task {
            for await signal in signals {
                logger.info("told to stop", ["signal": "\(signal)"])
                work.cancel()
            }
        }
        defer { watcher.cancel() }
        return RunCommand.exitCode(await work.value.outcome)
    }

    /// `agent-runner broker`: serves until SIGTERM.
    package static func broker(environment: [String: String], logger: Logger) async -> Int32 {
        do {
            // Its memory holds the credentials; a file on the node must not.
            try ProcessIdentity.forbidCoreDumps()
            let configuration = try BrokerConfiguration(environment: environment)
            try await ServiceGroup(
                [("broker", Broker(configuration: configuration, logger: logger))], logger: logger
            ).run()
            return 0
        } catch let error as RunnerError {
            logger.error("bad configuration", ["error": error.description])
            return badConfiguration
        } catch {
            logger.error("the broker failed", ["error": "\(error)"])
            return 1
        }
    }

    /// `agent-runner codex`: the codex CLI as an agent; SIGTERM ends it.
    package static func codex(environment: [String: String]) async -> Int32 {
        let say: @Sendable (String) -> Void = { StandardStreams.writeOutputLine($0) }
        let agent: CodexAgent
        do throws(RunnerError) { agent = try CodexAgent(environment: environment, say: say) } catch {
            say(error.description)
            // The runner tells people what it finds there.
            if let file = environment[RunnerEnvironment.agentResultFile], !file.isEmpty {
                let result = AgentResult(error: error.description)
                try? Files.writeAtomically(file, result.json.encoded(), durable: false)
            }
            return badConfiguration
        }
        let signals = await SignalSequence([.terminate, .interrupt])
        let work = Task { await agent.run() }
        let watcher = Task { for await _ in signals { work.cancel() } }
        defer { watcher.cancel() }
        return await work.value
    }

    /// `agent-runner stand-in`: the demo's agent.
    package static func standIn(environment: [String: String]) -> Int32 {
        StandInAgent(environment: environment) { StandardStreams.writeOutputLine($0) }.run()
    }

    /// Says what is wrong where the controller looks for it, as far as that place is known.
    private static func leave(_ error: RunnerError, _ environment: [String: String]) {
        guard let path = environment[RunnerEnvironment.terminationMessage], !path.isEmpty else { return }
        let message = RunResultMessage(
            outcome: .failed, attempt: Int(environment[RunnerEnvironment.attempt] ?? "") ?? 0,
            branch: environment[RunnerEnvironment.branch] ?? "", error: error.description)
        if let bytes = try? message.encoded() { try? Files.overwrite(path, bytes) }
    }
}
