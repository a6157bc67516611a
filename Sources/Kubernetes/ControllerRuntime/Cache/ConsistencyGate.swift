// SPDX-License-Identifier: MIT
package import KubernetesAPI
import Synchronization

/// Holds a reconcile back until the caches have seen what earlier reconciles of its key wrote (KEP-5647).
///
/// A cache lags behind the server. A reconcile that reads it right after a write of its own may create a child twice or
/// undo its own step. The gate remembers the newest version written per key and resource and opens when the cache of
/// that resource has passed it: by the write's own event, a newer one, a list, or a bookmark. Keys whose wait is over
/// cost nothing. Only resources that were given by `observe` are waited for.
package final class ConsistencyGate: Sendable {
    /// How far a cache is, for one namespace or (nil) as a whole; nil when it does not follow that namespace.
    package typealias ProgressSource = @Sendable (_ namespace: String?) -> CacheProgress?

    private struct State: Sendable {
        var machine = ConsistencyMachine()
        var sources: [ResourceType: ProgressSource] = [:]

        /// The caches' progress, apart from the machine that asks for it.
        var progress: (ConsistencyMachine.Target) -> CacheProgress? {
            { [sources] in sources[$0.type]?($0.namespace) }
        }
    }

    private let state = Mutex(State())

    /// A gate that waits for nothing until it observes a cache.
    package init() {}

    /// Waits for this cache from now on, when something of its type was written.
    package func observe(_ type: ResourceType, progress: @escaping ProgressSource) {
        state.withLock { $0.sources[type] = progress }
    }

    /// Waits for this informer from now on, when something of its type was written.
    package func observe<Object: KubernetesObject>(_ informer: Informer<Object>) {
        let store = informer.store
        observe(informer.type) { store.progress(namespace: $0) }
    }

    /// Why the key must not be reconciled yet; nil when it may.
    package func blocker(for key: ObjectKey) -> String? {
        state.withLock { state -> String? in
            let progress = state.progress
            guard let wait = state.machine.blocker(for: key, progress: progress) else { return nil }
            let seen = wait.seen.map { "is at \($0)" } ?? "is not filled"
            return "the cache of \(wait.target.type) \(seen) and has not seen our write \(wait.version)"
        }
    }

    /// Remembers what the server answered to a write that a reconcile of the key made.
    ///
    /// Call it with every answer, in any order: an older version never replaces a newer one.
    /// - Parameters:
    ///   - key: the key that is reconciled.
    ///   - type: what was written.
    ///   - resourceVersion: of the answer; one that cannot be compared is not waited for.
    ///   - uid: of the object that the key names; writes for an earlier namesake are forgotten.
    ///   - namespace: of the written object, for caches that follow several namespaces; nil waits for all of them.
    package func recordWrite(
        for key: ObjectKey, of type: ResourceType, resourceVersion: String, uid: String, in namespace: String? = nil
    ) {
        guard let version = ResourceVersion(resourceVersion) else { return }
        state.withLock { state in
            let progress = state.progress
            state.machine.recordWrite(
                for: key, to: .init(type: type, namespace: namespace), version: version, uid: uid, progress: progress)
        }
    }

    /// Forgets what was written for a key; call it when the object is gone.
    package func clear(_ key: ObjectKey) { state.withLock { $0.machine.clear(key) } }

    /// How many keys wait at the gate or did so when they were last asked for.
    package var count: Int { state.withLock { $0.machine.count } }
}
