// SPDX-License-Identifier: MIT
import Synchronization

/// A value that comes from outside (a file, a program) and is fetched again in time: by one task at a time, for all
/// that need it.
///
/// Whoever asks gets the value at hand as long as it is good, and waits only for what has no other way. A failure
/// leaves what there is in use, because in the middle of a rotation that is the better guess, and a server refuses what is no
/// longer good anyway.
final class Refreshed<Value: Sendable>: Sendable {
    /// A fetched value with its times, from now on.
    struct Fetched: Sendable {
        var value: Value
        /// How long it is used without a thought.
        var freshFor: Duration
        /// How long it may be used at most; nil for ever.
        var validFor: Duration?
    }

    /// A value and which one it is.
    struct Version: Sendable {
        let value: Value
        /// Counts up with every change.
        let number: Int
    }

    private let machine: Mutex<RefreshMachine<Value>>
    private let waiters = Mutex(Waiters())
    private let now: @Sendable () -> ContinuousClock.Instant
    private let fetch: @Sendable () async throws(APIError) -> Fetched

    /// Nothing is fetched before the first use.
    ///
    /// - Parameters:
    ///   - renewalInterval: how soon after a refusal another one makes it fetch again.
    ///   - isSame: whether a fetched value is the one that was there, so that nobody need act.
    init(
        renewalInterval: Duration = .seconds(1), now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        isSame: @escaping @Sendable (Value, Value) -> Bool,
        fetch: @escaping @Sendable () async throws(APIError) -> Fetched
    ) {
        machine = Mutex(RefreshMachine(renewalInterval: renewalInterval, isSame: isSame))
        self.now = now
        self.fetch = fetch
    }

    /// The value to use now.
    ///
    /// - Throws: `APIError` when there is none: the reason of the last attempt to get one, or `cancelled`.
    func current() async throws(APIError) -> Version {
        while true {
            let action = machine.withLock { $0.demand(now: now()) }
            switch action {
            case .use(let version, let startsFetch):
                if startsFetch { start() }
                return version
            case .fail(let error): throw error
            case .wait(let startsFetch):
                if startsFetch { start() }
                try await waitForFetch()
            }
        }
    }

    /// To be called when what a value is for was refused: fetches at once.
    ///
    /// - Parameter number: the version that was refused; a newer one is the answer without fetching.
    /// - Returns: whether there is another value now, so that another try makes sense.
    func renew(refused number: Int) async throws(APIError) -> Bool {
        while true {
            let action = machine.withLock { $0.refuse(number, now: now()) }
            switch action {
            case .changed: return true
            case .unchanged: return false
            case .wait(let startsFetch):
                if startsFetch { start() }
                try await waitForFetch()
            }
        }
    }

    /// The fetch outlives the task that begins it: others wait for it too.
    private func start() {
        Task {
            let result: Result<Fetched, APIError>
            do throws(APIError) {
                result = .success(try await fetch())
            } catch {
                result = .failure(error)
            }
            machine.withLock { $0.fetched(result, now: now()) }
            for waiter in waiters.withLock({ $0.takeAll() }) { waiter.resume(returning: true) }
        }
    }

    private func waitForFetch() async throws(APIError) {
        let id = waiters.withLock { $0.newID() }
        let isOver = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                guard waiters.withLock({ $0.add(continuation, id: id) }) else {
                    return continuation.resume(returning: false)
                }
                // The fetch ends by taking who waits: who comes later than that takes itself.
                if !machine.withLock({ $0.isFetching }) {
                    waiters.withLock { $0.take(id) }?.resume(returning: true)
                }
            }
        } onCancel: {
            waiters.withLock { $0.cancel(id) }?.resume(returning: false)
        }
        waiters.withLock { $0.forget(id) }
        if !isOver { throw APIError(reason: .cancelled, message: "the request was cancelled") }
    }
}

/// Tasks that wait for the end of a fetch.
private struct Waiters {
    typealias Continuation = CheckedContinuation<Bool, Never>

    private var lastID = 0
    private var continuations: [Int: Continuation] = [:]
    /// Cancelled before they waited.
    private var cancelled: Set<Int> = []

    mutating func newID() -> Int {
        lastID += 1
        return lastID
    }

    /// False when the task was cancelled before.
    mutating func add(_ continuation: Continuation, id: Int) -> Bool {
        if cancelled.remove(id) != nil { return false }
        continuations[id] = continuation
        return true
    }

    mutating func take(_ id: Int) -> Continuation? { continuations.removeValue(forKey: id) }

    mutating func cancel(_ id: Int) -> Continuation? {
        if let continuation = continuations.removeValue(forKey: id) { return continuation }
        cancelled.insert(id)
        return nil
    }

    /// The task goes on, and a cancellation that comes now means nothing here.
    mutating func forget(_ id: Int) { cancelled.remove(id) }

    mutating func takeAll() -> [Continuation] {
        defer { continuations = [:] }
        return Array(continuations.values)
    }
}
