// SPDX-License-Identifier: MIT
import Cryptography
import HTTPServing
import HTTPTypes
package import JSONCoding
import KubernetesAPI
package import ServiceRuntime
import SystemCalls

/// A Kubernetes API server for laptops and CI inside the process: real `kubectl`, the same controllers and the same
/// manifests as in a cluster, with all state in one folder.
///
/// It is a stand-in and says so (`gitVersion` ends in `codex-k8s-dev`): one process, no etcd, no scheduler, no network.
/// The rules about objects are Kubernetes'. Killing the process at any moment loses no acknowledged write.
package final class DevAPIServer: Service {
    /// How the server is run.
    package struct Configuration: Sendable {
        /// The folder of everything: journal, certificates, tokens, kubeconfig.
        package var directory: String
        /// The port on loopback; 0 takes the one of the last start when it is free, else any.
        package var port = 0
        /// How many changes a kind's watchers may fall behind before they must list again.
        package var historyLimit = 4096
        /// Whether each write waits until the disk has it (fdatasync). Without it a killed process loses nothing, a
        /// lost machine perhaps the last writes; with it a write takes as long as the disk does.
        package var synchronizesJournal = false
        /// How long a request for a version that is not there yet waits for it.
        package var freshnessTimeout = Duration.seconds(3)
        /// How often watches get a bookmark.
        package var bookmarkInterval = Duration.seconds(60)
        /// Called with each request as it arrives, whoever sends it: what a test counts.
        package var observeRequest: (@Sendable (ObservedRequest) -> Void)?
        /// Called when a request was carried out and its answer not sent yet: where a test stops the process.
        package var beforeAnswer: (@Sendable (_ method: String, _ userAgent: String) -> Void)?

        /// The state in a folder, everything else by default.
        package init(directory: String) { self.directory = directory }
    }

    /// A request as an audit log would have it.
    package struct ObservedRequest: Sendable, Hashable {
        /// The Kubernetes verb: `list`, `watch`, `get`, `create` and so on.
        package var verb: String
        /// Path and query.
        package var target: String
        /// The User-Agent field.
        package var userAgent: String
    }

    /// Where to find the server and how to be let in.
    package struct Access: Sendable {
        /// A kubeconfig file of the administrator.
        package var kubeconfig: String
        /// `https://127.0.0.1:PORT`.
        package var url: String
        /// The administrator's token.
        package var token: Secret<String>
        /// The certificate to trust.
        package var authorityPEM: String
    }

    private let configuration: Configuration
    private let api: ClusterAPI
    private let handler: APIHandler
    private let state: StateFolder
    private let logger: Logger
    private let ready = ReadyValue<Access>()

    /// Opens the state folder, making what is missing: a first start creates the certificate authority, the keys, the
    /// administrator's token and the namespaces that every cluster has.
    ///
    /// - Throws: `StoreError` when the folder cannot be used.
    package init(
        configuration: Configuration, logger: Logger, metrics: MetricsRegistry = MetricsRegistry(),
        clock: WallClock = .system
    ) throws {
        self.configuration = configuration
        self.logger = logger.labelled("dev-cluster")
        let store = try ObjectStore(
            directory: configuration.directory + "/store", historyLimit: configuration.historyLimit,
            synchronizes: configuration.synchronizesJournal)
        state = try StateFolder(configuration.directory)
        let tokens = try TokenAuthority(
            key: state.tokenKey, authorityPEM: state.authority.certificatePEM,
            fixed: [
                state.adminToken.reveal(): UserInfo(
                    username: "kubernetes-admin", groups: ["system:masters", "system:authenticated"])
            ], clock: clock)
        api = ClusterAPI(
            store: store, registry: CRDRegistry(), policies: PolicyRegistry(), tokens: tokens, clock: clock)
        handler = APIHandler(
            api: api, logger: self.logger, metrics: metrics, bookmarkInterval: configuration.bookmarkInterval,
            freshnessTimeout: configuration.freshnessTimeout)
        try Bootstrap.fill(api)
        for (name, problem) in api.registry.problems {
            self.logger.error("custom resource definition cannot be served", ["definition": name, "reason": problem])
        }
        for (name, problem) in api.policies.problems {
            self.logger.error("admission policy cannot be evaluated", ["policy": name, "reason": problem])
        }
    }

    /// The cluster for controllers inside the process; usable before and while the server runs.
    package var cluster: any ClusterStore { api }

    /// Definitions and policies in the store that cannot be evaluated, by name, with the reason: to be shown at start.
    package var problems: [String: String] {
        api.registry.problems.merging(api.policies.problems) { first, _ in first }
    }

    /// Forgets the history, as etcd's compaction does every five minutes: watches and lists of older versions are
    /// expired from then on. For tests of what clients do then.
    package func compactHistory() { api.store.compactHistory() }

    /// Sets where `pods/log` comes from.
    package func setLogs(_ logs: any PodLogs) { handler.setLogs(logs) }

    /// A token of a service account that exists.
    ///
    /// - Parameter pod: the pod to bind the token to, which ends with it.
    package func issueToken(
        namespace: String, serviceAccount: String, audiences: [String] = [],
        lifetime: Duration = .seconds(365 * 24 * 3600), pod: JSONValue? = nil
    ) throws(StatusError) -> Secret<String> {
        let account = try api.get(.serviceAccount, namespace: namespace, name: serviceAccount)
        let issued = try api.tokens.issue(
            account: account, audiences: audiences, lifetime: Int(lifetime.components.seconds),
            bound: pod.map { TokenAuthority.BoundObject(kind: .pod, object: $0) })
        return Secret(issued.token)
    }

    /// Writes a kubeconfig file for a token, readable by its owner alone.
    package func writeKubeconfig(to path: String, user: String, token: Secret<String>) async throws {
        let access = try await waitUntilReady()
        try KubeconfigFile.write(
            to: path, url: access.url, authorityPEM: access.authorityPEM, user: user, token: token)
    }

    /// Returns when the server answers.
    package func waitUntilReady() async throws -> Access { try await ready.value() }

    /// Serves until cancelled; the controllers of the cluster (garbage collection, namespaces) run beside.
    package func run() async throws {
        do {
            try await withTaskCancellationHandler {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { [self] in try await serve() }
                    group.addTask { [api, logger] in await GarbageCollector(api: api, logger: logger).run() }
                    group.addTask { [api, logger] in await NamespaceController(api: api, logger: logger).run() }
                    group.addTask { [api] in await QuotaController(api: api).run() }
                    group.addTask { [api] in await EventJanitor(api: api).run() }
                    defer { group.cancelAll() }
                    try await group.next()
                }
            } onCancel: {
                // Watches end at once, so that draining the connections takes no time.
                api.store.close()
            }
            api.store.close()
        } catch {
            api.store.close()
            ready.fail(error)
            if !(error is CancellationError) { throw error }
        }
    }

    /// Listens on the port of the last start when nothing else has taken it, so that kubeconfig files stay true.
    private func serve() async throws {
        if configuration.port == 0, let last = state.lastPort {
            do {
                return try await serve(port: last)
            } catch let error as HTTPServerError {
                logger.info("another port is taken", ["wanted": String(last), "reason": "\(error)"])
            }
        }
        try await serve(port: configuration.port)
    }

    private func serve(port: Int) async throws {
        var serving = ServerConfiguration()
        serving.port = port
        serving.tls = (state.serverIdentity.certificatePEM, state.serverIdentity.privateKeyPEM)
        serving.maximumBodyBytes = 3 << 20
        serving.connectionLimit = 4000
        serving.drainPeriod = .seconds(2)
        serving.renderError = { error in
            APIHandler.response(
                StatusError(code: error.status.rawValue, reason: error.reason, message: error.message))
        }
        let server = HTTPServer(configuration: serving, logger: logger) { [handler, configuration] request in
            configuration.observeRequest?(
                ObservedRequest(
                    verb: RequestInfo(request).verb, target: request.rawTarget,
                    userAgent: request.headers["User-Agent"] ?? ""))
            let response = await handler.handle(request)
            configuration.beforeAnswer?(request.method.rawValue, request.headers["User-Agent"] ?? "")
            return response
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            try announce(port: await server.waitUntilListening())
            try await group.waitForAll()
        }
    }

    private func announce(port: Int) throws {
        let url = "https://127.0.0.1:\(port)"
        try state.remember(port: port)
        let kubeconfig = configuration.directory + "/kubeconfig"
        try KubeconfigFile.write(
            to: kubeconfig, url: url, authorityPEM: state.authority.certificatePEM, user: "admin",
            token: state.adminToken)
        logger.info("embedded Kubernetes API ready", ["url": url, "kubeconfig": kubeconfig])
        ready.succeed(
            Access(
                kubeconfig: kubeconfig, url: url, token: state.adminToken,
                authorityPEM: state.authority.certificatePEM))
    }
}
