// SPDX-License-Identifier: MIT
package import AgentAPI
package import AuditTrail
package import ControllerRuntime
package import JSONCoding
import KubernetesAPI
package import KubernetesClient
package import ServiceRuntime
package import SourceProvider

/// Every controller with its caches, ready to run: what `codex-k8s controller` and `codex-k8s dev` share.
package struct ControllerSet: Sendable {
    /// Runs the caches and the controllers.
    package let manager: Manager
    /// Finds lost labels.
    package let healing: HealingService
    /// Writes what waits for Postgres.
    package let audit: AuditRecorder

    /// Everything that differs between a cluster and a test.
    package struct Dependencies: Sendable {
        package var configuration: OperatorConfiguration
        package var api: APIClient
        /// Who of several processes may act.
        package var leadership: any Leadership
        /// Tells people what happened; nil tells nobody.
        package var events: EventRecorder?
        package var source: any SourceProvider
        package var sink: any AuditSink
        package var history: any RunHistory
        /// Where sessions of agents are kept; nil where every run begins a fresh one.
        package var sessions: (any SessionStore)?
        /// What pods said last; nil where pods have nobody to tell it to.
        package var progress: (any RunProgressStore)?
        /// Where it is kept what pods used; nil where nobody wants to know.
        package var usage: (any UsageStore)?
        /// Templates that take the place of seeds and built-in ones; nil where none are stored.
        package var templates: (any PromptTemplateStore)?
        /// The service account that the controller runs as.
        package var serviceAccount: String
        /// Reads the model provider's key; nil where none is configured.
        package var modelKey: @Sendable () throws -> Secret<String>?
        package var now: @Sendable () -> Timestamp
        package var logger: Logger
        package var metrics: MetricsRegistry

        package init(
            configuration: OperatorConfiguration, api: APIClient, leadership: any Leadership = SoleLeadership(),
            events: EventRecorder? = nil, source: any SourceProvider, sink: any AuditSink, history: any RunHistory,
            sessions: (any SessionStore)? = nil, progress: (any RunProgressStore)? = nil,
            usage: (any UsageStore)? = nil, templates: (any PromptTemplateStore)? = nil, serviceAccount: String,
            modelKey: @escaping @Sendable () throws -> Secret<String>? = { nil },
            now: @escaping @Sendable () -> Timestamp = { .now }, logger: Logger, metrics: MetricsRegistry
        ) {
            self.configuration = configuration
            self.api = api
            self.leadership = leadership
            self.events = events
            self.source = source
            self.sink = sink
            self.history = history
            self.sessions = sessions
            self.progress = progress
            self.usage = usage
            self.templates = templates
            self.serviceAccount = serviceAccount
            self.modelKey = modelKey
            self.now = now
            self.logger = logger
            self.metrics = metrics
        }
    }

    package init(_ dependencies: Dependencies) {
        let api = dependencies.api
        let ours = LabelSelector(matchLabels: [Keys.managedBy: Keys.manager])
        let runs = Informer(
            resource: api.resource(AgentRun.self), indexes: CacheIndexes.runs, logger: dependencies.logger)
        let places = Informer(
            resource: api.resource(IssueNamespace.self), indexes: CacheIndexes.places, logger: dependencies.logger)
        let jobs = Informer(resource: api.resource(Job.self), labelSelector: ours, logger: dependencies.logger)
        let pods = Informer(
            resource: api.resource(Pod.self), labelSelector: ours, indexes: CacheIndexes.pods,
            logger: dependencies.logger)
        audit = AuditRecorder(sink: dependencies.sink, logger: dependencies.logger)
        let context = ControllerContext(
            configuration: dependencies.configuration, api: api, source: dependencies.source, audit: audit,
            events: dependencies.events, history: dependencies.history, sessions: dependencies.sessions,
            progress: dependencies.progress, usage: dependencies.usage, templates: dependencies.templates,
            runs: runs.store, places: places.store, jobs: jobs.store, pods: pods.store,
            serviceAccount: dependencies.serviceAccount, modelKey: dependencies.modelKey, now: dependencies.now,
            logger: dependencies.logger)
        healing = HealingService(context: context)

        let runController = Controller(
            name: "agentrun", reconciler: AgentRunReconciler(context: context), workers: 16,
            logger: dependencies.logger, metrics: dependencies.metrics)
        runController.watches(runs)
        runController.watches(jobs) { Self.run(of: $0.metadata) }
        runController.watches(pods) { Self.run(of: $0.metadata) }
        let runStore = runs.store
        runController.watches(places) { place in
            (place.spec.holders ?? []).flatMap { uid in runStore.byIndex("uid", uid) }.map { $0.metadata.key }
        }
        // The end of a run wakes those that wait for it.
        runController.watches(runs) { run in
            guard run.phase.isTerminal else { return [] }
            return runStore.byIndex("queued", RunIndex.repository(run)).map(\.metadata.key)
        }
        let placeController = Controller(
            name: "issuenamespace", reconciler: IssueNamespaceReconciler(context: context), workers: 8,
            logger: dependencies.logger, metrics: dependencies.metrics)
        placeController.watches(places)
        let feedbackController = Controller(
            name: "feedback", reconciler: FeedbackReconciler(context: context), workers: 2,
            logger: dependencies.logger, metrics: dependencies.metrics)
        feedbackController.watches(runs) { FeedbackReconciler.issueKey($0) }

        manager = Manager(leadership: dependencies.leadership, logger: dependencies.logger)
        manager.add(helper: audit)
        if let events = dependencies.events { manager.add(helper: events) }
        manager.add(runs)
        manager.add(places)
        manager.add(jobs)
        manager.add(pods)
        manager.add(runController)
        manager.add(placeController)
        manager.add(feedbackController)
        manager.add(leader: healing)
        if let sessions = dependencies.sessions {
            manager.add(leader: SessionExpiry(sessions: sessions, logger: dependencies.logger))
        }
    }

    /// The run that a Job or a pod belongs to: ownership across namespaces does not exist, labels do.
    static func run(of metadata: ObjectMeta) -> [ObjectKey] {
        guard let name = metadata.labels[Keys.runName], let namespace = metadata.labels[Keys.runNamespace] else { return [] }
        return [ObjectKey(namespace: namespace, name: name)]
    }
}

/// What the caches find objects by, besides their names.
enum CacheIndexes {
    static let runs: [String: Store<AgentRun>.Indexer] = [
        "issue": { run in FeedbackReconciler.issueKey(run).map(\.description) },
        "uid": { run in [run.metadata.uid] },
        // Those that others may have to wait for, and those that wait: what ended is looked at by neither.
        "live-issue": { run in run.phase.isTerminal ? [] : [RunIndex.issue(run)] },
        "live-agent": { run in run.phase.isTerminal ? [] : RunIndex.agent(run).map { [$0] } ?? [] },
        "queued": { run in run.phase == .queued ? [RunIndex.repository(run)] : [] },
    ]
    static let places: [String: Store<IssueNamespace>.Indexer] = ["holder": { place in place.spec.holders ?? [] }]
    static let pods: [String: Store<Pod>.Indexer] = [
        "run": { pod in pod.metadata.labels[Keys.runUID].map { [$0] } ?? [] },
        "run-key": { pod in ControllerSet.run(of: pod.metadata).map(\.description) },
    ]
}

/// The values under which runs are found among thousands.
enum RunIndex {
    /// The repository, without case.
    static func repository(_ run: AgentRun) -> String { run.spec.repository.lowercased() }

    /// The issue in its repository.
    static func issue(_ run: AgentRun) -> String { "\(repository(run))#\(run.spec.issue)" }

    /// The agent that a run has, or that an accepted run will have, in its repository; `nil` for an unknown kind.
    static func agent(_ run: AgentRun) -> String? {
        let key = run.status?.effective?.agent ?? run.spec.agent?.key ?? TriggerKind(rawValue: run.spec.trigger.kind)?.defaultAgent
        return key.map { "\(repository(run))|\($0)" }
    }
}
