// SPDX-License-Identifier: MIT
package import JSONCoding

/// A pod as far as the operator reads it; pods are made by Jobs.
package struct Pod: Resource, JSONReadable, Hashable {
    /// The type on the server.
    package static let resourceType = ResourceType.pod

    /// Name, labels, owners and the like.
    @Omittable package var metadata: ObjectMeta
    /// The part of the spec that is read.
    @Omittable package var spec: PodSpec
    /// The observed state.
    @Omittable package var status: PodStatus

    /// An object of these parts, to be created or for a test.
    package init(metadata: ObjectMeta, spec: PodSpec = .init(), status: PodStatus = .init()) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }

    /// Reads the object; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            metadata: try node.read("metadata") ?? ObjectMeta(), spec: try node.read("spec") ?? PodSpec(),
            status: try node.read("status") ?? PodStatus())
    }
}

/// The part of a pod's spec that is read.
package struct PodSpec: JSONReadable, Encodable, Sendable, Hashable, EmptyRepresentable {
    /// Where it was placed.
    package var nodeName: String?
    /// As whom it runs.
    package var serviceAccountName: String?
    /// `Always`, `OnFailure` or `Never`.
    package var restartPolicy: String?
    /// How long it may run.
    package var activeDeadlineSeconds: Int?
    /// The empty value.
    package init() {}

    /// Reads the spec; throws `DecodingError`.
    package init(node: JSONNode) throws {
        nodeName = try node.read("nodeName")
        serviceAccountName = try node.read("serviceAccountName")
        restartPolicy = try node.read("restartPolicy")
        activeDeadlineSeconds = try node.read("activeDeadlineSeconds")
    }
}

/// What the kubelet says about a pod.
package struct PodStatus: JSONReadable, Encodable, Sendable, Hashable, EmptyRepresentable {
    /// Where it is in its life.
    package var phase: PodPhase?
    /// Why the pod is in this state as a whole: `Evicted`, `DeadlineExceeded`.
    package var reason: String?
    /// A sentence for people.
    package var message: String?
    /// Its address in the cluster.
    package var podIP: String?
    /// When the kubelet took it up.
    package var startTime: Timestamp?
    /// `PodScheduled`, `Ready` and others.
    @Omittable package var conditions: [Condition] = []
    /// Init containers, native sidecars among them.
    @Omittable package var initContainerStatuses: [ContainerStatus] = []
    /// Main containers.
    @Omittable package var containerStatuses: [ContainerStatus] = []
    /// The empty value.
    package init() {}

    /// Reads the status; throws `DecodingError`.
    package init(node: JSONNode) throws {
        phase = try node.read("phase")
        reason = try node.read("reason")
        message = try node.read("message")
        podIP = try node.read("podIP")
        startTime = try node.read("startTime")
        conditions = try node.read("conditions") ?? []
        initContainerStatuses = try node.read("initContainerStatuses") ?? []
        containerStatuses = try node.read("containerStatuses") ?? []
    }

    /// The status of a container, init containers included.
    package func container(_ name: String) -> ContainerStatus? {
        containerStatuses.first { $0.name == name } ?? initContainerStatuses.first { $0.name == name }
    }
}

/// Where a pod is in its life.
package enum PodPhase: OpenEnumeration {
    case pending
    case running
    case succeeded
    case failed
    case unknown
    case other(String)

    /// The case for a string of the wire; `.other` for one that is not known.
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

    /// The string on the wire.
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
