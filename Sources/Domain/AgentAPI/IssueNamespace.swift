// SPDX-License-Identifier: MIT
package import JSONCoding
package import KubernetesAPI

/// The isolated place of one (repository, issue, agent); cluster-scoped, so that it can own namespaces.
package struct IssueNamespace: Resource, Hashable {
    package static let resourceType = ResourceType(
        group: "codex-k8s.dev", version: "v1alpha1", kind: "IssueNamespace", plural: "issuenamespaces",
        isNamespaced: false)

    package var apiVersion = "codex-k8s.dev/v1alpha1"
    package var kind = "IssueNamespace"
    package var metadata: ObjectMeta
    package var spec: IssueNamespaceSpec
    package var status: IssueNamespaceStatus?

    package init(metadata: ObjectMeta, spec: IssueNamespaceSpec, status: IssueNamespaceStatus? = nil) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }

    /// The phase; a place without a status is being prepared.
    package var phase: Phase { status?.phase ?? .preparing }

    /// Where a place stands.
    package enum Phase: String, Codable, Sendable, Hashable, CaseIterable {
        case preparing = "Preparing"
        case active = "Active"
        case expired = "Expired"
        case terminating = "Terminating"
    }
}

/// Whose place it is and how long it lives.
package struct IssueNamespaceSpec: Codable, Sendable, Hashable {
    /// `owner/name`, for people.
    package var repository: String
    package var repositoryID: Int64
    package var issue: Int
    /// The agent's key.
    package var agent: String
    package var mode: AgentMode
    /// The agent may only read its environment.
    package var readOnly: Bool?
    /// A named set of quotas from the configuration.
    package var profile: String?
    /// Lifetime after the last holder left, in seconds.
    package var ttlSeconds: Int?
    /// Uids of the runs that need the place; it does not expire while there is one.
    package var holders: [String]?

    package init(
        repository: String, repositoryID: Int64, issue: Int, agent: String, mode: AgentMode, readOnly: Bool? = nil,
        profile: String? = nil, ttlSeconds: Int? = nil, holders: [String]? = nil
    ) {
        self.repository = repository
        self.repositoryID = repositoryID
        self.issue = issue
        self.agent = agent
        self.mode = mode
        self.readOnly = readOnly
        self.profile = profile
        self.ttlSeconds = ttlSeconds
        self.holders = holders
    }
}

/// What exists of a place; written by the controller alone.
package struct IssueNamespaceStatus: Codable, Sendable, Hashable {
    package var phase: IssueNamespace.Phase?
    package var observedGeneration: Int?
    package var conditions: [Condition]?
    package var namespaces: Namespaces?
    package var expiresAt: Timestamp?

    package init() {}

    /// The namespaces' names.
    package struct Namespaces: Codable, Sendable, Hashable {
        package var run: String
        package var environment: String?

        package init(run: String, environment: String?) {
            self.run = run
            self.environment = environment
        }
    }
}
