// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// The process's standard output and error, written whole.
///
/// A log line or an answer goes out in as few writes as the kernel allows; lines of up to 4 KiB to a pipe are never
/// mixed with another thread's (pipe(7), PIPE_BUF). Failure is ignored on purpose: there is nobody left to tell.
package enum StandardStreams {
    /// Writes to standard error.
    package static func writeError(_ bytes: [UInt8]) { write(bytes, to: STDERR_FILENO) }

    /// Writes to standard output.
    package static func writeOutput(_ bytes: [UInt8]) { write(bytes, to: STDOUT_FILENO) }

    /// Writes text and a line feed to standard error.
    package static func writeErrorLine(_ text: String) { writeError(Array((text + "\n").utf8)) }

    /// Writes text and a line feed to standard output.
    package static func writeOutputLine(_ text: String) { writeOutput(Array((text + "\n").utf8)) }

    /// True when standard output is a terminal, so that progress may be drawn on it.
    package static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        _ = try? FileDescriptor.writeAll(bytes, to: descriptor, subject: "standard stream")
    }
}
