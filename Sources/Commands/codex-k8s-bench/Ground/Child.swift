// SPDX-License-Identifier: MIT
import ChildProcesses
import SystemCalls

/// A program that the benchmark runs: its output goes to a log, and it does not outlive the benchmark.
struct Child: Sendable {
    let process: RunningProcess
    let log: String
    var meter: ProcessMeter { ProcessMeter(processID: process.processID) }

    static func start(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:], log: String
    ) async throws -> Child {
        var all = environment
        let path = ProcessIdentity.environment["PATH"] ?? "/usr/bin:/bin"
        all["PATH"] = all["PATH"] ?? path
        all["HOME"] = all["HOME"] ?? "/tmp"
        return Child(
            process: try await ChildProcess.spawn(
                ChildProcess.Configuration(
                    executable: executable, arguments: arguments, environment: all, output: .file(log), errors: .output,
                    closeOnParentDeath: true)), log: log)
    }

    /// Waits for a condition; a child that ends meanwhile, or a minute, breaks the run.
    func wait<T>(for what: String, every pause: Duration = .milliseconds(20), _ condition: () async throws -> T?) async throws -> T {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if let value = try await condition() { return value }
            if let code = process.exitCode { throw BrokenRun("\(what): the process ended with \(code); \(end)") }
            try await Task.sleep(for: pause)
        }
        throw BrokenRun("\(what): not within a minute; \(end)")
    }

    /// The end of the log, which goes away with the run.
    var end: String { "its log ends: \(((try? Files.readText(log)) ?? "").suffix(2000))" }

    func stop() async {
        process.terminate(grace: .seconds(10))
        _ = await process.wait()
    }
}
