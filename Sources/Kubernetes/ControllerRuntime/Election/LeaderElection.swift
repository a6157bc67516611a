// SPDX-License-Identifier: MIT
import Cryptography
import JSONCoding
package import KubernetesClient
package import ServiceRuntime
import Synchronization

/// Leads while it holds a `Lease` (coordination.k8s.io/v1).
///
/// Waits until the lease is free, then renews it beside the body. When the task is cancelled, the body is cancelled,
/// the renewals go on until it has ended, and only then is the lease given up, so that the next leader starts within
/// seconds and never beside this one. A body that ends with an error did not end in order: then the lease is kept and
/// runs out by itself. When the lease is lost, `lead` throws `LeadershipLost` at once and waits for nothing.
package final class LeaderElection: Leadership {
    /// Closed unless this process certainly leads; guard every client that writes with it.
    package let fence: LeaseFence
    /// Who this process is in the lease.
    package let identity: String
    private let lock: LeaseLock
    private let machine: Mutex<ElectionMachine>
    private let timing: ElectionTiming
    private let time: TimeSource
    private let clock: WallClock
    private let random: @Sendable () -> Double
    private let logger: Logger
    private let metrics: ElectionMetrics

    /// - Parameters:
    ///   - api: a client with an `HTTPClient` of its own, so that no other traffic delays a renewal, that repeats nothing
    ///     and has no write guard.
    ///   - name: keep it across versions, or two versions lead at once.
    ///   - identity: see `makeIdentity`.
    ///   - time: has to go on while the process is stopped or the machine sleeps.
    package init(
        api: APIClient, namespace: String, name: String, identity: String,
        timing: ElectionTiming = ElectionTiming(), logger: Logger = .disabled,
        metrics: MetricsRegistry = MetricsRegistry(), time: TimeSource = .system, clock: WallClock = .system,
        random: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
    ) {
        self.identity = identity
        self.timing = timing
        self.time = time
        self.clock = clock
        self.random = random
        self.logger = logger.labelled("election").with("lease", "\(namespace)/\(name)")
        self.metrics = ElectionMetrics(name: name, registry: metrics)
        fence = LeaseFence(time: time)
        lock = LeaseLock(api: api, namespace: namespace, name: name, timeout: timing.requestTimeout)
        machine = Mutex(ElectionMachine(identity: identity, timing: timing))
    }

    /// A name in the lease that no other process has, nor has had: host name and a random part, as `host_uuid`.
    package static func makeIdentity(host: String) -> String {
        "\(host)_\(uuidVersion4())"
    }

    /// Which lease, as `namespace/name`.
    package var lease: String { "\(lock.namespace)/\(lock.name)" }

    /// Why this process should not be alive any more; nil when all is well, leading or not.
    package var problem: String? {
        guard let overdue = fence.overdue, overdue > timing.leaseDuration else { return nil }
        return "the lead ended \(overdue) ago and the process goes on"
    }

    /// Runs the body while this process leads.
    ///
    /// - Throws: `LeadershipLost`; `CancellationError` when cancelled before it led; else what the body throws.
    package func lead(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await acquire()
        logger.info("this process leads", ["identity": identity])
        metrics.isLeading.set(1)
        defer { metrics.isLeading.set(0) }
        let (events, continuation) = AsyncStream.makeStream(of: LeadEvent.self)
        // In tasks of their own: cancellation has to reach the body alone, and the rest goes on until that has ended.
        let driver = Task { try await self.drive(body, events, continuation) }
        try await withTaskCancellationHandler {
            try await driver.value
        } onCancel: {
            continuation.yield(.stopRequested)
        }
    }

    // MARK: Following

    private func acquire() async throws {
        logger.info("waiting to lead", ["identity": identity])
        var seen = ""
        var action = machine.withLock { [now = time.now(), wall] in $0.begin(now: now, wall: wall) }
        while true {
            try Task.checkCancellation()
            if case .wait(let duration) = action {
                if publish() { return }
                let holder = machine.withLock { $0.holder }
                if holder != seen {
                    seen = holder
                    logger.info("another process leads", ["holder": holder])
                }
                try await time.sleep(for: duration)
                action = machine.withLock { [now = time.now(), wall] in $0.begin(now: now, wall: wall) }
            } else {
                action = await perform(action)
            }
        }
    }

    // MARK: Leading

    private enum LeadEvent: Sendable {
        case stopRequested
        case ended(Result<Void, any Error>)
        case renewalsEnded
        case lost(String)
    }

    private func drive(
        _ body: @escaping @Sendable () async throws -> Void, _ events: AsyncStream<LeadEvent>,
        _ continuation: AsyncStream<LeadEvent>.Continuation
    ) async throws {
        let work = Task {
            do {
                try await body()
                continuation.yield(.ended(.success(())))
            } catch {
                continuation.yield(.ended(.failure(error)))
            }
        }
        let renewal = Task {
            let reason = await self.renew()
            continuation.yield(reason.map { .lost($0) } ?? .renewalsEnded)
        }
        // Beside the renewals, because a request may hang for whatever reason.
        let watch = Task {
            if let reason = await self.watchFence() { continuation.yield(.lost(reason)) }
        }
        defer {
            renewal.cancel()
            watch.cancel()
        }
        var result: Result<Void, any Error>?
        for await event in events {
            switch event {
            case .stopRequested:
                work.cancel()
            case .ended(let end):
                // The lease is written by one at a time: its release waits for a renewal that is under way.
                result = end
                renewal.cancel()
            case .renewalsEnded:
                guard let result else { break }
                try await conclude(result)
                return
            case .lost(let reason):
                fence.close(isLost: true)
                work.cancel()
                logger.error("the lead is lost", ["reason": reason])
                throw LeadershipLost(lease: lease, reason: reason)
            }
        }
    }

    private func conclude(_ result: Result<Void, any Error>) async throws {
        guard fence.isOpen else {
            fence.close(isLost: true)
            throw LeadershipLost(lease: lease, reason: "it ran out while the work was ending")
        }
        // First of all: what runs on in spite of everything must not write beside the next leader.
        fence.close(isLost: false)
        switch result {
        case .success:
            await release()
        case .failure(let error):
            logger.warning("the work did not end in order, the lease is kept and runs out", ["error": "\(error)"])
            throw error
        }
    }

    /// Renews until cancelled (nil) or until the lead is lost (why).
    private func renew() async -> String? {
        var action = ElectionMachine.Action.wait(timing.retryPeriod)
        while !Task.isCancelled {
            switch action {
            case .wait(let duration):
                guard (try? await time.sleep(for: duration)) != nil else { return nil }
                action = machine.withLock { [now = time.now(), wall] in $0.begin(now: now, wall: wall) }
            case .lost(let reason): return reason
            case .read, .write, .ended: action = await perform(action)
            }
        }
        return nil
    }

    private func watchFence() async -> String? {
        while let end = machine.withLock({ $0.leadsUntil }) {
            guard (try? await time.sleepUntil(end)) != nil else { return nil }
            if !fence.isOpen { return "it was not renewed within \(timing.renewDeadline)" }
        }
        return nil
    }

    private func release() async {
        var action = machine.withLock { [now = time.now(), wall] in $0.release(now: now, wall: wall) }
        while true {
            switch action {
            case .ended(let isReleased):
                logger.info("this process leads no more", ["released": "\(isReleased)"])
                return
            case .read, .write: action = await perform(action)
            case .wait, .lost: return
            }
        }
    }

    // MARK: Requests

    /// Carries a request out and says what follows from its answer.
    private func perform(_ action: ElectionMachine.Action) async -> ElectionMachine.Action {
        let answer: ElectionMachine.Answer
        switch action {
        case .read: answer = await lock.read()
        case .write(let record, let lease): answer = await lock.write(record, over: lease)
        case .wait, .lost, .ended: return action
        }
        if case .failed(let problem) = answer, !Task.isCancelled {
            logger.warning("the lease could not be read or written", ["error": problem])
        }
        let (next, slow) = machine.withLock { [now = time.now(), wall, random] machine in
            let before = machine.slowRenewals
            let next = machine.handle(answer, now: now, wall: wall, random: random())
            return (next, machine.slowRenewals - before)
        }
        if slow > 0 { metrics.slowpath.increment(by: Double(slow)) }
        if case .lost = next { fence.close(isLost: true) }
        publish()
        return next
    }

    /// Tells the fence how far the lead goes; returns whether this process leads.
    @discardableResult
    private func publish() -> Bool {
        guard let end = machine.withLock({ $0.leadsUntil }) else { return false }
        fence.open(until: end)
        return fence.isOpen
    }

    private var wall: Timestamp { clock.now() }
}
