// SPDX-License-Identifier: MIT
package import JSONCoding

/// A Job. Its spec is kept whole as JSON; the status is read.
package struct Job: Resource, JSONReadable, Hashable {
    /// The type on the server.
    package static let resourceType = ResourceType.job

    /// Name, labels, owners and the like.
    @Omittable package var metadata: ObjectMeta
    /// The spec, whole.
    package var spec: JSONValue?
    /// The observed state.
    @Omittable package var status: JobStatus

    /// An object of these parts, to be created or for a test.
    package init(metadata: ObjectMeta, spec: JSONValue? = nil, status: JobStatus = .init()) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }

    /// Reads the object; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            metadata: try node.read("metadata") ?? ObjectMeta(), spec: try node.read("spec"),
            status: try node.read("status") ?? JobStatus())
    }

    /// Whether all its pods are done and succeeded.
    package var isComplete: Bool { status.conditions.isTrue("Complete") }
    /// Whether it has failed for good; the condition's reason says why (`DeadlineExceeded`, `BackoffLimitExceeded`).
    package var failure: Condition? { status.conditions.first { $0.type == "Failed" && $0.status == .true } }
    /// Whether it has ended, either way.
    package var isFinished: Bool { isComplete || failure != nil }

    /// After how many seconds the Job is ended as failed.
    package var activeDeadlineSeconds: Int? { spec?["activeDeadlineSeconds"]?.integerValue.map(Int.init) }
    /// How many seconds after its end the Job is removed.
    package var ttlSecondsAfterFinished: Int? { spec?["ttlSecondsAfterFinished"]?.integerValue.map(Int.init) }
}

/// What the Job controller says.
package struct JobStatus: JSONReadable, Encodable, Sendable, Hashable, EmptyRepresentable {
    /// `Complete`, `Failed`, `Suspended` and others.
    @Omittable package var conditions: [Condition] = []
    /// Pods that are not done.
    @Omittable package var active: Int = 0
    /// Pods that are ready.
    @Omittable package var ready: Int = 0
    /// Pods that succeeded.
    @Omittable package var succeeded: Int = 0
    /// Pods that failed.
    @Omittable package var failed: Int = 0
    /// When the Job controller first saw it.
    package var startTime: Timestamp?
    /// When it succeeded; nothing otherwise.
    package var completionTime: Timestamp?
    /// The empty value.
    package init() {}

    /// Reads the status; throws `DecodingError`.
    package init(node: JSONNode) throws {
        conditions = try node.read("conditions") ?? []
        active = try node.read("active") ?? 0
        ready = try node.read("ready") ?? 0
        succeeded = try node.read("succeeded") ?? 0
        failed = try node.read("failed") ?? 0
        startTime = try node.read("startTime")
        completionTime = try node.read("completionTime")
    }
}
