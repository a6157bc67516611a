// SPDX-License-Identifier: MIT
package import AgentAPI
package import AuditTrail
package import ControllerRuntime
package import JSONCoding
package import KubernetesAPI
package import KubernetesClient
package import ServiceRuntime
package import SourceProvider

/// What the controllers share: ports, caches, clock. Everything that has an effect comes in through here.
package struct ControllerContext: Sendable {
    package let configuration: OperatorConfiguration
    package let api: APIClient
    package let source: any SourceProvider
    package let audit: AuditRecorder
    /// Tells people what happened; nil tells nobody.
    package let events: EventRecorder?
    package let history: any RunHistory
    /// Where sessions of agents are kept; nil where every run begins a fresh one.
    package let sessions: (any SessionStore)?
    /// What pods said last; nil where pods have nobody to tell it to.
    package let progress: (any RunProgressStore)?
    /// Where it is kept what pods used; nil where nobody wants to know.
    package let usage: (any UsageStore)?
    package let runs: Store<AgentRun>
    package let places: Store<IssueNamespace>
    package let jobs: Store<Job>
    package let pods: Store<Pod>
    /// The service account that the controller runs as.
    package let serviceAccount: String
    /// The model provider's key; nil where none is configured. Throws what is to be waited for when it cannot be read.
    let modelKey: @Sendable () throws -> Secret<String>?
    package let now: @Sendable () -> Timestamp
    /// Where lines go; within a reconcile they say which one it is.
    package var logger: Logger { plainLogger.inReconcile }
    private let plainLogger: Logger
    /// What is asked about repositories as a whole.
    let facts: SourceFacts
    /// Finds the templates of prompts.
    let prompts: PromptLibrary
    /// Makes places, for their own reconciler and for runs.
    let placeMaker: PlaceMaker

    package init(
        configuration: OperatorConfiguration, api: APIClient, source: any SourceProvider, audit: AuditRecorder,
        events: EventRecorder? = nil, history: any RunHistory, sessions: (any SessionStore)? = nil,
        progress: (any RunProgressStore)? = nil, usage: (any UsageStore)? = nil,
        templates: (any PromptTemplateStore)? = nil, runs: Store<AgentRun>, places: Store<IssueNamespace>, jobs: Store<Job>,
        pods: Store<Pod>, serviceAccount: String, modelKey: @escaping @Sendable () throws -> Secret<String>? = { nil },
        now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        self.configuration = configuration
        self.api = api
        self.source = source
        self.audit = audit
        self.events = events
        self.history = history
        self.sessions = sessions
        self.progress = progress
        self.usage = usage
        self.runs = runs
        self.places = places
        self.jobs = jobs
        self.pods = pods
        self.serviceAccount = serviceAccount
        self.modelKey = modelKey
        self.now = now
        plainLogger = logger
        facts = SourceFacts(source: source, now: now)
        prompts = PromptLibrary(
            readFile: { path, commit, repository, limit throws(ProviderError) in
                try await source.file(path, commit: commit, in: repository, limit: limit)
            }, store: templates, now: now)
        placeMaker = PlaceMaker(
            api: api, audit: audit, runs: runs, serviceAccount: serviceAccount,
            systemNamespace: configuration.systemNamespace, network: configuration.network, now: now)
    }

    func runClient(_ run: AgentRun) -> ResourceClient<AgentRun> {
        api.resource(AgentRun.self, namespace: run.metadata.namespace)
    }

    /// The configured repository and its name; `nil` when the run names none of ours.
    func configuredRepository(_ run: AgentRun) -> OperatorConfiguration.Repository? {
        RepositoryName(run.spec.repository).flatMap { configuration.repository(named: $0) }
    }
}
