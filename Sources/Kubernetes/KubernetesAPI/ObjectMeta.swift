// SPDX-License-Identifier: MIT
package import JSONCoding

/// The metadata that every object has. Empty strings, zero and empty collections mean "not set".
package struct ObjectMeta: Codable, Sendable, Hashable, EmptyRepresentable {
    @Omittable package var name: String = ""
    /// A prefix from which the server makes a name; only read when `name` is empty at creation.
    package var generateName: String?
    /// Nil for cluster-scoped objects.
    package var namespace: String?
    @Omittable package var uid: String = ""
    /// Opaque: only equality says something, and only among versions of one type.
    @Omittable package var resourceVersion: String = ""
    /// Counts changes of the desired state; set by the server.
    @Omittable package var generation: Int = 0
    package var creationTimestamp: Timestamp?
    /// Set once deletion was asked for; the object stays until its finalizers are gone.
    package var deletionTimestamp: Timestamp?
    package var deletionGracePeriodSeconds: Int?
    @Omittable package var labels: [String: String] = [:]
    @Omittable package var annotations: [String: String] = [:]
    @Omittable package var finalizers: [String] = []
    @Omittable package var ownerReferences: [OwnerReference] = []

    package init() {}

    package init(
        name: String, namespace: String? = nil, uid: String = "", labels: [String: String] = [:],
        annotations: [String: String] = [:], finalizers: [String] = [], ownerReferences: [OwnerReference] = []
    ) {
        self.name = name
        self.namespace = namespace
        self.uid = uid
        self.labels = labels
        self.annotations = annotations
        self.finalizers = finalizers
        self.ownerReferences = ownerReferences
    }

    package var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }

    /// Whether deletion was asked for.
    package var isBeingDeleted: Bool { deletionTimestamp != nil }

    /// The owner that manages this object, if any: at most one reference has `controller: true`.
    package var controller: OwnerReference? { ownerReferences.first { $0.controller == true } }

    /// Whether the object with this uid is among the owners.
    package func isOwned(byUID uid: String) -> Bool {
        !uid.isEmpty && ownerReferences.contains { $0.uid == uid }
    }
}
