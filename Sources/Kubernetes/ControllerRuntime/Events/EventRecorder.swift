// SPDX-License-Identifier: MIT
import FoundationEssentials
import JSONCoding
package import KubernetesAPI
package import KubernetesClient
package import ServiceRuntime
import Synchronization

/// Tells people what happened to objects, by Kubernetes events.
///
/// Recording never waits and never fails: notes are queued, and dropped when the queue is full. Nothing may depend on
/// an event being written.
package final class EventRecorder: Service {
    private struct Queue {
        var notes: [EventCorrelator.Note] = []
        var isClosed = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let client: APIClient
    private let component: String
    private let instance: String
    private let clock: WallClock
    private let logger: Logger
    private let dropped: Counter
    private let queue = Mutex(Queue())
    private let suffix: String

    /// Notes that wait at most.
    private static let capacity = 1000

    /// - Parameters:
    ///   - component: who says it, as in `codex-k8s`.
    ///   - instance: which of several, such as the host's name.
    package init(
        client: APIClient, component: String = "codex-k8s", instance: String, logger: Logger = .disabled,
        metrics: MetricsRegistry = MetricsRegistry(), clock: WallClock = .system
    ) {
        self.client = client
        self.component = component
        self.instance = instance
        self.clock = clock
        self.logger = logger.labelled("events")
        dropped = metrics.counter("codexk8s_events_dropped_total", help: "Events that were not written.")
        suffix = String(UInt64.random(in: .min ... .max), radix: 16)
    }

    /// Records an event.
    ///
    /// - Parameters:
    ///   - reason: one word in CamelCase.
    ///   - message: a sentence; cut at 1 KiB.
    ///   - action: what was done or tried, one word in CamelCase.
    package func record(
        _ object: ObjectReference, warning: Bool = false, reason: String, message: String, action: String = ""
    ) {
        let note = EventCorrelator.Note(
            object: object, isWarning: warning, reason: reason, message: String(message.prefix(1000)), action: action)
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

    /// Records an event about an object.
    package func record<R: Resource>(
        _ object: R, warning: Bool = false, reason: String, message: String, action: String = ""
    ) {
        record(ObjectReference(object), warning: warning, reason: reason, message: message, action: action)
    }

    /// Writes events until cancelled.
    package func run() async throws {
        var correlator = EventCorrelator()
        var names: [Int: String] = [:]
        while !Task.isCancelled {
            await waitForNotes()
            let notes = queue.withLock { queue in
                defer { queue.notes = [] }
                return queue.notes
            }
            for note in notes {
                let decision = correlator.decide(note, now: Timestamp(date: clock.now()))
                await write(decision, &names)
            }
            if names.count > EventCorrelator.maximumGroups { names = [:] }
        }
        queue.withLock { $0.isClosed = true }
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

    private func write(_ decision: EventCorrelator.Decision, _ names: inout [Int: String]) async {
        do {
            switch decision {
            case .drop: dropped.increment()
            case .create(let note, let sequence):
                names[sequence] = try await create(note, sequence, count: 1, first: nil)
            case .update(let note, let sequence, let count, let first):
                if let name = names[sequence], try await update(name, note, count: count) { return }
                // It never came into being, or the server removed it meanwhile (after an hour, usually).
                names[sequence] = try await create(note, sequence, count: count, first: first)
            }
        } catch {
            dropped.increment()
            logger.debug("event was not written", ["error": "\(error)"])
        }
    }

    private func create(
        _ note: EventCorrelator.Note, _ sequence: Int, count: Int, first: Timestamp?
    ) async throws(APIError) -> String {
        let now = Timestamp(date: clock.now())
        let target = String((note.object.name ?? "event").prefix(200))
        let name = "\(target).\(suffix).\(String(now.microseconds + Int64(sequence), radix: 16))"
        var event = Event(
            metadata: ObjectMeta(name: name, namespace: note.object.namespace ?? "default"), involvedObject: note.object
        )
        event.reason = note.reason
        event.message = note.message
        event.type = note.isWarning ? "Warning" : "Normal"
        event.action = note.action.isEmpty ? nil : note.action
        event.count = count
        event.firstTimestamp = first ?? now
        event.lastTimestamp = now
        event.reportingComponent = component
        event.reportingInstance = instance
        event.source = EventSource(component: component)
        return try await client.resource(Event.self).create(event).metadata.name
    }

    /// False when the event is not there any more.
    private func update(_ name: String, _ note: EventCorrelator.Note, count: Int) async throws(APIError) -> Bool {
        let now = Timestamp(date: clock.now())
        do {
            _ = try await client.resource(Event.self, namespace: note.object.namespace ?? "default").patch(
                name, .merge(["count": .integer(Int64(count)), "lastTimestamp": .string(now.description)]))
            return true
        } catch  where error.reason == .notFound {
            return false
        }
    }
}
