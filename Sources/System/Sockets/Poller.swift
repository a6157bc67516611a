// SPDX-License-Identifier: MIT
import CLinux
import Glibc
package import SystemCalls

/// Waits until sockets can be read or written (epoll(7)). One thread waits; any thread wakes it.
package final class Poller: Sendable {
    /// What a socket is ready for.
    package struct Event: Sendable {
        /// Which socket, as its watcher called it.
        package var token: UInt64
        /// Bytes, an end or an error wait to be read.
        package var isReadable: Bool
        /// There is room to write, or connecting is over.
        package var isWritable: Bool
        /// The connection is broken.
        package var isBroken: Bool
    }

    private let epoll: Int32
    private let alarm: Int32

    /// - Throws: when the process has no descriptors left.
    package init() throws(SystemError) {
        epoll = clinux_epoll_create()
        guard epoll >= 0 else { throw SystemError(call: "epoll_create1", code: errno) }
        alarm = clinux_eventfd()
        guard alarm >= 0 else {
            let code = errno
            close(epoll)
            throw SystemError(call: "eventfd", code: code)
        }
        _ = clinux_epoll_set(epoll, EPOLL_CTL_ADD, alarm, CLINUX_EPOLL_READABLE, .max)
    }

    deinit {
        close(alarm)
        close(epoll)
    }

    /// Begins to watch a socket under a name other than `UInt64.max`.
    package func add(_ socket: TCPSocket, token: UInt64, reads: Bool, writes: Bool) {
        set(EPOLL_CTL_ADD, socket, token, reads, writes)
    }

    /// Changes what a socket is watched for. Broken connections are told whatever is asked for.
    package func change(_ socket: TCPSocket, token: UInt64, reads: Bool, writes: Bool) {
        set(EPOLL_CTL_MOD, socket, token, reads, writes)
    }

    /// Stops watching a socket; closing it does the same.
    package func remove(_ socket: TCPSocket) {
        _ = clinux_epoll_set(epoll, EPOLL_CTL_DEL, socket.descriptor, 0, 0)
    }

    private func set(_ operation: Int32, _ socket: TCPSocket, _ token: UInt64, _ reads: Bool, _ writes: Bool) {
        let events = (reads ? CLINUX_EPOLL_READABLE : 0) | (writes ? CLINUX_EPOLL_WRITABLE : 0)
        _ = clinux_epoll_set(epoll, operation, socket.descriptor, events, token)
    }

    /// Blocks this thread until something is ready, ``wake()`` is called or the time is over; nil waits for ever.
    package func wait(atMost limit: Duration?) -> [Event] {
        var tokens = [UInt64](repeating: 0, count: 64)
        var flags = [UInt32](repeating: 0, count: 64)
        let count = clinux_epoll_wait(epoll, &tokens, &flags, 64, limit.map(Self.milliseconds) ?? -1)
        var events: [Event] = []
        for index in 0..<max(0, Int(count)) {
            if tokens[index] == .max {
                var rings: UInt64 = 0
                _ = Glibc.read(alarm, &rings, 8)
            } else {
                events.append(
                    Event(
                        token: tokens[index], isReadable: flags[index] & CLINUX_EPOLL_READABLE != 0,
                        isWritable: flags[index] & CLINUX_EPOLL_WRITABLE != 0,
                        isBroken: flags[index] & CLINUX_EPOLL_BROKEN != 0))
            }
        }
        return events
    }

    /// Rounded up: waking too early would spin.
    private static func milliseconds(_ duration: Duration) -> Int32 {
        let (seconds, attoseconds) = duration.components
        guard duration > .zero else { return 0 }
        return Int32(clamping: seconds * 1_000 + attoseconds / 1_000_000_000_000_000 + 1)
    }

    /// Ends a wait, from any thread.
    package func wake() {
        var one: UInt64 = 1
        _ = Glibc.write(alarm, &one, 8)
    }
}
