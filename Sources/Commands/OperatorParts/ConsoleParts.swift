// SPDX-License-Identifier: MIT
import AuditStore
package import HTTPTransport
package import KubernetesClient
package import Postgres
package import ServiceRuntime
package import StaffConsole

/// The pages for people with their adapters: the same in a cluster and on a laptop.
package enum ConsoleParts {
    /// Joins the pages to Kubernetes and Postgres.
    ///
    /// Every replica serves, whoever leads. The operator's own credentials are left behind here: each request goes out
    /// with the token of who asked.
    ///
    /// - Parameters:
    ///   - http: of its own, so that people who look delay nobody who works.
    ///   - redeem: the token that a sign-in link stands for.
    package static func server(
        cluster: ClusterConfiguration, http: HTTPClient, postgres: PostgresClient, host: String, port: Int,
        redeem: @escaping @Sendable (_ code: String) -> Secret<String>? = { _ in nil }, metrics: MetricsRegistry,
        logger: Logger
    ) -> StaffConsoleServer {
        StaffConsoleServer(
            .init(
                connect: connector(cluster: cluster, http: http, metrics: metrics, logger: logger),
                audit: PostgresAuditQuery(client: postgres), redeem: redeem),
            host: host, port: port, metrics: metrics, logger: logger)
    }

    /// What makes a client for whoever brings a token: the operator's way to the API server, and nothing of its
    /// identity.
    package static func connector(
        cluster: ClusterConfiguration, http: HTTPClient, metrics: MetricsRegistry, logger: Logger
    ) -> @Sendable (Secret<String>) -> APIClient {
        let server = cluster.withoutIdentity
        // Somebody waits and can ask again.
        let patience = RetryPolicy(maximumAttempts: 2, waitingBudget: .seconds(1))
        return { token in
            APIClient(
                configuration: server.bearing(token), http: http, logger: logger, metrics: metrics,
                retryPolicy: patience)
        }
    }
}
