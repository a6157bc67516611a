// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// Blocking file operations with errors that name the path.
///
/// They are fast on a local disk; callers that touch many or large files do it on a blocking pool.
package enum Files {
    /// Reads a whole file.
    ///
    /// - Parameter limit: the most bytes that are accepted; a longer file is an error (`EFBIG`), never cut silently.
    package static func readBytes(_ path: String, limit: Int = 1 << 30) throws(SystemError) -> [UInt8] {
        let file = try FileDescriptor(opening: path, flags: O_RDONLY)
        let size = Int(try file.status(subject: path).st_size)
        if size > limit { throw SystemError(call: "read", subject: path, code: EFBIG) }
        var content: [UInt8] = []
        content.reserveCapacity(size)
        // Files below /proc say that their size is 0, so the size is a hint only.
        while true {
            let chunk = try file.read(upTo: max(4096, min(size - content.count, 1 << 20)), subject: path)
            if chunk.isEmpty { return content }
            content += chunk
            if content.count > limit { throw SystemError(call: "read", subject: path, code: EFBIG) }
        }
    }

    /// Reads a whole file as UTF-8; invalid sequences become replacement characters.
    package static func readText(_ path: String, limit: Int = 1 << 30) throws(SystemError) -> String {
        String(decoding: try readBytes(path, limit: limit), as: UTF8.self)
    }

    /// True when the path leads to something, following symbolic links.
    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// True when the path leads to a file that this process may execute.
    package static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 && !isDirectory(path) }

    /// True when the path leads to a folder.
    package static func isDirectory(_ path: String) -> Bool { (try? status(path))?.kind == .directory }

    /// What the path leads to, following symbolic links.
    package static func status(_ path: String) throws(SystemError) -> FileStatus {
        var status = stat()
        _ = try check("stat", path) { stat(path, &status) }
        return FileStatus(status)
    }

    /// What the path itself is: a symbolic link is not followed.
    package static func linkStatus(_ path: String) throws(SystemError) -> FileStatus {
        var status = stat()
        _ = try check("lstat", path) { lstat(path, &status) }
        return FileStatus(status)
    }

    /// Names in a folder, without `.` and `..`, sorted by their bytes.
    package static func list(_ path: String) throws(SystemError) -> [String] {
        guard let directory = opendir(path) else { throw SystemError(call: "opendir", subject: path, code: errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(directory) else {
                if errno != 0 { throw SystemError(call: "readdir", subject: path, code: errno) }
                return names.sorted()
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
    }

    /// The real path, without symbolic links, `.` and `..`.
    package static func resolve(_ path: String) throws(SystemError) -> String {
        guard let resolved = realpath(path, nil) else {
            throw SystemError(call: "realpath", subject: path, code: errno)
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The path of the running executable.
    package static func executablePath() throws(SystemError) -> String { try resolve("/proc/self/exe") }

    /// The folder part of a path: `.` for a bare name.
    package static func directory(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
