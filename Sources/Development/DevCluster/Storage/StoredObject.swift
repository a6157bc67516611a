// SPDX-License-Identifier: MIT
package import JSONCoding

/// Where objects of one kind lie: API group and plural, without the version, as in etcd.
package struct StorageBucket: Sendable, Hashable, CustomStringConvertible {
    /// API group, empty for the core group.
    package var group: String
    /// Plural name of the resource.
    package var plural: String

    package init(group: String, plural: String) {
        self.group = group
        self.plural = plural
    }

    /// `plural.group`, or the plural alone in the core group.
    package var description: String { group.isEmpty ? plural : "\(plural).\(group)" }

    init(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 1)
        plural = parts.first.map(String.init) ?? ""
        group = parts.count > 1 ? String(parts[1]) : ""
    }
}

/// The full address of an object in the store; namespace empty for cluster-scoped objects.
package struct StorageKey: Sendable, Hashable {
    /// Which kind of object.
    package var bucket: StorageBucket
    /// Its namespace, or empty.
    package var namespace: String
    /// Its name.
    package var name: String

    package init(bucket: StorageBucket, namespace: String, name: String) {
        self.bucket = bucket
        self.namespace = namespace
        self.name = name
    }
}

/// An object as stored.
package struct StoredObject: Sendable {
    /// The whole object, in its storage version.
    package var json: JSONValue
    /// The revision of its last write, the same as `metadata.resourceVersion`.
    package var revision: UInt64
}

/// One change of one object.
package struct StoreEvent: Sendable {
    /// The revision that the change made.
    package var revision: UInt64
    /// What changed.
    package var key: StorageKey
    /// The object after the change; nil when it was removed.
    package var object: JSONValue?
    /// The object before the change; nil when it was made.
    package var previous: JSONValue?
    /// What a watcher of deletions sees: the last state with the revision of the deletion.
    package var final: JSONValue? {
        guard object == nil, var last = previous else { return nil }
        last.setMeta("resourceVersion", .string(String(revision)))
        return last
    }
}
