// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// What the kernel says about a path.
package struct FileStatus: Sendable, Hashable {
    /// The kinds that matter here.
    package enum Kind: Sendable, Hashable { case file, directory, symbolicLink, other }

    package let kind: Kind
    /// Bytes.
    package let size: Int
    /// Permission bits, for example `0o644`.
    package let mode: UInt32
    package let ownerID: UInt32
    package let inode: UInt64
    /// Last change of the content, in seconds since 1970.
    package let modified: Double

    init(_ status: stat) {
        kind =
            switch clinux_file_kind(status.st_mode) {
            case 0: .file
            case 1: .directory
            case 2: .symbolicLink
            default: .other
            }
        size = Int(status.st_size)
        mode = status.st_mode & 0o7777
        ownerID = status.st_uid
        inode = UInt64(status.st_ino)
        modified = Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9
    }
}

/// Whom a file belongs to, by numbers.
package struct FileOwner: Sendable, Hashable {
    package var userID: UInt32
    package var groupID: UInt32

    /// Names user and group.
    package init(userID: UInt32, groupID: UInt32) {
        self.userID = userID
        self.groupID = groupID
    }
}
