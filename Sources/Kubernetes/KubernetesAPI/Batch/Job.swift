// SPDX-License-Identifier: MIT
package import JSONCoding

/// A Job. Its spec is kept whole as JSON; the status is read.
package struct Job: Resource, Hashable {
    package static let resourceType = ResourceType.job

    @Omittable package var metadata: ObjectMeta
    package var spec: JSONValue?
    @Omittable package var status: JobStatus

    package init(metadata: ObjectMeta, spec: JSONValue? = nil, status: JobStatus = .init()) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }

    /// Whether all its pods are done and succeeded.
    package var isComplete: Bool { status.conditions.isTrue("Complete") }
    /// Whether it has failed for good; the condition's reason says why (`DeadlineExceeded`, `BackoffLimitExceeded`).
    package var failure: Condition? { status.conditions.first { $0.type == "Failed" && $0.status == .true } }
    package var isFinished: Bool { isComplete || failure != nil }

    package var activeDeadlineSeconds: Int? { spec?["activeDeadlineSeconds"]?.integerValue.map(Int.init) }
    package var ttlSecondsAfterFinished: Int? { spec?["ttlSecondsAfterFinished"]?.integerValue.map(Int.init) }
}

package struct JobStatus: Codable, Sendable, Hashable, EmptyRepresentable {
    @Omittable package var conditions: [Condition] = []
    @Omittable package var active: Int = 0
    @Omittable package var ready: Int = 0
    @Omittable package var succeeded: Int = 0
    @Omittable package var failed: Int = 0
    package var startTime: Timestamp?
    package var completionTime: Timestamp?
    package init() {}
}
