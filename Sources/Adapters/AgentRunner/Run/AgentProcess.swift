// SPDX-License-Identifier: MIT
import AgentAPI
import ChildProcesses
import JSONCoding
import SystemCalls

/// The agent's program, from its start to the result that it left.
struct AgentProcess: Sendable {
    let configuration: RunnerConfiguration
    /// The broker's base address.
    let broker: String
    /// The session to go on with, when its files are in place.
    var sessionID: String?

    /// How it ended; what it said counts also when it failed or was told to stop.
    struct End: Sendable {
        /// nil when it was not started or ended by its limit.
        var exitCode: Int32?
        var outcome = AgentResult()
        /// Why the run does not go on after it; nil when it does.
        var failure: (any Error)?
    }

    /// Takes away what an earlier attempt left, before anybody reads it as this one's.
    func clear() throws(SystemError) {
        try Files.remove(configuration.agentResultFile)
        try Files.remove(configuration.progressFile)
    }

    /// Runs the agent to its end; cancelling the task asks it to end and waits for it.
    func run() async -> End {
        var end = End()
        do {
            let process = try await start()
            end.exitCode = try await exitCode(of: process)
        } catch {
            end.failure = error
        }
        await endWhatIsLeft()
        end.outcome = AgentResult(untrusted: AgentResult.read(configuration.agentResultFile))
        if Task.isCancelled {
            end.failure = CancellationError()
        } else if let code = end.exitCode, code != 0 {
            end.failure = RunnerError.agentFailed(exitCode: code, reason: end.outcome.error)
        }
        return end
    }

    /// Kills what the agent left in the background, which would go on writing while its work is committed and its session
    /// saved. It is known by the agent's environment.
    private func endWhatIsLeft() async {
        // What is killed may have started something meanwhile.
        for _ in 0..<20 {
            let left = ProcessTable.processIDs(
                withVariable: RunnerEnvironment.agentResultFile, value: configuration.agentResultFile)
            if left.isEmpty { return }
            for identity in left.compactMap(ProcessTable.identity) { ProcessTable.kill(identity) }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    private func start() async throws -> RunningProcess {
        let prompt: [UInt8]
        do { prompt = try Files.readBytes(configuration.promptFile, limit: 8 << 20) } catch {
            throw RunnerError.promptMissing(file: configuration.promptFile, reason: "\(error)")
        }
        try Files.createDirectory(configuration.sessionDirectory, mode: 0o700)
        do { return try await spawn(prompt) } catch {
            throw RunnerError.agentUnavailable(
                command: configuration.agentCommand.joined(separator: " "), reason: "\(error)")
        }
    }

    private func spawn(_ prompt: [UInt8]) async throws(ChildProcessError) -> RunningProcess {
        try await ChildProcess.spawn(
            .init(
                executable: configuration.agentCommand[0], arguments: Array(configuration.agentCommand.dropFirst()),
                environment: AgentContract.environment(configuration, broker: broker, sessionID: sessionID),
                workingDirectory: configuration.checkout,
                standardInput: .bytes(prompt), output: .inherit, errors: .inherit, closeOnParentDeath: true))
    }

    /// Waits for the exit code, for at most the agent's limit.
    private func exitCode(of process: RunningProcess) async throws -> Int32 {
        let grace = configuration.agentGrace
        return try await withThrowingTaskGroup(of: Int32?.self) { group in
            group.addTask {
                await withTaskCancellationHandler {
                    await process.wait()
                } onCancel: {
                    process.terminate(grace: grace)
                }
            }
            group.addTask {
                try await Task.sleep(for: configuration.agentLimit)
                return nil
            }
            defer { group.cancelAll() }
            do {
                if let first = try await group.next(), let code = first { return code }
            } catch is CancellationError {
                // The limit's task ends first when the run is cancelled; the agent still has its grace.
                return try await group.next().flatMap(\.self) ?? 143
            }
            process.terminate(grace: grace)
            _ = await process.wait()
            throw RunnerError.agentTimedOut(limit: configuration.agentLimit)
        }
    }
}
