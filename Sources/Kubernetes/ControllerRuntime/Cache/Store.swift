// SPDX-License-Identifier: MIT
package import KubernetesAPI
import Synchronization

/// The cached objects of one informer: many read, the informer alone writes.
///
/// A list replaces everything under one lock, so that nobody sees half of it. Readers hold the lock for one look-up or
/// for taking a reference, never while they walk.
package final class Store<Object: KubernetesObject>: Sendable {
    /// The values under which an object is found in an index.
    package typealias Indexer = @Sendable (Object) -> [String]

    private let state: Mutex<StoreState<Object>>

    init(indexers: [String: Indexer], namespaces: [String?] = [nil]) {
        state = Mutex(StoreState(indexers: indexers, namespaces: namespaces))
    }

    /// A store that already holds objects and that nobody keeps up to date: for tests of what reads stores.
    package convenience init(_ objects: [Object], indexes: [String: Indexer] = [:]) {
        self.init(indexers: indexes)
        _ = change { $0.replace(objects.map { CachedObject($0) }, resourceVersion: "") }
    }

    /// The object of this key, if it exists.
    package func get(_ key: ObjectKey) -> Object? { cached(key)?.object }

    /// The object's state behind its reference.
    func cached(_ key: ObjectKey) -> CachedObject<Object>? { state.withLock { $0.objects[key] } }

    /// Every object, in no order; costs nothing until it is walked.
    package func list() -> StoreContent<Object> {
        StoreContent(state.withLock { $0.objects })
    }

    /// Calls the body with every object's reference.
    func walk(_ body: (CachedObject<Object>) -> Void) {
        let objects = state.withLock { $0.objects }
        objects.walk { object in
            body(object)
            return true
        }
    }

    /// Every object of a namespace, in no order.
    package func list(namespace: String) -> [Object] {
        list().filter { $0.metadata.namespace == namespace }
    }

    /// The objects that an index finds. Naming an index that the informer was not given is a programming error.
    package func byIndex(_ index: String, _ value: String) -> [Object] {
        // A key path would be made anew each time, because the type is not known here.
        state.withLock { $0.objects(index: index, value: value) }.map { $0.object }
    }

    /// How many objects there are.
    package var count: Int { state.withLock { $0.objects.count } }

    /// The version up to which the cache has seen the collection.
    package var resourceVersion: String { state.withLock { $0.resourceVersion } }

    /// How far the cache has followed the collection in a namespace, or (nil) wherever it does; nil when it does not
    /// follow that namespace.
    package func progress(namespace: String? = nil) -> CacheProgress? {
        state.withLock { $0.progress(namespace: namespace) }
    }

    /// Changes the content and returns what changed. For the informer alone.
    func change(_ body: (inout StoreState<Object>) -> [StoreChange<Object>]) -> [StoreChange<Object>] {
        state.withLock { body(&$0) }
    }
}
