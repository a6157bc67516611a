// SPDX-License-Identifier: MIT
import AuditStore
package import HTTPTransport
package import KubernetesClient
package import Postgres
package import RunAPI
package import ServiceRuntime

/// The run API with its adapters: the same in a cluster and on a laptop.
package enum RunAPIParts {
    /// Joins the run API to Kubernetes and Postgres.
    ///
    /// Every replica serves, whoever leads: what pods leave is ordered by their runs, attempts and creation, and what
    /// is recorded twice is recorded once. So nothing here is behind the leader's fence; the API server is only asked.
    ///
    /// - Parameter sessionLimit: the most bytes of a session's files (`sessions.maximumBytes`).
    package static func server(
        sessionLimit: Int, cluster: ClusterConfiguration, http: HTTPClient, postgres: PostgresClient,
        host: String, port: Int, metrics: MetricsRegistry, logger: Logger
    ) -> RunAPIServer {
        let api = APIClient(configuration: cluster, http: http, logger: logger, metrics: metrics)
        return RunAPIServer(
            .init(
                review: CallerCache(ClusterCallerReview(api: api)), sessions: PostgresSessionStore(client: postgres),
                progress: PostgresRunProgressStore(client: postgres), sink: PostgresAuditSink(client: postgres),
                budget: PostgresToolBudget(client: postgres), sessionLimit: sessionLimit),
            host: host, port: port, metrics: metrics, logger: logger)
    }
}
