// SPDX-License-Identifier: MIT
package import JSONCoding

/// Something that happened to an object, for people (`v1` form, which `kubectl describe` shows).
package struct Event: Resource, Hashable {
    /// The type on the server.
    package static let resourceType = ResourceType.event

    /// Name, labels, owners and the like.
    @Omittable package var metadata: ObjectMeta
    /// What the event is about.
    package var involvedObject: ObjectReference
    /// One word in CamelCase.
    package var reason: String?
    /// A sentence for people.
    package var message: String?
    /// `Normal` or `Warning`.
    package var type: String?
    /// What was done or tried, one word in CamelCase.
    package var action: String?
    /// How often it happened.
    package var count: Int?
    /// When it happened first.
    package var firstTimestamp: Timestamp?
    /// When it happened last.
    package var lastTimestamp: Timestamp?
    /// When it happened, in events of the newer form.
    package var eventTime: MicroTime?
    /// Who says it.
    package var reportingComponent: String?
    /// Which of several.
    package var reportingInstance: String?
    /// Who says it, in the older form.
    package var source: EventSource?

    /// An event with nothing but its object yet.
    package init(metadata: ObjectMeta, involvedObject: ObjectReference) {
        self.metadata = metadata
        self.involvedObject = involvedObject
    }
}

/// Who wrote an event, in the older form.
package struct EventSource: Codable, Sendable, Hashable {
    /// The program.
    package var component: String?
    /// The node it runs on.
    package var host: String?

    /// A writer of events.
    package init(component: String? = nil, host: String? = nil) {
        self.component = component
        self.host = host
    }
}

/// Names another object.
package struct ObjectReference: Codable, Sendable, Hashable {
    /// Group and version of the object's type.
    package var apiVersion: String?
    /// The object's kind.
    package var kind: String?
    /// Nil for cluster-scoped objects.
    package var namespace: String?
    /// The object's name.
    package var name: String?
    /// The object's uid.
    package var uid: String?
    /// Which version of it.
    package var resourceVersion: String?

    /// A reference of these parts.
    package init(
        apiVersion: String? = nil, kind: String? = nil, namespace: String? = nil, name: String? = nil,
        uid: String? = nil, resourceVersion: String? = nil
    ) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.uid = uid
        self.resourceVersion = resourceVersion
    }

    /// A reference to this object.
    package init<R: Resource>(_ object: R) {
        let metadata = object.metadata
        self.init(
            apiVersion: R.resourceType.apiVersion, kind: R.resourceType.kind, namespace: metadata.namespace,
            name: metadata.name, uid: metadata.uid, resourceVersion: metadata.resourceVersion)
    }
}
