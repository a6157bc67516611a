// SPDX-License-Identifier: MIT
package import JSONCoding

/// All objects: by bucket, namespace and name.
struct StoreContents: Sendable {
    var buckets: [StorageBucket: [String: [String: StoredObject]]] = [:]

    subscript(key: StorageKey) -> StoredObject? {
        get { buckets[key.bucket]?[key.namespace]?[key.name] }
        set {
            buckets[key.bucket, default: [:]][key.namespace, default: [:]][key.name] = newValue
            if newValue == nil, buckets[key.bucket]?[key.namespace]?.isEmpty == true {
                buckets[key.bucket]?[key.namespace] = nil
            }
        }
    }

    /// The objects of a bucket in one namespace, or in all, sorted by namespace and name.
    func objects(_ bucket: StorageBucket, namespace: String?) -> [(key: StorageKey, object: StoredObject)] {
        guard let spaces = buckets[bucket] else { return [] }
        let names = namespace.map { [$0] } ?? spaces.keys.sorted()
        var result: [(key: StorageKey, object: StoredObject)] = []
        for space in names {
            guard let objects = spaces[space] else { continue }
            for name in objects.keys.sorted() {
                guard let object = objects[name] else { continue }
                result.append((StorageKey(bucket: bucket, namespace: space, name: name), object))
            }
        }
        return result
    }
}

/// A consistent view of all objects and the writes that are to happen together or not at all.
///
/// Decisions (does the namespace exist, is the version still the one that was read, may this user write that) are taken
/// on the same state that the writes are applied to, so no rule can be raced.
package struct StoreTransaction {
    private(set) var contents: StoreContents
    private(set) var revision: UInt64
    private(set) var writes: [StoreEvent] = []
    /// Buckets whose history begins anew with this transaction.
    private(set) var forgotten: Set<StorageBucket> = []
    private var overlay: [StorageKey: Int] = [:]

    init(contents: consuming StoreContents, revision: UInt64) {
        self.contents = contents
        self.revision = revision
    }

    /// The object at a key, with the writes of this transaction.
    package func object(_ key: StorageKey) -> JSONValue? {
        if let index = overlay[key] { return writes[index].object }
        return contents[key]?.json
    }

    /// The objects of a bucket, with the writes of this transaction, sorted by namespace and name.
    package func objects(_ bucket: StorageBucket, namespace: String?) -> [JSONValue] {
        var found = contents.objects(bucket, namespace: namespace)
        let touched = overlay.keys.filter { $0.bucket == bucket && (namespace == nil || $0.namespace == namespace) }
        guard !touched.isEmpty else { return found.map(\.object.json) }
        found.removeAll { overlay[$0.key] != nil }
        for key in touched {
            if let json = object(key) { found.append((key, StoredObject(json: json, revision: 0))) }
        }
        found.sort { ($0.key.namespace, $0.key.name) < ($1.key.namespace, $1.key.name) }
        return found.map(\.object.json)
    }

    /// Writes an object; the result carries its new resource version.
    @discardableResult
    package mutating func put(_ json: JSONValue, at key: StorageKey) -> JSONValue {
        revision += 1
        var json = json
        json.setMeta("resourceVersion", .string(String(revision)))
        record(StoreEvent(revision: revision, key: key, object: json, previous: object(key)))
        return json
    }

    /// Removes an object; nothing happens when there is none.
    package mutating func remove(_ key: StorageKey) {
        guard let previous = object(key) else { return }
        revision += 1
        record(StoreEvent(revision: revision, key: key, object: nil, previous: previous))
    }

    /// Begins the history of a bucket anew when this transaction is committed: a type that is defined again has no past
    /// that a watch could go on from.
    package mutating func forgetHistory(of bucket: StorageBucket) { forgotten.insert(bucket) }

    private mutating func record(_ event: StoreEvent) {
        overlay[event.key] = writes.count
        writes.append(event)
    }

    /// Hands the state back, with the writes applied when they are to be kept. The transaction is empty afterwards, so
    /// that the state has one owner and is changed in place.
    mutating func finish(commit: Bool) -> StoreContents {
        var result = StoreContents()
        swap(&result, &contents)
        if commit {
            for write in writes {
                result[write.key] = write.object.map { StoredObject(json: $0, revision: write.revision) }
            }
        }
        return result
    }
}
