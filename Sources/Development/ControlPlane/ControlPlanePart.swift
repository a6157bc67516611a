// SPDX-License-Identifier: MIT
import ChildProcesses
import Synchronization
import SystemCalls

/// One program of a control plane: started, stopped, killed or frozen, and started again on the same data.
///
/// The kernel kills it when this process ends, however it ends.
package final class ControlPlanePart: Sendable {
    /// The program's name.
    package let name: String
    /// The file that everything it writes is added to.
    package let log: String
    private let configuration: ChildProcess.Configuration
    private let stopTimeout: Duration
    private let process = Mutex<RunningProcess?>(nil)

    init(name: String, executable: String, flags: [String: String], directory: String, stopTimeout: Duration) {
        self.name = name
        self.stopTimeout = stopTimeout
        log = "\(directory)/\(name).log"
        configuration = ChildProcess.Configuration(
            executable: executable, arguments: flags.sorted { $0.key < $1.key }.map { "--\($0.key)=\($0.value)" },
            environment: ["HOME": directory, "PATH": "/usr/bin:/bin"], workingDirectory: directory,
            output: .file(log), errors: .output, closeOnParentDeath: true)
    }

    /// The process id; nil when it does not run.
    package var processID: Int32? { process.withLock { $0 }.flatMap { $0.exitCode == nil ? $0.processID : nil } }

    /// Starts the program, which takes a while to be ready; one that runs already is left alone.
    package func start() async throws {
        if processID != nil { return }
        let started = try await ChildProcess.spawn(configuration)
        process.withLock { $0 = started }
    }

    /// Ends it at once, as `kill -9` does, and returns when it is gone.
    package func kill() async {
        guard let process = process.withLock({ $0 }) else { return }
        process.signal(.kill)
        _ = await process.wait()
    }

    /// Asks it to end and returns when it is gone.
    package func stop() async {
        guard let process = process.withLock({ $0 }) else { return }
        process.terminate(grace: stopTimeout)
        _ = await process.wait()
    }

    /// Stops it in the middle of whatever it does (SIGSTOP): its connections stay open and nothing answers.
    package func freeze() { process.withLock { $0 }?.signal(.stop) }

    /// Lets a frozen program go on (SIGCONT).
    package func resume() { process.withLock { $0 }?.signal(.resume) }

    /// Throws, with the end of the log, if the program has ended by itself.
    func checkAlive() throws(ControlPlaneError) {
        guard let code = process.withLock({ $0 })?.exitCode else { return }
        let text = (try? Files.readText(log)) ?? ""
        throw ControlPlaneError(problem: "\(name) ended with exit code \(code): \(text.suffix(1000))")
    }
}
