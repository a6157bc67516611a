// SPDX-License-Identifier: MIT
package import KubernetesAPI
package import KubernetesClient
package import ServiceRuntime
import Synchronization

/// Tells people what happened to objects, by Kubernetes events (events.k8s.io/v1).
///
/// Recording never waits and never fails: notes are queued, and dropped when the queue is full. Nothing may depend on
/// an event being written. A stop writes what waits, within a bound.
package final class EventRecorder: Service {
    private struct Queue {
        var notes: [EventNote] = []
        var isClosed = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let client: APIClient
    private let controller: String
    private let instance: String
    private let flushPeriod: Duration
    private let time: TimeSource
    private let clock: WallClock
    private let logger: Logger
    private let dropped: Counter
    private let queue = Mutex(Queue())

    /// Notes that wait at most.
    static let capacity = 1000
    /// How often a write is tried, and how far apart, give or take a quarter.
    private static let tries = 12
    private static let retryPeriod = Duration.seconds(10)

    /// - Parameters:
    ///   - client: with a guard that lets reports pass after the lead was given up in order.
    ///   - controller: who says it, as a qualified name.
    ///   - instance: which of several, such as the identity in an election; at most 128 bytes.
    ///   - flushPeriod: how long a stop may take for writing what waits.
    package init(
        client: APIClient, controller: String = "codex-k8s.dev/controller", instance: String,
        flushPeriod: Duration = .seconds(5), logger: Logger = .disabled,
        metrics: MetricsRegistry = MetricsRegistry(), time: TimeSource = .system, clock: WallClock = .system
    ) {
        self.client = client
        self.controller = controller
        self.instance = String(instance.prefix(128))
        self.flushPeriod = flushPeriod
        self.time = time
        self.clock = clock
        self.logger = logger.labelled("events")
        dropped = metrics.counter("codexk8s_events_dropped_total", help: "Notes that no event tells of.")
    }

    /// Records a note.
    package func record(_ note: EventNote) {
        let (waiter, isFull) = queue.withLock { queue in
            guard queue.notes.count < Self.capacity, !queue.isClosed else {
                return (nil as CheckedContinuation<Void, Never>?, true)
            }
            queue.notes.append(note)
            defer { queue.waiter = nil }
            return (queue.waiter, false)
        }
        if isFull { dropped.increment() }
        waiter?.resume()
    }

    /// Records a note about an object.
    ///
    /// - Parameters:
    ///   - reason: one word in CamelCase.
    ///   - action: what was done or tried, one word in CamelCase.
    ///   - message: a sentence; cut at 1 KiB.
    package func record<R: Resource>(
        _ object: R, warning: Bool = false, reason: String, action: String, message: String
    ) {
        record(
            EventNote(
                regarding: ObjectReference(object), isWarning: warning, reason: reason, action: action,
                message: message))
    }

    /// Writes events until cancelled; then writes what waits, and returns.
    package func run() async throws {
        var machine = EventSeriesMachine()
        var writer = EventWriter(client: client, controller: controller, instance: instance, clock: clock)
        // What the stop interrupted: it may have been written or not, so it is written again, under the same name.
        var interrupted: [EventSeriesMachine.Write] = []
        while !Task.isCancelled {
            await waitForNotes(until: machine.nextDue)
            var writes = takeNotes().compactMap { machine.record($0, now: time.now()) }
            writes += machine.due(now: time.now())
            for write in writes {
                switch await persist(write, &writer) {
                case .written: break
                case .dropped: machine.forget(write.id)
                case .interrupted: interrupted.append(write)
                }
            }
        }
        // In a task of its own: this one is cancelled already.
        let flush = Task { [machine, writer, interrupted] in await self.flush(interrupted, machine, writer) }
        let limit = Task { [time, flushPeriod] in
            if (try? await time.sleep(for: flushPeriod)) != nil { flush.cancel() }
        }
        await flush.value
        limit.cancel()
    }

    // MARK: Writing

    private enum Outcome {
        case written, dropped, interrupted
    }

    /// Tries until it succeeds, cannot succeed, was tried often enough, or the task is cancelled.
    private func persist(_ write: EventSeriesMachine.Write, _ writer: inout EventWriter) async -> Outcome {
        for attempt in 1...Self.tries {
            if Task.isCancelled { return .interrupted }
            do throws(APIError) {
                try await writer.write(write)
                return .written
            } catch {
                if Task.isCancelled { return .interrupted }
                guard error.isTransient, attempt < Self.tries else {
                    logger.debug("event was not written", ["error": "\(error)"])
                    break
                }
            }
            let pause = Self.retryPeriod * Double.random(in: 0.75...1.25)
            guard (try? await time.sleep(for: pause)) != nil else { return .interrupted }
        }
        dropped.increment()
        return .dropped
    }

    private func flush(
        _ interrupted: [EventSeriesMachine.Write], _ machine: EventSeriesMachine, _ writer: EventWriter
    ) async {
        var (machine, writer) = (machine, writer)
        let notes = queue.withLock { queue in
            queue.isClosed = true
            defer { queue.notes = [] }
            return queue.notes
        }
        var writes = interrupted + notes.compactMap { machine.record($0, now: time.now()) }
        writes += machine.flush(now: time.now())
        for (index, write) in writes.enumerated() {
            if Task.isCancelled {
                dropped.increment(by: Double(writes.count - index))
                return
            }
            do throws(APIError) {
                try await writer.write(write)
            } catch {
                logger.debug("event was not written", ["error": "\(error)"])
                dropped.increment()
            }
        }
    }

    // MARK: Waiting

    private func takeNotes() -> [EventNote] {
        queue.withLock { queue in
            defer { queue.notes = [] }
            return queue.notes
        }
    }

    private func waitForNotes(until due: Duration?) async {
        guard let due else { return await waitForNotes() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [time] in try? await time.sleepUntil(due) }
            group.addTask { await self.waitForNotes() }
            await group.next()
            group.cancelAll()
        }
    }

    private func waitForNotes() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: CheckedContinuation<Void, Never>) in
                let mustResume = queue.withLock { queue in
                    if !queue.notes.isEmpty || Task.isCancelled { return true }
                    queue.waiter = waiter
                    return false
                }
                if mustResume { waiter.resume() }
            }
        } onCancel: {
            let waiter = queue.withLock { queue in
                defer { queue.waiter = nil }
                return queue.waiter
            }
            waiter?.resume()
        }
    }
}
