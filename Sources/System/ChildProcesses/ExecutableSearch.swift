// SPDX-License-Identifier: MIT
import SystemCalls

/// Finds the file of a program, since posix_spawn reports a missing program and a missing folder alike.
package enum ExecutableSearch {
    /// The file for a name or path.
    ///
    /// - Parameter path: folders separated by colons, searched for a name without a slash.
    package static func find(_ executable: String, path: String) throws(ChildProcessError) -> String {
        if executable.utf8.contains(UInt8(ascii: "/")) {
            if Files.isExecutable(executable) { return executable }
            throw .executableNotFound(executable, searched: nil)
        }
        for folder in path.split(separator: ":", omittingEmptySubsequences: true) {
            let candidate = "\(folder)/\(executable)"
            if Files.isExecutable(candidate) { return candidate }
        }
        throw .executableNotFound(executable, searched: path)
    }

    /// This process's `PATH`, or the usual folders.
    package static var defaultPath: String {
        ProcessIdentity.environment["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    }
}
