// SPDX-License-Identifier: MIT
import HTTPServing
package import ServiceRuntime

/// A stand-in for a model provider: answers the Responses API by a script, so that a real agent really runs, edits
/// files and resumes without a network. It is no artificial intelligence; `docs/dev-model.md` says what it understands.
package final class DevModelServer: Service {
    private let responder: ModelResponder
    private let http: HTTPServer

    /// A server on loopback that is not listening yet.
    ///
    /// - Parameters:
    ///   - key: what requests have to bring as their bearer token.
    ///   - port: 0 takes a free one.
    ///   - runsCommands: obeys `model: run COMMAND`; for tests, because whoever writes an issue writes the command.
    package init(key: Secret<String>, port: Int = 0, runsCommands: Bool = false, logger: Logger) {
        var configuration = ServerConfiguration(host: "127.0.0.1", port: port)
        configuration.maximumBodyBytes = 64 << 20
        configuration.bodyBudgetBytes = 256 << 20
        configuration.drainPeriod = .seconds(1)
        let responder = ModelResponder(key: key, runsCommands: runsCommands, logger: logger)
        self.responder = responder
        http = HTTPServer(configuration: configuration, logger: logger) { await responder.answer($0) }
    }

    /// Serves until the task is cancelled.
    package func run() async throws { try await http.run() }

    /// The base address for clients, `http://127.0.0.1:PORT/v1`, once the server listens.
    package func waitUntilListening() async throws -> String {
        "http://127.0.0.1:\(try await waitUntilListeningPort())/v1"
    }

    /// The port, once the server listens.
    package func waitUntilListeningPort() async throws -> Int { try await http.waitUntilListening() }

    /// The requests that were answered, in order; the first ten thousand.
    package var requests: [ModelRequest] { responder.requests }
}
