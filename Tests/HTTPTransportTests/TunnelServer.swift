// SPDX-License-Identifier: MIT
import Glibc

/// A proxy that speaks CONNECT (RFC 9110 §9.3.6) and SOCKS 5 (RFC 1928) and leads to this machine only.
final class TunnelServer: Sendable {
    private let log: Shared<[String]>
    private let server: RawServer

    /// - Parameter destination: the local port for a target; nil refuses it.
    init(
        destination: @escaping @Sendable (String) -> Int? = { Int($0.split(separator: ":").last ?? "") }
    ) {
        let log = Shared<[String]>([])
        self.log = log
        server = RawServer { connection in
            guard let first = connection.read(1).first else { return }
            let isSOCKS = first == 5
            let target = isSOCKS ? Self.socksTarget(connection) : Self.connectTarget(connection)
            log.update { $0.append(target) }
            guard let port = destination(target), let other = Self.connect(port) else {
                return isSOCKS
                    ? connection.write([5, 4, 0, 1, 0, 0, 0, 0, 0, 0])
                    : connection.write("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            }
            if isSOCKS {
                connection.write([5, 0, 0, 1, 127, 0, 0, 1, 0, 0])
            } else {
                connection.write("HTTP/1.1 200 Connection established\r\n\r\n")
            }
            Self.splice(connection.descriptor, other)
            close(other)
        }
    }

    var port: Int { server.port }

    /// Where tunnels were asked for, in order.
    var targets: [String] { log.value }

    private static func connectTarget(_ connection: RawServer.Connection) -> String {
        let words = connection.readRequest().split(separator: " ")
        return words.count > 1 ? String(words[1]) : ""
    }

    private static func socksTarget(_ connection: RawServer.Connection) -> String {
        _ = connection.read(Int(connection.read(1).first ?? 0))
        connection.write([5, 0])
        let kind = connection.read(4).last
        let host: String
        switch kind {
        case 1: host = connection.read(4).map(String.init).joined(separator: ".")
        case 3:
            host = String(decoding: connection.read(Int(connection.read(1).first ?? 0)), as: UTF8.self)
        default: return ""
        }
        let port = connection.read(2)
        return port.count == 2 ? "\(host):\(Int(port[0]) << 8 | Int(port[1]))" : ""
    }

    private static func connect(_ port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if code == 0 { return descriptor }
        close(descriptor)
        return nil
    }

    /// Carries bytes both ways until one side ends.
    private static func splice(_ left: Int32, _ right: Int32) {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            var ends = [
                pollfd(fd: left, events: Int16(POLLIN), revents: 0),
                pollfd(fd: right, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&ends, 2, -1) > 0 else { return }
            for (end, other) in [(ends[0], right), (ends[1], left)] where end.revents != 0 {
                let count = recv(end.fd, &buffer, buffer.count, 0)
                guard count > 0 else { return }
                RawServer.Connection(descriptor: other).write(Array(buffer[..<count]))
            }
        }
    }
}
