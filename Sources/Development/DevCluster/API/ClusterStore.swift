// SPDX-License-Identifier: MIT
package import JSONCoding
package import KubernetesAPI

/// The embedded cluster as the controllers inside the process see it: the same objects, rules and events as over HTTP,
/// as the user `system:apiserver`, without encoding anything.
///
/// All calls are synchronous and short (one lock, memory, one append to the journal), so that a controller's step is
/// plain code. Errors are always `StatusError`, the same that a client would get.
package protocol ClusterStore: Sendable {
    /// The object, or `NotFound`.
    func get(_ type: ResourceType, namespace: String?, name: String) throws(StatusError) -> JSONValue

    /// The objects of one namespace, or of all when `namespace` is nil, sorted by namespace and name.
    func list(_ type: ResourceType, namespace: String?, labelSelector: String?) throws(StatusError) -> ClusterList

    /// Creates; the answer has uid, resourceVersion and defaults.
    func create(_ object: JSONValue, type: ResourceType, namespace: String?) throws(StatusError) -> JSONValue

    /// Replaces everything but status; `Conflict` where `metadata.resourceVersion` is given and old.
    func update(_ object: JSONValue, type: ResourceType, namespace: String?) throws(StatusError) -> JSONValue

    /// Replaces the status alone; `Conflict` where `metadata.resourceVersion` is given and old.
    func updateStatus(_ object: JSONValue, type: ResourceType, namespace: String?) throws(StatusError) -> JSONValue

    /// Reads, changes and writes in one step, so that no conflict can happen. With `subresource: "status"` only the
    /// status is taken from the result, with nil everything but the status. A closure that changes nothing writes
    /// nothing. It runs under the store's lock: it must not call the store.
    func modify(
        _ type: ResourceType, namespace: String?, name: String, subresource: String?,
        _ change: (inout JSONValue) throws(StatusError) -> Void
    ) throws(StatusError) -> JSONValue

    /// Asks for the deletion (finalizers, grace period and propagation as in Kubernetes).
    func delete(
        _ type: ResourceType, namespace: String?, name: String, options: ClusterDeleteOptions
    ) throws(StatusError)

    /// Events from now on, preceded by one `added` for each existing object when `initial` is true. The sequence is
    /// pulled: a slow reader costs no memory, and one that fell out of the history starts over with `restarted`.
    func watch(_ type: ResourceType, namespace: String?, initial: Bool) -> ClusterWatch
}

extension ClusterStore {
    /// All objects of a type.
    package func list(_ type: ResourceType, namespace: String? = nil) throws(StatusError) -> ClusterList {
        try list(type, namespace: namespace, labelSelector: nil)
    }

    /// Deletes in the background, with the default grace period.
    package func delete(_ type: ResourceType, namespace: String?, name: String) throws(StatusError) {
        try delete(type, namespace: namespace, name: name, options: ClusterDeleteOptions())
    }

    /// Events of all namespaces, beginning with what exists.
    package func watch(_ type: ResourceType) -> ClusterWatch { watch(type, namespace: nil, initial: true) }
}

/// The objects of a list and the moment that they are true for.
package struct ClusterList: Sendable {
    /// Whole objects, with apiVersion and kind.
    package var items: [JSONValue]
    /// The store's resource version when the list was taken.
    package var resourceVersion: UInt64
}

/// How to delete, as metav1.DeleteOptions.
package struct ClusterDeleteOptions: Sendable {
    /// What happens to what the object owns.
    package enum Propagation: String, Sendable {
        case background = "Background"
        case foreground = "Foreground"
        case orphan = "Orphan"
    }

    /// Seconds that a pod gets to end; 0 removes it at once, nil takes the pod's own.
    package var gracePeriodSeconds: Int?
    /// nil takes the default, which is background.
    package var propagation: Propagation?
    /// Delete only this very object.
    package var uid: String?
    /// Delete only this very version.
    package var resourceVersion: String?

    package init(
        gracePeriodSeconds: Int? = nil, propagation: Propagation? = nil, uid: String? = nil,
        resourceVersion: String? = nil
    ) {
        self.gracePeriodSeconds = gracePeriodSeconds
        self.propagation = propagation
        self.uid = uid
        self.resourceVersion = resourceVersion
    }
}

/// Something that happened to an object.
package struct ClusterEvent: Sendable {
    /// What happened.
    package enum Kind: String, Sendable {
        case added = "ADDED"
        case modified = "MODIFIED"
        case deleted = "DELETED"
        /// The reader was too slow or the history was lost: forget what was seen; `added` follows for all that exists.
        case restarted = "RESTARTED"
    }

    /// What happened.
    package var kind: Kind
    /// The object after it happened; its last state when deleted; null when restarted.
    package var object: JSONValue
}

/// Where `pods/log` comes from: the kubelet implements it, the API server asks it.
package protocol PodLogs: Sendable {
    /// The container's log, in pieces of any size; ends when the log ends, or with `follow` when the container has
    /// ended. Throws `StatusError` (`BadRequest` for an unknown or waiting container).
    func stream(_ request: PodLogRequest) async throws(StatusError) -> AsyncStream<[UInt8]>
}

/// Which part of which log, the query of `pods/log`.
package struct PodLogRequest: Sendable {
    /// The pod's namespace.
    package var namespace: String
    /// The pod's name.
    package var pod: String
    /// The pod's uid, so that a log of an earlier pod with that name is never shown.
    package var podUID: String
    /// The container; the server has filled in the only or default one.
    package var container: String
    /// Keep streaming until the container ends.
    package var follow = false
    /// Begin with the last lines only.
    package var tailLines: Int?
    /// Only what was written after this.
    package var sinceTime: Timestamp?
    /// Prefix each line with its time.
    package var timestamps = false
    /// The log of the previous instance of the container.
    package var previous = false
    /// Stop after that many bytes.
    package var limitBytes: Int?

    package init(namespace: String, pod: String, podUID: String, container: String) {
        self.namespace = namespace
        self.pod = pod
        self.podUID = podUID
        self.container = container
    }
}
