// SPDX-License-Identifier: MIT
import ChildProcesses
import ControlPlane
import DevCluster
import FoundationEssentials
import HTTPTransport
import JSONCoding
import KubernetesAPI
import KubernetesClient
import ServiceRuntime
import SystemCalls
import Testing
import YAMLCoding

/// The cluster that the suite asks: the embedded one, or a real control plane where `KUBEBUILDER_ASSETS` names one.
struct TestCluster: Sendable {
    @TaskLocal static var running: TestCluster?

    /// The administrator.
    let admin: APIClient
    let http: HTTPClient
    let isReal: Bool
    /// Makes the server forget the versions of the past.
    let compactHistory: @Sendable () async throws -> Void

    /// The cluster of the suite; `BehaviourScope` sets it.
    static var current: TestCluster {
        get throws { try #require(running, "the suite runs outside its scope") }
    }

    /// Whether namespaces are emptied and garbage is collected. A bare real API server does neither.
    static let hasControllers =
        ControlPlane.Binaries(environment: ProcessIdentity.environment).map { $0.controllerManager != nil } ?? true
    static let withoutControllers: Comment =
        "KUBEBUILDER_ASSETS has no kube-controller-manager, and nothing else empties namespaces or collects garbage"

    /// Someone with all rights of the administrator, under another name: what admission policies look at.
    func client(as user: String, groups: [String] = ["system:masters"]) -> APIClient {
        APIClient(configuration: admin.configuration.impersonating(user, groups: groups), http: http)
    }

    /// Makes a namespace that no other test uses.
    func makeNamespace(prefix: String = "behaviour", labels: [String: String] = [:]) async throws -> String {
        var namespace = DynamicObject(.namespace, name: Self.uniqueName(prefix))
        if !labels.isEmpty { namespace.content.setValue(JSONValue(labels), at: ["metadata", "labels"]) }
        return try await admin.objects(.namespace).create(namespace).metadata.name
    }

    static func uniqueName(_ prefix: String) -> String {
        "\(prefix)-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    }

    // MARK: Running

    static func withRunning(_ body: @Sendable (TestCluster) async throws -> Void) async throws {
        let http = HTTPClient(configuration: .init(maximumConnectionsPerHost: 8))
        defer { http.shutdown() }
        if let real = try ControlPlane.Configuration() {
            let plane = try await ControlPlane.start(real)
            do {
                let configuration = try Kubeconfig.load(path: plane.kubeconfig)
                let cluster = TestCluster(
                    admin: APIClient(configuration: configuration, http: http), http: http, isReal: true,
                    compactHistory: { try await plane.etcd.compact() })
                try await cluster.install()
                try await body(cluster)
            } catch {
                await plane.stop()
                throw error
            }
            await plane.stop()
        } else {
            try await withEmbedded(http, body)
        }
    }

    private static func withEmbedded(
        _ http: HTTPClient, _ body: @Sendable (TestCluster) async throws -> Void
    ) async throws {
        let directory = try Files.temporaryDirectory(prefix: "behaviour")
        defer { try? Files.remove(directory) }
        let server = try DevAPIServer(configuration: .init(directory: directory), logger: .disabled)
        let serving = Task { try await server.run() }
        let access = try await server.waitUntilReady()
        let configuration = try Kubeconfig.load(path: access.kubeconfig)
        do {
            let cluster = TestCluster(
                admin: APIClient(configuration: configuration, http: http), http: http, isReal: false,
                compactHistory: { server.compactHistory() })
            try await cluster.install()
            #expect(server.problems == [:], "what the embedded cluster cannot evaluate")
            try await body(cluster)
        } catch {
            serving.cancel()
            _ = try? await serving.value
            throw error
        }
        serving.cancel()
        _ = try? await serving.value
    }

    // MARK: What the product installs

    /// A field that the server does not know is a mistake in what we install.
    private static let strictly = WriteOptions(fieldValidation: "Strict")

    private static let root = String(#filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 })

    /// The objects in the YAML files of a folder of the repository whose names begin so.
    static func manifests(in folder: String, prefix: String = "") throws -> [JSONValue] {
        try Files.list("\(root)/\(folder)").sorted().filter { $0.hasPrefix(prefix) && $0.hasSuffix(".yaml") }.flatMap {
            try YAMLParser.documents(try Files.readText("\(root)/\(folder)/\($0)")).filter { !$0.isNull }
        }
    }

    /// Installs `crds/` and, of `manifests/`, everything but workloads; waits until the types are served.
    private func install() async throws {
        for manifest in try Self.manifests(in: "crds") {
            _ = try await admin.create(manifest, type: .customResourceDefinition, options: Self.strictly)
        }
        for manifest in try Self.manifests(in: "crds") {
            let name = DynamicObject(manifest).metadata.name
            try await eventually(.customResourceDefinition, nil, name) { object in
                (try? object.content.decode(CustomResourceDefinition.self))?.isEstablished == true
            }
        }
        for prefix in ["namespaces", "service-accounts", "rbac-", "policy-"] {
            for manifest in try Self.manifests(in: "manifests", prefix: prefix) {
                let object = DynamicObject(manifest)
                let type = try #require(object.resourceType, "\(object) is of an unknown type")
                _ = try await admin.create(manifest, type: type, options: Self.strictly)
            }
        }
        // Established is said a moment before every path is served.
        for type in [ResourceType.agentRun, .issueNamespace] {
            try await untilTrue("\(type) is served") { (try? await admin.objects(type).list()) != nil }
        }
    }

    // MARK: Waiting

    /// Waits, by a watch, until an object satisfies a condition, and returns it.
    @discardableResult
    func eventually(
        _ type: ResourceType, _ namespace: String?, _ name: String,
        _ condition: @Sendable (DynamicObject) -> Bool
    ) async throws -> DynamicObject {
        let watch = try await admin.objects(type, namespace: namespace).watch(
            WatchOptions(fieldSelector: .name(name), timeout: .seconds(60)))
        for try await event in watch {
            switch event {
            case .added(let object), .modified(let object):
                if condition(object) { return object }
            default: break
            }
        }
        throw ControlPlaneError(problem: "\(type) \(name) did not get where it should within a minute")
    }

    /// Waits until an object is gone.
    func untilGone(_ type: ResourceType, _ namespace: String?, _ name: String) async throws {
        try await untilTrue("\(type) \(name) is gone") {
            try await admin.objects(type, namespace: namespace).find(name) == nil
        }
    }

    /// Waits for what no watch tells.
    func untilTrue(_ what: String, _ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw ControlPlaneError(problem: "not within a minute: \(what)")
    }
}

extension ResourceType {
    static let agentRun = ResourceType(
        group: "codex-k8s.dev", version: "v1alpha1", kind: "AgentRun", plural: "agentruns", isNamespaced: true)
    static let issueNamespace = ResourceType(
        group: "codex-k8s.dev", version: "v1alpha1", kind: "IssueNamespace", plural: "issuenamespaces",
        isNamespaced: false)
}
