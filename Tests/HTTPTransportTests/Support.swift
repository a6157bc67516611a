// SPDX-License-Identifier: MIT
import Cryptography
import Glibc
import HTTPServing
import HTTPTransport
import HTTPTypes
import ServiceRuntime
import Synchronization

/// Runs a server for the time of `body`, which gets its base URL.
func withServer<T: Sendable>(
    tls: TLSIdentity? = nil, handler: @escaping HTTPServer.Handler, _ body: @Sendable (String) async throws -> T
) async throws -> T {
    var configuration = ServerConfiguration()
    configuration.tls = tls.map { ($0.certificatePEM, $0.privateKeyPEM) }
    configuration.drainPeriod = .milliseconds(100)
    let server = HTTPServer(configuration: configuration, logger: .disabled, handler: handler)
    let serving = Task { try await server.run() }
    defer { serving.cancel() }
    let port = try await server.waitUntilListening()
    let scheme = tls == nil ? "http" : "https"
    return try await body("\(scheme)://127.0.0.1:\(port)")
}

/// A locked value that several closures may hold.
final class Shared<Value: Sendable>: Sendable {
    private let storage: Mutex<Value>

    init(_ value: Value) {
        storage = Mutex(value)
    }

    var value: Value {
        get { storage.withLock { $0 } }
        set { storage.withLock { $0 = newValue } }
    }

    func update<T: Sendable>(_ change: @Sendable (inout Value) -> T) -> T {
        storage.withLock { change(&$0) }
    }
}

/// Something that happens once and can be waited for.
struct Milestone: Sendable {
    private let pair = AsyncStream.makeStream(of: Void.self)

    func reach() {
        pair.continuation.finish()
    }

    func wait() async {
        for await _ in pair.stream {}
    }
}

extension HTTPClientError {
    /// The code of the error that `body` throws; nil if it throws none or another.
    static func code(_ body: () async throws -> some Sendable) async -> Code? {
        do {
            _ = try await body()
            return nil
        } catch {
            return (error as? HTTPClientError)?.code
        }
    }
}

/// A variable of the test run's environment; nil when it is not set or empty.
func environmentValue(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
}

/// A port that was free a moment ago, for a program that cannot choose one itself.
func freePort() -> Int {
    RawServer { _ in }.port
}
