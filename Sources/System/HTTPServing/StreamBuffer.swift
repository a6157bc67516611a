// SPDX-License-Identifier: MIT
import CMicrohttpd
import Synchronization

/// Streamed content between the task that writes it and the server's thread that sends it.
///
/// "Nothing to send, so suspend" and "something came, so resume" happen under one lock; otherwise a piece written
/// between the two would wait for the next one.
final class StreamBuffer: ResponseWriter {
    private struct State {
        var connection: ConnectionHandle?
        var isSuspended = false
        var chunks: [[UInt8]] = []
        var firstChunk = 0
        /// Bytes of the first chunk that were sent already.
        var offset = 0
        var waitingBytes = 0
        var end: End?
        var isDraining = false
        var isGone = false
        var waiters: [Int: CheckedContinuation<Void, any Error>] = [:]
        var nextWaiter = 0
    }

    private enum End {
        case complete
        case cutShort
    }

    private let limit: Int
    private let state = Mutex(State())
    private let stopped: AsyncStream<Never>
    private let stop: AsyncStream<Never>.Continuation

    init(limit: Int) {
        self.limit = limit
        (stopped, stop) = AsyncStream.makeStream()
    }

    // MARK: The writing task

    /// Runs `body` until it is done, the client is gone or the server drains.
    func run(_ body: @escaping @Sendable (any ResponseWriter) async throws -> Void) async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                do {
                    try await body(self)
                    self.finish(.complete)
                } catch {
                    self.finish(.cutShort)
                }
            }
            for await _ in stopped {}
            group.cancelAll()
        }
    }

    func write(_ bytes: [UInt8]) async throws {
        try Task.checkCancellation()
        guard !bytes.isEmpty else { return }
        let mustWait = try state.withLock { state in
            try Self.checkOpen(state)
            Self.append(bytes, to: &state)
            Self.wake(&state)
            return state.waitingBytes > limit
        }
        if mustWait { try await waitForRoom() }
    }

    /// Small pieces share a chunk: a writer of many lines would otherwise cost an allocation each.
    private static func append(_ bytes: [UInt8], to state: inout State) {
        state.waitingBytes += bytes.count
        if let last = state.chunks.indices.last, last >= state.firstChunk,
            state.chunks[last].count + bytes.count <= 16 << 10
        {
            state.chunks[last].append(contentsOf: bytes)
        } else {
            state.chunks.append(bytes)
        }
    }

    private func waitForRoom() async throws {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    if state.waitingBytes <= limit { return .success(()) }
                    // Checked under the lock: a cancellation before this point finds no waiter to resume.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    do { try Self.checkOpen(state) } catch { return .failure(error) }
                    state.waiters[id] = continuation
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }

    private static func checkOpen(_ state: State) throws {
        if state.isGone { throw ClientGone() }
        if state.isDraining { throw CancellationError() }
    }

    private func finish(_ end: End) {
        state.withLock { state in
            // What is cut off by a drain is complete as far as it goes: watches end like this all the time.
            state.end = state.isDraining ? .complete : end
            Self.wake(&state)
        }
        stop.finish()
    }

    // MARK: The server's side

    /// Asks the writer to come to an end; what it wrote is still sent.
    func drain() {
        end { $0.isDraining = true }
    }

    /// Gives up: the client is gone or the server stops now.
    func abort() {
        end { state in
            state.isGone = true
            Self.wake(&state)
        }
    }

    /// The connection must not be touched any more.
    func connectionEnded() {
        end { state in
            state.isGone = true
            state.connection = nil
            state.isSuspended = false
        }
    }

    private func end(_ change: (inout State) -> Void) {
        let waiters = state.withLock { state in
            change(&state)
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(throwing: CancellationError()) }
        stop.finish()
    }

    /// Called once, on the server's thread, before the content is asked for.
    func attach(_ connection: ConnectionHandle) {
        state.withLock { $0.connection = connection }
    }

    /// Fills `target`, on the server's thread: the count of bytes, 0 after suspending, or one of the library's ends.
    func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        let (count, waiters) = state.withLock { state -> (Int, [CheckedContinuation<Void, any Error>]) in
            if state.isGone { return (cmhd_end_with_error, []) }
            let count = Self.take(&state, into: target)
            if count > 0 {
                guard state.waitingBytes <= limit else { return (count, []) }
                defer { state.waiters = [:] }
                return (count, Array(state.waiters.values))
            }
            switch state.end {
            case .complete: return (cmhd_end_of_stream, [])
            case .cutShort: return (cmhd_end_with_error, [])
            case nil: break
            }
            guard let connection = state.connection else { return (cmhd_end_with_error, []) }
            state.isSuspended = true
            MHD_suspend_connection(connection.pointer)
            return (0, [])
        }
        for waiter in waiters { waiter.resume() }
        return count
    }

    private static func take(_ state: inout State, into target: UnsafeMutableRawBufferPointer) -> Int {
        var filled = 0
        while filled < target.count, state.firstChunk < state.chunks.count {
            let chunk = state.chunks[state.firstChunk]
            let count = min(chunk.count - state.offset, target.count - filled)
            chunk.withUnsafeBytes { source in
                target[filled..<(filled + count)].copyBytes(from: source[state.offset..<(state.offset + count)])
            }
            filled += count
            state.offset += count
            guard state.offset == chunk.count else { break }
            state.chunks[state.firstChunk] = []
            state.firstChunk += 1
            state.offset = 0
        }
        state.waitingBytes -= filled
        if state.firstChunk == state.chunks.count {
            state.chunks.removeAll(keepingCapacity: state.chunks.count < 64)
            state.firstChunk = 0
        } else if state.firstChunk >= 64, state.firstChunk * 2 >= state.chunks.count {
            state.chunks.removeFirst(state.firstChunk)
            state.firstChunk = 0
        }
        return filled
    }

    private static func wake(_ state: inout State) {
        guard state.isSuspended, let connection = state.connection else { return }
        state.isSuspended = false
        MHD_resume_connection(connection.pointer)
    }
}

/// A connection of the library. Sendable because it is only used on the library's thread, or to resume it under the
/// lock of whoever suspended it, and forgotten when the library says that it ended.
struct ConnectionHandle: @unchecked Sendable {
    let pointer: OpaquePointer
}
