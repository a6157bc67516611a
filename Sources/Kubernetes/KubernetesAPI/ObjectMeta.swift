// SPDX-License-Identifier: MIT
package import JSONCoding

/// The metadata that every object has. Empty strings, zero and empty collections mean "not set".
///
/// Behind a reference: it is the largest part of most objects, and a copy is one retain.
package struct ObjectMeta: JSONReadable, JSONWritable, Sendable, Hashable, EmptyRepresentable {
    private struct Fields: Sendable, Hashable {
        var name = ""
        var namespace: String?
        var uid = ""
        var resourceVersion = ""
        var generation = 0
        var creationTimestamp: Timestamp?
        var labels: [String: String] = [:]
        var annotations: [String: String] = [:]
        var finalizers: [String] = []
        var ownerReferences: [OwnerReference] = []
        @BoxedOptional var rare: RareFields?
    }

    /// What most objects do not have.
    private struct RareFields: Sendable, Hashable {
        var generateName: String?
        var deletionTimestamp: Timestamp?
        var deletionGracePeriodSeconds: Int?
    }

    private static let none = Boxed(wrappedValue: Fields())
    @Boxed private var fields: Fields

    /// The empty value.
    package init() { _fields = Self.none }

    /// Metadata of a new object, or of one in a test.
    package init(
        name: String, namespace: String? = nil, uid: String = "", labels: [String: String] = [:],
        annotations: [String: String] = [:], finalizers: [String] = [], ownerReferences: [OwnerReference] = []
    ) {
        let fields = Fields(
            name: name, namespace: namespace, uid: uid, labels: labels, annotations: annotations,
            finalizers: finalizers, ownerReferences: ownerReferences)
        _fields = Boxed(wrappedValue: fields)
    }

    // MARK: Fields

    /// The object's name; unique within type and namespace.
    package var name: String {
        get { fields.name }
        set { fields.name = newValue }
    }

    /// A prefix from which the server makes a name; only read when `name` is empty at creation.
    package var generateName: String? {
        get { fields.rare?.generateName }
        set { setRare { $0.generateName = newValue } }
    }

    /// Nil for cluster-scoped objects.
    package var namespace: String? {
        get { fields.namespace }
        set { fields.namespace = newValue }
    }

    /// Unique in time and space: a namesake that comes later has another.
    package var uid: String {
        get { fields.uid }
        set { fields.uid = newValue }
    }

    /// To be compared by `ResourceVersion`, and only among versions of one type.
    package var resourceVersion: String {
        get { fields.resourceVersion }
        set { fields.resourceVersion = newValue }
    }

    /// Counts changes of the desired state; set by the server.
    package var generation: Int {
        get { fields.generation }
        set { fields.generation = newValue }
    }

    /// When the object was made; set by the server.
    package var creationTimestamp: Timestamp? {
        get { fields.creationTimestamp }
        set { fields.creationTimestamp = newValue }
    }

    /// Set once deletion was asked for; the object stays until its finalizers are gone.
    package var deletionTimestamp: Timestamp? {
        get { fields.rare?.deletionTimestamp }
        set { setRare { $0.deletionTimestamp = newValue } }
    }

    /// How many seconds a deletion waits at most for the object's own end.
    package var deletionGracePeriodSeconds: Int? {
        get { fields.rare?.deletionGracePeriodSeconds }
        set { setRare { $0.deletionGracePeriodSeconds = newValue } }
    }

    /// What selectors look at.
    package var labels: [String: String] {
        _read { yield fields.labels }
        _modify { yield &fields.labels }
    }

    /// What no selector looks at.
    package var annotations: [String: String] {
        _read { yield fields.annotations }
        _modify { yield &fields.annotations }
    }

    /// Who has to do something before the object may go.
    package var finalizers: [String] {
        _read { yield fields.finalizers }
        _modify { yield &fields.finalizers }
    }

    /// Whose end is the object's end.
    package var ownerReferences: [OwnerReference] {
        _read { yield fields.ownerReferences }
        _modify { yield &fields.ownerReferences }
    }

    private mutating func setRare(_ change: (inout RareFields) -> Void) {
        var rare = fields.rare ?? RareFields()
        change(&rare)
        fields.rare = rare == RareFields() ? nil : rare
    }

    // MARK: Answers

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

// MARK: JSON

extension ObjectMeta {
    /// Reads the metadata; throws `DecodingError`.
    package init(node: JSONNode) throws {
        var fields = Fields(
            name: try node.read("name") ?? "", namespace: try node.read("namespace"),
            uid: try node.read("uid") ?? "", resourceVersion: try node.read("resourceVersion") ?? "",
            generation: try node.read("generation") ?? 0, creationTimestamp: try node.read("creationTimestamp"),
            labels: try node.read("labels") ?? [:], annotations: try node.read("annotations") ?? [:],
            finalizers: try node.read("finalizers") ?? [], ownerReferences: try node.read("ownerReferences") ?? [])
        let rare = RareFields(
            generateName: try node.read("generateName"), deletionTimestamp: try node.read("deletionTimestamp"),
            deletionGracePeriodSeconds: try node.read("deletionGracePeriodSeconds"))
        if rare != RareFields() { fields.rare = rare }
        _fields = Boxed(wrappedValue: fields)
    }

    /// What is set.
    package var json: JSONValue {
        var object = JSONObject()
        object.put("name", name.isEmpty ? nil : name)
        object.put("generateName", generateName)
        object.put("namespace", namespace)
        object.put("uid", uid.isEmpty ? nil : uid)
        object.put("resourceVersion", resourceVersion.isEmpty ? nil : resourceVersion)
        object.put("generation", generation == 0 ? nil : generation)
        object.put("creationTimestamp", creationTimestamp)
        object.put("deletionTimestamp", deletionTimestamp)
        object.put("deletionGracePeriodSeconds", deletionGracePeriodSeconds)
        object.put("labels", labels.isEmpty ? nil : labels)
        object.put("annotations", annotations.isEmpty ? nil : annotations)
        object.put("finalizers", finalizers.isEmpty ? nil : finalizers)
        object.put("ownerReferences", ownerReferences.isEmpty ? nil : ownerReferences)
        return .object(object)
    }
}
