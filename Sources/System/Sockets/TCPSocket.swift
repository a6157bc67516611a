// SPDX-License-Identifier: MIT
import CLinux
import Glibc
package import SystemCalls

/// A TCP socket on loopback that never blocks; closed with its last reference.
///
/// It has no lock: one thread at a time uses it.
package final class TCPSocket: Sendable {
    /// What a read found.
    package enum Reading: Sendable {
        case bytes([UInt8])
        /// Nothing has arrived; a ``Poller`` tells when.
        case nothingNow
        /// The peer sends no more.
        case end
        /// The connection broke.
        case failed(SystemError)
    }

    /// What a write did.
    package enum Writing: Sendable {
        /// So many bytes were taken, perhaps not all.
        case wrote(Int)
        /// The kernel's buffer is full; a ``Poller`` tells when there is room.
        case full
        /// The connection broke.
        case failed(SystemError)
    }

    let descriptor: Int32

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Listens on a port of loopback; 0 takes a free one.
    package static func listen(port: Int = 0) throws(SystemError) -> TCPSocket {
        let socket = try make()
        guard clinux_bind_loopback(socket.descriptor, UInt16(truncatingIfNeeded: port)) == 0 else {
            throw SystemError(call: "bind", subject: "127.0.0.1:\(port)", code: errno)
        }
        return socket
    }

    /// Begins to connect to a port of loopback; it is done when the socket can be written.
    package static func connect(port: Int) throws(SystemError) -> TCPSocket {
        let socket = try make()
        guard clinux_connect_loopback(socket.descriptor, UInt16(truncatingIfNeeded: port)) == 0 else {
            throw SystemError(call: "connect", subject: "127.0.0.1:\(port)", code: errno)
        }
        return socket
    }

    private static func make() throws(SystemError) -> TCPSocket {
        let descriptor = clinux_tcp_socket()
        guard descriptor >= 0 else { throw SystemError(call: "socket", code: errno) }
        return TCPSocket(descriptor)
    }

    /// The port that it listens on.
    package func port() throws(SystemError) -> Int {
        let port = clinux_bound_port(descriptor)
        guard port >= 0 else { throw SystemError(call: "getsockname", code: errno) }
        return Int(port)
    }

    /// The next connection that waits to be accepted, if there is one.
    package func accept() -> TCPSocket? {
        let accepted = clinux_accept(descriptor)
        return accepted >= 0 ? TCPSocket(accepted) : nil
    }

    /// Why connecting failed, once the socket can be written; nil when it succeeded.
    package func connectError() -> SystemError? {
        let code = clinux_socket_error(descriptor)
        return code == 0 ? nil : SystemError(call: "connect", code: code)
    }

    /// Takes up to so many bytes that have arrived.
    package func read(upTo count: Int) -> Reading {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let got = Glibc.read(descriptor, buffer.baseAddress, count)
            failure = got < 0 ? errno : 0
            initialized = max(0, got)
        }
        switch failure {
        case 0: return bytes.isEmpty ? .end : .bytes(bytes)
        case EAGAIN, EINTR: return .nothingNow
        default: return .failed(SystemError(call: "read", code: failure))
        }
    }

    /// Hands bytes to the kernel.
    package func write(_ bytes: ArraySlice<UInt8>) -> Writing {
        let count = bytes.withUnsafeBytes { clinux_send(descriptor, $0.baseAddress, $0.count) }
        if count >= 0 { return .wrote(count) }
        let code = errno
        return code == EAGAIN || code == EINTR ? .full : .failed(SystemError(call: "send", code: code))
    }

    /// Says to the peer that no more bytes come (FIN).
    package func endWriting() { _ = clinux_end_writing(descriptor) }

    /// Has the connection reset (RST) when the socket is closed, instead of ended in order.
    package func resetOnClose() { _ = clinux_reset_on_close(descriptor) }
}
