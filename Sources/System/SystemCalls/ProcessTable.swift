// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// Looks at other processes through `/proc` (proc(5)).
///
/// A process id alone is no identity, since ids are used again; id and start time together are.
package enum ProcessTable {
    /// A process that cannot be mistaken for a later one with the same id.
    package struct Identity: Sendable, Hashable {
        package let processID: Int32
        /// Clock ticks after boot.
        package let startTime: UInt64

        package init(processID: Int32, startTime: UInt64) {
            self.processID = processID
            self.startTime = startTime
        }
    }

    /// Ids of all processes.
    package static func processIDs() -> [Int32] { ((try? Files.list("/proc")) ?? []).compactMap { Int32($0) } }

    /// The identity of a running process; nil when there is none, or only its unreaped remains.
    package static func identity(of processID: Int32) -> Identity? {
        guard let text = try? Files.readText("/proc/\(processID)/stat", limit: 4096),
            // The command's name is in parentheses and may hold anything, so fields are counted from the last one.
            let end = text.utf8.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        // state is field 3 of proc(5), start time field 22.
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X", let startTime = UInt64(fields[19]) else {
            return nil
        }
        return Identity(processID: processID, startTime: startTime)
    }

    /// True when exactly this process still runs.
    package static func isRunning(_ identity: Identity) -> Bool { self.identity(of: identity.processID) == identity }

    /// Ids of the processes whose initial environment holds this variable; only those of the same user are seen.
    package static func processIDs(withVariable name: String, value: String) -> [Int32] {
        let wanted = Array("\(name)=\(value)".utf8)
        return processIDs().filter { id in
            guard id != getpid(), let bytes = try? Files.readBytes("/proc/\(id)/environ", limit: 4 << 20) else {
                return false
            }
            return bytes.split(separator: 0).contains { $0.elementsEqual(wanted) }
        }
    }

    /// Kills exactly this process; one that is gone, or whose id another one has by now, is left alone.
    package static func kill(_ identity: Identity) {
        let handle = clinux_pidfd_open(identity.processID)
        guard handle >= 0 else { return }
        defer { close(handle) }
        // The handle pins the process: checked after opening, it cannot be another one any more.
        if isRunning(identity) { _ = clinux_pidfd_send_signal(handle, SIGKILL) }
    }

    /// Blocks this thread for a moment, for loops that wait for the kernel on a thread of their own.
    package static func pause(milliseconds: Int) { usleep(UInt32(milliseconds) * 1_000) }
}
