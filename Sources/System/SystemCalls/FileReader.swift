// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// Reads parts of a file by position: following a log does not read it again from the start.
package struct FileReader: ~Copyable, Sendable {
    private let path: String
    private let file: Int32

    /// Opens an existing file.
    ///
    /// - Parameter followsLinks: without it a symbolic link in the file's own place is an error (`ELOOP`), and opening a
    ///   pipe does not wait for its writer.
    package init(_ path: String, followsLinks: Bool = true) throws(SystemError) {
        self.path = path
        let flags = followsLinks ? O_RDONLY : O_RDONLY | O_NOFOLLOW | O_NONBLOCK
        file = try check("open", path) { clinux_open(path, flags, 0) }
    }

    deinit { close(file) }

    /// Up to `count` bytes from `offset`; empty at the end of the file.
    package func read(at offset: Int, upTo count: Int) throws(SystemError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        let got = try check("pread", path) {
            buffer.withUnsafeMutableBytes { pread(file, $0.baseAddress, count, off_t(offset)) }
        }
        buffer.removeLast(count - got)
        return buffer
    }

    /// Bytes in the file now.
    package func size() throws(SystemError) -> Int {
        var status = stat()
        _ = try check("fstat", path) { fstat(file, &status) }
        return Int(status.st_size)
    }
}
