// SPDX-License-Identifier: MIT
import JSONCoding

/// The events of one kind of object for a controller inside the process: what exists, then what happens.
///
/// Pulled, not pushed: the reader holds a revision and asks for more, so nothing is buffered for it.
package struct ClusterWatch: AsyncSequence, Sendable {
    package typealias Element = ClusterEvent
    package typealias Failure = Never

    let store: ObjectStore
    let bucket: StorageBucket
    let namespace: String?
    let initial: Bool
    /// Where to begin without the initial objects: what happened since the watch was asked for is not lost.
    let since: UInt64

    init(store: ObjectStore, bucket: StorageBucket, namespace: String?, initial: Bool) {
        self.store = store
        self.bucket = bucket
        self.namespace = namespace
        self.initial = initial
        since = store.revision
    }

    /// Iterators are independent: each begins anew.
    package func makeAsyncIterator() -> Iterator { Iterator(watch: self) }

    /// Reads the events; ends when its task is cancelled or the cluster stops.
    package struct Iterator: AsyncIteratorProtocol {
        private let watch: ClusterWatch
        private var revision: UInt64?
        private var pending: [ClusterEvent] = []
        private var position = 0

        fileprivate init(watch: ClusterWatch) {
            self.watch = watch
            revision = watch.initial ? nil : watch.since
        }

        package mutating func next() async -> ClusterEvent? {
            await next(isolation: nil)
        }

        package mutating func next(isolation actor: isolated (any Actor)?) async -> ClusterEvent? {
            while true {
                if Task.isCancelled || watch.store.isClosed { return nil }
                if position < pending.count {
                    position += 1
                    return pending[position - 1]
                }
                pending.removeAll(keepingCapacity: true)
                position = 0
                guard let from = revision else {
                    start(restarted: false)
                    continue
                }
                switch watch.store.history(of: watch.bucket, after: from) {
                case .events(let events, let upTo):
                    revision = upTo
                    for event in events { append(event) }
                    if events.isEmpty { await watch.store.waitForChange(in: watch.bucket, after: upTo) }
                case .expired, .future:
                    start(restarted: true)
                }
            }
        }

        private mutating func start(restarted: Bool) {
            let list = watch.store.objects(watch.bucket, namespace: watch.namespace)
            revision = list.revision
            if restarted { pending.append(ClusterEvent(kind: .restarted, object: .null)) }
            if watch.initial || restarted {
                pending += list.items.map { ClusterEvent(kind: .added, object: $0) }
            }
        }

        private mutating func append(_ event: StoreEvent) {
            if let namespace = watch.namespace, event.key.namespace != namespace { return }
            if let object = event.object {
                pending.append(ClusterEvent(kind: event.previous == nil ? .added : .modified, object: object))
            } else if let last = event.final {
                pending.append(ClusterEvent(kind: .deleted, object: last))
            }
        }
    }
}
