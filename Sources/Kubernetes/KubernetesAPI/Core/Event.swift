// SPDX-License-Identifier: MIT
package import JSONCoding

/// Something that happened to an object, for people (`v1` form, which `kubectl describe` shows).
package struct Event: Resource, Hashable {
    package static let resourceType = ResourceType.event

    @Omittable package var metadata: ObjectMeta
    package var involvedObject: ObjectReference
    /// One word in CamelCase.
    package var reason: String?
    package var message: String?
    /// `Normal` or `Warning`.
    package var type: String?
    /// What was done or tried, one word in CamelCase.
    package var action: String?
    package var count: Int?
    package var firstTimestamp: Timestamp?
    package var lastTimestamp: Timestamp?
    package var eventTime: MicroTime?
    package var reportingComponent: String?
    package var reportingInstance: String?
    package var source: EventSource?

    package init(metadata: ObjectMeta, involvedObject: ObjectReference) {
        self.metadata = metadata
        self.involvedObject = involvedObject
    }
}

package struct EventSource: Codable, Sendable, Hashable {
    package var component: String?
    package var host: String?

    package init(component: String? = nil, host: String? = nil) {
        self.component = component
        self.host = host
    }
}

/// Names another object.
package struct ObjectReference: Codable, Sendable, Hashable {
    package var apiVersion: String?
    package var kind: String?
    package var namespace: String?
    package var name: String?
    package var uid: String?
    package var resourceVersion: String?

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
