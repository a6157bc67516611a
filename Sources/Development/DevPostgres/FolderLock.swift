// SPDX-License-Identifier: MIT
import SystemCalls

/// Keeps others off a folder for as long as it lives; a process that ends lets go by itself.
final class FolderLock: Sendable {
    private let lock: FileLock

    /// Takes the lock.
    ///
    /// - Throws: at once when another process has it.
    init(_ directory: String) throws(SystemError) { lock = try Files.lock("\(directory)/lock") }
}
