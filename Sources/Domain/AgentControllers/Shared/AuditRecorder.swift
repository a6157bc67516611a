// SPDX-License-Identifier: MIT
package import AuditTrail
package import ServiceRuntime
import Synchronization

/// Records facts: those that must be there before an effect, and those that cleaning up must not wait for.
package final class AuditRecorder: Service {
    /// How many records wait at most while Postgres is away; beyond that the oldest is dropped, and said so.
    private static let capacity = 1000

    private let sink: any AuditSink
    private let logger: Logger
    private let interval: Duration
    private let outbox = Mutex<[AuditEvent]>([])
    /// Says that something waits: with nothing to write there is nothing to wake up for.
    private let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    package init(sink: any AuditSink, logger: Logger, interval: Duration = .seconds(2)) {
        self.sink = sink
        self.logger = logger
        self.interval = interval
    }

    /// Records, or throws: the effect that follows does not happen without its record.
    package func record(_ events: [AuditEvent]) async throws(AuditError) {
        try await sink.record(events)
    }

    /// Records now or, with Postgres away, later: for cancelling, cleaning up and finalizers, which never wait.
    package func recordEventually(_ events: [AuditEvent]) async {
        do {
            try await sink.record(events)
        } catch {
            let dropped = outbox.withLock { queue in
                queue.append(contentsOf: events)
                let excess = max(0, queue.count - Self.capacity)
                queue.removeFirst(excess)
                return excess
            }
            arrival.yield()
            logger.warning("audit records wait for the database", ["error": error.description])
            if dropped > 0 { logger.error("audit records were dropped", ["count": String(dropped)]) }
        }
    }

    /// How many records wait.
    package var waiting: Int { outbox.withLock { $0.count } }

    /// Writes what waits, until it is cancelled; then once more.
    package func run() async throws {
        for await _ in arrivals {
            while !Task.isCancelled, waiting > 0 {
                try? await Task.sleep(for: interval)
                await flush()
            }
        }
        await flush()
    }

    /// Writes what waits; what cannot be written stays.
    package func flush() async {
        let batch = outbox.withLock { Array($0.prefix(100)) }
        guard !batch.isEmpty else { return }
        do {
            try await sink.record(batch)
            outbox.withLock { $0.removeFirst(min(batch.count, $0.count)) }
        } catch {
            logger.debug("audit records still wait", ["error": error.description])
        }
    }
}
