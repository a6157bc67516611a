// SPDX-License-Identifier: MIT
import KubernetesAPI
import ServiceRuntime
import Synchronization

/// Tells one handler what changed, in a task of its own: a slow one holds up neither the watch nor the others.
final class HandlerLane<Object: KubernetesObject>: Sendable {
    private struct State: Sendable {
        var buffer = DeliveryBuffer<Object>()
        /// When the oldest of what is pending came.
        var since: Duration?
    }

    private let handler: @Sendable (ObjectDelivery<Object>) -> Void
    private let state = Mutex(State())
    private let wakeUps: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private let metrics: InformerMetrics
    private let time: TimeSource

    init(
        metrics: InformerMetrics, time: TimeSource, handler: @escaping @Sendable (ObjectDelivery<Object>) -> Void
    ) {
        self.handler = handler
        self.metrics = metrics
        self.time = time
        // One signal says all there is to say.
        (wakeUps, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes changes for later; never waits.
    func add(_ changes: [StoreChange<Object>]) {
        guard !changes.isEmpty else { return }
        let more = state.withLock { state in
            if state.since == nil { state.since = time.now() }
            let before = state.buffer.count
            for change in changes { state.buffer.add(change) }
            return state.buffer.count - before
        }
        metrics.queued.add(Double(more))
        wake.yield()
    }

    /// Tells the handler until cancelled. Once.
    func run() async {
        for await _ in wakeUps {
            let (changes, since) = state.withLock { state in
                defer { state.since = nil }
                return (state.buffer.takeAll(), state.since)
            }
            for change in changes { handler(change.delivery) }
            metrics.queued.add(-Double(changes.count))
            if let since { metrics.latency.observe(time.now() - since) }
        }
    }
}
