// SPDX-License-Identifier: MIT
import Dispatch
import ServiceRuntime
import Synchronization

/// A place for one connection, which never leaves the serial queue that belongs to it.
///
/// The queue gives the blocking calls a thread outside Swift's cooperative pool. `@unchecked`: `session` is touched on
/// `queue` alone; the rest is immutable or locked.
final class ConnectionThread: @unchecked Sendable {
    private struct Running {
        var ticket: UInt64
        var canceller: Canceller?
        /// Set when a request to stop was begun; signalled when the server has taken it.
        var stopping: DispatchSemaphore?
    }

    private let url: Secret<String>
    private let configuration: PostgresConfiguration
    private let logger: Logger
    private let queue: DispatchQueue
    private var session: PostgresSession?
    private let running = Mutex<Running?>(nil)
    private let tickets = Atomic<UInt64>(0)
    private let isOpenFlag = Atomic<Bool>(false)

    init(number: Int, url: Secret<String>, configuration: PostgresConfiguration, logger: Logger) {
        self.url = url
        self.configuration = configuration
        self.logger = logger
        queue = DispatchQueue(label: "codex-k8s.postgres.\(number)")
    }

    /// Whether there was a usable connection after the last statement.
    var isOpen: Bool { isOpenFlag.load(ordering: .acquiring) }

    /// Runs `body` with the connection.
    ///
    /// - Parameters:
    ///   - mayConnect: make a connection if there is none; without it, an ended one is an error, as in a transaction.
    ///   - isCancellable: stop the statement at the server when the task is cancelled.
    ///   - onConnect: told on the queue that a connection was made.
    func run<T: Sendable>(
        mayConnect: Bool, isCancellable: Bool, onConnect: @escaping @Sendable () -> Void = {},
        _ body: @escaping @Sendable (PostgresSession) throws(PostgresError) -> T
    ) async throws(PostgresError) -> T {
        let ticket = tickets.add(1, ordering: .relaxed).newValue
        let isCancelled = Flag()
        let result: Result<T, PostgresError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.async { @Sendable in
                    let result = Result { () throws(PostgresError) -> T in
                        if isCancellable, isCancelled.isSet {
                            throw PostgresError(.cancelled, "the task was cancelled before its statement")
                        }
                        return try self.confined(
                            ticket: ticket, mayConnect: mayConnect, onConnect: onConnect, isCancelled: isCancelled, body
                        )
                    }
                    continuation.resume(returning: result)
                }
            }
        } onCancel: {
            guard isCancellable else { return }
            isCancelled.set()
            self.stop(ticket)
        }
        return try result.get()
    }

    /// Ends the connection, if there is one.
    func close() async {
        await withCheckedContinuation { continuation in
            queue.async { @Sendable in
                self.drop()
                continuation.resume()
            }
        }
    }

    /// Ends the connection without waiting for it.
    func closeSoon() { queue.async { @Sendable in self.drop() } }

    private func drop() {
        dispatchPrecondition(condition: .onQueue(queue))
        session = nil
        isOpenFlag.store(false, ordering: .releasing)
    }

    private func confined<T>(
        ticket: UInt64, mayConnect: Bool, onConnect: () -> Void, isCancelled: Flag,
        _ body: (PostgresSession) throws(PostgresError) -> T
    ) throws(PostgresError) -> T {
        let session = try ensureSession(mayConnect: mayConnect, onConnect: onConnect)
        running.withLock { $0 = Running(ticket: ticket, canceller: session.canceller) }
        // A cancellation from before the line above found nothing to stop.
        if isCancelled.isSet { stop(ticket) }
        let result = Result { () throws(PostgresError) -> T in try body(session) }
        let wasStopped = settle(session)
        if !session.isUsable || isBroken(result) { drop() }
        if wasStopped, case .failure(let error) = result, error.sqlState == .queryCanceled {
            throw PostgresError(
                .cancelled, "stopped on request", sqlState: .queryCanceled, statement: error.statement)
        }
        return try result.get()
    }

    /// After a broken connection or an answer that never came the connection cannot be used for anything else.
    private func isBroken<T>(_ result: Result<T, PostgresError>) -> Bool {
        guard case .failure(let error) = result else { return false }
        return error.code == .connectionLost || (error.code == .timeout && error.sqlState == nil)
    }

    private func ensureSession(mayConnect: Bool, onConnect: () -> Void) throws(PostgresError) -> PostgresSession {
        dispatchPrecondition(condition: .onQueue(queue))
        if let session {
            if !mayConnect || session.isAlive { return session }
            logger.debug("an idle connection has ended")
            drop()
        }
        guard mayConnect else { throw PostgresError(.connectionLost, "the connection of the transaction has ended") }
        let made = try PostgresSession(url: url, configuration: configuration, logger: logger)
        session = made
        isOpenFlag.store(true, ordering: .releasing)
        onConnect()
        return made
    }

    /// Asks the server to stop the statement of this ticket, on a thread of its own because it blocks.
    private func stop(_ ticket: UInt64) {
        let work = running.withLock { running -> (Canceller, DispatchSemaphore)? in
            guard let current = running, current.ticket == ticket, current.stopping == nil,
                let canceller = current.canceller
            else { return nil }
            let done = DispatchSemaphore(value: 0)
            running?.stopping = done
            return (canceller, done)
        }
        guard let (canceller, done) = work else { return }
        DispatchQueue(label: "codex-k8s.postgres.cancel").async { @Sendable in
            canceller.send()
            done.signal()
        }
    }

    /// Ends the statement; a request to stop that is still on its way must not hit the next one.
    private func settle(_ session: PostgresSession) -> Bool {
        let stopping = running.withLock { running in
            defer { running = nil }
            return running?.stopping
        }
        guard let stopping else { return false }
        if stopping.wait(timeout: .now() + .seconds(2)) == .timedOut {
            drop()
        } else if session.isUsable {
            // The server takes a request to stop when it next looks: give it something harmless to stop.
            _ = try? session.runScript("", timeout: .seconds(1))
        }
        return true
    }
}
