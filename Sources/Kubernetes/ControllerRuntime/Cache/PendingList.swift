// SPDX-License-Identifier: MIT
import KubernetesAPI

/// A list that is not complete yet: what pages or a stream have brought so far, apart from the store. Pure.
struct PendingList<Object: KubernetesObject>: Sendable {
    private(set) var objects: [ObjectKey: CachedObject<Object>] = [:]
    private(set) var poison: [ObjectKey: PoisonObject] = [:]

    mutating func put(_ object: CachedObject<Object>) {
        let key = object.key
        if !poison.isEmpty { poison[key] = nil }
        objects[key] = object
    }

    mutating func put(poison object: PoisonObject) {
        objects[object.key] = nil
        poison[object.key] = object
    }

    mutating func remove(_ key: ObjectKey) {
        objects[key] = nil
        poison[key] = nil
    }
}
