// SPDX-License-Identifier: MIT
import CLinux
import Glibc

extension Files {
    /// Replaces a file in one step: readers see the old content or the new one, never a part.
    ///
    /// - Parameters:
    ///   - mode: permission bits of the new file, whatever the umask says.
    ///   - owner: user and group that the new file belongs to from its first moment; needs root.
    ///   - durable: waits for the disk, so that the file survives a power cut; off for what can be made again.
    package static func writeAtomically(
        _ path: String, _ bytes: [UInt8], mode: UInt32 = 0o644, owner: FileOwner? = nil, durable: Bool = true
    ) throws(SystemError) {
        let draft = "\(path).\(getpid()).\(UInt32.random(in: .min ... .max)).tmp"
        do throws(SystemError) {
            let file = try FileDescriptor(opening: draft, flags: O_WRONLY | O_CREAT | O_EXCL, mode: mode)
            if let owner { _ = try check("fchown", draft) { fchown(file.number, owner.userID, owner.groupID) } }
            _ = try check("fchmod", draft) { fchmod(file.number, mode) }
            try FileDescriptor.writeAll(bytes, to: file.number, subject: draft)
            if durable { try file.synchronize(subject: draft) }
            try rename(draft, to: path)
        } catch {
            unlink(draft)
            throw error
        }
        if durable { try synchronizeDirectory(directory(of: path)) }
    }

    /// Adds bytes at the end of a file, made if missing, and waits until they are on the disk.
    package static func appendDurably(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o644) throws(SystemError) {
        let isNew = !exists(path)
        let file = try FileDescriptor(opening: path, flags: O_WRONLY | O_CREAT | O_APPEND, mode: mode)
        try FileDescriptor.writeAll(bytes, to: file.number, subject: path)
        try file.synchronize(subject: path)
        if isNew { try synchronizeDirectory(directory(of: path)) }
    }

    /// Makes a folder and those above it; one that is there already is fine.
    ///
    /// - Parameter mode: permission bits of the last folder; those above follow the umask.
    package static func createDirectory(_ path: String, mode: UInt32 = 0o755) throws(SystemError) {
        if mkdir(path, mode) == 0 {
            _ = try check("chmod", path) { chmod(path, mode) }
            return
        }
        let code = errno
        if code == EEXIST, isDirectory(path) { return }
        let parent = directory(of: path)
        // Where the parent is there, as in /proc, the system means something else.
        guard code == ENOENT, parent != path, parent != ".", !exists(parent) else {
            throw SystemError(call: "mkdir", subject: path, code: code)
        }
        try createDirectory(parent)
        try createDirectory(path, mode: mode)
    }

    /// Removes a file, or a folder with all that is in it; symbolic links are removed, never followed.
    ///
    /// What is missing already is fine.
    package static func remove(_ path: String) throws(SystemError) {
        let kind: FileStatus.Kind
        do throws(SystemError) { kind = try linkStatus(path).kind } catch {
            if error.isNotFound { return }
            throw error
        }
        if kind == .directory {
            // A tool may leave folders that even their owner cannot write; git objects and module caches do.
            if access(path, W_OK | X_OK) != 0 { chmod(path, 0o700) }
            for name in try list(path) { try remove("\(path)/\(name)") }
        }
        do throws(SystemError) {
            _ = try check("remove", path) { kind == .directory ? rmdir(path) : unlink(path) }
        } catch {
            if !error.isNotFound { throw error }
        }
    }

    /// Renames, replacing a file of the new name.
    package static func rename(_ path: String, to newPath: String) throws(SystemError) {
        _ = try check("rename", "\(path) to \(newPath)") { CLinux.rename(path, newPath) }
    }

    /// Makes a symbolic link, or replaces one in a single step.
    package static func linkSymbolically(_ path: String, to target: String) throws(SystemError) {
        let draft = "\(path).\(getpid()).\(UInt32.random(in: .min ... .max)).tmp"
        _ = try check("symlink", draft) { symlink(target, draft) }
        do throws(SystemError) { try rename(draft, to: path) } catch {
            unlink(draft)
            throw error
        }
    }

    /// Where a symbolic link points.
    package static func linkTarget(_ path: String) throws(SystemError) -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = try check("readlink", path) {
            buffer.withUnsafeMutableBytes { clinux_read_link(path, $0.baseAddress, 4096) }
        }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    /// Sets permission bits.
    package static func setMode(_ path: String, _ mode: UInt32) throws(SystemError) {
        _ = try check("chmod", path) { chmod(path, mode) }
    }

    /// Gives a file to a user and group; needs root.
    package static func setOwner(_ path: String, userID: UInt32, groupID: UInt32) throws(SystemError) {
        _ = try check("chown", path) { chown(path, userID, groupID) }
    }

    /// The nearest folder on the way to a path, itself included, that other users may not enter by its permission bits;
    /// `nil` when there is none.
    package static func barrier(to path: String) -> String? {
        var step = path
        var barrier: String?
        while true {
            if let status = try? status(step), status.kind == .directory, status.mode & 0o001 == 0 { barrier = step }
            let parent = directory(of: step)
            if parent == step || parent == "." { return barrier }
            step = parent
        }
    }

    /// Makes a new empty folder that only this user can enter, under `$TMPDIR` or `/tmp`.
    package static func temporaryDirectory(prefix: String = "codex-k8s") throws(SystemError) -> String {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/\(prefix).XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { clinux_make_folder($0.baseAddress) == 0 }
        if !made { throw SystemError(call: "mkdtemp", subject: "\(base)/\(prefix).XXXXXX", code: errno) }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Makes renames and new names in a folder survive a power cut.
    package static func synchronizeDirectory(_ path: String) throws(SystemError) {
        let folder = try FileDescriptor(opening: path, flags: O_RDONLY | O_DIRECTORY)
        try folder.synchronize(subject: path)
    }
}

extension Files {
    /// Writes over a file in place, for files that may not be replaced: a mounted file, a device, a pipe.
    package static func overwrite(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o644) throws(SystemError) {
        let file = try FileDescriptor(opening: path, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        try FileDescriptor.writeAll(bytes, to: file.number, subject: path)
    }
}
