// SPDX-License-Identifier: MIT
import AgentAPI
import AgentControllers
import AuditStore
import CommandLineInterface
import ControllerRuntime
import HTTPServing
import HTTPTransport
import KubernetesClient
import OperatorParts
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
    static let runAPIListen = Option<ListenAddress>.optional(
        "run-api-listen", .address, default: "0.0.0.0:8082",
        help: "Where the run API is served, by each replica, whoever leads; only where runAPI.url tells pods of it.")
    static let consoleListen = Option<ListenAddress?>.optional(
        "console-listen", .address, environment: "CODEXK8S_CONSOLE_LISTEN",
        help: "Where the pages for people are served, by each replica, whoever leads; without it they are not.")
    static let serviceAccount = Option<String>.optional(
        "service-account", .text("NAME"), default: "codex-k8s-controller",
        help: "The service account of the controller, which is given its role in each run namespace.")

    static let command = Command(
        "controller", summary: "Reconciles AgentRuns and IssueNamespaces until it is told to stop.",
        discussion: """
            Several may run: one leads, the others wait with warm caches. Stops on SIGTERM within the grace time of its \
            work; a second signal ends it at once. A lost lead ends it at once too, with code 1.
            """,
        options: [
            kubeconfig.definition, context.definition, CommonOptions.config.definition,
            CommonOptions.databaseURL.definition, listen.definition, runAPIListen.definition, consoleListen.definition,
            serviceAccount.definition, CommonOptions.logLevel.definition,
        ] + ElectionOptions.definitions)

    static func run(_ parsed: ParsedCommand) async throws {
        Heap.limitArenas(to: 2)
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
        // Of its own, so that no other traffic delays a renewal.
        let leaseHTTP = HTTPClient(configuration: .init())
        let consoleHTTP = try parsed[consoleListen].map { _ in
            HTTPClient(configuration: .init(userAgent: "codex-k8s-console"))
        }
        defer {
            consoleHTTP?.shutdown()
            http.shutdown()
            leaseHTTP.shutdown()
        }
        let election = try ElectionOptions.election(
            parsed, namespace: configuration.systemNamespace, cluster: cluster, http: leaseHTTP, metrics: metrics,
            logger: logger)
        let parts = try ControllerParts(
            configuration: configuration, cluster: cluster, http: http, postgres: postgres,
            serviceAccount: try parsed[serviceAccount], election: election, metrics: metrics, logger: logger)
        let manager = parts.set.manager
        // Runs when the caches are filled, which is when starting is over.
        manager.add(helper: ClosureService { ProgramPages.giveBack() })
        let address = try parsed[listen]
        var router = Router(logger: logger)
        HealthEndpoints(metrics: metrics, live: manager.livenessChecks, ready: manager.readinessChecks).add(to: &router)
        let health = HTTPServer(
            configuration: ServerConfiguration(host: address.host, port: address.port), logger: logger
        ) { [router] request in await router.handle(request) }
        var services: [(name: String, any Service)] = [("health", health), ("postgres", postgres)]
        if configuration.runAPI.url != nil {
            let address = try parsed[runAPIListen]
            // Connections of its own, so that no pod can take those that the controllers need.
            let podsPostgres = PostgresClient(
                url: Secret(try parsed[CommonOptions.databaseURL]), configuration: .service, logger: logger)
            services.append(("run-api-postgres", podsPostgres))
            let runAPI = RunAPIParts.server(
                sessionLimit: configuration.sessions.maximumBytes, cluster: cluster, http: http, postgres: podsPostgres,
                host: address.host, port: address.port, metrics: metrics, logger: logger)
            services.append(("run-api", runAPI))
        }
        if let address = try parsed[consoleListen], let consoleHTTP {
            let console = ConsoleParts.server(
                cluster: cluster, http: consoleHTTP, postgres: postgres, host: address.host, port: address.port,
                metrics: metrics, logger: logger)
            services.append(("console", console))
        }
        services.append(("manager", ClosureService { try await lead(manager) }))
        try await ServiceGroup(services, gracePeriod: gracePeriod, logger: logger).run()
    }

    /// Longer than the controllers' drain period (30 s) with the release of the lease and the last events after it, and
    /// shorter, with the five seconds for what ignores it, than the pod's `terminationGracePeriodSeconds` (60).
    private static let gracePeriod = Duration.seconds(45)

    /// Ends the process as soon as the lead is lost: whatever else it is doing, another may lead now.
    private static func lead(_ manager: Manager) async throws {
        do {
            try await manager.run()
        } catch let lost as LeadershipLost {
            StandardStreams.writeErrorLine("codex-k8s: \(lost)")
            ProcessIdentity.exitNow(1)
        }
    }
}
