// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// One child as the reaper's thread sees it.
///
/// Its end and the end of its output are two things: what it started may hold the pipes open for ever, so after its end
/// the rest is read for a grace time only.
final class Child {
    enum Channel: UInt64 {
        case handle, output, errors, input

        init(token: UInt64) { self = Channel(rawValue: token & 3) ?? .handle }
    }

    /// Most bytes read from one pipe before the other children have their turn.
    private static let turn = 256 << 10

    let process: RunningProcess
    private let epoll: Int32
    private let hasGroup: Bool
    private let outputGrace: Duration
    private var handle: Int32?
    private var output: Int32?
    private var errors: Int32?
    private var input: Int32?
    private var isOutputWatched = false
    private var isInputWatched = false
    private var closesInput = false
    private var writes: [(bytes: [UInt8], offset: Int, continuation: CheckedContinuation<Bool, Never>?)] = []

    private var exitCode: Int32?
    private var drainDeadline: ContinuousClock.Instant?
    private var killDeadline: ContinuousClock.Instant?
    private var expiry: ContinuousClock.Instant?
    private(set) var hasEnded = false

    init(
        _ spawned: SpawnedChild, process: RunningProcess, epoll: Int32, configuration: ChildProcess.Configuration
    ) {
        self.process = process
        self.epoll = epoll
        hasGroup = configuration.newProcessGroup
        outputGrace = configuration.outputGrace
        handle = spawned.handle
        output = spawned.output
        errors = spawned.errors
        input = spawned.input
        watch(spawned.handle, .handle, CLINUX_EPOLL_READABLE)
        if let output {
            clinux_set_nonblocking(output)
            watch(output, .output, CLINUX_EPOLL_READABLE)
            isOutputWatched = true
        } else {
            process.endOutput()
        }
        if let errors {
            clinux_set_nonblocking(errors)
            watch(errors, .errors, CLINUX_EPOLL_READABLE)
        }
        if let input { clinux_set_nonblocking(input) }
        if case .bytes(let bytes) = configuration.standardInput {
            writes.append((bytes, 0, nil))
            closesInput = true
            flushInput()
        }
    }

    /// When ``passTime(_:)`` has to be called, if nothing else happens.
    var deadline: ContinuousClock.Instant? { [drainDeadline, killDeadline, expiry].compactMap(\.self).min() }

    func isReady(_ channel: Channel) {
        switch channel {
        case .handle: reap()
        case .output: readOutput(atMost: Self.turn)
        case .errors: readErrors()
        case .input: flushInput()
        }
        finishIfDone()
    }

    func passTime(_ now: ContinuousClock.Instant) {
        if let expiry, expiry <= now {
            self.expiry = nil
            if exitCode == nil {
                process.markTimedOut()
                terminate(grace: .seconds(2))
            }
        }
        if let killDeadline, killDeadline <= now {
            self.killDeadline = nil
            signal(SIGKILL, toGroup: true)
        }
        if let drainDeadline, drainDeadline <= now {
            // Whatever is in the pipes now belongs to the child; a reader that was too slow still gets it.
            readOutput(atMost: 1 << 20, ignoringPause: true)
            readErrors(atMost: 1 << 20)
            closeOutput()
            closeErrors()
        }
        finishIfDone()
    }

    private func finishIfDone() {
        guard let exitCode, output == nil, errors == nil, !hasEnded else { return }
        hasEnded = true
        process.end(exitCode: exitCode)
    }

    private func watch(_ descriptor: Int32, _ channel: Channel, _ events: UInt32) {
        clinux_epoll_set(epoll, EPOLL_CTL_ADD, descriptor, events, process.token << 2 | channel.rawValue)
    }
}

// MARK: Signals and the end

extension Child {
    func signal(_ number: Int32, toGroup: Bool) {
        // Before it is reaped the id is the child's own, running or not; afterwards it may be anyone's.
        guard exitCode == nil else { return }
        kill(toGroup && hasGroup ? -process.processID : process.processID, number)
    }

    func terminate(grace: Duration) {
        guard exitCode == nil else { return }
        signal(SIGTERM, toGroup: true)
        // A frozen process never sees the request.
        signal(SIGCONT, toGroup: true)
        let end = ContinuousClock.now + grace
        killDeadline = min(killDeadline ?? end, end)
    }

    func expire(after timeout: Duration) { expiry = ContinuousClock.now + timeout }

    private func reap() {
        var code: Int32 = 0
        guard exitCode == nil, clinux_peek_exit(process.processID, &code) != 0 else { return }
        // While the leader is unreaped its group id cannot be taken by another group.
        if hasGroup { kill(-process.processID, SIGKILL) }
        clinux_reap(process.processID)
        if let handle { close(handle) }
        handle = nil
        exitCode = code
        killDeadline = nil
        expiry = nil
        failInput()
        readErrors()
        if output != nil || errors != nil { drainDeadline = ContinuousClock.now + outputGrace }
    }
}

// MARK: Output

extension Child {
    func resumeOutput() {
        guard let output, !isOutputWatched else { return }
        watch(output, .output, CLINUX_EPOLL_READABLE)
        isOutputWatched = true
    }

    private func readOutput(atMost limit: Int, ignoringPause: Bool = false) {
        var left = limit
        while let descriptor = output, left > 0 {
            switch read(descriptor) {
            case .bytes(let bytes):
                left -= bytes.count
                if !process.take(output: bytes), !ignoringPause {
                    clinux_epoll_set(epoll, EPOLL_CTL_DEL, descriptor, 0, 0)
                    isOutputWatched = false
                    return
                }
            case .nothingNow: return
            case .end: closeOutput()
            }
        }
    }

    private func readErrors(atMost limit: Int = turn) {
        var left = limit
        while let descriptor = errors, left > 0 {
            switch read(descriptor) {
            case .bytes(let bytes):
                left -= bytes.count
                process.take(errors: bytes)
            case .nothingNow: return
            case .end: closeErrors()
            }
        }
    }

    private func closeOutput() {
        if let output { close(output) }
        output = nil
        process.endOutput()
    }

    private func closeErrors() {
        if let errors { close(errors) }
        errors = nil
    }

    private enum Reading {
        case bytes([UInt8])
        case nothingNow, end
    }

    private func read(_ descriptor: Int32) -> Reading {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
            let got = Glibc.read(descriptor, buffer.baseAddress, 64 << 10)
            failure = got < 0 ? errno : 0
            count = max(0, got)
        }
        if failure == EAGAIN || failure == EINTR { return .nothingNow }
        return bytes.isEmpty ? .end : .bytes(bytes)
    }
}

// MARK: Input

extension Child {
    func write(_ bytes: [UInt8], _ continuation: CheckedContinuation<Bool, Never>) {
        if input == nil || closesInput {
            continuation.resume(returning: false)
            return
        }
        writes.append((bytes, 0, continuation))
        flushInput()
    }

    func closeInput() {
        closesInput = true
        flushInput()
    }

    private func flushInput() {
        guard let descriptor = input else { return }
        while let (bytes, offset, continuation) = writes.first {
            let count = bytes.withUnsafeBytes { buffer in
                offset == bytes.count
                    ? 0 : Glibc.write(descriptor, buffer.baseAddress.map { $0 + offset }, bytes.count - offset)
            }
            if count < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN {
                    if !isInputWatched { watch(descriptor, .input, CLINUX_EPOLL_WRITABLE) }
                    isInputWatched = true
                    return
                }
                failInput()
                return
            }
            if offset + count == bytes.count {
                writes.removeFirst()
                continuation?.resume(returning: true)
            } else {
                writes[0].offset = offset + count
            }
        }
        if closesInput {
            failInput()
        } else if isInputWatched {
            clinux_epoll_set(epoll, EPOLL_CTL_DEL, descriptor, 0, 0)
            isInputWatched = false
        }
    }

    /// Closes our end and tells everyone who still waits to write.
    private func failInput() {
        if let input { close(input) }
        input = nil
        let waiting = writes
        writes = []
        for write in waiting { write.continuation?.resume(returning: false) }
    }
}
