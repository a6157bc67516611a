// SPDX-License-Identifier: MIT
import AgentAPI
import ControllerRuntime
import HTTPTransport
import JSONCoding
import KubernetesAPI
import KubernetesClient
import ServiceRuntime
import SourceProvider

@testable import AgentControllers

/// Something that must never be was seen.
struct WalkFailure: Error, CustomStringConvertible { let description: String }

/// Everything around the controllers in a random walk: a cluster whose nodes, Job controller and people are the walk
/// itself, a code host, a database, a clock, and the process that the controllers run in, which may stop at any effect.
final class WalkWorld {
    let clock: WalkClock
    let weather: WalkWeather
    let record: WalkRecord
    let host: WalkHost
    let admin: APIClient
    let configuration: OperatorConfiguration
    let issue: Int
    let namespace: String
    var random: SeededGenerator
    var process: WalkProcess
    /// What happened, for whoever has to understand a failure.
    var trace: [String] = []
    /// What the walk saw before, to see what must not change.
    var observed = WalkObservations()
    /// When a Job was seen to be done.
    var jobEnds: [String: Timestamp] = [:]
    /// Jobs that people deleted.
    var deletedJobs: Set<String> = []
    /// How many runs were asked for.
    var runCount = 0

    init(seed: UInt64, issue: Int, cluster: ClusterConfiguration, http: HTTPClient, clock: WalkClock) throws {
        self.issue = issue
        self.clock = clock
        namespace = "walk-\(issue)"
        random = SeededGenerator(seed: seed)
        weather = WalkWeather(clock: clock)
        record = WalkRecord(weather: weather)
        host = WalkHost(weather: weather, record: record.kept, clock: clock)
        admin = APIClient(configuration: cluster, http: http)
        var settings = Operator.configuration
        settings["namespace"] = .string(namespace)
        settings["waitLimit"] = "30m"
        settings["leaseTTL"] = "2h"
        settings["conflictPolicy"] = seed % 2 == 0 ? "Queue" : "Reject"
        configuration = try OperatorConfiguration(settings)
        let api = APIClient(configuration: cluster, http: http, retryPolicy: .never, writeGuard: weather)
        process = WalkProcess(
            configuration: configuration, api: api, host: host, record: record, clock: clock)
    }

    func say(_ line: String) { trace.append("\(clock.now.description.dropFirst(11).prefix(8)) \(line)") }

    /// Whether something happens that happens so often in a hundred.
    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    func pick<T>(_ list: [T]) -> T? { list.randomElement(using: &random) }

    // MARK: What is

    private var ofIssue: ListOptions {
        ListOptions(labelSelector: LabelSelector(matchLabels: [Keys.issue: String(issue)]))
    }

    func snapshot() async throws -> WalkSnapshot {
        let (admin, ofIssue, namespace) = (admin, ofIssue, namespace)
        async let runs = admin.resource(AgentRun.self, namespace: namespace).list()
        async let jobs = admin.resource(Job.self).list(ofIssue)
        async let pods = admin.resource(Pod.self).list(ofIssue)
        async let places = admin.resource(IssueNamespace.self).list(ofIssue)
        return WalkSnapshot(
            runs: try await runs.items.sorted { $0.metadata.name < $1.metadata.name },
            jobs: try await jobs.items.sorted { $0.metadata.name < $1.metadata.name },
            pods: try await pods.items.sorted { $0.metadata.name < $1.metadata.name },
            places: try await places.items)
    }

    // MARK: The process

    /// The process stops where it is, and another one takes over.
    func restart() async throws {
        if process.context.audit.waiting > 0 { observed.hasLostOutbox = true }
        weather.change { $0.effectsLeft = nil }
        process = WalkProcess(
            configuration: configuration, api: process.context.api, host: host, record: record, clock: clock)
        process.see(try await snapshot())
        say("another process starts")
    }

    /// Lets one reconciler look at one key.
    func reconcile(_ target: WalkTarget) async {
        let before = weather.effects
        var words = ""
        do {
            switch try await process.reconcile(target) {
            case .done: process.due[target] = nil
            case .requeueAfter(let delay):
                process.due[target] = clock.now.adding(delay)
                words = " again in \(delay)"
            }
        } catch {
            process.due[target] = clock.now.adding(.seconds(1))
            words = " failed: \(error)"
        }
        await process.context.audit.flush()
        say("reconcile \(target)\(words) \(weather.effects(since: before))")
    }
}

/// What exists at one moment.
struct WalkSnapshot {
    var runs: [AgentRun]
    var jobs: [Job]
    var pods: [Pod]
    var places: [IssueNamespace]

    func jobs(of run: AgentRun) -> [Job] { jobs.filter { $0.metadata.labels[Keys.runUID] == run.metadata.uid } }
    func pods(of job: Job) -> [Pod] {
        pods.filter { $0.metadata.ownerReferences.contains { $0.uid == job.metadata.uid } }
    }

    /// What a controller that watches would be woken by.
    func signature(of target: WalkTarget) -> String {
        func versions(_ metadata: [ObjectMeta]) -> String {
            metadata.map { "\($0.uid)@\($0.resourceVersion)" }.joined(separator: " ")
        }
        switch target {
        case .run(let key):
            guard let run = runs.first(where: { $0.metadata.key == key }) else { return "gone" }
            let uid = run.metadata.uid
            let held = places.filter { $0.spec.holders?.contains(uid) == true }
            let ended = run.phase == .queued ? runs.filter(\.phase.isTerminal).map(\.metadata.uid) : []
            return versions(
                [run.metadata] + jobs(of: run).map(\.metadata)
                    + pods.filter { $0.metadata.labels[Keys.runUID] == uid }.map(\.metadata)
                    + held.map(\.metadata)) + ended.joined()
        case .place(let key): return versions(places.filter { $0.metadata.key == key }.map(\.metadata))
        case .feedback: return versions(runs.map(\.metadata))
        }
    }
}

/// What is reconciled.
enum WalkTarget: Hashable, CustomStringConvertible {
    case run(ObjectKey)
    case place(ObjectKey)
    case feedback(ObjectKey)

    var description: String {
        switch self {
        case .run(let key), .place(let key), .feedback(let key): key.name
        }
    }
}

/// One process of the controllers: caches, reconcilers, and what they remember.
final class WalkProcess {
    let context: ControllerContext
    let healing: HealingService
    private let runs: AgentRunReconciler
    private let places: IssueNamespaceReconciler
    private let feedback: FeedbackReconciler
    var due: [WalkTarget: Timestamp] = [:]
    var signatures: [WalkTarget: String] = [:]

    init(configuration: OperatorConfiguration, api: APIClient, host: WalkHost, record: WalkRecord, clock: WalkClock) {
        context = ControllerContext(
            configuration: configuration, api: api, source: host, audit: AuditRecorder(sink: record, logger: .disabled),
            history: record, progress: record, usage: record, runs: Store([], indexes: CacheIndexes.runs),
            places: Store([], indexes: CacheIndexes.places), jobs: Store([]),
            pods: Store([], indexes: CacheIndexes.pods),
            serviceAccount: "codex-k8s-controller", now: { clock.now }, logger: .disabled)
        healing = HealingService(context: context)
        runs = AgentRunReconciler(context: context)
        places = IssueNamespaceReconciler(context: context)
        feedback = FeedbackReconciler(context: context)
    }

    /// The caches catch up.
    func see(_ snapshot: WalkSnapshot) {
        context.runs.set(snapshot.runs)
        context.jobs.set(snapshot.jobs)
        context.pods.set(snapshot.pods)
        context.places.set(snapshot.places)
    }

    func reconcile(_ target: WalkTarget) async throws -> ReconcileResult {
        switch target {
        case .run(let key): try await runs.reconcile(key)
        case .place(let key): try await places.reconcile(key)
        case .feedback(let key): try await feedback.reconcile(key)
        }
    }

    /// Everything that there is to look at.
    func targets(_ snapshot: WalkSnapshot) -> [WalkTarget] {
        let gone = due.keys.filter { target in if case .run = target { true } else { false } }
        let issues = Set(snapshot.runs.flatMap { FeedbackReconciler.issueKey($0) })
        var targets = snapshot.runs.map { WalkTarget.run($0.metadata.key) }
        for target in gone.sorted(by: { $0.description < $1.description }) where !targets.contains(target) {
            targets.append(target)
        }
        return targets + snapshot.places.map { .place($0.metadata.key) } + issues.map { .feedback($0) }
    }
}
