// SPDX-License-Identifier: MIT
package import KubernetesAPI

/// What a store held when it was asked: a sequence of objects in no order, taken without copying any and not changed by
/// what happens to the store later.
package struct StoreContent<Object: KubernetesObject>: Sequence, Sendable {
    private let objects: ObjectMap<Object>

    init(_ objects: ObjectMap<Object>) { self.objects = objects }

    /// How many objects there are.
    package var count: Int { objects.count }
    /// Whether there are none.
    package var isEmpty: Bool { objects.count == 0 }
    /// As many as `count`.
    package var underestimatedCount: Int { objects.count }

    /// Walks the objects.
    package func makeIterator() -> AnyIterator<Object> {
        var parts = objects.parts.makeIterator()
        var part = parts.next()?.values.makeIterator()
        return AnyIterator {
            while true {
                if let next = part?.next() { return next.object }
                guard let following = parts.next() else { return nil }
                part = following.values.makeIterator()
            }
        }
    }

    // The same as of any sequence, without copying the objects that are passed over.

    /// The objects for which the predicate holds.
    package func filter(_ isIncluded: (Object) throws -> Bool) rethrows -> [Object] {
        var found: [Object] = []
        try objects.walk { cached in
            if try isIncluded(cached.object) { found.append(cached.object) }
            return true
        }
        return found
    }

    /// An object for which the predicate holds.
    package func first(where predicate: (Object) throws -> Bool) rethrows -> Object? {
        var found: CachedObject<Object>?
        try objects.walk { cached in
            if try predicate(cached.object) { found = cached }
            return found == nil
        }
        return found?.object
    }

    /// Whether the predicate holds for an object.
    package func contains(where predicate: (Object) throws -> Bool) rethrows -> Bool {
        var isFound = false
        try objects.walk { cached in
            isFound = try predicate(cached.object)
            return !isFound
        }
        return isFound
    }
}
