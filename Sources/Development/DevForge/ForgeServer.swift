// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTransport
import HTTPTypes
import JSONCoding
package import ServiceRuntime
import SystemCalls

/// A stand-in for GitHub on loopback: REST for what codex-k8s uses, signed webhooks, and a real git repository.
///
/// It is for development and tests, says in every answer that it is not GitHub, and keeps its state in one folder so
/// that it goes on after any stop where it was.
package final class ForgeServer: Service {
    /// What `Server` says in every answer.
    package static let serverName = "codex-k8s-forge (stand-in for GitHub)"

    /// What clients need: the app's key, the people's tokens.
    package let credentials: ForgeCredentials

    private let store: ForgeStore
    private let dispatcher: WebhookDispatcher
    private let configuration: ForgeConfiguration
    private let logger: Logger
    private let client: HTTPClient
    private let base: ForgeBaseURL
    private let handler: ForgeHandler

    /// Opens the folder, makes what is missing in it, and gets ready to serve.
    ///
    /// - Throws: what the disk or git refuse; an error that names the line when the journal is damaged.
    package static func open(_ configuration: ForgeConfiguration, logger: Logger) async throws -> ForgeServer {
        let store = try await ForgeStore.open(directory: configuration.directory, clock: configuration.clock)
        let credentials = try await ForgeSeed.run(configuration, store: store)
        return ForgeServer(configuration, store: store, credentials: credentials, logger: logger)
    }

    private init(
        _ configuration: ForgeConfiguration, store: ForgeStore, credentials: ForgeCredentials, logger: Logger
    ) {
        self.store = store
        self.credentials = credentials
        client = HTTPClient(configuration: .init())
        let base = ForgeBaseURL(host: configuration.host)
        self.base = base
        dispatcher = WebhookDispatcher(
            store: store, secret: configuration.webhookSecret, address: configuration.webhookAddress, client: client,
            logger: logger)
        let gate = ForgeGate(limit: configuration.hourlyLimit) { store.now }
        let repositories = "\(configuration.directory)/repositories"
        let handler = ForgeHandler(
            endpoints: ForgeEndpoints(
                store: store, repositories: repositories, treeLimit: configuration.treeLimit, dispatcher: dispatcher,
                gate: gate),
            backend: GitBackend(repositories: repositories, hooks: "\(configuration.directory)/hooks"), base: base,
            ownerLogin: configuration.owner, logger: logger)
        self.handler = handler
        self.configuration = configuration
        self.logger = logger
    }

    /// The address, without a slash at the end, once the stand-in listens.
    package func waitUntilListening() async throws -> String { try await base.wait() }

    /// Says where webhooks go from now on; those that have waited for it are sent.
    package func setWebhookAddress(_ address: String) {
        dispatcher.setAddress(address)
    }

    package func run() async throws {
        defer { client.shutdown() }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { [self] in try await serve() }
                group.addTask { [self] in
                    // Links in payloads need the port.
                    _ = try await waitUntilListening()
                    try await handler.catchUp()
                    try await dispatcher.run()
                }
                // Whichever ends first, by an error or because the task was cancelled, ends the other.
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch {
            base.resolve(.failure(error))
            throw error
        }
    }

    /// Listens on the port of the last start when nothing else has taken it, so that addresses given out stay true.
    private func serve() async throws {
        let file = "\(configuration.directory)/port"
        if configuration.port == 0, let last = try? Files.readText(file, limit: 16), let port = Int(last) {
            do {
                return try await serve(port: port, remembering: file)
            } catch let error as HTTPServerError {
                logger.info("another port is taken", ["wanted": last, "reason": "\(error)"])
            }
        }
        try await serve(port: configuration.port, remembering: file)
    }

    private func serve(port: Int, remembering file: String) async throws {
        var serving = ServerConfiguration(host: configuration.host, port: port)
        serving.maximumBodyBytes = 256 << 20
        serving.bodyBudgetBytes = 512 << 20
        serving.bodyDeadline = .seconds(60)
        let server = HTTPServer(configuration: serving, logger: logger) { [handler, configuration] request in
            let response = await handler.handle(request)
            configuration.beforeAnswer?(request.method.rawValue, request.headers["User-Agent"] ?? "")
            return response
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            let port = try await server.waitUntilListening()
            try Files.writeAtomically(file, Array(String(port).utf8), durable: false)
            base.resolve(.success(port))
            try await group.waitForAll()
        }
    }
}
