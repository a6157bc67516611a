// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// Who this process is.
package enum ProcessIdentity {
    /// Effective user id; 0 is root.
    package static var userID: UInt32 { geteuid() }
    /// Effective group id.
    package static var groupID: UInt32 { getegid() }
    package static var processID: Int32 { getpid() }

    /// The environment, read once at the first use: nothing in this project changes it while it runs.
    package static let environment: [String: String] = {
        var variables: [String: String] = [:]
        var entry = clinux_environment()
        while let current = entry, let text = current.pointee {
            let pair = String(cString: text)
            if let separator = pair.firstIndex(of: "=") {
                variables[String(pair[..<separator])] = String(pair[pair.index(after: separator)...])
            }
            entry = current + 1
        }
        return variables
    }()

    /// The name of this machine, as the kernel knows it.
    package static var hostName: String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let result = buffer.withUnsafeMutableBytes { clinux_host_name($0.baseAddress, 255) }
        return result == 0 ? String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self) : "localhost"
    }

    /// Puts another program in the place of this one, with its id, environment and open streams (execv(2)).
    ///
    /// - Parameters:
    ///   - program: its path, which is also its first argument.
    ///   - arguments: what follows.
    /// - Throws: `SystemError` when it cannot be started; it does not return otherwise.
    package static func become(_ program: String, arguments: [String]) throws(SystemError) -> Never {
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        words.append(nil)
        execv(program, words)
        let code = errno
        for word in words { free(word) }
        throw SystemError(call: "execv", subject: program, code: code)
    }

    /// Has the kernel write no image of this process's memory when it crashes (setrlimit(2), RLIMIT_CORE).
    package static func forbidCoreDumps() throws(SystemError) {
        _ = try check("setrlimit", "RLIMIT_CORE") { clinux_forbid_core_dumps() }
    }

    /// Ends the process at once with an exit code, without running anything else.
    package static func exitNow(_ code: Int32) -> Never { _exit(code) }
}
