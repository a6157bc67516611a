// SPDX-License-Identifier: MIT
import KubernetesAPI

/// The objects of a collection and the indexes over them. Pure; every change tells what changed.
struct StoreState<Object: KubernetesObject>: Sendable {
    typealias Indexer = @Sendable (Object) -> [String]

    private(set) var objects: [ObjectKey: Object] = [:]
    private(set) var resourceVersion = ""
    /// Grows when a list is older than what was known: the server went back in time.
    private(set) var epoch = 0
    private(set) var isFilled = false
    private let indexers: [String: Indexer]
    private var indexes: [String: [String: Set<ObjectKey>]]

    init(indexers: [String: Indexer]) {
        self.indexers = indexers
        indexes = indexers.mapValues { _ in [:] }
    }

    func keys(index: String, value: String) -> Set<ObjectKey> {
        guard let index = indexes[index] else { preconditionFailure("the store has no index \(index)") }
        return index[value] ?? []
    }

    /// Puts a list in place of everything.
    ///
    /// - Parameter keeping: objects that exist but could not be read: what was known of them stays.
    mutating func replace(
        _ list: [Object], keeping: Set<ObjectKey>, resourceVersion: String
    ) -> [ObjectDelivery<Object>] {
        let isInitial = !isFilled
        let old = objects
        var deliveries: [ObjectDelivery<Object>] = []
        var present = keeping
        for object in list { present.insert(object.key) }
        for (key, gone) in old where !present.contains(key) {
            remove(key)
            deliveries.append(ObjectDelivery(.deleted(gone), isFinalStateUnknown: true))
        }
        for object in list { deliveries += put(object, isInitial: isInitial, isRelist: true) }
        if let now = ResourceVersion(resourceVersion), let before = ResourceVersion(self.resourceVersion), now < before {
            epoch += 1
        }
        self.resourceVersion = resourceVersion
        isFilled = true
        return deliveries
    }

    /// Adds or changes an object, as a watch says.
    mutating func apply(_ object: Object) -> [ObjectDelivery<Object>] {
        resourceVersion = object.metadata.resourceVersion
        return put(object, isInitial: false, isRelist: false)
    }

    /// Removes an object, as a watch says; its last state is the given one.
    mutating func delete(_ object: Object) -> [ObjectDelivery<Object>] {
        resourceVersion = object.metadata.resourceVersion
        guard remove(object.key) != nil else { return [] }
        return [ObjectDelivery(.deleted(object))]
    }

    /// Removes an object whose last state cannot be read.
    mutating func forget(_ key: ObjectKey) -> [ObjectDelivery<Object>] {
        guard let gone = remove(key) else { return [] }
        return [ObjectDelivery(.deleted(gone), isFinalStateUnknown: true)]
    }

    mutating func bookmark(_ resourceVersion: String) {
        if !resourceVersion.isEmpty { self.resourceVersion = resourceVersion }
    }

    private mutating func put(_ object: Object, isInitial: Bool, isRelist: Bool) -> [ObjectDelivery<Object>] {
        let key = object.key
        guard let old = objects[key] else {
            insert(object, key)
            return [ObjectDelivery(.added(object), isInInitialList: isInitial)]
        }
        // A resumed watch may say again what is known.
        if old.metadata.resourceVersion == object.metadata.resourceVersion, old.metadata.uid == object.metadata.uid {
            return []
        }
        remove(key)
        insert(object, key)
        if old.metadata.uid != object.metadata.uid {
            // A namesake: the old one's end was missed.
            return [
                ObjectDelivery(.deleted(old), isFinalStateUnknown: true), ObjectDelivery(.added(object)),
            ]
        }
        return [ObjectDelivery(.updated(old: old, new: object))]
    }

    private mutating func insert(_ object: Object, _ key: ObjectKey) {
        objects[key] = object
        for (name, indexer) in indexers {
            for value in indexer(object) { indexes[name]?[value, default: []].insert(key) }
        }
    }

    @discardableResult
    private mutating func remove(_ key: ObjectKey) -> Object? {
        guard let object = objects.removeValue(forKey: key) else { return nil }
        for (name, indexer) in indexers {
            for value in indexer(object) {
                indexes[name]?[value]?.remove(key)
                if indexes[name]?[value]?.isEmpty == true { indexes[name]?[value] = nil }
            }
        }
        return object
    }
}
