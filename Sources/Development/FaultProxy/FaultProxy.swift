// SPDX-License-Identifier: MIT
import ServiceRuntime
import Sockets
import Synchronization

/// A TCP proxy on loopback that does to connections what networks do: delay, lose, cut, reset, slow, split.
///
/// It knows nothing of what goes through, so TLS stays end to end. Faults can be changed at any time, for the
/// connections that are there, for those that come, or for all.
package final class FaultProxy: Service {
    /// Which connections something is about.
    package enum Scope: Sendable, Hashable {
        case existing, new, all
    }

    /// What is done with connections that come.
    package enum Admission: Sendable, Hashable {
        /// They are connected to the target.
        case connect
        /// They are reset at once, as if nobody listened.
        case refuse
    }

    /// What went through.
    package struct Statistics: Sendable, Hashable {
        /// Connections since the beginning.
        package var accepted = 0
        /// Connections that were refused.
        package var refused = 0
        /// Connections at the moment.
        package var open = 0
        /// Bytes handed to the target.
        package var bytesToServer = 0
        /// Bytes handed to clients.
        package var bytesToClient = 0
    }

    enum Command: Sendable {
        case faults(Faults, Scope)
        case cut(Fault.Cut)
        case admission(Admission)
        case target(Int)
        case statistics
    }

    private enum State {
        case idle([(Command, CheckedContinuation<Statistics, Never>)])
        case over
    }

    /// Where clients connect.
    package let port: Int
    private let listener: TCPSocket
    private let poller: Poller
    private let target: Int
    private let pending = Mutex(State.idle([]))
    private let isStopping = Flag()

    /// Takes a free port; connections wait there until ``run()`` runs.
    ///
    /// - Parameter target: the port of loopback that connections lead to.
    package init(target: Int) throws {
        self.target = target
        listener = try TCPSocket.listen()
        port = try listener.port()
        poller = try Poller()
    }

    /// Carries bytes until cancelled; then every connection is closed.
    package func run() async throws {
        // A thread of its own, which blocks in epoll.
        let pool = BlockingPool(name: "codex-k8s.fault-proxy", width: 1)
        await withTaskCancellationHandler {
            // Cancelled before it began, it has nothing to stop.
            try? await pool.run { [self] in
                FaultProxyLoop(listener: listener, poller: poller, target: target, proxy: self).run()
            }
        } onCancel: {
            isStopping.set()
            poller.wake()
        }
        let waiting = pending.withLock { state in
            guard case .idle(let waiting) = state else { return [(Command, CheckedContinuation<Statistics, Never>)]() }
            state = .over
            return waiting
        }
        for (_, continuation) in waiting { continuation.resume(returning: Statistics()) }
    }

    /// Changes what happens to bytes; in force when it returns.
    package func set(_ faults: Faults, for scope: Scope = .all) async { _ = await perform(.faults(faults, scope)) }

    /// Takes every fault away.
    package func heal() async { await set(.none) }

    /// Cuts the connections that are there.
    package func cut(_ kind: Fault.Cut) async { _ = await perform(.cut(kind)) }

    /// Changes what is done with connections that come.
    package func admit(_ admission: Admission) async { _ = await perform(.admission(admission)) }

    /// Leads connections that come to another port.
    package func redirect(to port: Int) async { _ = await perform(.target(port)) }

    /// What went through so far.
    package func statistics() async -> Statistics { await perform(.statistics) }

    private func perform(_ command: Command) async -> Statistics {
        await withCheckedContinuation { continuation in
            let isTaken = pending.withLock { state in
                guard case .idle(let waiting) = state else { return false }
                state = .idle(waiting + [(command, continuation)])
                return true
            }
            if isTaken { poller.wake() } else { continuation.resume(returning: Statistics()) }
        }
    }

    // MARK: For the loop

    var mustStop: Bool { isStopping.isSet }

    func takeCommands() -> [(Command, CheckedContinuation<Statistics, Never>)] {
        pending.withLock { state in
            guard case .idle(let waiting) = state, !waiting.isEmpty else { return [] }
            state = .idle([])
            return waiting
        }
    }
}
