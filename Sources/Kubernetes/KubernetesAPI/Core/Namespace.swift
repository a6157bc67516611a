// SPDX-License-Identifier: MIT

/// A namespace.
package struct Namespace: Resource, Hashable {
    /// The type on the server.
    package static let resourceType = ResourceType.namespace

    /// Name, labels, owners and the like.
    @Omittable package var metadata: ObjectMeta
    /// The desired state.
    @Omittable package var spec: NamespaceSpec
    /// The observed state.
    @Omittable package var status: NamespaceStatus

    /// An object of these parts, to be created or for a test.
    package init(metadata: ObjectMeta, spec: NamespaceSpec = .init(), status: NamespaceStatus = .init()) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }

    /// Whether the namespace still takes new objects.
    package var isActive: Bool { status.phase != .terminating && !metadata.isBeingDeleted }
}

/// The desired state of a namespace.
package struct NamespaceSpec: Codable, Sendable, Hashable, EmptyRepresentable {
    /// Finalizers of the namespace's content; `kubernetes` until it is empty.
    @Omittable package var finalizers: [String] = []
    package init() {}
}

/// The observed state of a namespace.
package struct NamespaceStatus: Codable, Sendable, Hashable, EmptyRepresentable {
    /// Whether it is in use or on its way out.
    package var phase: NamespacePhase?
    /// While it goes: what its deletion waits for.
    @Omittable package var conditions: [Condition] = []
    /// The empty value.
    package init() {}
}

/// Whether a namespace is in use.
package enum NamespacePhase: OpenEnumeration {
    case active
    case terminating
    case other(String)

    /// The case for a string of the wire; `.other` for one that is not known.
    package init(_ text: String) {
        switch text {
        case "Active": self = .active
        case "Terminating": self = .terminating
        default: self = .other(text)
        }
    }

    /// The string on the wire.
    package var text: String {
        switch self {
        case .active: "Active"
        case .terminating: "Terminating"
        case .other(let text): text
        }
    }
}
