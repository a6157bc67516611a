// SPDX-License-Identifier: MIT
import CMicrohttpd
import Glibc
import Synchronization

/// The open connections and when each is cut off.
///
/// The library's time-out counts silence alone: a byte a second keeps a connection for ever. So deadlines are kept here
/// and enforced by shutting the socket down, which the library then sees as the client's end. An entry is removed
/// before its descriptor is closed, and descriptors are used under the lock, so that a reused number is never hit.
final class ConnectionTable: Sendable {
    typealias ID = Int

    private struct Entry {
        let descriptor: Int32
        let remoteAddress: String
        var deadline: ContinuousClock.Instant?
        var exchange: Exchange?
        var isStreaming = false
        /// Keeps the socket open beyond the library's close; see ``LingeringSockets``.
        var lingeringDescriptor: Int32?
        /// Whether the client's end was seen since the last progress.
        var wasAbandoned = false

        /// The connection got further and has until `deadline` for the next step; nil while a handler works.
        mutating func advance(_ deadline: ContinuousClock.Instant?) {
            self.deadline = deadline
            wasAbandoned = false
        }
    }

    private struct State {
        var entries: [ID: Entry] = [:]
        var lastID = 0
        var isDraining = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    /// Under a lock of its own, because draining takes longer than looking something up.
    private let lingering = Mutex(LingeringSockets())
    private let configuration: ServerConfiguration
    /// Says that there is something to look at where there was nothing.
    let arrivals: AsyncStream<Void>
    private let arrival: AsyncStream<Void>.Continuation

    init(configuration: ServerConfiguration) {
        self.configuration = configuration
        (arrivals, arrival) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: The library's thread

    func opened(descriptor: Int32, remoteAddress: String) -> ID {
        defer { arrival.yield() }
        return state.withLock { state in
            state.lastID += 1
            state.entries[state.lastID] = Entry(
                descriptor: descriptor, remoteAddress: remoteAddress, deadline: .now + configuration.headerDeadline)
            return state.lastID
        }
    }

    /// A request line arrived.
    func requestStarted(_ id: ID, _ exchange: Exchange) {
        let isDraining = state.withLock { state in
            state.entries[id]?.exchange = exchange
            state.entries[id]?.advance(.now + configuration.headerDeadline)
            return state.isDraining
        }
        if isDraining { exchange.drain() }
    }

    func bodyStarted(_ id: ID) {
        state.withLock { $0.entries[id]?.advance(.now + configuration.bodyDeadline) }
    }

    /// The request is answered before it was read to its end.
    func answeredEarly(_ id: ID) {
        state.withLock { state in
            guard let entry = state.entries[id], entry.lingeringDescriptor == nil else { return }
            state.entries[id]?.lingeringDescriptor = lingering.withLock { $0.hold(entry.descriptor) }
        }
    }

    /// The request is whole: from here the handler's own deadlines count.
    func handlingStarted(_ id: ID) {
        state.withLock { $0.entries[id]?.advance(nil) }
    }

    func streamingStarted(_ id: ID) {
        state.withLock { $0.entries[id]?.isStreaming = true }
    }

    func requestCompleted(_ id: ID) {
        state.withLock { state in
            guard var entry = state.entries[id] else { return }
            entry.exchange = nil
            entry.isStreaming = false
            entry.advance(.now + configuration.idleDeadline)
            if state.isDraining { shutdown(entry.descriptor, Int32(SHUT_RD)) }
            state.entries[id] = entry
        }
    }

    func closed(_ id: ID) {
        let (entry, waiters) = state.withLock { state in
            let entry = state.entries.removeValue(forKey: id)
            guard state.entries.isEmpty else { return (entry, [CheckedContinuation<Void, Never>]()) }
            defer { state.waiters = [] }
            return (entry, state.waiters)
        }
        if let descriptor = entry?.lingeringDescriptor {
            lingering.withLock { $0.begin(descriptor) }
            arrival.yield()
        }
        for waiter in waiters { waiter.resume() }
    }

    func remoteAddress(_ id: ID) -> String {
        state.withLock { $0.entries[id]?.remoteAddress } ?? ""
    }

    var count: Int { state.withLock { $0.entries.count } }

    // MARK: The deadline task

    /// Cuts off the connections whose deadline has passed, and those whose client is gone without the library noticing:
    /// it does not look at suspended connections, so a watch with nothing to send would stay for ever; and an end that
    /// arrives together with data is lost in its edge-triggered wait.
    ///
    /// - Returns: how many were past their deadline.
    func enforce(now: ContinuousClock.Instant) -> Int {
        let (late, gone) = state.withLock { state in
            var late = 0
            for (id, entry) in state.entries {
                guard let deadline = entry.deadline, deadline <= now else { continue }
                shutdown(entry.descriptor, Int32(SHUT_RDWR))
                state.entries[id]?.deadline = nil
                late += 1
            }
            return (late, Self.endAbandoned(&state.entries))
        }
        for exchange in gone { exchange.abortStream() }
        return late
    }

    /// How long nothing has to be looked at; nil while there is no connection.
    ///
    /// While a request is under way, a client that goes away is noticed within two tenths of a second. With nothing under
    /// way a quarter of the shortest deadline is soon enough: by so much at most a deadline, or the end of the first of new
    /// requests, is noticed late.
    func pauseBeforeNextLook(now: ContinuousClock.Instant) -> Duration? {
        let shortest = Duration.milliseconds(100)
        return state.withLock { state in
            guard !state.entries.isEmpty else { return nil }
            var pause = min(configuration.headerDeadline, configuration.bodyDeadline, configuration.idleDeadline) / 4
            for entry in state.entries.values {
                if entry.exchange != nil { return shortest }
                if let deadline = entry.deadline { pause = min(pause, deadline - now) }
            }
            return max(shortest, pause)
        }
    }

    /// Throws away what arrives for requests that were answered early; returns whether there are any left.
    func drainLingering(now: ContinuousClock.Instant) -> Bool {
        lingering.withLock { lingering in
            guard !lingering.isEmpty else { return false }
            lingering.drain(now: now)
            return !lingering.isEmpty
        }
    }

    /// Closes what lingers; the server is gone.
    func closeLingering() {
        lingering.withLock { $0.closeAll() }
    }

    /// Ends connections whose client has gone; returns the streams among them.
    private static func endAbandoned(_ entries: inout [ID: Entry]) -> [Exchange] {
        // While a handler works on a whole request, a client may well have closed its sending side.
        let watched = entries.filter { $0.value.isStreaming || $0.value.deadline != nil }
        guard !watched.isEmpty else { return [] }
        let hangUp = cmhd_poll_peer_closed | Int16(POLLHUP | POLLERR)
        var descriptors = watched.map { pollfd(fd: $0.value.descriptor, events: cmhd_poll_peer_closed, revents: 0) }
        guard poll(&descriptors, nfds_t(descriptors.count), 0) > 0 else { return [] }
        var streams: [Exchange] = []
        for (polled, (id, entry)) in zip(descriptors, watched) where polled.revents & hangUp != 0 {
            if entry.isStreaming {
                if let exchange = entry.exchange { streams.append(exchange) }
            } else if entry.wasAbandoned, cmhd_unread_bytes(entry.descriptor) == 0 {
                shutdown(entry.descriptor, Int32(SHUT_RDWR))
            } else {
                // The rest of a whole request may still be on its way to the library: look again next time.
                entries[id]?.wasAbandoned = true
            }
        }
        return streams
    }

    // MARK: Stopping

    /// Ends idle connections and asks the others to end.
    func drain() {
        let exchanges = state.withLock { state in
            state.isDraining = true
            for entry in state.entries.values where entry.exchange == nil {
                shutdown(entry.descriptor, Int32(SHUT_RDWR))
            }
            return state.entries.values.compactMap(\.exchange)
        }
        for exchange in exchanges { exchange.drain() }
    }

    /// Ends every connection now.
    func abort() {
        let exchanges = state.withLock { state in state.entries.values.compactMap(\.exchange) }
        for exchange in exchanges { exchange.abort() }
        state.withLock { state in
            for entry in state.entries.values { shutdown(entry.descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// Returns when no connection is open.
    func waitUntilEmpty() async {
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if state.entries.isEmpty { return true }
                state.waiters.append(continuation)
                return false
            }
            if isEmpty { continuation.resume() }
        }
    }

    /// Lets go of whoever waits for the table to be empty.
    func stopWaiting() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
