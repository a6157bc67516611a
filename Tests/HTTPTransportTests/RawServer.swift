// SPDX-License-Identifier: MIT
import Dispatch
import Glibc

/// A listening socket with a script for each connection: for answers that no proper server would give.
final class RawServer: Sendable {
    /// One accepted connection, used on a thread of its own.
    struct Connection {
        let descriptor: Int32

        /// Reads up to the empty line behind a request's header; what was read.
        func readRequest() -> String {
            var text: [UInt8] = []
            var byte: UInt8 = 0
            while !text.suffix(4).elementsEqual("\r\n\r\n".utf8), recv(descriptor, &byte, 1, 0) == 1 {
                text.append(byte)
            }
            return String(decoding: text, as: UTF8.self)
        }

        /// Reads up to the empty line, and the body of the length that the header names.
        func readWholeRequest() -> String {
            let head = readRequest()
            let length = head.lowercased().split(separator: "\r\n").compactMap { line in
                line.hasPrefix("content-length:") ? Int(line.dropFirst(15).filter { $0 != " " }) : nil
            }
            return head + String(decoding: read(length.first ?? 0), as: UTF8.self)
        }

        /// Reads so many bytes, or fewer when the peer closes its side.
        func read(_ count: Int) -> [UInt8] {
            var bytes: [UInt8] = []
            var byte: UInt8 = 0
            while bytes.count < count, recv(descriptor, &byte, 1, 0) == 1 { bytes.append(byte) }
            return bytes
        }

        func write(_ text: String) {
            write(Array(text.utf8))
        }

        func write(_ bytes: [UInt8]) {
            var rest = bytes[...]
            while !rest.isEmpty {
                let sent = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard sent > 0 else { return }
                rest = rest.dropFirst(sent)
            }
        }

        /// Returns when the peer has closed its side.
        func waitForClose() {
            var byte: UInt8 = 0
            while recv(descriptor, &byte, 1, 0) > 0 {}
        }
    }

    let port: Int
    private let descriptor: Int32

    var url: String { "http://127.0.0.1:\(port)" }

    /// Listens on a free port, or on a Unix socket, and runs `script` for each connection.
    init(unixSocket: String? = nil, script: @escaping @Sendable (Connection) -> Void) {
        descriptor = Self.listen(unixSocket)
        port = Self.port(of: descriptor)
        let descriptor = descriptor
        DispatchQueue(label: "raw-server").async { @Sendable in
            while true {
                let accepted = accept(descriptor, nil, nil)
                guard accepted >= 0 else {
                    // Here and not where the server ends: this thread would go on with whoever has the number then.
                    close(descriptor)
                    return
                }
                DispatchQueue(label: "raw-connection").async { @Sendable in
                    script(Connection(descriptor: accepted))
                    close(accepted)
                }
            }
        }
    }

    deinit {
        // Ends the accept that waits on the other thread, now or next; close would not.
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// A port on which nobody listens; it stays reserved while `body` runs.
    static func withClosedPort<T>(_ body: (Int) async throws -> T) async rethrows -> T {
        let descriptor = bound(nil)
        defer { close(descriptor) }
        return try await body(port(of: descriptor))
    }

    private static func listen(_ unixSocket: String?) -> Int32 {
        let descriptor = bound(unixSocket)
        precondition(Glibc.listen(descriptor, 128) == 0)
        return descriptor
    }

    private static func bound(_ unixSocket: String?) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(unixSocket == nil ? AF_INET : AF_UNIX, kind, 0)
        if let path = unixSocket {
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
            precondition(bind(descriptor, &address) == 0)
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            precondition(bind(descriptor, &address) == 0)
        }
        return descriptor
    }

    private static func bind<T>(_ descriptor: Int32, _ address: inout T) -> Int32 {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<T>.size))
            }
        }
    }

    private static func port(of descriptor: Int32) -> Int {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &size) }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
