// SPDX-License-Identifier: MIT
import AgentAPI
import CommandLineInterface
import HTTPServing
import HTTPTransport
import JSONCoding
import KubernetesClient
import ServiceRuntime
import SystemCalls
import WebhookEdge
import YAMLCoding

/// The part that faces the internet, as a process of its own: it holds the webhook's secret and may create AgentRuns,
/// and that is all that anybody could take from it.
@main
struct EdgeProgram {
    private static let config = Option<String>.required(
        "config", .file, environment: "CODEXK8S_CONFIG", help: "The operator's configuration.")
    private static let kubeconfig = Option<String?>.optional(
        "kubeconfig", .file, environment: "CODEXK8S_KUBECONFIG",
        help: "How the API server is reached; without it the pod's own service account is used.")
    private static let listen = Option<ListenAddress>.optional(
        "listen", .address, default: "0.0.0.0:8080", environment: "CODEXK8S_LISTEN",
        help: "Numeric address and port for webhooks, /healthz, /readyz and /metrics.")
    private static let secretFile = Option<String>.required(
        "webhook-secret-file", .file, environment: "CODEXK8S_WEBHOOK_SECRET_FILE",
        help: "The secret that GitHub signs deliveries with; a line break at its end does not count.")
    private static let logLevel = Option<LogLevelName>.optional(
        "log-level", .choice("LEVEL"), default: "info", environment: "CODEXK8S_LOG_LEVEL",
        help: "The least weight that is logged.")

    /// The words for log levels on the command line.
    private enum LogLevelName: String, CaseIterable { case debug, info, warning, error }

    private static let command = Command(
        "codex-k8s-edge", summary: "Takes GitHub's webhooks and creates AgentRuns.",
        discussion: """
            Listens for POST /webhooks/github until it is told to stop; deliveries in flight are answered. It speaks \
            plain HTTP: TLS ends at the ingress. Exit codes: 0 stopped, 1 failed, 2 wrongly called or configured.
            """,
        options: [
            config.definition, kubeconfig.definition, listen.definition, secretFile.definition, logLevel.definition,
        ])

    static func main() async {
        await command.runAsProgram { parsed in
            try await run(parsed)
            return 0
        }
    }

    private static func run(_ parsed: ParsedCommand) async throws {
        Heap.limitArenas(to: 2)
        let logger = Logger(label: "edge", level: LogLevel(name: try parsed[logLevel].rawValue) ?? .info)
        let configuration = try readConfiguration(try parsed[config])
        let secret = try readSecret(try parsed[secretFile])
        let cluster = try readCluster(try parsed[kubeconfig])
        let address = try parsed[listen]
        let metrics = MetricsRegistry()
        let http = HTTPClient(configuration: .init(userAgent: "codex-k8s-edge", connectTimeout: .seconds(2)))
        defer { http.shutdown() }
        // A delivery has 4.5 s in all: a few quick tries, and the rest is GitHub's or healing's to repeat.
        let client = APIClient(
            configuration: cluster, http: http, logger: logger, metrics: metrics,
            retryPolicy: RetryPolicy(maximumAttempts: 3, waitingBudget: .seconds(2)))
        let edge: WebhookEdge
        do {
            edge = try WebhookEdge(
                configuration: configuration, listen: ServerConfiguration(host: address.host, port: address.port),
                secret: secret, client: client, metrics: metrics, logger: logger)
        } catch {
            throw UnusableInput("\(try parsed[secretFile]): \(error)")
        }
        // Whoever started it with port 0 learns the port from this line.
        let announcement = ClosureService {
            // An edge that cannot listen says so itself.
            guard let port = try? await edge.waitUntilListening() else { return }
            ProgramPages.giveBack()
            logger.info("edge listens", ["host": address.host, "port": String(port)])
            await waitForCancellation()
        }
        try await ServiceGroup(
            [("edge", edge), ("announcement", announcement)], gracePeriod: .seconds(15), logger: logger
        ).run()
    }

    private static func readConfiguration(_ path: String) throws -> OperatorConfiguration {
        do {
            return try OperatorConfiguration(YAMLParser.document(Files.readText(path, limit: 1 << 20)))
        } catch let error as AgentAPI.ConfigurationError {
            throw UnusableInput(error.problems.map { "\(path): \($0)" }.joined(separator: "\n"))
        } catch {
            throw UnusableInput("\(path): \(error)")
        }
    }

    private static func readSecret(_ path: String) throws -> Secret<String> {
        do {
            var text = try Files.readText(path, limit: 4096)
            while text.hasSuffix("\n") || text.hasSuffix("\r\n") { text.removeLast() }
            return Secret(text)
        } catch {
            throw UnusableInput("\(path): \(error)")
        }
    }

    private static func readCluster(_ path: String?) throws -> ClusterConfiguration {
        do {
            if let path { return try Kubeconfig.load(path: path) }
            return try InClusterConfiguration.load(environment: ProcessIdentity.environment)
        } catch {
            throw UnusableInput("\(error)")
        }
    }

    private static func waitForCancellation() async {
        let (never, end) = AsyncStream.makeStream(of: Never.self)
        await withTaskCancellationHandler {
            for await _ in never {}
        } onCancel: {
            end.finish()
        }
    }
}
