// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTransport
package import ServiceRuntime
import SystemCalls

/// `agent-runner broker`: the container that holds the run's credentials, so that the agent's container need not.
///
/// It listens on loopback under a random path and tells the agent's container its address through a file.
package final class Broker: Service {
    private let configuration: BrokerConfiguration
    private let logger: Logger

    package init(configuration: BrokerConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Serves until the task is cancelled.
    package func run() async throws {
        let client = HTTPClient(configuration: .init(maximumConnectionsPerHost: 4, userAgent: "codex-k8s-broker"))
        defer { client.shutdown() }
        // A broker that was started again takes its old place, where the agent may be waiting for it.
        if let place = BrokerAddress(file: configuration.addressFile) {
            do { return try await serve(place, client) } catch let error as HTTPServerError {
                logger.warning("the old address cannot be taken again", ["error": "\(error)"])
            }
        }
        try await serve(BrokerAddress(port: 0, nonce: Self.nonce()), client)
    }

    private func serve(_ place: BrokerAddress, _ client: HTTPClient) async throws {
        let routes = BrokerRoutes(nonce: place.nonce, parts: parts(client))
        var server = ServerConfiguration(host: "127.0.0.1", port: place.port)
        server.maximumBodyBytes = configuration.maximumBodyBytes
        server.bodyBudgetBytes = configuration.maximumBodyBytes + (16 << 20)
        server.bodyDeadline = .seconds(10 * 60)
        server.admit = { routes.refusal($0) }
        let http = HTTPServer(configuration: server, logger: logger) { await routes.answer($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await http.run() }
            let address = BrokerAddress(port: try await http.waitUntilListening(), nonce: place.nonce)
            try Files.writeAtomically(
                configuration.addressFile, Array("\(address)\n".utf8), mode: 0o644, durable: false)
            logger.info("broker is ready", ["upstream": configuration.upstream, "branch": configuration.branch])
            try await group.waitForAll()
        }
    }

    /// What is offered, by the word under which it is.
    private func parts(_ client: HTTPClient) -> [String: any BrokerPart] {
        let meter = ModelMeter(file: configuration.usageFile)
        return [
            "repository.git": GitProxy(configuration: configuration, client: client, logger: logger),
            "model": ModelProxy(configuration: configuration, client: client, meter: meter, logger: logger),
            "usage": meter,
            "run": RunAPIProxy(word: .run, configuration: configuration, client: client, logger: logger),
            "mcp": RunAPIProxy(word: .tools, configuration: configuration, client: client, logger: logger),
        ]
    }

    /// 128 random bits as hexadecimal digits.
    private static func nonce() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(generator.next(), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
