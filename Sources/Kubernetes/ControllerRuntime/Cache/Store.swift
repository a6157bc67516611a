// SPDX-License-Identifier: MIT
package import KubernetesAPI
import Synchronization

/// The cached objects of one informer: many read, the informer alone writes.
///
/// A list replaces everything under one lock, so that nobody sees half of it.
package final class Store<Object: KubernetesObject>: Sendable {
    /// The values under which an object is found in an index.
    package typealias Indexer = @Sendable (Object) -> [String]

    private let state: Mutex<StoreState<Object>>

    init(indexers: [String: Indexer]) {
        state = Mutex(StoreState(indexers: indexers))
    }

    /// A store that already holds objects and that nobody keeps up to date: for tests of what reads stores.
    package convenience init(_ objects: [Object], indexes: [String: Indexer] = [:]) {
        self.init(indexers: indexes)
        _ = change { $0.replace(objects, keeping: [], resourceVersion: "") }
    }

    /// The object of this key, if it exists.
    package func get(_ key: ObjectKey) -> Object? {
        state.withLock { $0.objects[key] }
    }

    /// Every object, in no order.
    package func list() -> [Object] {
        state.withLock { Array($0.objects.values) }
    }

    /// Every object of a namespace, in no order.
    package func list(namespace: String) -> [Object] {
        state.withLock { state in state.objects.values.filter { $0.metadata.namespace == namespace } }
    }

    /// The objects that an index finds. Naming an index that the informer was not given is a programming error.
    package func byIndex(_ index: String, _ value: String) -> [Object] {
        state.withLock { state in state.keys(index: index, value: value).compactMap { state.objects[$0] } }
    }

    /// How many objects there are.
    package var count: Int { state.withLock { $0.objects.count } }

    /// The version up to which the cache has seen the collection; opaque.
    package var resourceVersion: String { state.withLock { $0.resourceVersion } }

    /// How far the cache has followed the collection.
    package func progress(namespace: String? = nil) -> CacheProgress {
        state.withLock { CacheProgress(resourceVersion: ResourceVersion($0.resourceVersion), epoch: $0.epoch) }
    }

    /// Changes the content and returns what changed. For the informer alone.
    func change(
        _ body: (inout StoreState<Object>) -> [ObjectDelivery<Object>]
    ) -> [ObjectDelivery<Object>] {
        state.withLock { body(&$0) }
    }
}
