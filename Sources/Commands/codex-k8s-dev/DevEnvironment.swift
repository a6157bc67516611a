// SPDX-License-Identifier: MIT
import AgentAPI
import AgentControllers
import AuditStore
import ControllerRuntime
import Cryptography
import DevCluster
import DevForge
import DevModel
import DevPostgres
import HTTPServing
import HTTPTransport
import JSONCoding
import KubernetesClient
import OperatorParts
import Postgres
import RunAPI
import ServiceRuntime
import StaffConsole
import SystemCalls
import WebhookEdge

/// The parts of `codex-k8s dev`, wired: what is a stand-in and what is real meets only here.
struct DevEnvironment: Sendable {
    /// What a start needs to know.
    struct Settings: Sendable {
        var folder: String
        var crds: String
        var manifests: String
        var migrations: MigrationSource
        var agent: DevAgent
        var overlay: JSONValue
        var apiPort: Int
        var edgePort: Int
        var forgePort: Int
    }

    /// What exists once everything below the controllers is ready.
    struct Ground: Sendable {
        var databaseURL: String
        var forgeURL: String
        var access: DevAPIServer.Access
        var configurationFile: String
        var controllerKubeconfig: String
        var edgeKubeconfig: String
    }

    /// What the servers that pods talk to need, before the configuration can name them.
    private struct Footing: Sendable {
        var databaseURL: String
        var controllerKubeconfig: String
    }

    let settings: Settings
    private let logger: Logger
    private let postgres: DevPostgres
    private let forge: ForgeServer
    private let cluster: DevAPIServer
    private let node: DevNode
    private let modelKey: Secret<String>
    private let modelKeyFile: String
    private let webhookSecret: Secret<String>
    private let metrics = MetricsRegistry()
    private let ground = Promise<Ground>()
    private let edgeURL = Promise<String>()
    private let footing = Promise<Footing>()
    private let modelURL = Promise<String>()
    private let runAPIURL = Promise<String>()
    private let consoleURL = Promise<String>()
    private let signInLink: SignInLink

    init(settings: Settings, logger: Logger) async throws {
        self.settings = settings
        self.logger = logger
        let folder = settings.folder
        webhookSecret = try Self.keptSecret("\(folder)/webhook-secret")
        modelKeyFile = "\(folder)/model-key"
        signInLink = SignInLink()
        modelKey = try Self.keptSecret(modelKeyFile)
        postgres = DevPostgres(directory: "\(folder)/postgres", logger: logger)
        var forgeConfiguration = ForgeConfiguration(directory: "\(folder)/forge", webhookSecret: webhookSecret)
        forgeConfiguration.port = settings.forgePort
        // The demo's contract: the pull request of issue 1 is number 1.
        forgeConfiguration.pairsNumbers = true
        let crash = CrashPoint(file: "\(folder)/crash-at")
        forgeConfiguration.beforeAnswer = { method, agent in crash.pass(method: method, userAgent: agent) }
        forge = try await ForgeServer.open(forgeConfiguration, logger: logger)
        var clusterConfiguration = DevAPIServer.Configuration(directory: "\(folder)/cluster")
        clusterConfiguration.port = settings.apiPort
        clusterConfiguration.beforeAnswer = { method, agent in crash.pass(method: method, userAgent: agent) }
        cluster = try DevAPIServer(configuration: clusterConfiguration, logger: logger, metrics: metrics)
        node = DevNode(
            server: cluster, stateDirectory: "\(folder)/kubelet",
            programDirectories: settings.agent.programDirectories, logger: logger)
    }

    /// Runs everything; parts stop in the reverse order of this list.
    func run() async throws {
        try Files.writeAtomically(
            "\(settings.folder)/dev.pid", Array("\(ProcessIdentity.processID)\n".utf8), mode: 0o644)
        defer {
            try? Files.remove("\(settings.folder)/dev.pid")
            try? Files.remove("\(settings.folder)/env.sh")
        }
        try await ServiceGroup(
            [
                ("postgres", postgres), ("forge", forge), ("cluster", cluster), ("ground", ClosureService(layGround)),
                ("model", ClosureService(runModel)), ("run-api", ClosureService(runRunAPI)),
                ("node", node), ("controllers", ClosureService(runControllers)),
                ("edge", ClosureService(runEdge)), ("console", ClosureService(runConsole)), ("announcement", ClosureService(announce)),
            ], gracePeriod: .seconds(20), logger: logger
        ).run()
    }

    /// Migrates the database, installs definitions and manifests, writes the configuration.
    private func layGround() async throws {
        do {
            async let databaseURL = migratedDatabase()
            async let forgeURL = forge.waitUntilListening()
            let access = try await cluster.waitUntilReady()
            try await DevInstallation(access: access, crds: settings.crds, manifests: settings.manifests, logger: logger)
                .install()
            let controller = "\(settings.folder)/controller.kubeconfig"
            let edge = "\(settings.folder)/edge.kubeconfig"
            try await writeKubeconfig(controller, serviceAccount: "codex-k8s-controller")
            try await writeKubeconfig(edge, serviceAccount: "codex-k8s-edge")
            let footing = Footing(databaseURL: try await databaseURL, controllerKubeconfig: controller)
            self.footing.resolve(.success(footing))
            let url = try await forgeURL
            let file = "\(settings.folder)/config.yaml"
            var input = DevConfiguration.Input(
                forgeURL: url, credentials: forge.credentials, agent: settings.agent)
            if settings.agent.asksModel { input.model = (try await modelURL.value(), modelKeyFile) }
            input.runAPIURL = try await runAPIURL.value()
            input.overlay = settings.overlay
            let text = DevConfiguration.text(input)
            try Files.writeAtomically(file, Array(text.utf8), mode: 0o644)
            ground.resolve(
                .success(
                    Ground(
                        databaseURL: footing.databaseURL, forgeURL: url, access: access, configurationFile: file,
                        controllerKubeconfig: controller, edgeKubeconfig: edge)))
        } catch {
            footing.resolve(.failure(error))
            ground.resolve(.failure(error))
            throw error
        }
    }

    /// Serves the model's stand-in, where the agent asks a model.
    private func runModel() async throws {
        guard settings.agent.asksModel else { return }
        try await KeptPort(file: "\(settings.folder)/model.port", logger: logger).serve {
            DevModelServer(key: modelKey, port: $0, logger: logger)
        } listening: {
            try await $0.waitUntilListeningPort()
        } announce: { [modelURL] port in
            modelURL.resolve(.success("http://127.0.0.1:\(port)/v1"))
        }
    }

    /// Serves the run API with the controllers' own rights, as in a cluster.
    private func runRunAPI() async throws {
        let footing = try await footing.value()
        let http = HTTPClient(configuration: .init(userAgent: "codex-k8s-run-api"))
        defer { http.shutdown() }
        let database = PostgresClient(url: Secret(footing.databaseURL), configuration: .service, logger: logger)
        let cluster = try Kubeconfig.load(path: footing.controllerKubeconfig)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await database.run() }
            defer { group.cancelAll() }
            try await KeptPort(file: "\(settings.folder)/run-api.port", logger: logger).serve {
                RunAPIParts.server(
                    sessionLimit: OperatorConfiguration.Sessions.defaultMaximumBytes, cluster: cluster, http: http,
                    postgres: database, host: "127.0.0.1", port: $0, metrics: metrics, logger: logger)
            } listening: {
                try await $0.waitUntilListening()
            } announce: { [runAPIURL] port in
                runAPIURL.resolve(.success("http://127.0.0.1:\(port)"))
            }
        }
    }

    private func migratedDatabase() async throws -> String {
        let url = try await postgres.waitUntilReady()
        let client = PostgresClient(url: Secret(url), logger: logger)
        defer { client.shutdown() }
        for migration in try await Migrator(settings.migrations).migrate(on: client) {
            logger.info("applied a migration", ["name": migration.name])
        }
        return url
    }

    /// The controllers and the edge are let in by the tokens of their own service accounts, so that the install's
    /// access rules are what they live with here too.
    private func writeKubeconfig(_ path: String, serviceAccount: String) async throws {
        let token = try cluster.issueToken(namespace: "codex-k8s-system", serviceAccount: serviceAccount)
        try await cluster.writeKubeconfig(to: path, user: serviceAccount, token: token)
    }

    private func runControllers() async throws {
        let ground = try await ground.value()
        let http = HTTPClient(configuration: .init(userAgent: "codex-k8s-controller"))
        defer { http.shutdown() }
        let database = PostgresClient(
            url: Secret(ground.databaseURL), configuration: .service, logger: logger)
        let parts = try ControllerParts(
            configuration: try CommonOptions.configuration(at: ground.configurationFile),
            cluster: try Kubeconfig.load(path: ground.controllerKubeconfig), http: http, postgres: database,
            serviceAccount: "codex-k8s-controller", metrics: metrics, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await database.run() }
            group.addTask { try await parts.set.manager.run() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func runEdge() async throws {
        let ground = try await ground.value()
        let http = HTTPClient(configuration: .init(userAgent: "codex-k8s-edge"))
        defer { http.shutdown() }
        let client = APIClient(
            configuration: try Kubeconfig.load(path: ground.edgeKubeconfig), http: http, logger: logger, metrics: metrics)
        let edge = try WebhookEdge(
            configuration: try CommonOptions.configuration(at: ground.configurationFile),
            listen: ServerConfiguration(host: "127.0.0.1", port: settings.edgePort), secret: webhookSecret,
            client: client, metrics: metrics, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await edge.run() }
            group.addTask {
                let port = try await edge.waitUntilListening()
                edgeURL.resolve(.success("http://127.0.0.1:\(port)"))
                forge.setWebhookAddress("http://127.0.0.1:\(port)/webhooks/github")
            }
            defer { group.cancelAll() }
            while try await group.next() != nil {}
        }
    }

    /// Serves the pages for people. They get in by a token of theirs, or once by the link, as the administrator.
    private func runConsole() async throws {
        let ground = try await ground.value()
        let http = HTTPClient(configuration: .init(userAgent: "codex-k8s-console"))
        defer { http.shutdown() }
        let database = PostgresClient(url: Secret(ground.databaseURL), configuration: .service, logger: logger)
        let cluster = try Kubeconfig.load(path: ground.controllerKubeconfig)
        let link = signInLink
        link.offer(ground.access.token)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await database.run() }
            defer { group.cancelAll() }
            try await KeptPort(file: "\(settings.folder)/console.port", logger: logger).serve {
                ConsoleParts.server(
                    cluster: cluster, http: http, postgres: database, host: "127.0.0.1", port: $0,
                    redeem: { link.redeem($0) }, metrics: metrics, logger: logger)
            } listening: {
                try await $0.waitUntilListening()
            } announce: { [consoleURL] port in
                consoleURL.resolve(.success("http://127.0.0.1:\(port)"))
            }
        }
    }

    /// Writes `env.sh` last: who sees it can use everything.
    private func announce() async throws {
        let ground = try await ground.value()
        let edge = try await edgeURL.value()
        let console = try await consoleURL.value()
        let values = [
            ("KUBECONFIG", ground.access.kubeconfig), ("CODEXK8S_DATABASE_URL", ground.databaseURL),
            ("CODEXK8S_EDGE_URL", edge), ("CODEXK8S_FORGE_URL", ground.forgeURL),
            ("CODEXK8S_FORGE_TOKEN", forge.credentials.ownerToken.reveal()),
            ("CODEXK8S_WEBHOOK_SECRET", webhookSecret.reveal()), ("CODEXK8S_CONSOLE_URL", console),
            // Whoever opens it first is the cluster's administrator: like the tokens it is here and in no log.
            ("CODEXK8S_CONSOLE_SIGN_IN_URL", "\(console)/signin?code=\(signInLink.code.reveal())"),
        ]
        let text = values.map { "export \($0.0)='\($0.1)'\n" }.joined()
        try Files.writeAtomically("\(settings.folder)/env.sh", Array(text.utf8), mode: 0o600)
        logger.info("everything is ready", ["env": "\(settings.folder)/env.sh", "edge": edge, "forge": ground.forgeURL, "console": console])
    }

    private static func keptSecret(_ path: String) throws -> Secret<String> {
        if Files.exists(path) { return Secret(try Files.readText(path, limit: 1 << 12)) }
        let secret = Hex.encode(RandomBytes.generate(32))
        try Files.writeAtomically(path, Array(secret.utf8), mode: 0o600)
        return Secret(secret)
    }
}
