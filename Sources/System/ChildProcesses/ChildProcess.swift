// SPDX-License-Identifier: MIT
package import SystemCalls

/// Starts other programs, without a shell, and looks after them until nothing of them is left.
///
/// One thread owns every child: it starts them, reads their pipes, sends their signals and reaps them, so that a
/// process id is never used after it was given back to the kernel.
package enum ChildProcess {
    /// How a program ended, with what it wrote.
    package struct Result: Sendable, Hashable {
        /// The exit code; 128 + n after a death by signal n.
        package let exitCode: Int32
        package let stdout: [UInt8]
        package let stderr: [UInt8]
        /// True when more was written than the configured limit kept.
        package let isTruncated: Bool

        /// Standard output as text, without white space at the end.
        package var outputText: String { Self.text(stdout) }
        /// Standard error as text, without white space at the end.
        package var errorText: String { Self.text(stderr) }

        private static func text(_ bytes: [UInt8]) -> String {
            let end = bytes.lastIndex { $0 > UInt8(ascii: " ") }.map { $0 + 1 } ?? 0
            return String(decoding: bytes[..<end], as: UTF8.self)
        }
    }

    /// Starts a program and answers as soon as it is started, about a third of a millisecond later.
    ///
    /// Cancelling the task does not undo the start: what was started is the caller's to end.
    package static func spawn(_ configuration: Configuration) async throws(ChildProcessError) -> RunningProcess {
        try await Reaper.shared.spawn(configuration)
    }

    /// Runs a program to its end and answers what it wrote. Streamed output has no reader here: use ``spawn(_:)``.
    ///
    /// Cancelling the task ends the program: TERM to its group, KILL two seconds later.
    ///
    /// - Parameter timeout: after this long the program is ended the same way and `timedOut` is thrown.
    package static func run(
        _ configuration: Configuration, timeout: Duration? = nil
    ) async throws -> Result {
        try Task.checkCancellation()
        let process = try await spawn(configuration)
        if let timeout { process.terminate(after: timeout) }
        let exitCode = await withTaskCancellationHandler {
            await process.wait()
        } onCancel: {
            process.terminate()
        }
        try Task.checkCancellation()
        if process.hasTimedOut {
            throw ChildProcessError.timedOut(executable: configuration.executable, after: timeout ?? .zero)
        }
        let collected = process.collected
        return Result(
            exitCode: exitCode, stdout: collected.output, stderr: collected.errors, isTruncated: collected.isTruncated)
    }

    /// Adopts orphans of children, so that what leaves its process group is still seen and reaped here.
    ///
    /// Every exited child of this process is reaped from then on: no other code may start processes of its own.
    package static func becomeSubreaper() throws(SystemError) { try Reaper.shared.becomeSubreaper() }
}
