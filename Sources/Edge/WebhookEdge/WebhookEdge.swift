// SPDX-License-Identifier: MIT
package import AgentAPI
package import HTTPServing
package import KubernetesClient
package import ServiceRuntime

/// What faces the internet: takes GitHub's webhooks and creates AgentRuns, nothing else.
package final class WebhookEdge: Service {
    /// A secret that cannot be one.
    package struct EmptySecret: Error, CustomStringConvertible {
        package var description: String { "the webhook secret is empty: anybody could sign deliveries" }
    }

    private let server: HTTPServer
    private let probe: APIServerProbe

    /// - Parameters:
    ///   - listen: address, port, TLS and limits; what the webhook needs is set here.
    ///   - secret: the webhook's secret.
    ///   - client: needs to create agentruns, nothing else.
    /// - Throws: ``EmptySecret``.
    package init(
        configuration: OperatorConfiguration, listen: ServerConfiguration, secret: Secret<String>, client: APIClient,
        metrics: MetricsRegistry, logger: Logger
    ) throws(EmptySecret) {
        guard !secret.reveal().isEmpty else { throw EmptySecret() }
        let receiver = WebhookReceiver(
            secret: secret, intake: RunIntake(configuration: configuration), creator: APIRunCreator(client: client),
            metrics: metrics, logger: logger)
        let probe = APIServerProbe(client: client)
        var router = Router(logger: logger)
        receiver.add(to: &router)
        HealthEndpoints(metrics: metrics, notReady: { probe.missing }).add(to: &router)
        var serverConfiguration = listen
        receiver.configure(&serverConfiguration)
        self.probe = probe
        server = HTTPServer(configuration: serverConfiguration, logger: logger) { [router] request in
            await router.handle(request)
        }
    }

    /// The port, once the edge listens.
    package func waitUntilListening() async throws -> Int {
        try await server.waitUntilListening()
    }

    /// Serves until the task is cancelled; deliveries in flight are answered.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.probe.run() }
            group.addTask { try await self.server.run() }
            defer { group.cancelAll() }
            // Whichever ends first ends the edge: the server when it cannot listen, both when cancelled.
            while try await group.next() != nil {}
        }
    }
}
