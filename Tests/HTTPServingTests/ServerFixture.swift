// SPDX-License-Identifier: MIT
import ChildProcesses
import Foundation
import HTTPServing
import HTTPTypes
import ServiceRuntime
import Testing

/// Runs a server for the time of `body`.
func withServer<Result: Sendable>(
    _ configure: (inout ServerConfiguration) -> Void = { _ in },
    handler: @escaping HTTPServer.Handler = { _ in .text("hello\n") },
    body: @escaping @Sendable (_ port: Int, _ server: HTTPServer) async throws -> Result
) async throws -> Result {
    var configuration = ServerConfiguration()
    configuration.drainPeriod = .seconds(2)
    configure(&configuration)
    let server = HTTPServer(configuration: configuration, logger: .disabled, handler: handler)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run() }
        let port = try await server.waitUntilListening()
        let result = try await body(port, server)
        group.cancelAll()
        try await group.waitForAll()
        return result
    }
}

/// A client that says exactly what it is told, byte by byte. Its calls block, so they run on a thread of its own: what
/// one client waits for may be something that another one still has to send.
final class RawClient: Sendable {
    private let pool = BlockingPool(name: "raw-client", width: 1)
    private let descriptor: Int32

    init(port: Int, receiveTimeout: Int = 20) async throws {
        descriptor = try await pool.run {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16(port).bigEndian
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard result == 0 else { throw POSIXError(.ECONNREFUSED) }
            var timeout = timeval(tv_sec: receiveTimeout, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
            setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
            return descriptor
        }
    }

    /// Sends all; false when the server has closed.
    @discardableResult
    func send(_ bytes: [UInt8]) async throws -> Bool {
        try await pool.run { [descriptor] in
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }

    @discardableResult
    func send(_ text: String) async throws -> Bool { try await send(Array(text.utf8)) }

    /// The next bytes; empty at the end or after the time-out.
    func receive(_ limit: Int = 64 << 10) async throws -> [UInt8] {
        try await pool.run { [descriptor] in
            var buffer = [UInt8](repeating: 0, count: limit)
            let count = recv(descriptor, &buffer, limit, 0)
            return Array(buffer.prefix(max(0, count)))
        }
    }

    /// Everything until the server closes.
    func receiveAll() async throws -> String {
        var all: [UInt8] = []
        while case let piece = try await receive(), !piece.isEmpty { all += piece }
        return String(decoding: all, as: UTF8.self)
    }

    /// What arrives until `text` is in it, or the end.
    func receive(until text: String) async throws -> String {
        var all: [UInt8] = []
        while !String(decoding: all, as: UTF8.self).contains(text) {
            let piece = try await receive()
            guard !piece.isEmpty else { break }
            all += piece
        }
        return String(decoding: all, as: UTF8.self)
    }

    func shutdown() { Glibc.shutdown(descriptor, Int32(SHUT_RDWR)) }

    func closeSending() { Glibc.shutdown(descriptor, Int32(SHUT_WR)) }

    deinit { close(descriptor) }
}

/// Runs the `curl` command: a client that was not written for these tests.
func curl(_ arguments: String...) async -> (code: Int32, output: String) {
    let result = try? await ChildProcess.run(
        ChildProcess.Configuration(
            executable: "/usr/bin/curl", arguments: ["-sS", "--noproxy", "*", "--max-time", "30"] + arguments,
            errors: .output), timeout: .seconds(40))
    return result.map { ($0.exitCode, String(decoding: $0.stdout, as: UTF8.self)) } ?? (-1, "curl did not start")
}
