// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// A file that stays open and grows at its end: a log, a journal.
///
/// Appends of one call are one write, so that two writers of the same file do not mix within a record.
package final class AppendFile: Sendable {
    private let path: String
    private let file: Int32

    /// Opens the file, made if missing.
    package init(_ path: String, mode: UInt32 = 0o644) throws(SystemError) {
        self.path = path
        file = try check("open", path) { clinux_open(path, O_WRONLY | O_CREAT | O_APPEND, mode) }
    }

    deinit { close(file) }

    /// Adds bytes at the end; they are in the kernel's hands afterwards, not yet on the disk.
    package func append(_ bytes: [UInt8]) throws(SystemError) {
        try FileDescriptor.writeAll(bytes, to: file, subject: path)
    }

    /// Waits until everything appended is on the disk.
    package func synchronize() throws(SystemError) {
        _ = try check("fdatasync", path) { fdatasync(file) }
    }

    /// Cuts the file, for example a record that was written in part before a crash.
    package func truncate(to size: Int) throws(SystemError) {
        _ = try check("ftruncate", path) { ftruncate(file, off_t(size)) }
    }

    /// Bytes in the file.
    package func size() throws(SystemError) -> Int {
        var status = stat()
        _ = try check("fstat", path) { fstat(file, &status) }
        return Int(status.st_size)
    }
}
