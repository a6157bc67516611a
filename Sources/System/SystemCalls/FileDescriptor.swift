// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// An open file that is closed when its value goes away.
struct FileDescriptor: ~Copyable {
    let number: Int32

    /// Opens a path; close-on-exec is always set, so that no child inherits it.
    init(opening path: String, flags: Int32, mode: UInt32 = 0) throws(SystemError) {
        number = try check("open", path) { clinux_open(path, flags, mode) }
    }

    deinit { close(number) }

    /// Writes everything, however many calls that takes.
    static func writeAll(_ bytes: [UInt8], to descriptor: Int32, subject: String) throws(SystemError) {
        var offset = 0
        while offset < bytes.count {
            let start = offset
            offset += try check("write", subject) {
                bytes.withUnsafeBytes { buffer in
                    CLinux.write(descriptor, buffer.baseAddress.map { $0 + start }, buffer.count - start)
                }
            }
        }
    }

    /// Reads up to `count` bytes from the current position; an empty answer is the end.
    func read(upTo count: Int, subject: String) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let number = self.number
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(SystemError) {
                initialized = try check("read", subject) { CLinux.read(number, buffer.baseAddress, count) }
            } catch {
                failure = error
                initialized = 0
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Waits until the file's content is on the disk.
    func synchronize(subject: String) throws(SystemError) {
        _ = try check("fsync", subject) { fsync(number) }
    }

    func status(subject: String) throws(SystemError) -> stat {
        var status = stat()
        _ = try check("fstat", subject) { fstat(number, &status) }
        return status
    }
}
