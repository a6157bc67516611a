// SPDX-License-Identifier: MIT
import AgentAPI
import AgentControllers
import AuditStore
import CommandLineInterface
import ControllerRuntime
import HTTPServing
import HTTPTransport
import KubernetesClient
import Postgres
import ServiceRuntime
import SystemCalls

/// `codex-k8s controller`: the reconcilers against any API server.
enum ControllerCommand {
    static let kubeconfig = Option<String?>.optional(
        "kubeconfig", .file, environment: "CODEXK8S_KUBECONFIG",
        help: "How the API server is reached; without it the pod's own service account is used.")
    static let context = Option<String?>.optional("context", .text("NAME"), help: "The kubeconfig's context; by default its current one.")
    static let listen = Option<ListenAddress>.optional(
        "listen", .address, default: "0.0.0.0:8081", help: "Where /healthz, /readyz and /metrics are served.")
    static let serviceAccount = Option<String>.optional(
        "service-account", .text("NAME"), default: "codex-k8s-controller",
        help: "The service account of the controller, which is given its role in each run namespace.")

    static let command = Command(
        "controller", summary: "Reconciles AgentRuns and IssueNamespaces until it is told to stop.",
        discussion: "Stops on SIGTERM within the grace time of its work; a second signal ends it at once.",
        options: [
            kubeconfig.definition, context.definition, CommonOptions.config.definition,
            CommonOptions.databaseURL.definition, listen.definition, serviceAccount.definition,
            CommonOptions.logLevel.definition,
        ])

    static func run(_ parsed: ParsedCommand) async throws {
        let logger = try CommonOptions.logger(parsed, "controller")
        let configuration = try CommonOptions.configuration(at: try parsed[CommonOptions.config])
        let cluster: ClusterConfiguration
        do {
            if let path = try parsed[kubeconfig] {
                cluster = try Kubeconfig.load(path: path, context: try parsed[context])
            } else {
                cluster = try InClusterConfiguration.load(environment: ProcessIdentity.environment)
            }
        } catch let error as KubernetesClient.ConfigurationError {
            throw UnusableInput("\(error)")
        }
        let metrics = MetricsRegistry()
        let postgres = PostgresClient(
            url: Secret(try parsed[CommonOptions.databaseURL]), configuration: .service, logger: logger)
        let http = HTTPClient(configuration: .init())
        defer { http.shutdown() }
        let parts = try ControllerParts(
            configuration: configuration, cluster: cluster, http: http, postgres: postgres,
            serviceAccount: try parsed[serviceAccount], metrics: metrics, logger: logger)
        let address = try parsed[listen]
        var router = Router(logger: logger)
        HealthEndpoints(metrics: metrics, notReady: { parts.set.manager.unready }).add(to: &router)
        let health = HTTPServer(
            configuration: ServerConfiguration(host: address.host, port: address.port), logger: logger
        ) { [router] request in await router.handle(request) }
        try await ServiceGroup(
            [("health", health), ("postgres", postgres), ("manager", parts.set.manager), ("healing", parts.set.healing)],
            gracePeriod: .seconds(35), logger: logger
        ).run()
    }
}

/// The controllers with their adapters: the same in a cluster and on a laptop.
struct ControllerParts: Sendable {
    let set: ControllerSet

    init(
        configuration: OperatorConfiguration, cluster: ClusterConfiguration, http: HTTPClient, postgres: PostgresClient,
        serviceAccount: String, metrics: MetricsRegistry, logger: Logger
    ) throws {
        let api = APIClient(configuration: cluster, http: http, logger: logger, metrics: metrics)
        set = ControllerSet(
            .init(
                configuration: configuration, api: api,
                source: try CommonOptions.provider(configuration, http: http, logger: logger),
                sink: PostgresAuditSink(client: postgres), history: PostgresRunHistory(client: postgres),
                serviceAccount: serviceAccount, logger: logger, metrics: metrics))
    }
}
