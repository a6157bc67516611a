// SPDX-License-Identifier: MIT
import HTTPServing
import ServiceRuntime
import SystemCalls

/// A loopback port that stays the same over restarts: a Job that was made before one still names it.
struct KeptPort: Sendable {
    /// Where the port is remembered.
    let file: String
    let logger: Logger

    /// Serves on the port of the last start when nothing else has taken it, else on a free one.
    ///
    /// - Parameters:
    ///   - make: a server that is not listening yet, for a port; 0 takes a free one.
    ///   - listening: waits until that server listens, and answers its port.
    ///   - announce: told the port, each time.
    func serve<Server: Service>(
        _ make: (Int) -> Server, listening: @escaping @Sendable (Server) async throws -> Int,
        announce: @escaping @Sendable (Int) -> Void
    ) async throws {
        if let last = try? Files.readText(file, limit: 16), let port = Int(last) {
            do {
                return try await serve(make(port), listening, announce)
            } catch let error as HTTPServerError {
                logger.info("another port is taken", ["wanted": last, "reason": "\(error)"])
            }
        }
        try await serve(make(0), listening, announce)
    }

    private func serve<Server: Service>(
        _ server: Server, _ listening: @escaping @Sendable (Server) async throws -> Int,
        _ announce: @escaping @Sendable (Int) -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            let port = try await listening(server)
            try Files.writeAtomically(file, Array(String(port).utf8), durable: false)
            announce(port)
            try await group.waitForAll()
        }
    }
}
