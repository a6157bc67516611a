// SPDX-License-Identifier: MIT
import AgentAPI
@testable import ControllerRuntime
import DevCluster
import HTTPTransport
import JSONCoding
import KubernetesAPI
import KubernetesClient
import ServiceRuntime
import SystemCalls
import Testing
import YAMLCoding

@testable import AgentControllers

/// The real controllers on an embedded cluster, with a code host and a record in memory; the test is the node.
struct Operator: Sendable {
    @TaskLocal static var running: Operator?

    let api: APIClient
    let host: MemoryHost
    let record: MemoryRecord
    let templates: MemoryTemplates
    let set: ControllerSet

    /// The operator of the suite; ``ControllerScope`` sets it. Tests keep apart by the numbers of their issues.
    static var current: Operator { get throws { try #require(running, "the suite runs outside its scope") } }

    static let configuration: JSONValue = [
        "repositories": [["name": "acme/shop", "id": 1]], "actors": ["owner": "octo", "botIDs": [99]],
        "models": ["m-1", "m-2"],
        "agents": .object(
            JSONObject(AgentDefinition.defaults.map { ($0.key, ["mode": "CodeOnly", "parallelRuns": 100]) } + [
                ("solo", ["role": "one at a time", "mode": "CodeOnly", "parallelRuns": 1])
            ])),
    ]

    /// An embedded cluster with our types and namespaces, and nobody in it.
    ///
    /// - Parameter clock: by which objects are made and deleted.
    static func withCluster(
        clock: WallClock = .system, _ body: @Sendable (ClusterConfiguration, HTTPClient) async throws -> Void
    ) async throws {
        let directory = try Files.temporaryDirectory(prefix: "controllers")
        defer { try? Files.remove(directory) }
        let http = HTTPClient(configuration: .init(maximumConnectionsPerHost: 16))
        defer { http.shutdown() }
        let server = try DevAPIServer(configuration: .init(directory: directory), logger: .disabled, clock: clock)
        let serving = Task { try await server.run() }
        defer { serving.cancel() }
        let cluster = try Kubeconfig.load(path: try await server.waitUntilReady().kubeconfig)
        try await install(APIClient(configuration: cluster, http: http))
        try await body(cluster, http)
    }

    static func withRunning(_ body: @Sendable () async throws -> Void) async throws {
        try await withCluster { cluster, http in
            let api = APIClient(configuration: cluster, http: http)
            let (host, record, templates) = (MemoryHost(), MemoryRecord(), MemoryTemplates())
            let set = ControllerSet(
                ControllerSet.Dependencies(
                    configuration: try OperatorConfiguration(configuration), api: api, source: host, sink: record,
                    history: record, templates: templates, serviceAccount: "codex-k8s-controller",
                    logger: .disabled, metrics: MetricsRegistry()))
            let managing = Task { try await set.manager.run() }
            defer { managing.cancel() }
            let running = Operator(api: api, host: host, record: record, templates: templates, set: set)
            try await $running.withValue(running) { try await body() }
        }
    }

    private static let root = String(#filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 })

    private static func install(_ api: APIClient) async throws {
        for file in try Files.list("\(root)/crds").sorted() where file.hasSuffix(".yaml") {
            for manifest in try YAMLParser.documents(try Files.readText("\(root)/crds/\(file)")) where !manifest.isNull {
                _ = try await api.create(manifest, type: .customResourceDefinition)
            }
        }
        try await until("the types are served") {
            let runs = try? await api.resource(AgentRun.self).list()
            let places = try? await api.resource(IssueNamespace.self).list()
            return runs != nil && places != nil
        }
        for name in ["codex-k8s", "codex-k8s-system"] {
            _ = try await api.objects(.namespace).create(DynamicObject(.namespace, name: name))
        }
    }

    // MARK: Waiting

    struct TooLate: Error, CustomStringConvertible { let description: String }

    static func until(_ what: String, _ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw TooLate(description: "not within 30 s: \(what)")
    }

    /// The run, once it is as wanted.
    func run(_ name: String, _ what: String, _ condition: (AgentRun) -> Bool) async throws -> AgentRun {
        var last: AgentRun?
        do {
            try await Self.until(what) {
                last = try await api.resource(AgentRun.self, namespace: "codex-k8s").find(name)
                return last.map(condition) ?? false
            }
        } catch {
            let stand = "\(last?.phase.rawValue ?? "missing"), \(last?.readyMessage ?? "")"
            throw TooLate(description: "\(error): \(name) is \(stand)")
        }
        return try #require(last)
    }

    // MARK: Runs

    /// Makes a run as a label, a review or a person makes it.
    @discardableResult
    func create(
        issue: Int, kind: TriggerKind = .dev, revise: Bool = false, name: String? = nil, byLabel: Bool = true,
        review: (pullRequest: Int, id: Int64)? = nil, agent: AgentRunSpec.AgentSelection? = nil, attempts: Int? = nil
    ) async throws -> String {
        let label = "run:\(kind.rawValue)\(revise ? ":revise" : "")"
        let isLabelled = byLabel && review == nil
        if isLabelled { host.set(label, on: issue) }
        let name = name ?? "run-\(issue)-\(UInt32.random(in: .min ... .max))"
        let run = AgentRun(
            metadata: ObjectMeta(name: name, namespace: "codex-k8s"),
            spec: AgentRunSpec(
                repository: "acme/shop", issue: issue,
                trigger: .init(
                    kind: kind.rawValue, revise: revise, label: isLabelled ? label : nil,
                    actor: isLabelled || review != nil ? "octo" : nil, pullRequest: review?.pullRequest, reviewID: review?.id),
                agent: agent, attempts: attempts))
        _ = try await api.resource(AgentRun.self, namespace: "codex-k8s").create(run)
        return name
    }

    /// The run with its Job, once the agent is to work.
    func started(_ name: String) async throws -> (run: AgentRun, job: DynamicObject) {
        let run = try await run(name, "its Job is there") { $0.phase == .running || $0.phase.isTerminal }
        let status = try #require(run.status)
        let job = try await api.objects(.job, namespace: status.namespace ?? "-").get(status.job ?? run.readyMessage)
        return (run, job)
    }

    /// Plays node and agent: lets the pod end with this result, or with none.
    func finish(_ name: String, _ result: RunResultMessage?) async throws {
        let job = try await started(name).job
        let pods = api.objects(.pod, namespace: job.metadata.namespace)
        var pod = DynamicObject(.pod, name: "\(job.metadata.name)-x", namespace: job.metadata.namespace)
        pod["spec"] = job.content.at("spec", "template", "spec")
        pod.metadata.labels = job.content.at("spec", "template", "metadata", "labels")?.stringMap ?? [:]
        pod.metadata.ownerReferences = [
            OwnerReference(
                apiVersion: job.apiVersion, kind: job.kind, name: job.metadata.name, uid: job.metadata.uid, controller: true,
                blockOwnerDeletion: false)
        ]
        pod = try await pods.create(pod)
        var terminated: JSONValue = ["exitCode": 0, "reason": "Completed"]
        if let result { terminated["message"] = .string(String(decoding: try result.encoded(), as: UTF8.self)) }
        _ = try await pods.patchStatus(
            pod.metadata.name,
            .merge([
                "status": [
                    "phase": "Succeeded",
                    "containerStatuses": [
                        [
                            "name": "agent", "ready": false, "restartCount": 0, "image": "i", "imageID": "i",
                            "state": ["terminated": terminated],
                        ]
                    ],
                ]
            ]))
    }

    /// A whole attempt: the agent does its work on the run's branch and ends with words.
    @discardableResult
    func perform(
        _ name: String, outcome: RunResultMessage.Outcome = .succeeded, summary: String? = "did it", isLost: Bool = false,
        _ work: (MemoryHost, _ branch: String) -> Void = { _, _ in }
    ) async throws -> AgentRun {
        let (run, _) = try await started(name)
        let branch = try #require(run.status?.branch)
        work(host, branch)
        let message = RunResultMessage(
            outcome: outcome, attempt: run.status?.attempt ?? 1, branch: branch, headSHA: host.head(branch), summary: summary)
        try await finish(name, isLost ? nil : message)
        return try await ended(name)
    }

    func ended(_ name: String) async throws -> AgentRun { try await run(name, "it ended") { $0.phase.isTerminal } }
}

extension AgentRun {
    var readyMessage: String {
        let ready = status?.conditions?[RunCondition.ready.rawValue]
        return "\(ready?.reason ?? "") \(ready?.message ?? "")"
    }
    var readyReason: Reason? {
        (status?.conditions?[RunCondition.ready.rawValue]?.reason).flatMap { Reason(rawValue: $0) }
    }
}

/// Starts one operator for a whole suite and stops it afterwards.
struct ControllerScope: SuiteTrait, TestScoping {
    var isRecursive: Bool { false }

    // The protocol's module has other defaults for async functions than ours.
    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try await Operator.withRunning { try await function() }
    }
}

extension Store {
    /// Has the cache hold exactly these, as after a list.
    func set(_ objects: [Object]) { _ = change { $0.replace(objects.map { CachedObject($0) }, resourceVersion: "") } }
}
