// SPDX-License-Identifier: MIT
import Dispatch
package import ServiceRuntime
import Synchronization

/// Talks to one Postgres database over a small pool of connections.
///
/// Connections are made when they are needed, so that a client can be made, and a program start, while Postgres is
/// away. Calls then end with `.unavailable` at once, and work again within ``PostgresConfiguration/reconnectPause`` of
/// its coming back. Statements are never repeated behind the caller's back: one whose connection broke may have taken
/// effect.
package final class PostgresClient: Service {
    private struct State {
        var pool: ConnectionPoolState
        var nextWaiter: UInt64 = 0
        var waiting: [UInt64: CheckedContinuation<Result<Int, PostgresError>, Never>] = [:]
        var lifetime: CheckedContinuation<Void, Never>?
    }

    private let configuration: PostgresConfiguration
    private let logger: Logger
    private let threads: [ConnectionThread]
    private let state: Mutex<State>

    /// Makes a client; nothing is connected yet.
    ///
    /// - Parameter url: a URL or a list of settings as libpq takes them (PostgreSQL documentation, 34.1.1).
    package init(
        url: Secret<String>, configuration: PostgresConfiguration = PostgresConfiguration(),
        logger: Logger = .disabled
    ) {
        let logger = logger.labelled("postgres")
        self.configuration = configuration
        self.logger = logger
        threads = (0..<configuration.connections).map {
            ConnectionThread(number: $0, url: url, configuration: configuration, logger: logger)
        }
        let backoff = Backoff(
            initial: configuration.reconnectPause.lowerBound, maximum: configuration.reconnectPause.upperBound)
        state = Mutex(State(pool: ConnectionPoolState(slots: configuration.connections, backoff: backoff)))
    }

    /// Keeps the client until the task is cancelled or ``shutdown()`` is called, then closes every connection.
    package func run() async throws {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isOver = state.withLock { state in
                    if state.pool.isShutDown { return true }
                    precondition(state.lifetime == nil, "run() was called twice")
                    state.lifetime = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            shutdown()
        }
        for thread in threads { await thread.close() }
    }

    /// Refuses new work and closes idle connections; those in use close when they come back. Harmless to repeat.
    package func shutdown() {
        let lifetime = state.withLock { state in
            defer { state.lifetime = nil }
            return state.lifetime
        }
        perform { pool in pool.shutDown() }
        lifetime?.resume()
    }

    /// Runs a statement and gives its rows.
    ///
    /// A cancelled task stops the statement at the server.
    package func query(_ query: SQLQuery) async throws(PostgresError) -> [PostgresRow] {
        try await run(query).rows
    }

    /// Runs a statement and gives the number of rows that it changed.
    @discardableResult
    package func execute(_ query: SQLQuery) async throws(PostgresError) -> Int {
        try await run(query).affectedRows
    }

    /// Waits until Postgres answers, trying again with growing pauses.
    ///
    /// - Throws: what is not cured by waiting (a wrong URL), or `.cancelled` with the task.
    package func waitUntilReachable() async throws(PostgresError) {
        var backoff = Backoff(
            initial: configuration.reconnectPause.lowerBound, maximum: configuration.reconnectPause.upperBound)
        while true {
            do {
                _ = try await run("SELECT 1")
                return
            } catch {
                guard error.isRetryable else { throw error }
                logger.info("waiting for Postgres", ["error": error.message])
            }
            guard (try? await Task.sleep(for: backoff.next())) != nil else {
                throw PostgresError(.cancelled, "the task was cancelled while Postgres was away")
            }
        }
    }

    /// How many connections are in use and how many callers wait for one.
    package var load: (leased: Int, waiting: Int) { state.withLock { $0.pool.load } }

    /// Runs `body` inside a transaction: committed when it returns, rolled back when it throws.
    ///
    /// The transaction must not be used after `body`. A failed commit throws; after `.connectionLost` its outcome is
    /// unknown.
    ///
    /// - Parameter statementTimeout: how long each statement may run, if not the configured time.
    package func transaction<T: Sendable>(
        statementTimeout: Duration? = nil, _ body: (PostgresTransaction) async throws -> T
    ) async throws -> T {
        let slot = try await acquire()
        let thread = threads[slot]
        do {
            let result = try await inTransaction(slot, statementTimeout: statementTimeout, body)
            release(slot, thread.isOpen ? .open : .closed)
            return result
        } catch {
            release(slot, outcome(of: error as? PostgresError, thread))
            throw error
        }
    }

    private func inTransaction<T: Sendable>(
        _ slot: Int, statementTimeout: Duration?, _ body: (PostgresTransaction) async throws -> T
    ) async throws -> T {
        let thread = threads[slot]
        _ = try await thread.run(mayConnect: true, isCancellable: true, onConnect: { self.noteConnected(slot) }) {
            session throws(PostgresError) in
            var begin = "BEGIN"
            if let statementTimeout { begin += "; SET LOCAL statement_timeout = \(statementTimeout.wholeMilliseconds)" }
            return try session.runScript(begin, timeout: nil)
        }
        let transaction = PostgresTransaction(thread: thread, statementTimeout: statementTimeout)
        let result: T
        do {
            result = try await body(transaction)
            transaction.end()
        } catch {
            transaction.end()
            await rollBack(thread)
            throw error
        }
        let tag = try await thread.run(mayConnect: false, isCancellable: false) { session throws(PostgresError) in
            try session.runScript("COMMIT", timeout: statementTimeout).commandTag
        }
        // The server answers a commit of a failed transaction by rolling back, without an error.
        guard tag == "COMMIT" else {
            throw PostgresError(
                .server, "the transaction was rolled back because a statement in it had failed",
                sqlState: .inFailedTransaction)
        }
        return result
    }

    private func rollBack(_ thread: ConnectionThread) async {
        do {
            _ = try await thread.run(mayConnect: false, isCancellable: false) { session throws(PostgresError) in
                try session.runScript("ROLLBACK", timeout: nil)
            }
        } catch {
            // Closing the connection rolls back as well.
            await thread.close()
        }
    }

    private func run(_ query: SQLQuery) async throws(PostgresError) -> StatementResult {
        let slot = try await acquire()
        let thread = threads[slot]
        do {
            let result = try await thread.run(
                mayConnect: true, isCancellable: true, onConnect: { self.noteConnected(slot) }
            ) { session throws(PostgresError) in
                try session.run(query, timeout: nil)
            }
            release(slot, thread.isOpen ? .open : .closed)
            return result
        } catch {
            release(slot, outcome(of: error, thread))
            throw error
        }
    }

    private func outcome(of error: PostgresError?, _ thread: ConnectionThread) -> ConnectionPoolState.Outcome {
        if thread.isOpen { return .open }
        if let error, error.code == .unavailable { return .connectFailed(error) }
        return .closed
    }

    private func noteConnected(_ slot: Int) {
        logger.debug("connected to Postgres")
        perform { pool in pool.connected(slot: slot, now: .now) }
    }

    private func release(_ slot: Int, _ outcome: ConnectionPoolState.Outcome) {
        if case .connectFailed(let error) = outcome {
            logger.warning("cannot connect to Postgres", ["error": error.message])
        }
        perform { pool in pool.release(slot: slot, outcome, now: .now) }
    }

    /// Changes the pool under the lock and does what it says outside.
    private func perform(_ change: (inout ConnectionPoolState) -> [ConnectionPoolState.Action]) {
        typealias Answer = (CheckedContinuation<Result<Int, PostgresError>, Never>, Result<Int, PostgresError>)
        let (answers, closing) = state.withLock { state -> ([Answer], [Int]) in
            var answers: [Answer] = []
            var closing: [Int] = []
            for action in change(&state.pool) {
                switch action {
                case .lease(let waiter, let slot):
                    if let continuation = state.waiting.removeValue(forKey: waiter) {
                        answers.append((continuation, .success(slot)))
                    }
                case .refuse(let waiters, let error):
                    for waiter in waiters {
                        if let continuation = state.waiting.removeValue(forKey: waiter) {
                            answers.append((continuation, .failure(error)))
                        }
                    }
                case .close(let slot): closing.append(slot)
                }
            }
            return (answers, closing)
        }
        for (continuation, answer) in answers { continuation.resume(returning: answer) }
        for slot in closing { threads[slot].closeSoon() }
    }

    private func acquire() async throws(PostgresError) -> Int {
        let (waiter, immediate) = state.withLock { state in
            state.nextWaiter += 1
            return (state.nextWaiter, Self.tryAcquire(&state))
        }
        if let immediate { return try immediate.get() }
        return try await withTaskGroup(of: Void.self) { group in
            let limit = configuration.acquireTimeout
            group.addTask {
                guard (try? await Task.sleep(for: limit)) != nil else { return }
                self.abandon(waiter, PostgresError(.timeout, "no connection became free within \(limit)"))
            }
            defer { group.cancelAll() }
            return await self.waitInLine(waiter)
        }.get()
    }

    /// A slot, or a refusal, that is to be had without waiting.
    private static func tryAcquire(_ state: inout State) -> Result<Int, PostgresError>? {
        let waiter = state.nextWaiter
        switch state.pool.acquire(waiter: waiter, now: .now) {
        case .lease(let slot): return .success(slot)
        case .refuse(let error): return .failure(error)
        case .wait:
            _ = state.pool.abandon(waiter: waiter)
            return nil
        }
    }

    private func waitInLine(_ waiter: UInt64) async -> Result<Int, PostgresError> {
        let cancelled = PostgresError(.cancelled, "the task was cancelled while it waited for a connection")
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let immediate = state.withLock { state -> Result<Int, PostgresError>? in
                    // A cancellation from before this line has found no one in line.
                    if Task.isCancelled { return .failure(cancelled) }
                    switch state.pool.acquire(waiter: waiter, now: .now) {
                    case .lease(let slot): return .success(slot)
                    case .refuse(let error): return .failure(error)
                    case .wait:
                        state.waiting[waiter] = continuation
                        return nil
                    }
                }
                if let immediate { continuation.resume(returning: immediate) }
            }
        } onCancel: {
            abandon(waiter, cancelled)
        }
    }

    private func abandon(_ waiter: UInt64, _ error: PostgresError) {
        let continuation = state.withLock { state -> CheckedContinuation<Result<Int, PostgresError>, Never>? in
            guard state.pool.abandon(waiter: waiter) else { return nil }
            return state.waiting.removeValue(forKey: waiter)
        }
        continuation?.resume(returning: .failure(error))
    }
}
