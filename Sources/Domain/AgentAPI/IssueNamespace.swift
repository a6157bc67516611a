// SPDX-License-Identifier: MIT
package import JSONCoding
package import KubernetesAPI

/// The isolated place of one (repository, issue, agent); cluster-scoped, so that it can own namespaces.
package struct IssueNamespace: Resource, JSONReadable, JSONWritable, Hashable {
    package static let resourceType = ResourceType(
        group: "codex-k8s.dev", version: "v1alpha1", kind: "IssueNamespace", plural: "issuenamespaces",
        isNamespaced: false)

    package var apiVersion: String { Self.resourceType.apiVersion }
    package var kind: String { Self.resourceType.kind }
    package var metadata: ObjectMeta
    @Boxed package var spec: IssueNamespaceSpec
    @BoxedOptional package var status: IssueNamespaceStatus?

    package init(metadata: ObjectMeta, spec: IssueNamespaceSpec, status: IssueNamespaceStatus? = nil) {
        self.metadata = metadata
        _spec = Boxed(wrappedValue: spec)
        _status = BoxedOptional(wrappedValue: status)
    }

    /// The phase; a place without a status is being prepared.
    package var phase: Phase { status?.phase ?? .preparing }

    /// Where a place stands.
    package enum Phase: String, JSONReadable, JSONWritable, Sendable, Hashable, CaseIterable {
        case preparing = "Preparing"
        case active = "Active"
        case expired = "Expired"
        case terminating = "Terminating"
    }
}

/// Whose place it is and how long it lives.
package struct IssueNamespaceSpec: JSONReadable, JSONWritable, Sendable, Hashable {
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
package struct IssueNamespaceStatus: JSONReadable, JSONWritable, Sendable, Hashable {
    package var phase: IssueNamespace.Phase?
    package var observedGeneration: Int?
    package var conditions: [Condition]?
    package var namespaces: Namespaces?
    package var expiresAt: Timestamp?

    package init() {}

    /// The namespaces' names.
    package struct Namespaces: JSONReadable, JSONWritable, Sendable, Hashable {
        package var run: String
        package var environment: String?

        package init(run: String, environment: String?) {
            self.run = run
            self.environment = environment
        }
    }
}

// MARK: JSON

extension IssueNamespace {
    /// Reads the place; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            metadata: try node.require("metadata"), spec: try node.require("spec"), status: try node.read("status"))
    }

    /// The place with its type.
    package var json: JSONValue {
        var object = JSONObject()
        object.put("apiVersion", apiVersion)
        object.put("kind", kind)
        object.put("metadata", metadata)
        object.put("spec", spec)
        object.put("status", status)
        return .object(object)
    }
}

extension IssueNamespaceSpec {
    /// Reads the spec; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            repository: try node.require("repository"), repositoryID: try node.require("repositoryID"),
            issue: try node.require("issue"), agent: try node.require("agent"), mode: try node.require("mode"),
            readOnly: try node.read("readOnly"), profile: try node.read("profile"),
            ttlSeconds: try node.read("ttlSeconds"), holders: try node.read("holders"))
    }

    /// What is set.
    package var json: JSONValue {
        var object = JSONObject()
        object.put("repository", repository)
        object.put("repositoryID", repositoryID)
        object.put("issue", issue)
        object.put("agent", agent)
        object.put("mode", mode)
        object.put("readOnly", readOnly)
        object.put("profile", profile)
        object.put("ttlSeconds", ttlSeconds)
        object.put("holders", holders)
        return .object(object)
    }
}

extension IssueNamespaceStatus {
    /// Reads the status; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init()
        phase = try node.read("phase")
        observedGeneration = try node.read("observedGeneration")
        conditions = try node.read("conditions")
        namespaces = try node.read("namespaces")
        expiresAt = try node.read("expiresAt")
    }

    /// What is set.
    package var json: JSONValue {
        var object = JSONObject()
        object.put("phase", phase)
        object.put("observedGeneration", observedGeneration)
        object.put("conditions", conditions)
        object.put("namespaces", namespaces)
        object.put("expiresAt", expiresAt)
        return .object(object)
    }
}

extension IssueNamespaceStatus.Namespaces {
    /// Reads the names; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(run: try node.require("run"), environment: try node.read("environment"))
    }

    /// What is set.
    package var json: JSONValue {
        var object = JSONObject()
        object.put("run", run)
        object.put("environment", environment)
        return .object(object)
    }
}
