// SPDX-License-Identifier: MIT
import ServiceRuntime

/// Who may use which connection: a pure state machine, to be kept under a lock.
///
/// A slot is a place for a connection. Whoever leases an empty slot connects in it. After a failure to connect, the
/// pool holds off for a growing pause: who comes in it and finds no idle connection is refused at once, and after it a
/// single caller probes while the others wait for what it finds.
struct ConnectionPoolState {
    enum Acquisition: Equatable {
        case lease(slot: Int)
        case wait
        case refuse(PostgresError)
    }

    /// How a lease ended.
    enum Outcome: Equatable {
        /// The connection can be used again.
        case open
        /// There is no connection in the slot any more.
        case closed
        /// There never was one.
        case connectFailed(PostgresError)
    }

    enum Action: Equatable {
        case lease(waiter: UInt64, slot: Int)
        case refuse(waiters: [UInt64], PostgresError)
        case close(slot: Int)
    }

    private enum Slot: Equatable {
        case empty, idle
        case leased(isConnecting: Bool)
    }

    private var slots: [Slot]
    private var waiters: [UInt64] = []
    private var backoff: Backoff
    private var failure: (error: PostgresError, retryAt: ContinuousClock.Instant)?
    private(set) var isShutDown = false

    init(slots: Int, backoff: Backoff) {
        self.slots = Array(repeating: .empty, count: slots)
        self.backoff = backoff
    }

    /// Whether no slot is in use.
    var isDrained: Bool { !slots.contains { if case .leased = $0 { true } else { false } } }

    /// How many slots are in use and how many callers wait, for metrics and messages.
    var load: (leased: Int, waiting: Int) {
        (slots.count { if case .leased = $0 { true } else { false } }, waiters.count)
    }

    /// Asks for a slot; with `.wait` the waiter stays in line until an action names it.
    mutating func acquire(waiter: UInt64, now: ContinuousClock.Instant) -> Acquisition {
        if isShutDown { return .refuse(PostgresError(.closed, "the client was shut down")) }
        if waiters.isEmpty, let slot = freeSlot(now: now) {
            lease(slot)
            return .lease(slot: slot)
        }
        if let failure, isDrained { return .refuse(failure.error) }
        waiters.append(waiter)
        return .wait
    }

    /// Takes a waiter out of the line; `false` if it was not in it any more.
    mutating func abandon(waiter: UInt64) -> Bool {
        guard let position = waiters.firstIndex(of: waiter) else { return false }
        waiters.remove(at: position)
        return true
    }

    /// Notes that the holder of a slot has connected: Postgres is there.
    mutating func connected(slot: Int, now: ContinuousClock.Instant) -> [Action] {
        slots[slot] = .leased(isConnecting: false)
        failure = nil
        backoff.reset()
        return handOut(now: now)
    }

    /// Gives a slot back.
    mutating func release(slot: Int, _ outcome: Outcome, now: ContinuousClock.Instant) -> [Action] {
        switch outcome {
        case .open where isShutDown:
            slots[slot] = .empty
            return [.close(slot: slot)]
        case .open: slots[slot] = .idle
        case .closed: slots[slot] = .empty
        case .connectFailed(let error):
            slots[slot] = .empty
            failure = (error, now.advanced(by: backoff.next()))
        }
        return handOut(now: now)
    }

    /// Refuses everyone from now on; slots in use are closed when they come back.
    mutating func shutDown() -> [Action] {
        guard !isShutDown else { return [] }
        isShutDown = true
        var actions: [Action] = []
        if !waiters.isEmpty {
            actions.append(.refuse(waiters: waiters, PostgresError(.closed, "the client was shut down")))
        }
        waiters = []
        for (number, slot) in slots.enumerated() where slot == .idle {
            slots[number] = .empty
            actions.append(.close(slot: number))
        }
        return actions
    }

    private mutating func lease(_ slot: Int) { slots[slot] = .leased(isConnecting: slots[slot] == .empty) }

    /// An idle slot, else an empty one if connecting makes sense now.
    private func freeSlot(now: ContinuousClock.Instant) -> Int? {
        if let idle = slots.lastIndex(of: .idle) { return idle }
        if let failure, now < failure.retryAt || slots.contains(.leased(isConnecting: true)) { return nil }
        return slots.firstIndex(of: .empty)
    }

    private mutating func handOut(now: ContinuousClock.Instant) -> [Action] {
        var actions: [Action] = []
        while !waiters.isEmpty, let slot = freeSlot(now: now) {
            lease(slot)
            actions.append(.lease(waiter: waiters.removeFirst(), slot: slot))
        }
        if let failure, !waiters.isEmpty, isDrained {
            actions.append(.refuse(waiters: waiters, failure.error))
            waiters = []
        }
        return actions
    }
}
