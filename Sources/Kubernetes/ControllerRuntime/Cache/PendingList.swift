// SPDX-License-Identifier: MIT
import KubernetesAPI

/// A list that is not complete yet: what pages or a stream have brought so far, apart from the store. Pure.
struct PendingList<Object: KubernetesObject>: Sendable {
    /// Each object once, in no order.
    private(set) var objects: [CachedObject<Object>] = []
    /// Where each is; a dictionary of objects of a type that is not known here would be several times slower.
    private var positions: [ObjectKey: Int] = [:]
    private(set) var poison: [ObjectKey: PoisonObject] = [:]

    mutating func put(_ object: CachedObject<Object>) {
        let key = object.key
        if !poison.isEmpty { poison[key] = nil }
        if let known = positions.updateValue(objects.count, forKey: key) {
            positions[key] = known
            objects[known] = object
        } else {
            objects.append(object)
        }
    }

    mutating func put(poison object: PoisonObject) {
        drop(object.key)
        poison[object.key] = object
    }

    mutating func remove(_ key: ObjectKey) {
        drop(key)
        poison[key] = nil
    }

    private mutating func drop(_ key: ObjectKey) {
        guard let position = positions.removeValue(forKey: key) else { return }
        let last = objects.removeLast()
        guard position < objects.count else { return }
        objects[position] = last
        positions[last.key] = position
    }
}
