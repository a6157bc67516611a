// SPDX-License-Identifier: MIT
import Synchronization

/// A child that was started. It goes on when this value is dropped; the reaper looks after it either way.
package final class RunningProcess: Sendable {
    /// Most unread bytes of a streamed output before the child has to wait.
    static let streamCapacity = 256 << 10

    struct State {
        var exitCode: Int32?
        var hasTimedOut = false
        var waiters: [CheckedContinuation<Int32, Never>] = []

        var output: [UInt8] = []
        var errors: [UInt8] = []
        var isTruncated = false
        var outputHasEnded = false
        /// True while the reaper leaves the pipe alone because too much is unread.
        var isPaused = false
        var reader: CheckedContinuation<[UInt8]?, Never>?
        /// Tells a reader's cancellation from that of an earlier one.
        var readerID: UInt64 = 0
    }

    /// The child's process id; also the id of its process group where it has its own.
    package let processID: Int32
    let token: UInt64
    let outputLimit: Int?
    let errorLimit: Int
    private let state = Mutex(State())

    init(processID: Int32, token: UInt64, configuration: ChildProcess.Configuration) {
        self.processID = processID
        self.token = token
        outputLimit = if case .collect(let limit) = configuration.output { limit } else { nil }
        errorLimit = if case .collect(let limit) = configuration.errors { limit } else { 0 }
    }

    /// What the child writes; only with `output: .stream`.
    package var output: ProcessOutput { ProcessOutput(process: self) }

    /// Waits for the end of the child and of its output; several may wait. 128 + n after a death by signal n.
    package func wait() async -> Int32 {
        await withCheckedContinuation { continuation in
            let code = state.withLock { state -> Int32? in
                if state.exitCode == nil { state.waiters.append(continuation) }
                return state.exitCode
            }
            if let code { continuation.resume(returning: code) }
        }
    }

    /// The exit code, once the child and its output have ended.
    package var exitCode: Int32? { state.withLock { $0.exitCode } }

    /// Feeds standard input (with `standardInput: .pipe`) and returns when the kernel has taken it all.
    package func write(_ bytes: [UInt8]) async throws(ChildProcessError) {
        let isTaken = await withCheckedContinuation { continuation in
            Reaper.shared.post(.write(token, bytes, continuation))
        }
        if !isTaken { throw .inputClosed }
    }

    /// Ends standard input, after everything written so far.
    package func closeInput() { Reaper.shared.post(.closeInput(token)) }

    /// Sends a signal; nothing happens when the child has ended already.
    ///
    /// - Parameter toGroup: to everything in the child's process group, where it has its own.
    package func signal(_ signal: ProcessSignal, toGroup: Bool = true) {
        Reaper.shared.post(.signal(token, signal, toGroup: toGroup))
    }

    /// Asks the child's group to end, and kills it when it has not after the grace time.
    package func terminate(grace: Duration = .seconds(2)) {
        Reaper.shared.post(.terminate(token, grace: grace))
    }

    /// The same after a while, and marks the child as timed out if it still runs then.
    func terminate(after timeout: Duration) { Reaper.shared.post(.expire(token, after: timeout)) }

    var hasTimedOut: Bool { state.withLock { $0.hasTimedOut } }

    /// What was kept so far of collected output; whole once ``wait()`` has returned.
    package var collected: (output: [UInt8], errors: [UInt8], isTruncated: Bool) {
        state.withLock { ($0.output, $0.errors, $0.isTruncated) }
    }
}

// MARK: Reading

extension RunningProcess {
    func nextChunk() async -> [UInt8]? {
        let id = state.withLock { state in
            state.readerID += 1
            return state.readerID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isCancelled = Task.isCancelled
                let (answer, resumes) = state.withLock { state -> ([UInt8]??, Bool) in
                    if !state.output.isEmpty {
                        let chunk = state.output
                        state.output = []
                        let wasPaused = state.isPaused
                        state.isPaused = false
                        return (.some(chunk), wasPaused)
                    }
                    if state.outputHasEnded || isCancelled { return (.some(nil), false) }
                    precondition(state.reader == nil, "a child's output has one reader at a time")
                    state.reader = continuation
                    return (nil, false)
                }
                if resumes { Reaper.shared.post(.resumeOutput(token)) }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let reader = state.withLock { state -> CheckedContinuation<[UInt8]?, Never>? in
                guard state.readerID == id else { return nil }
                defer { state.reader = nil }
                return state.reader
            }
            reader?.resume(returning: nil)
        }
    }
}

// MARK: Called by the reaper's thread

extension RunningProcess {
    /// Takes bytes of standard output; answers false when the pipe is to be left alone for now.
    func take(output bytes: [UInt8]) -> Bool {
        let (reader, chunk, goesOn) = state.withLock {
            state -> (CheckedContinuation<[UInt8]?, Never>?, [UInt8], Bool) in
            if let outputLimit {
                let kept = bytes.prefix(max(0, outputLimit - state.output.count))
                state.output += kept
                if kept.count < bytes.count { state.isTruncated = true }
                return (nil, [], true)
            }
            if let reader = state.reader {
                state.reader = nil
                return (reader, bytes, true)
            }
            state.output += bytes
            state.isPaused = state.output.count >= Self.streamCapacity
            return (nil, [], !state.isPaused)
        }
        reader?.resume(returning: chunk)
        return goesOn
    }

    func take(errors bytes: [UInt8]) {
        state.withLock { state in
            let kept = bytes.prefix(max(0, errorLimit - state.errors.count))
            state.errors += kept
            if kept.count < bytes.count { state.isTruncated = true }
        }
    }

    func endOutput() {
        let reader = state.withLock { state in
            state.outputHasEnded = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: nil)
    }

    func markTimedOut() { state.withLock { $0.hasTimedOut = true } }

    func end(exitCode: Int32) {
        let waiters = state.withLock { state in
            state.exitCode = exitCode
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: exitCode) }
    }
}
