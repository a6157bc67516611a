// SPDX-License-Identifier: MIT
import CCurl
import Glibc

/// The sockets that libcurl has open, so that the one of a dead connection can be found and shut down.
///
/// Confined to the transport's thread; libcurl holds its address until the multi handle is cleaned up.
final class SocketRegistry {
    /// How long sent bytes may stay unacknowledged, and how long a quiet connection's peer may leave a keepalive probe
    /// unanswered, before the kernel ends the connection: RFC 5482's user time-out.
    static let userTimeout = Duration.seconds(30)

    private var descriptors: Set<Int32> = []
    /// The local ports of connections that carry many requests at once.
    private(set) var sharedPorts: Set<Int> = []

    /// Makes libcurl open and close the sockets of this handle's connections here.
    func follow(_ easy: EasyHandle) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        _ = ccurl_set_socket_callbacks(easy.pointer, openSocket, closeSocket, context)
    }

    /// Ends the connection with this local port: libcurl then sees that the peer is gone and fails all that use it.
    func shutDown(localPort: Int) {
        for descriptor in descriptors where Self.localPort(of: descriptor) == localPort {
            _ = Glibc.shutdown(descriptor, Int32(SHUT_RDWR))
        }
    }

    /// Remembers that the connection with this local port speaks HTTP/2.
    func markShared(localPort: Int) {
        sharedPorts.insert(localPort)
    }

    /// How long nothing has come over the connection with this local port: the kernel's own count, so that a
    /// connection is known by what it does and not by which of its requests are still looked at. Nil if there is none.
    func silence(localPort: Int) -> Duration? {
        for descriptor in descriptors where Self.localPort(of: descriptor) == localPort {
            var info = tcp_info()
            var size = socklen_t(MemoryLayout<tcp_info>.size)
            guard getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &size) == 0 else {
                return nil
            }
            return .milliseconds(Int64(info.tcpi_last_data_recv))
        }
        return nil
    }

    /// The user time-outs of the open sockets, in milliseconds.
    var userTimeouts: [Int32] {
        descriptors.map { descriptor in
            var value: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            _ = getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &value, &size)
            return value
        }
    }

    fileprivate func open(_ address: curl_sockaddr) -> curl_socket_t {
        // Not for child processes: they would keep the connection open.
        let descriptor = socket(address.family, address.socktype | Int32(SOCK_CLOEXEC.rawValue), address.protocol)
        guard descriptor >= 0 else { return CURL_SOCKET_BAD }
        descriptors.insert(descriptor)
        if [AF_INET, AF_INET6].contains(address.family) {
            var milliseconds = Int32(Self.userTimeout.milliseconds)
            let size = socklen_t(MemoryLayout<Int32>.size)
            _ = setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &milliseconds, size)
        }
        return descriptor
    }

    fileprivate func close(_ descriptor: Int32) -> Int32 {
        descriptors.remove(descriptor)
        if let port = Self.localPort(of: descriptor) { sharedPorts.remove(port) }
        return Glibc.close(descriptor)
    }

    private static func localPort(of descriptor: Int32) -> Int? {
        var address = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        guard code == 0, [AF_INET, AF_INET6].contains(Int32(address.sin6_family)) else { return nil }
        // The port lies at the same place for both families (ip(7), ipv6(7)).
        return Int(UInt16(bigEndian: address.sin6_port))
    }
}

private func openSocket(
    _ context: UnsafeMutableRawPointer?, _ purpose: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let context, let address else { return CURL_SOCKET_BAD }
    return Unmanaged<SocketRegistry>.fromOpaque(context).takeUnretainedValue().open(address.pointee)
}

private func closeSocket(_ context: UnsafeMutableRawPointer?, _ descriptor: curl_socket_t) -> Int32 {
    guard let context else { return Glibc.close(descriptor) }
    return Unmanaged<SocketRegistry>.fromOpaque(context).takeUnretainedValue().close(descriptor)
}
