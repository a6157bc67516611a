// SPDX-License-Identifier: MIT
package import JSONCoding

/// A pod as far as the operator reads it; pods are made by Jobs.
package struct Pod: Resource, Hashable {
    package static let resourceType = ResourceType.pod

    @Omittable package var metadata: ObjectMeta
    @Omittable package var spec: PodSpec
    @Omittable package var status: PodStatus

    package init(metadata: ObjectMeta, spec: PodSpec = .init(), status: PodStatus = .init()) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }
}

package struct PodSpec: Codable, Sendable, Hashable, EmptyRepresentable {
    package var nodeName: String?
    package var serviceAccountName: String?
    package var restartPolicy: String?
    package var activeDeadlineSeconds: Int?
    package init() {}
}

package struct PodStatus: Codable, Sendable, Hashable, EmptyRepresentable {
    package var phase: PodPhase?
    /// Why the pod is in this state as a whole: `Evicted`, `DeadlineExceeded`.
    package var reason: String?
    package var message: String?
    package var podIP: String?
    package var startTime: Timestamp?
    @Omittable package var conditions: [Condition] = []
    @Omittable package var initContainerStatuses: [ContainerStatus] = []
    @Omittable package var containerStatuses: [ContainerStatus] = []
    package init() {}

    /// The status of a container, init containers included.
    package func container(_ name: String) -> ContainerStatus? {
        containerStatuses.first { $0.name == name } ?? initContainerStatuses.first { $0.name == name }
    }
}

package enum PodPhase: OpenEnumeration {
    case pending
    case running
    case succeeded
    case failed
    case unknown
    case other(String)

    package init(_ text: String) {
        switch text {
        case "Pending": self = .pending
        case "Running": self = .running
        case "Succeeded": self = .succeeded
        case "Failed": self = .failed
        case "Unknown": self = .unknown
        default: self = .other(text)
        }
    }

    package var text: String {
        switch self {
        case .pending: "Pending"
        case .running: "Running"
        case .succeeded: "Succeeded"
        case .failed: "Failed"
        case .unknown: "Unknown"
        case .other(let text): text
        }
    }

    /// Whether the pod has ended for good.
    package var isTerminal: Bool { self == .succeeded || self == .failed }
}
