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
    package var configuration: OperatorConfiguration
    package var api: APIClient
    package var source: any SourceProvider
    package var audit: AuditRecorder
    package var history: any RunHistory
    package var runs: Store<AgentRun>
    package var places: Store<IssueNamespace>
    package var jobs: Store<Job>
    package var pods: Store<Pod>
    /// The service account that the controller runs as.
    package var serviceAccount: String
    package var now: @Sendable () -> Timestamp
    package var logger: Logger

    package init(
        configuration: OperatorConfiguration, api: APIClient, source: any SourceProvider, audit: AuditRecorder,
        history: any RunHistory, runs: Store<AgentRun>, places: Store<IssueNamespace>, jobs: Store<Job>,
        pods: Store<Pod>, serviceAccount: String, now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        self.configuration = configuration
        self.api = api
        self.source = source
        self.audit = audit
        self.history = history
        self.runs = runs
        self.places = places
        self.jobs = jobs
        self.pods = pods
        self.serviceAccount = serviceAccount
        self.now = now
        self.logger = logger
    }

    func runClient(_ run: AgentRun) -> ResourceClient<AgentRun> {
        api.resource(AgentRun.self, namespace: run.metadata.namespace)
    }

    /// The configured repository and its name; `nil` when the run names none of ours.
    func configuredRepository(_ run: AgentRun) -> OperatorConfiguration.Repository? {
        RepositoryName(run.spec.repository).flatMap { configuration.repository(named: $0) }
    }
}
