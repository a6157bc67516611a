// SPDX-License-Identifier: MIT
import CMicrohttpd
import Glibc

/// Sockets that were answered before their request was read to its end.
///
/// Closing a socket with unread bytes resets the connection, and a client that is still sending then never sees the
/// answer. The library closes at once, so a second descriptor keeps the socket open: what still arrives is thrown away
/// until the client is done, for a bounded time, number of bytes and of sockets.
struct LingeringSockets {
    private static let maximumCount = 256
    private static let maximumBytes = 64 << 20
    /// One fast client must not hold up the others.
    private static let maximumBytesARound = 1 << 20
    private static let period = Duration.seconds(5)

    private struct Socket {
        let descriptor: Int32
        let deadline: ContinuousClock.Instant
        var remainingBytes: Int
    }

    private var sockets: [Socket] = []

    /// Whether there is something to do.
    var isEmpty: Bool { sockets.isEmpty }

    /// A second descriptor for a socket that will be closed; nil when there are too many already.
    func hold(_ descriptor: Int32) -> Int32? {
        guard sockets.count < Self.maximumCount else { return nil }
        let second = cmhd_duplicate(descriptor)
        return second < 0 ? nil : second
    }

    /// The library is done with the socket of this second descriptor.
    mutating func begin(_ descriptor: Int32) {
        // The client has all of the answer and is told that no more will come.
        shutdown(descriptor, Int32(SHUT_WR))
        sockets.append(Socket(descriptor: descriptor, deadline: .now + Self.period, remainingBytes: Self.maximumBytes))
    }

    /// Reads what has arrived and closes the sockets that are done.
    mutating func drain(now: ContinuousClock.Instant) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        for index in sockets.indices.reversed() {
            var isDone = sockets[index].deadline <= now
            let enough = sockets[index].remainingBytes - Self.maximumBytesARound
            while !isDone, sockets[index].remainingBytes > enough {
                let count = recv(sockets[index].descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                if count < 0, errno == EAGAIN || errno == EINTR { break }
                sockets[index].remainingBytes -= max(0, count)
                isDone = count <= 0 || sockets[index].remainingBytes <= 0
            }
            if isDone { close(sockets.remove(at: index).descriptor) }
        }
    }

    /// Closes all, whatever their clients still send.
    mutating func closeAll() {
        for socket in sockets { close(socket.descriptor) }
        sockets = []
    }
}
