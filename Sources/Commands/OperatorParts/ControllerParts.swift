// SPDX-License-Identifier: MIT
package import AgentAPI
package import AgentControllers
import AuditStore
import CommandLineInterface
package import ControllerRuntime
package import HTTPTransport
package import KubernetesClient
package import Postgres
package import ServiceRuntime
import SystemCalls
import SystemCalls

/// The controllers with their adapters: the same in a cluster and on a laptop.
package struct ControllerParts: Sendable {
    /// The controllers, with the manager that runs them.
    package let set: ControllerSet

    /// Joins the controllers to the adapters of Kubernetes, GitHub and Postgres.
    ///
    /// - Parameter election: who of several processes leads; nil for one alone.
    /// - Throws: `UnusableInput` when the configuration does not lead to the code host.
    package init(
        configuration: OperatorConfiguration, cluster: ClusterConfiguration, http: HTTPClient, postgres: PostgresClient,
        serviceAccount: String, election: LeaderElection? = nil, metrics: MetricsRegistry, logger: Logger
    ) throws {
        let fence = election?.fence
        let api = APIClient(
            configuration: cluster, http: http, logger: logger, metrics: metrics, writeGuard: fence)
        let (sink, history) = (PostgresAuditSink(client: postgres), PostgresRunHistory(client: postgres))
        // Goes on after the lead was given up: the last events tell of the last work.
        let reports = APIClient(
            configuration: cluster, http: http, logger: logger, metrics: metrics, writeGuard: fence?.forReports)
        let events = EventRecorder(
            client: reports, instance: election?.identity ?? ProcessIdentity.hostName, logger: logger, metrics: metrics)
        set = ControllerSet(
            .init(
                configuration: configuration, api: api, leadership: election ?? SoleLeadership(), events: events,
                source: try CommonOptions.provider(
                    configuration, http: http, writeObjection: { fence?.objection }, logger: logger),
                sink: fence.map { FencedAuditSink(sink: sink, fence: $0) } ?? sink,
                history: fence.map { FencedRunHistory(history: history, fence: $0) } ?? history,
                sessions: PostgresSessionStore(client: postgres), progress: PostgresRunProgressStore(client: postgres),
                usage: PostgresUsageStore(client: postgres), templates: PostgresPromptTemplates(client: postgres),
                serviceAccount: serviceAccount, modelKey: Self.modelKey(configuration.model.keyFile), logger: logger,
                metrics: metrics))
    }

    /// Reads the model's key anew each time, so that it can be changed without a restart.
    private static func modelKey(_ file: String?) -> @Sendable () throws -> Secret<String>? {
        { () throws -> Secret<String>? in
            guard let file else { return nil }
            do throws(SystemError) {
                let text = try Files.readText(file, limit: 1 << 16)
                return Secret(String(text.split(whereSeparator: \.isWhitespace).first ?? ""))
            } catch {
                throw ReconcileError.waitUntil(
                    .seconds(30), "model.keyFile \(file) cannot be read: \(error); runs wait until it can")
            }
        }
    }
}
