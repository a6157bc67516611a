// SPDX-License-Identifier: MIT
package import JSONCoding

/// A Job as far as the operator reads it. The pod template, most of its bytes, is only ever written.
package struct Job: Resource, JSONReadable, Hashable {
    /// The type on the server.
    package static let resourceType = ResourceType.job

    /// Name, labels, owners and the like.
    @Omittable package var metadata: ObjectMeta
    /// The part of the spec that is read.
    @Omittable package var spec: JobSpec
    /// The observed state.
    @Omittable package var status: JobStatus

    /// An object of these parts, to be created or for a test.
    package init(metadata: ObjectMeta, spec: JobSpec = .init(), status: JobStatus = .init()) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }

    /// Reads the object; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            metadata: try node.read("metadata") ?? ObjectMeta(), spec: try node.read("spec") ?? JobSpec(),
            status: try node.read("status") ?? JobStatus())
    }

    /// Whether all its pods are done and succeeded.
    package var isComplete: Bool { status.conditions.isTrue("Complete") }
    /// Whether it has failed for good; the condition's reason says why (`DeadlineExceeded`, `BackoffLimitExceeded`).
    package var failure: Condition? { status.conditions.first { $0.type == "Failed" && $0.status == .true } }
    /// Whether it has ended, either way.
    package var isFinished: Bool { isComplete || failure != nil }
}

/// The part of a Job's spec that is read.
package struct JobSpec: JSONReadable, Encodable, Sendable, Hashable, EmptyRepresentable {
    /// After how many seconds the Job is ended as failed.
    package var activeDeadlineSeconds: Int?
    /// How many seconds after its end the Job is removed.
    package var ttlSecondsAfterFinished: Int?
    /// The empty value.
    package init() {}

    /// Reads the spec; throws `DecodingError`.
    package init(node: JSONNode) throws {
        activeDeadlineSeconds = try node.read("activeDeadlineSeconds")
        ttlSecondsAfterFinished = try node.read("ttlSecondsAfterFinished")
    }
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
