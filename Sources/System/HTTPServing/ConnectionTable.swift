// SPDX-License-Identifier: MIT
import CMicrohttpd
import Glibc
import Synchronization

/// The open connections and when each is cut off.
///
/// The library's time-out counts silence alone: a byte a second keeps a connection for ever. So deadlines are kept here
/// and enforced by shutting the socket down, which the library then sees as the client's end. An entry is removed before
/// its descriptor is closed, and descriptors are used under the lock, so that a reused number is never hit.
final class ConnectionTable: Sendable {
    typealias ID = Int

    private struct Entry {
        let descriptor: Int32
        let remoteAddress: String
        var deadline: ContinuousClock.Instant?
        var exchange: Exchange?
        var isStreaming = false
    }

    private struct State {
        var entries: [ID: Entry] = [:]
        var lastID = 0
        var isDraining = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let configuration: ServerConfiguration

    init(configuration: ServerConfiguration) {
        self.configuration = configuration
    }

    // MARK: The library's thread

    func opened(descriptor: Int32, remoteAddress: String) -> ID {
        state.withLock { state in
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
            state.entries[id]?.deadline = .now + configuration.headerDeadline
            return state.isDraining
        }
        if isDraining { exchange.drain() }
    }

    func bodyStarted(_ id: ID) {
        state.withLock { $0.entries[id]?.deadline = .now + configuration.bodyDeadline }
    }

    /// The request is whole: from here the handler's own deadlines count.
    func handlingStarted(_ id: ID) {
        state.withLock { $0.entries[id]?.deadline = nil }
    }

    func streamingStarted(_ id: ID) {
        state.withLock { $0.entries[id]?.isStreaming = true }
    }

    func requestCompleted(_ id: ID) {
        state.withLock { state in
            guard var entry = state.entries[id] else { return }
            entry.exchange = nil
            entry.isStreaming = false
            entry.deadline = .now + configuration.idleDeadline
            if state.isDraining { shutdown(entry.descriptor, Int32(SHUT_RD)) }
            state.entries[id] = entry
        }
    }

    func closed(_ id: ID) {
        let waiters = state.withLock { state in
            state.entries.removeValue(forKey: id)
            guard state.entries.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func remoteAddress(_ id: ID) -> String {
        state.withLock { $0.entries[id]?.remoteAddress } ?? ""
    }

    var count: Int { state.withLock { $0.entries.count } }

    // MARK: The deadline task

    /// Cuts off the connections whose deadline has passed, and ends the streams whose client is gone: the library does
    /// not look at suspended connections, so a watch with nothing to send would never notice.
    func enforce(now: ContinuousClock.Instant) -> Int {
        let (late, gone) = state.withLock { state in
            var late = 0
            for (id, entry) in state.entries {
                guard let deadline = entry.deadline, deadline <= now else { continue }
                shutdown(entry.descriptor, Int32(SHUT_RDWR))
                state.entries[id]?.deadline = nil
                late += 1
            }
            return (late, Self.streamsWithoutClient(state.entries.values.filter(\.isStreaming)))
        }
        for exchange in gone { exchange.abortStream() }
        return late
    }

    private static func streamsWithoutClient(_ entries: [Entry]) -> [Exchange] {
        guard !entries.isEmpty else { return [] }
        // What comes after a half-close by the peer is the library's business; the request has ended long ago.
        let hangUp = cmhd_poll_peer_closed | Int16(POLLHUP | POLLERR)
        var descriptors = entries.map { pollfd(fd: $0.descriptor, events: cmhd_poll_peer_closed, revents: 0) }
        guard poll(&descriptors, nfds_t(descriptors.count), 0) > 0 else { return [] }
        return zip(descriptors, entries).compactMap { $0.revents & hangUp != 0 ? $1.exchange : nil }
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
