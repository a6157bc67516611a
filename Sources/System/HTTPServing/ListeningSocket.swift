// SPDX-License-Identifier: MIT
import CMicrohttpd
import Glibc

/// Why a server could not start.
package struct HTTPServerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What the caller can tell apart.
    package enum Code: String, Sendable {
        /// The host is no numeric address.
        case invalidAddress
        /// The address is taken or not ours; `detail` has the system's word.
        case bindFailed
        /// The library did not start; with TLS usually certificate and key that do not fit.
        case startFailed
        /// A server runs once.
        case alreadyRunning
        /// The server ended before it listened.
        case stopped
    }

    /// The kind of failure.
    package let code: Code
    /// The address that was asked for.
    package let address: String
    /// What the system said.
    package let detail: String

    package var description: String {
        "cannot listen on \(address): \(code.rawValue)\(detail.isEmpty ? "" : " (\(detail))")"
    }
}

/// A bound, listening socket. It is made here and handed to the library, which does not tell why binding fails.
struct ListeningSocket {
    let descriptor: Int32
    let port: Int

    /// Binds a numeric address; `localhost` stands for 127.0.0.1.
    init(host: String, port: Int) throws(HTTPServerError) {
        let address = "\(host):\(port)"
        func failure(_ code: HTTPServerError.Code, _ detail: String) -> HTTPServerError {
            HTTPServerError(code: code, address: address, detail: detail)
        }
        guard (0...65535).contains(port) else { throw failure(.invalidAddress, "the port is out of range") }
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let numericHost = host == "localhost" ? "127.0.0.1" : host
        guard getaddrinfo(numericHost, String(port), &hints, &list) == 0, let first = list else {
            throw failure(.invalidAddress, "expected a numeric address")
        }
        defer { freeaddrinfo(list) }
        let info = first.pointee
        let descriptor = socket(
            info.ai_family, info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw failure(.bindFailed, String(cString: strerror(errno))) }
        do throws(HTTPServerError) {
            var yes: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
            guard bind(descriptor, info.ai_addr, info.ai_addrlen) == 0, listen(descriptor, 511) == 0 else {
                throw failure(.bindFailed, String(cString: strerror(errno)))
            }
            self.descriptor = descriptor
            self.port = try Self.boundPort(descriptor, failure)
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func boundPort(
        _ descriptor: Int32, _ failure: (HTTPServerError.Code, String) -> HTTPServerError
    ) throws(HTTPServerError) -> Int {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let port = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> Int? in
                guard getsockname(descriptor, address, &length) == 0 else { return nil }
                // Both families keep the port right after the family.
                return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    Int(UInt16(bigEndian: $0.pointee.sin_port))
                }
            }
        }
        guard let port else { throw failure(.bindFailed, String(cString: strerror(errno))) }
        return port
    }
}
