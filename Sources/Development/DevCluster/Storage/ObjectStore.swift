// SPDX-License-Identifier: MIT
package import JSONCoding
import Synchronization
import SystemCalls

/// All objects of the embedded cluster, in memory, with every acknowledged change in a journal on disk.
///
/// One lock orders everything: a transaction reads, decides and writes under it, its changes are appended to the
/// journal in one record before anything is visible, and watchers then see them in the order of the revisions. A crash
/// at any moment loses no acknowledged write and keeps no half transaction.
package final class ObjectStore: Sendable {
    private struct Waiter {
        var bucket: StorageBucket?
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var contents: StoreContents
        var revision: UInt64
        var journal: Journal
        var logs: [StorageBucket: EventLog] = [:]
        var all: EventLog
        var baseRevision: UInt64
        var waiters: [UInt64: Waiter] = [:]
        var nextWaiter: UInt64 = 0
        var observers: [@Sendable ([StoreEvent]) -> Void] = []
        var closed = false

        mutating func takeContents() -> StoreContents {
            var taken = StoreContents()
            swap(&taken, &contents)
            return taken
        }
    }

    private let state: Mutex<State>
    private let historyLimit: Int
    /// Two processes on one journal would destroy it.
    private let lock: FileLock

    /// Opens the store in a folder, reading the journal that is there.
    ///
    /// - Parameters:
    ///   - directory: where the journal lies; made when missing.
    ///   - historyLimit: how many changes a kind's watchers can fall behind.
    ///   - synchronizes: whether a write waits for the disk; without it the end of the machine may lose the last ones.
    /// - Throws: `StoreError` when the journal cannot be read, is damaged before its last line, or is in use.
    package init(
        directory: String, historyLimit: Int = 10_000, synchronizes: Bool = false
    ) throws(StoreError) {
        self.historyLimit = historyLimit
        do {
            try Files.createDirectory(directory, mode: 0o700)
            lock = try Files.lock(directory + "/lock")
        } catch {
            throw StoreError(
                description:
                    "the folder \(directory) cannot be used by this cluster (\(error)); stop the other process "
                    + "that uses it, or choose another folder")
        }
        let opened = try Journal.open(directory: directory, synchronizes: synchronizes)
        var contents = StoreContents()
        var logs: [StorageBucket: EventLog] = [:]
        var all = EventLog(startRevision: opened.baseRevision, limit: historyLimit)
        for object in opened.snapshot { contents[object.key] = object.object }
        var revision = opened.baseRevision
        for change in opened.changes {
            let event = StoreEvent(
                revision: change.revision, key: change.key, object: change.object,
                previous: contents[change.key]?.json)
            contents[change.key] = change.object.map { StoredObject(json: $0, revision: change.revision) }
            logs[change.key.bucket, default: EventLog(startRevision: opened.baseRevision, limit: historyLimit)]
                .append(event)
            all.append(event)
            revision = max(revision, change.revision)
        }
        state = Mutex(
            State(
                contents: contents, revision: revision, journal: opened.journal, logs: logs, all: all,
                baseRevision: opened.baseRevision))
    }

    /// Reads and writes in one step. What the closure throws undoes everything; with `commit` false everything is
    /// undone as well, which is what a dry run is.
    ///
    /// The closure runs under the store's lock and must not call the store.
    @discardableResult
    package func transaction<Result: Sendable>(
        commit: Bool = true, _ body: (inout StoreTransaction) throws(StatusError) -> Result
    ) throws(StatusError) -> Result {
        var ready: [CheckedContinuation<Void, Never>] = []
        defer { for continuation in ready { continuation.resume() } }
        return try state.withLock { (state) throws(StatusError) -> Result in
            guard !state.closed else {
                throw StatusError(code: 503, reason: "ServiceUnavailable", message: "the embedded cluster is stopping")
            }
            var transaction = StoreTransaction(contents: state.takeContents(), revision: state.revision)
            let result: Result
            do throws(StatusError) {
                result = try body(&transaction)
                if commit { try Self.record(transaction.writes, in: &state.journal) }
            } catch {
                state.contents = transaction.finish(commit: false)
                throw error
            }
            let writes = commit ? transaction.writes : []
            let forgotten = transaction.forgotten
            state.contents = transaction.finish(commit: commit)
            guard !writes.isEmpty else { return result }
            ready = publish(writes, in: &state)
            for bucket in forgotten {
                state.logs[bucket] = EventLog(startRevision: state.revision, limit: historyLimit)
            }
            if state.journal.wantsCompaction {
                // A failure leaves the old journal in place, which is complete: the next write tries again.
                try? state.journal.compact(state.contents, revision: state.revision)
            }
            return result
        }
    }

    /// Reads without writing.
    package func read<Result: Sendable>(
        _ body: (borrowing StoreTransaction) throws(StatusError) -> Result
    ) throws(StatusError) -> Result {
        try transaction(commit: false) { (transaction) throws(StatusError) -> Result in try body(transaction) }
    }

    /// The object at a key.
    package func object(_ key: StorageKey) -> JSONValue? {
        state.withLock { $0.contents[key]?.json }
    }

    /// The objects of a bucket, sorted by namespace and name, and the revision they are true for.
    package func objects(_ bucket: StorageBucket, namespace: String? = nil) -> (items: [JSONValue], revision: UInt64) {
        state.withLock { state in
            (state.contents.objects(bucket, namespace: namespace).map(\.object.json), state.revision)
        }
    }

    /// Objects of a bucket as they were at one moment, sorted by namespace and name.
    struct Entries: Sendable {
        /// The objects with their keys.
        var entries: [(key: StorageKey, json: JSONValue)]
        /// The moment.
        var revision: UInt64
    }

    /// The objects of a bucket at a revision (nil: now), or nil when the history does not reach back so far.
    ///
    /// The past is the present with the changes since then taken back, so it costs nothing until somebody asks.
    func entries(_ bucket: StorageBucket, namespace: String?, at revision: UInt64?) -> Entries? {
        state.withLock { state in
            let now = state.contents.objects(bucket, namespace: namespace).map { ($0.key, $0.object.json) }
            guard let revision, revision < state.revision else {
                return Entries(entries: now, revision: state.revision)
            }
            let log = state.logs[bucket] ?? EventLog(startRevision: state.baseRevision, limit: 1)
            guard let changes = log.events(after: revision, maximum: Int.max) else { return nil }
            var before: [StorageKey: JSONValue?] = [:]
            for change in changes where before[change.key] == nil { before[change.key] = .some(change.previous) }
            guard !before.isEmpty else { return Entries(entries: now, revision: revision) }
            var past = now.filter { before[$0.0] == nil }
            for case (let key, let json?) in before where namespace == nil || key.namespace == namespace {
                past.append((key, json))
            }
            past.sort { ($0.0.namespace, $0.0.name) < ($1.0.namespace, $1.0.name) }
            return Entries(entries: past, revision: revision)
        }
    }

    /// Forgets the history of all buckets, as the compaction of etcd does: older versions are expired from then on.
    package func compactHistory() {
        state.withLock { state in
            // Up to the last change of each: who has seen that goes on, as watches of etcd do.
            for (bucket, log) in state.logs { state.logs[bucket]?.forget(upTo: log.lastRevision) }
            state.all.forget(upTo: state.all.lastRevision)
        }
    }

    /// The revision of the last write.
    package var revision: UInt64 { state.withLock { $0.revision } }

    /// Buckets that hold anything.
    package var buckets: [StorageBucket] { state.withLock { Array($0.contents.buckets.keys) } }

    /// Calls the closure with every committed transaction, under the store's lock, in order. For what must be in step
    /// with the store (which resources are served); it must be quick and must not call the store.
    package func observe(_ observer: @escaping @Sendable ([StoreEvent]) -> Void) {
        state.withLock { $0.observers.append(observer) }
    }

    /// Ends all waiting and refuses what comes later, so that nothing is written while the process goes away.
    package func close() {
        let waiting = state.withLock { state in
            state.closed = true
            let all = state.waiters.values.map(\.continuation)
            state.waiters = [:]
            return all
        }
        for continuation in waiting { continuation.resume() }
    }

    private static func record(_ writes: [StoreEvent], in journal: inout Journal) throws(StatusError) {
        guard !writes.isEmpty else { return }
        do {
            try journal.append(writes)
        } catch {
            throw .internalError("the journal cannot be written: \(error)")
        }
    }

    private func publish(_ writes: [StoreEvent], in state: inout State) -> [CheckedContinuation<Void, Never>] {
        state.revision = writes.last?.revision ?? state.revision
        var touched: Set<StorageBucket> = []
        for write in writes {
            let fresh = EventLog(startRevision: state.baseRevision, limit: historyLimit)
            state.logs[write.key.bucket, default: fresh].append(write)
            state.all.append(write)
            touched.insert(write.key.bucket)
        }
        for observer in state.observers { observer(writes) }
        guard !state.waiters.isEmpty else { return [] }
        var ready: [CheckedContinuation<Void, Never>] = []
        for (id, waiter) in state.waiters where waiter.bucket.map(touched.contains) ?? true {
            ready.append(waiter.continuation)
            state.waiters[id] = nil
        }
        return ready
    }
}

// MARK: - Watching

extension ObjectStore {
    /// What happened after a revision.
    package enum History: Sendable {
        /// The changes, oldest first, and the revision up to which nothing is missing.
        case events([StoreEvent], upTo: UInt64)
        /// Some of them are no longer known.
        case expired(oldest: UInt64)
        /// The revision lies in the future: it is not of this store.
        case future(current: UInt64)
    }

    /// The changes after a revision in a bucket, or in all buckets.
    package func history(of bucket: StorageBucket?, after revision: UInt64, maximum: Int = 500) -> History {
        state.withLock { state in
            guard revision <= state.revision else { return .future(current: state.revision) }
            let log =
                bucket.map { state.logs[$0] ?? EventLog(startRevision: state.baseRevision, limit: 1) } ?? state.all
            guard let events = log.events(after: revision, maximum: maximum) else {
                return .expired(oldest: log.startRevision)
            }
            let complete = events.count < maximum
            return .events(Array(events), upTo: complete ? state.revision : events.last?.revision ?? state.revision)
        }
    }

    /// Returns when something after the revision happened in the bucket (or anywhere), the task is cancelled or the
    /// store closes. It may return early: ask `history` again.
    package func waitForChange(in bucket: StorageBucket?, after revision: UInt64) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let now = state.withLock { state -> Bool in
                    // Cancellation may have come before the waiter was there: then nobody would wake it.
                    if state.closed || Task.isCancelled { return true }
                    let last = bucket.map { state.logs[$0]?.lastRevision ?? 0 } ?? state.revision
                    if last > revision { return true }
                    state.waiters[id] = Waiter(bucket: bucket, continuation: continuation)
                    return false
                }
                if now { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume()
        }
    }

    /// Whether `close` was called.
    package var isClosed: Bool { state.withLock { $0.closed } }
}
