// SPDX-License-Identifier: MIT
import Cryptography
import Dispatch
import JSONCoding
import KubernetesAPI
import ServiceRuntime
import SystemCalls
import Testing

@testable import DevCluster

/// A cluster without HTTP, with the Job controller and the kubelet on it.
final class NodeFixture: Sendable {
    /// Making a key takes longer than a test.
    private static let key = Result { try RSAPrivateKey.generate() }

    let folder: String
    let api: ClusterAPI

    init(_ existing: String? = nil) throws {
        folder = try existing ?? Files.temporaryDirectory(prefix: "node-test")
        let tokens = try TokenAuthority(key: Self.key.get(), authorityPEM: "", fixed: [:], clock: .system)
        let store = try ObjectStore(directory: "\(folder)/store", historyLimit: 1000)
        api = ClusterAPI(store: store, registry: CRDRegistry(), policies: PolicyRegistry(), tokens: tokens)
        if existing == nil {
            try Bootstrap.fill(api)
            let account: JSONValue = ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "default"]]
            _ = try? api.create(account, type: .serviceAccount, namespace: "default")
        }
    }

    func remove() { try? Files.remove(folder) }

    func kubelet(_ change: (inout KubeletConfiguration) -> Void = { _ in }) -> ProcessKubelet {
        var configuration = KubeletConfiguration(stateDirectory: "\(folder)/kubelet", executableDirectory: "/opt/none")
        configuration.retryPause = .milliseconds(20)
        configuration.restartPause = .milliseconds(20)
        change(&configuration)
        return ProcessKubelet(store: api, configuration: configuration, logger: .disabled)
    }

    /// Runs controllers while `body` runs; returns when all of them have ended.
    @discardableResult
    func run<T: Sendable>(
        kubelet: ProcessKubelet? = nil, _ body: @escaping @Sendable (NodeFixture, ProcessKubelet) async throws -> T
    ) async throws -> T {
        let kubelet = kubelet ?? self.kubelet()
        let jobs = JobController(store: api, logger: .disabled)
        return try await withThrowingTaskGroup(of: T?.self) { group in
            group.addTask {
                try await kubelet.run()
                return nil
            }
            group.addTask {
                try await jobs.run()
                return nil
            }
            let result = try await body(self, kubelet)
            group.cancelAll()
            while try await group.next() != nil {}
            return result
        }
    }

    /// A fixture that is there for one test.
    static func with(
        _ change: (inout KubeletConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (NodeFixture, ProcessKubelet) async throws -> Void
    ) async throws {
        let fixture = try NodeFixture()
        defer { fixture.remove() }
        try await fixture.run(kubelet: fixture.kubelet(change), body)
    }

    @discardableResult
    func create(_ object: JSONValue, _ type: ResourceType) throws -> JSONValue {
        try api.create(object, type: type, namespace: "default")
    }

    func get(_ type: ResourceType, _ name: String) throws -> JSONValue {
        try api.get(type, namespace: "default", name: name)
    }

    /// The first state of an object that the predicate accepts; nil stands for one that is gone.
    @discardableResult
    func wait(
        _ type: ResourceType, _ name: String, until predicate: (JSONValue?) -> Bool
    ) async throws -> JSONValue {
        for await event in api.watch(type, namespace: "default", initial: true) where event.object.name == name {
            let object = event.kind == .deleted ? nil : event.object
            if predicate(object) { return event.object }
        }
        throw CancellationError()
    }

    @discardableResult
    func waitForPhase(_ phase: String, _ name: String) async throws -> JSONValue {
        try await wait(.pod, name) { $0?.at("status", "phase")?.stringValue == phase }
    }

    func waitForGone(_ type: ResourceType, _ name: String) async throws {
        // The watch begins before the look, so that a deletion in between is not missed.
        let events = api.watch(type, namespace: "default", initial: false)
        if (try? get(type, name)) == nil { return }
        for await event in events where event.object.name == name && event.kind == .deleted { return }
        throw CancellationError()
    }

    func log(
        _ kubelet: ProcessKubelet, _ pod: JSONValue, _ container: String,
        _ change: (inout PodLogRequest) -> Void = { _ in }
    ) async throws -> String {
        var request = PodLogRequest(namespace: "default", pod: pod.name, podUID: pod.uid, container: container)
        change(&request)
        var bytes: [UInt8] = []
        for await chunk in try await kubelet.stream(request) { bytes += chunk }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Objects for tests.
enum Make {
    /// A container that runs a shell script.
    static func container(_ name: String, _ script: String, _ more: JSONObject = [:]) -> JSONValue {
        var container: JSONObject = [
            "name": .string(name), "image": "none", "command": ["sh", "-c", .string(script)],
        ]
        for (key, value) in more { container[key] = value }
        return .object(container)
    }

    static func pod(
        _ name: String, _ containers: [JSONValue], policy: String = "Never", spec: JSONObject = [:],
        metadata: JSONObject = [:]
    ) -> JSONValue {
        var full: JSONObject = ["restartPolicy": .string(policy), "containers": .array(containers)]
        for (key, value) in spec { full[key] = value }
        var meta: JSONObject = ["name": .string(name)]
        for (key, value) in metadata { meta[key] = value }
        return ["apiVersion": "v1", "kind": "Pod", "metadata": .object(meta), "spec": .object(full)]
    }

    static func job(_ name: String, _ script: String, spec: JSONObject = [:], policy: String = "Never") -> JSONValue {
        var full: JSONObject = [
            "backoffLimit": 0,
            "template": [
                "metadata": ["labels": ["app": "test"]],
                "spec": ["restartPolicy": .string(policy), "containers": [container("main", script)]],
            ],
        ]
        for (key, value) in spec { full[key] = value }
        return ["apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": .string(name)], "spec": .object(full)]
    }
}

extension JSONValue {
    /// The status entry of a container.
    func container(_ name: String) -> JSONValue? {
        for list in ["containerStatuses", "initContainerStatuses"] {
            if let found = at("status", list)?.arrayValue?.first(where: { $0["name"]?.stringValue == name }) {
                return found
            }
        }
        return nil
    }

    func end(_ container: String) -> JSONValue? { self.container(container)?.at("state", "terminated") }

    func condition(_ type: String) -> JSONValue? {
        at("status", "conditions")?.arrayValue?.first { $0["type"]?.stringValue == type }
    }
}
