// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// A system call that failed: which one, on what, and the kernel's reason.
package struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Name of the call, for example `open`.
    package let call: String
    /// The path or descriptor that it was about, if any.
    package let subject: String?
    /// `errno` after the call.
    package let code: Int32

    package init(call: String, subject: String? = nil, code: Int32) {
        self.call = call
        self.subject = subject
        self.code = code
    }

    /// The kernel's sentence for the code.
    package var reason: String {
        // A buffer of our own: strerror shares one between threads.
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let start = buffer.baseAddress else { return "error \(code)" }
            start.initialize(repeating: 0, count: 256)
            _ = clinux_describe_error(code, start, 256)
            return String(cString: start)
        }
    }

    package var description: String {
        if let subject { "\(call) \(subject): \(reason)" } else { "\(call): \(reason)" }
    }

    /// True when the thing named does not exist.
    package var isNotFound: Bool { code == ENOENT || code == ENOTDIR }
    /// True when the name is already taken.
    package var isAlreadyThere: Bool { code == EEXIST }
}

/// Runs a call that answers a negative number and sets `errno` on failure, again when a signal interrupted it.
///
/// The one place that reads `errno`, so that nothing can overwrite it in between.
func check<Value: SignedInteger>(
    _ call: String, _ subject: String? = nil, _ body: () -> Value
) throws(SystemError) -> Value {
    while true {
        let result = body()
        if result >= 0 { return result }
        let code = errno
        if code != EINTR { throw SystemError(call: call, subject: subject, code: code) }
    }
}
