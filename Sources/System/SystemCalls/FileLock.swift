// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// An exclusive lock on a file, held until the value goes away or the process ends, however it ends.
///
/// Kernel locks, unlike files with a process id in them, cannot be left behind by `kill -9`.
package struct FileLock: ~Copyable, Sendable {
    private let file: Int32

    fileprivate init(_ file: Int32) { self.file = file }

    deinit { close(file) }
}

extension Files {
    /// Takes the lock on a file, made if missing.
    ///
    /// - Throws: `EWOULDBLOCK` at once when another process has it and `wait` is false.
    package static func lock(_ path: String, wait: Bool = false) throws(SystemError) -> FileLock {
        let file = try check("open", path) { clinux_open(path, O_RDWR | O_CREAT, 0o600) }
        do throws(SystemError) {
            _ = try check("flock", path) { clinux_lock_exclusively(file, wait ? 1 : 0) }
        } catch {
            close(file)
            throw error
        }
        return FileLock(file)
    }
}
