// SPDX-License-Identifier: MIT
package import JSONCoding
package import ServiceRuntime
import Synchronization
import SystemCalls

/// The state of the stand-in, durable: what was acknowledged is on the disk, whatever kills the process.
///
/// A journal of JSON lines, one transaction a line. At start it is replayed and written anew without what is out of
/// date, in one atomic step. Changes are decided one after another on a thread of their own; readers take a
/// snapshot and never wait for the disk.
package final class ForgeStore: Sendable {
    /// How many finished deliveries are kept over a restart.
    private static let keptDeliveries = 500

    private let state: Mutex<ForgeState>
    private let journal: AppendFile
    private let lock: FileLock
    private let writer: BlockingPool
    private let clock: WallClock
    private let deliverySignal: AsyncStream<Void>.Continuation
    /// One element, kept until it is read, after any number of new deliveries.
    package let newDeliveries: AsyncStream<Void>

    /// Opens the journal in a folder, made if missing.
    ///
    /// - Throws: `SystemError` by the disk, also when another process has the folder open; `ForgeStoreError` for a
    ///   journal that is damaged before its last line.
    package static func open(directory: String, clock: WallClock = .system) async throws -> ForgeStore {
        let writer = BlockingPool(name: "codex-k8s.forge-journal", width: 1)
        return try await writer.run { try ForgeStore(directory: directory, clock: clock, writer: writer) }
    }

    private init(directory: String, clock: WallClock, writer: BlockingPool) throws {
        try Files.createDirectory(directory, mode: 0o700)
        lock = try Files.lock("\(directory)/lock")
        let path = "\(directory)/journal.jsonl"
        let state = try Self.replay(path)
        let now = clock.now()
        let compact = state.records(keepingDeliveries: Self.keptDeliveries, at: now)
        try Files.writeAtomically(path, try Self.line(compact), mode: 0o600)
        journal = try AppendFile(path, mode: 0o600)
        self.state = Mutex(state)
        self.writer = writer
        self.clock = clock
        (newDeliveries, deliverySignal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        if !state.pendingDeliveries.isEmpty { deliverySignal.yield() }
    }

    /// The state as of the last change.
    package var snapshot: ForgeState { state.withLock { $0 } }

    /// The wall clock's time in whole seconds, the grain of every time on GitHub.
    package var now: Timestamp { clock.now().wholeSeconds }

    /// Decides and makes one change. It is on the disk when this returns; when the body throws, nothing happened.
    package func commit<Result: Sendable>(
        baseURL: String, _ body: @escaping @Sendable (inout ForgeTransaction) throws -> Result
    ) async throws -> Result {
        try await writer.run { [self] in
            var transaction = ForgeTransaction(state: snapshot, now: now, baseURL: baseURL)
            let result = try body(&transaction)
            guard !transaction.records.isEmpty else { return result }
            let before = try journal.size()
            do {
                try journal.append(try Self.line(transaction.records))
                try journal.synchronize()
            } catch {
                // Half a line in the middle of the journal would make the rest unreadable.
                try? journal.truncate(to: before)
                throw error
            }
            let next = transaction.state
            state.withLock { $0 = next }
            if transaction.hasDeliveries { deliverySignal.yield() }
            return result
        }
    }

    private static func line(_ records: [ForgeRecord]) throws -> [UInt8] {
        try JSONValue(encoding: records).encoded() + [UInt8(ascii: "\n")]
    }

    private static func replay(_ path: String) throws -> ForgeState {
        var state = ForgeState()
        guard Files.exists(path) else { return state }
        let lines = try Files.readBytes(path).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        // The part after the last line feed was being written when the process stopped: nobody was told that it
        // happened.
        for (index, line) in lines.dropLast().enumerated() where !line.isEmpty {
            do {
                let limits = JSONLimits(maximumBytes: 1 << 30)
                let records = try JSONValue.parse(Array(line), limits: limits).decode([ForgeRecord].self)
                for record in records { state.apply(record) }
            } catch {
                throw ForgeStoreError(path: path, line: index + 1, reason: String(describing: error))
            }
        }
        return state
    }
}

/// A journal that cannot be read.
package struct ForgeStoreError: Error, CustomStringConvertible {
    package var path: String
    package var line: Int
    package var reason: String

    package var description: String {
        "the forge's journal \(path) is damaged in line \(line): \(reason); remove the folder to begin anew"
    }
}
