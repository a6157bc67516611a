// SPDX-License-Identifier: MIT
import ControlPlane
import FaultProxy
import FoundationEssentials
import HTTPTransport
import JSONCoding
import KubernetesAPI
import KubernetesClient
import ServiceRuntime
import Synchronization
import SystemCalls
import Testing

/// A cluster with a fault proxy between it and the clients of a test, and an oracle that knows every request.
struct FaultCluster: Sendable {
    /// Shared by the tests that do nothing to the server itself; nil where the embedded server is asked.
    @TaskLocal static var sharedReal: RealBackend?
    static let asksRealCluster = ControlPlane.Binaries(environment: ProcessIdentity.environment) != nil
    static let hasControllers =
        ControlPlane.Binaries(environment: ProcessIdentity.environment).map { $0.controllerManager != nil } ?? true

    let backend: any FaultBackend
    let proxy: FaultProxy
    /// The administrator, past the proxy.
    let admin: APIClient
    /// The namespace of the test.
    let namespace: String
    private let resources: Resources

    /// What ends with the test.
    private final class Resources: Sendable {
        let clients = Mutex<[HTTPClient]>([])
    }

    var isReal: Bool { backend.isReal }

    /// Runs the body with a cluster.
    ///
    /// - Parameters:
    ///   - isExclusive: the body kills, restarts or restores the server, so that nobody else may use it.
    ///   - bookmarkInterval: of the embedded server; a real one sends bookmarks once a minute.
    static func run(
        isExclusive: Bool = false, bookmarkInterval: Duration = .seconds(60),
        _ body: (FaultCluster) async throws -> Void
    ) async throws {
        let backend: any FaultBackend
        let isShared: Bool
        if let shared = sharedReal, !isExclusive {
            backend = shared
            isShared = true
        } else {
            isShared = false
            if asksRealCluster {
                backend = try await RealBackend.start()
            } else {
                backend = try EmbeddedBackend(bookmarkInterval: bookmarkInterval)
                try await backend.start()
            }
        }
        let resources = Resources()
        let proxy = try FaultProxy(target: backend.port)
        let proxying = Task { try await proxy.run() }
        var failure: (any Error)?
        do {
            let http = HTTPClient(configuration: .init(userAgent: "oracle"))
            resources.clients.withLock { $0.append(http) }
            let admin = APIClient(
                configuration: try Kubeconfig.load(path: backend.kubeconfig), http: http, retryPolicy: .patient)
            let namespace = try await admin.objects(.namespace).create(
                DynamicObject(.namespace, name: "faults-\(uniqueSuffix())")
            ).metadata.name
            let cluster = FaultCluster(
                backend: backend, proxy: proxy, admin: admin, namespace: namespace, resources: resources)
            try await body(cluster)
        } catch {
            failure = error
        }
        for http in resources.clients.withLock({ $0 }) { http.shutdown() }
        proxying.cancel()
        _ = try? await proxying.value
        if !isShared { await backend.stop() }
        if let failure { throw failure }
    }

    private static func uniqueSuffix() -> String { String(UInt64.random(in: .min ... .max), radix: 36) }

    // MARK: The server

    /// Stops the server in the middle of whatever it does: connections stay open, and nothing answers. The embedded
    /// one is in this process, so its connections fall silent instead.
    func freeze() async {
        if let real = backend as? RealBackend {
            real.plane.apiServer.part.freeze()
        } else {
            await proxy.set(.both(.blackHole))
        }
    }

    /// Lets a frozen server go on.
    func resume() async {
        if let real = backend as? RealBackend {
            real.plane.apiServer.part.resume()
        } else {
            await proxy.heal()
        }
    }

    /// Ends the server as `kill -9` does; connections break, new ones are refused.
    func kill() async {
        await proxy.admit(.refuse)
        await proxy.cut(.reset)
        await backend.kill()
    }

    /// Starts it again and lets clients in.
    func start() async throws {
        try await backend.start()
        await proxy.admit(.connect)
    }

    /// Keeps clients away while the body runs: their connections break, new ones are refused.
    func withoutClients(_ body: () async throws -> Void) async throws {
        await proxy.admit(.refuse)
        await proxy.cut(.reset)
        try await body()
        await proxy.admit(.connect)
    }

    // MARK: Clients

    /// A client with connections of its own through the proxy.
    ///
    /// - Parameters:
    ///   - role: how the oracle tells it apart.
    ///   - isDirect: past the proxy.
    func client(
        _ role: String, http2: Bool = true, isDirect: Bool = false, connectTimeout: Duration = .seconds(3),
        retryPolicy: RetryPolicy = RetryPolicy(), metrics: MetricsRegistry = MetricsRegistry(),
        change: (inout ClusterConfiguration) -> Void = { _ in }
    ) throws -> APIClient {
        var configuration = try Kubeconfig.load(path: backend.kubeconfig)
        if !isDirect { configuration.server = "https://127.0.0.1:\(proxy.port)" }
        change(&configuration)
        return APIClient(
            configuration: configuration, http: connections(role, http2: http2, connectTimeout: connectTimeout),
            metrics: metrics, retryPolicy: retryPolicy)
    }

    /// Connections of a role, which end with the test.
    func connections(_ role: String, http2: Bool = true, connectTimeout: Duration = .seconds(3)) -> HTTPClient {
        let http = HTTPClient(
            configuration: .init(
                maximumHTTP1ConnectionsPerHost: 512, userAgent: agent(role), http2: http2,
                connectTimeout: connectTimeout))
        resources.clients.withLock { $0.append(http) }
        return http
    }

    private func agent(_ role: String) -> String { "\(namespace)/\(role)" }

    // MARK: The oracle

    /// The requests of a role that reached the server, in order of arrival.
    func requests(of role: String) throws -> [SeenRequest] {
        try backend.requests().filter { $0.userAgent == agent(role) }
    }

    /// How often a role asked for each verb.
    func counts(of role: String) throws -> [String: Int] {
        try requests(of: role).reduce(into: [:]) { $0[$1.verb, default: 0] += 1 }
    }

    /// Config maps of the test's namespace, as the server has them.
    func configMaps() async throws -> [ObjectKey: ConfigMap] {
        let items = try await admin.resource(ConfigMap.self, namespace: namespace).listAll().items
        return Dictionary(uniqueKeysWithValues: items.filter { !isOfTheCluster($0) }.map { ($0.key, $0) })
    }

    /// What controllers of a real control plane put into every namespace.
    private func isOfTheCluster(_ map: ConfigMap) -> Bool { map.metadata.name == "kube-root-ca.crt" }

    // MARK: Writing past the proxy

    @discardableResult
    func create(
        _ name: String, data: [String: String] = [:], labels: [String: String] = [:]
    ) async throws -> ConfigMap {
        try await admin.resource(ConfigMap.self, namespace: namespace).create(
            ConfigMap(metadata: ObjectMeta(name: name, namespace: namespace, labels: labels), data: data))
    }

    @discardableResult
    func update(_ name: String, _ value: String) async throws -> ConfigMap {
        try await admin.resource(ConfigMap.self, namespace: namespace).patch(
            name, .merge(["data": ["value": .string(value)]]))
    }

    func delete(_ name: String) async throws {
        try await admin.delete(.configMap, ObjectKey(namespace: namespace, name: name))
    }

    // MARK: Waiting

    /// Waits until a condition holds; the deadline is for what takes milliseconds on a machine with nothing else to do.
    func eventually(
        _ what: Comment, within limit: Duration = .seconds(20), sourceLocation: SourceLocation = #_sourceLocation,
        _ condition: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("not within \(limit): \(what)", sourceLocation: sourceLocation)
        throw ControlPlaneError(problem: "not within \(limit): \(what)")
    }
}

extension RetryPolicy {
    /// For the oracle, which must get its answer from a server that just started.
    static let patient = RetryPolicy(maximumAttempts: 60, waitingBudget: .seconds(60), maximumDelay: .seconds(1))
}
