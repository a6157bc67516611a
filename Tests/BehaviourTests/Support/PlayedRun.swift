// SPDX-License-Identifier: MIT
import AgentAPI
import AgentControllers
import AuditTrail
import ControllerRuntime
import JSONCoding
import KubernetesAPI
import KubernetesClient
import RunAPITestSupport
import ServiceRuntime
import Synchronization
import Testing

/// A clock that goes when it is told to.
final class HandClock: Sendable {
    private let time = Mutex(Timestamp.now.wholeSeconds)
    var now: Timestamp { time.withLock { $0 } }
    func advance(_ duration: Duration) { time.withLock { $0 = $0.adding(duration) } }
}

/// What pods said, what they used, and what is on record, in memory; each can be away.
final class MemoryRecords: AuditSink, RunHistory, RunProgressStore, UsageStore {
    struct State: Sendable {
        var progress: [String: RunProgress] = [:]
        var usage: [TokenUsage] = []
        var events: [String: AuditEvent] = [:]
        var records: [String: RunRecord] = [:]
        var isAway = false
    }

    let state = Mutex(State())

    private func open<T: Sendable>(_ body: (inout State) -> T) throws(AuditError) -> T {
        let result = state.withLock { $0.isAway ? nil : body(&$0) }
        guard let result else { throw AuditError(isTransient: true, description: "the database is away") }
        return result
    }

    func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }

    func record(_ events: [AuditEvent]) throws(AuditError) {
        try open { state in for event in events where state.events[event.id] == nil { state.events[event.id] = event } }
    }

    func record(_ usage: TokenUsage) throws(AuditError) {
        try open { state in if !state.usage.contains(where: { $0.id == usage.id }) { state.usage.append(usage) } }
    }

    func report(_ report: ProgressReport, runUID: String, attempt: Int) throws(AuditError) {
        try open { $0.progress["\(runUID)|\(attempt)"] = RunProgress(report: report, heartbeatAt: .now) }
    }

    func show(line: String, runUID: String, attempt: Int) throws(AuditError) {
        try report(ProgressReport(line: line), runUID: runUID, attempt: attempt)
    }

    func progress(runUID: String, attempt: Int) throws(AuditError) -> RunProgress? {
        try open { $0.progress["\(runUID)|\(attempt)"] }
    }

    func claim(_ record: RunRecord, recording facts: [AuditEvent]) throws(AuditError) -> LabelEventClaim {
        try save(record)
        try self.record(facts)
        return .granted
    }

    func save(_ record: RunRecord) throws(AuditError) { try open { $0.records[record.runUID] = record } }
    func knownLabelEvents(_ ids: [Int64], repositoryID: Int64) -> Set<Int64> { [] }
    func runs(repositoryID: Int64, issue: Int, limit: Int) -> [RunRecord] { [] }
    func lastStage(repositoryID: Int64, issue: Int) -> String? { nil }
    func runs(answering reviews: [Int64], repositoryID: Int64, issue: Int) -> [Int64: String] { [:] }
    func link(_ links: [TraceLink], runUID: String, recording facts: [AuditEvent]) throws(AuditError) { try record(facts) }
    func claimOnce(_ key: String, runUID: String) -> Bool { true }

    /// The facts of a type, as they came.
    func facts(_ type: AuditEventType) -> [AuditEvent] { state.withLock { $0.events.values.filter { $0.type == type } } }
}

/// Lets so many writes pass, and then none, as if the process had died behind the last.
final class WriteBudget: WriteGuard {
    private let left: Mutex<Int>
    private let refused = Mutex(false)

    init(_ writes: Int) { left = Mutex(writes) }

    /// Whether something was refused.
    var isSpent: Bool { refused.withLock { $0 } }

    func checkWrite() throws(APIError) {
        let isGranted = left.withLock { left in
            left -= 1
            return left >= 0
        }
        guard !isGranted else { return }
        refused.withLock { $0 = true }
        throw APIError(reason: .notLeading, message: "the budget is spent")
    }
}

/// A run on a cluster without Job controller and kubelet: the test is both, and the pods, and the clock.
struct PlayedRun: Sendable {
    let cluster: TestCluster
    let name: String
    let forge = MemoryForge()
    let records = MemoryRecords()
    let sessions = MemorySessionStore()
    let clock = HandClock()

    private static let group = "system:serviceaccounts:codex-k8s-system"

    /// Runs controllers, and the body beside them.
    static func with(_ name: String, _ body: (PlayedRun) async throws -> Void) async throws {
        let played = PlayedRun(cluster: try .current, name: name)
        try await played.controlled { try await body(played) }
    }

    /// Runs controllers with the rights that `manifests/` give them, and the body beside them.
    ///
    /// - Parameter budget: how much they may write; nil for all that they like.
    func controlled(_ budget: WriteBudget? = nil, _ body: () async throws -> Void) async throws {
        let clock = clock
        let configuration = cluster.admin.configuration.impersonating(
            "system:serviceaccount:codex-k8s-system:codex-k8s-controller",
            groups: ["system:serviceaccounts", Self.group, "system:authenticated"])
        let set = ControllerSet(
            ControllerSet.Dependencies(
                configuration: try OperatorConfiguration([
                    "repositories": [["name": "acme/shop"]], "waitLimit": "30m",
                    "runAPI": ["url": "http://run-api.test"],
                    // Runs of several tests are one agent's at the same time.
                    "agents": ["dev": ["parallelRuns": 100]],
                ]),
                api: APIClient(configuration: configuration, http: cluster.http, writeGuard: budget), source: forge,
                sink: records, history: records, sessions: sessions, progress: records, usage: records,
                serviceAccount: "codex-k8s-controller", now: { clock.now }, logger: .disabled, metrics: MetricsRegistry()))
        let running = Task { try await set.manager.run() }
        defer { running.cancel() }
        try await body()
        running.cancel()
        try await running.value
    }

    /// Has time pass while the run waits without a pod, until it is so or the controllers may write no more.
    func pass(_ budget: WriteBudget? = nil, until condition: (AgentRun) -> Bool) async throws {
        try await cluster.untilTrue("the run gets where it should") {
            let run = try await now()
            if condition(run) || budget?.isSpent == true { return true }
            if run.status?.job == nil { clock.advance(.seconds(600)) }
            try await poke()
            return false
        }
    }

    private var runs: ResourceClient<DynamicObject> { cluster.admin.objects(.agentRun, namespace: "codex-k8s") }

    /// Waits until the run is so.
    @discardableResult
    func eventually(_ condition: @escaping @Sendable (AgentRun) -> Bool) async throws -> AgentRun {
        let found = try await cluster.eventually(.agentRun, "codex-k8s", name) { object in
            (try? object.content.decode(AgentRun.self)).map(condition) ?? false
        }
        return try found.content.decode(AgentRun.self)
    }

    /// Waits until the controller has let go of the pod of a run's Job; a kubelet would take it away then.
    func untilReleased(_ run: AgentRun) async throws {
        let pods = cluster.admin.objects(.pod, namespace: run.status?.namespace)
        try await cluster.untilTrue("the pod is released") {
            try await pods.find("\(run.status?.job ?? "")-x")?.metadata.finalizers.isEmpty ?? true
        }
    }

    /// Has the run made, and waits for its first Job.
    func start(issue: Int64) async throws -> AgentRun {
        var run = Samples.agentRun(name)
        run["spec"]?["issue"] = .integer(issue)
        _ = try await runs.create(run)
        return try await eventually { $0.phase == .running && $0.status?.job != nil }
    }

    /// Changes the run's spec.
    func patch(_ spec: JSONValue) async throws { _ = try await runs.patch(name, .merge(["spec": spec])) }
    /// Asks for the run's deletion.
    func delete() async throws { try await runs.delete(name) }
    /// The run as it is.
    func now() async throws -> AgentRun { try await runs.get(name).content.decode(AgentRun.self) }

    /// Has the controller look at the run, as any change of it does.
    func poke() async throws {
        let mark = String(UInt64.random(in: .min ... .max))
        _ = try await runs.patch(name, .merge(["metadata": ["annotations": ["example.com/poke": .string(mark)]]]))
    }

    /// The session that the run's Job names to its agent.
    func sessionID(of run: AgentRun) async throws -> String? {
        let job = try await cluster.admin.objects(.job, namespace: run.status?.namespace).get(run.status?.job ?? "")
        let containers = job.content.at("spec", "template", "spec", "containers")?.arrayValue ?? []
        let variables = containers.first { $0["name"] == "agent" }?["env"]?.arrayValue ?? []
        return variables.first { $0["name"]?.stringValue == RunnerEnvironment.sessionID }?["value"]?.stringValue
    }

    /// The pod saves its session, as the run API would take it.
    func saveSession(_ session: String, of run: AgentRun) async throws {
        let status = try #require(run.status)
        let scope = SessionScope(
            repositoryID: status.repositoryID ?? 0, issue: run.spec.issue, agent: status.effective?.agent ?? "")
        let owner = SessionOwner(
            scope: scope, runUID: run.metadata.uid, attempt: status.attempt ?? 0, podCreated: clock.now,
            branch: status.branch ?? "")
        let outcome = try await sessions.commit(
            SessionManifest(sequence: 1, files: []), session: session, owner: owner, limit: 1)
        #expect(outcome == .committed)
    }

    /// The clock goes, the pod says something, and the controller looks.
    func hear(_ report: ProgressReport, of run: AgentRun, after duration: Duration) async throws {
        clock.advance(duration)
        let progress = RunProgress(report: report, heartbeatAt: clock.now)
        records.state.withLock { $0.progress["\(run.metadata.uid)|\(run.status?.attempt ?? 1)"] = progress }
        try await poke()
    }

    /// Makes the pod that the Job controller would make, with an agent that runs.
    func startPod(of run: AgentRun) async throws {
        let namespace = try #require(run.status?.namespace)
        let jobName = try #require(run.status?.job)
        let job = try await cluster.admin.objects(.job, namespace: namespace).get(jobName)
        let pods = cluster.admin.objects(.pod, namespace: namespace)
        var pod = Samples.owned(DynamicObject(.pod, name: "\(jobName)-x", namespace: namespace), by: job, blocking: true)
        pod["spec"] = job.content.at("spec", "template", "spec")
        pod["spec"]?["nodeName"] = "n1"
        pod.metadata.labels = job.content.at("spec", "template", "metadata", "labels")?.stringMap ?? [:]
        pod.metadata.finalizers =
            job.content.at("spec", "template", "metadata", "finalizers")?.arrayValue?.compactMap(\.stringValue) ?? []
        _ = try await pods.create(pod)
        try await setAgent(["running": ["startedAt": .string(clock.now.description)]], phase: "Running", of: run)
    }

    /// Lets the pod's agent end, and leave a message.
    func endPod(of run: AgentRun, _ result: RunResultMessage, code: Int64 = 0) async throws {
        let terminated: JSONValue = [
            "exitCode": .integer(code), "reason": code == 0 ? "Completed" : "Error",
            "startedAt": "2026-11-22T21:00:00Z", "finishedAt": "2026-11-22T21:00:05Z",
            "message": .string(String(decoding: try result.encoded(), as: UTF8.self)),
        ]
        try await setAgent(["terminated": terminated], phase: code == 0 ? "Succeeded" : "Failed", of: run)
    }

    private func setAgent(_ state: JSONValue, phase: String, of run: AgentRun) async throws {
        let agent: JSONValue = [
            "name": "agent", "ready": false, "restartCount": 0, "image": "i", "imageID": "i", "state": state,
        ]
        _ = try await cluster.admin.objects(.pod, namespace: run.status?.namespace).patchStatus(
            "\(run.status?.job ?? "")-x",
            .merge(["status": ["phase": .string(phase), "containerStatuses": [agent]]]))
    }
}
