// SPDX-License-Identifier: MIT
import ChildProcesses
import JSONCoding
import SystemCalls

/// The agent's program, from its start to the result that it left.
struct AgentProcess: Sendable {
    let configuration: RunnerConfiguration

    /// What the agent says about its work; a text that is none of ours is as good as none.
    struct Outcome: Sendable, Equatable {
        var summary: String?
        var commitSubject: String?
        var sessionID: String?
        var sessionResumed: Bool?

        init(_ json: JSONValue?) {
            summary = json?["summary"]?.stringValue
            commitSubject = json?["commitSubject"]?.stringValue
            sessionID = json?["sessionID"]?.stringValue
            sessionResumed = json?["sessionResumed"]?.boolValue
        }
    }

    /// Runs the agent to its end; cancelling the task asks it to end and waits for it.
    func run() async throws -> Outcome {
        let prompt: [UInt8]
        do { prompt = try Files.readBytes(configuration.promptFile, limit: 8 << 20) } catch {
            throw RunnerError.promptMissing(file: configuration.promptFile, reason: "\(error)")
        }
        // A result of an earlier attempt is not this one's.
        try Files.remove(configuration.agentResultFile)
        let process: RunningProcess
        do { process = try await start(prompt) } catch {
            throw RunnerError.agentUnavailable(
                command: configuration.agentCommand.joined(separator: " "), reason: "\(error)")
        }
        let code = try await end(of: process)
        try Task.checkCancellation()
        if code != 0 { throw RunnerError.agentFailed(exitCode: code) }
        return Outcome(readResult())
    }

    private func start(_ prompt: [UInt8]) async throws(ChildProcessError) -> RunningProcess {
        try await ChildProcess.spawn(
            .init(
                executable: configuration.agentCommand[0], arguments: Array(configuration.agentCommand.dropFirst()),
                environment: AgentContract.environment(configuration), workingDirectory: configuration.checkout,
                standardInput: .bytes(prompt), output: .inherit, errors: .inherit, closeOnParentDeath: true))
    }

    /// Waits for the exit code, for at most the run's limit.
    private func end(of process: RunningProcess) async throws -> Int32 {
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
                try await Task.sleep(for: configuration.timeout)
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
            throw RunnerError.agentTimedOut(limit: configuration.timeout)
        }
    }

    private func readResult() -> JSONValue? {
        guard let bytes = try? Files.readBytes(configuration.agentResultFile, limit: 256 << 10) else { return nil }
        return try? JSONValue.parse(bytes)
    }
}
