// SPDX-License-Identifier: MIT
package import JSONCoding

/// The metadata that every object has. Empty strings, zero and empty collections mean "not set".
package struct ObjectMeta: Codable, Sendable, Hashable, EmptyRepresentable {
    /// The object's name; unique within type and namespace.
    @Omittable package var name: String = ""
    /// A prefix from which the server makes a name; only read when `name` is empty at creation.
    package var generateName: String?
    /// Nil for cluster-scoped objects.
    package var namespace: String?
    /// Unique in time and space: a namesake that comes later has another.
    @Omittable package var uid: String = ""
    /// To be compared by `ResourceVersion`, and only among versions of one type.
    @Omittable package var resourceVersion: String = ""
    /// Counts changes of the desired state; set by the server.
    @Omittable package var generation: Int = 0
    package var creationTimestamp: Timestamp?
    /// Set once deletion was asked for; the object stays until its finalizers are gone.
    package var deletionTimestamp: Timestamp?
    /// How many seconds a deletion waits at most for the object's own end.
    package var deletionGracePeriodSeconds: Int?
    /// What selectors look at.
    @Omittable package var labels: [String: String] = [:]
    /// What no selector looks at.
    @Omittable package var annotations: [String: String] = [:]
    /// Who has to do something before the object may go.
    @Omittable package var finalizers: [String] = []
    /// Whose end is the object's end.
    @Omittable package var ownerReferences: [OwnerReference] = []

    /// The empty value.
    package init() {}

    /// Metadata of a new object, or of one in a test.
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

    /// Namespace and name.
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
