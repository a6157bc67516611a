// SPDX-License-Identifier: MIT

package struct Namespace: Resource, Hashable {
    package static let resourceType = ResourceType.namespace

    @Omittable package var metadata: ObjectMeta
    @Omittable package var spec: NamespaceSpec
    @Omittable package var status: NamespaceStatus

    package init(metadata: ObjectMeta, spec: NamespaceSpec = .init(), status: NamespaceStatus = .init()) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }

    /// Whether the namespace still takes new objects.
    package var isActive: Bool { status.phase != .terminating && !metadata.isBeingDeleted }
}

package struct NamespaceSpec: Codable, Sendable, Hashable, EmptyRepresentable {
    /// Finalizers of the namespace's content; `kubernetes` until it is empty.
    @Omittable package var finalizers: [String] = []
    package init() {}
}

package struct NamespaceStatus: Codable, Sendable, Hashable, EmptyRepresentable {
    package var phase: NamespacePhase?
    @Omittable package var conditions: [Condition] = []
    package init() {}
}

package enum NamespacePhase: OpenEnumeration {
    case active
    case terminating
    case other(String)

    package init(_ text: String) {
        switch text {
        case "Active": self = .active
        case "Terminating": self = .terminating
        default: self = .other(text)
        }
    }

    package var text: String {
        switch self {
        case .active: "Active"
        case .terminating: "Terminating"
        case .other(let text): text
        }
    }
}
