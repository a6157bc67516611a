// SPDX-License-Identifier: MIT
import JSONCoding
import Synchronization
import SystemCalls

/// The growing log of one instance of a container: written by its pump, read by any number of followers.
final class ContainerLog: Sendable {
    /// Most bytes of one instance's log: a container that talks without end must not fill the disk.
    static let longest = 64 << 20

    private struct State {
        var size = 0
        var hasEnded = false
        var nextWaiter: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    }

    let path: String
    private let file: AppendFile
    private let state = Mutex(State())

    init(_ path: String) throws(SystemError) {
        self.path = path
        file = try AppendFile(path, mode: 0o600)
        let size = try file.size()
        state.withLock { $0.size = size }
    }

    func append(_ lines: [LogLine]) {
        if lines.isEmpty { return }
        let written = state.withLock { $0.size }
        if written >= Self.longest { return }
        var bytes = lines.flatMap(\.bytes)
        if written + bytes.count >= Self.longest, let last = lines.last {
            let note = Array("[the log is cut here: it is longer than \(Self.longest >> 20) MiB]".utf8)
            bytes += LogLine(time: last.time, isWhole: true, text: note[...]).bytes
        }
        // A full disk loses log lines; the container goes on, as it would under a real kubelet.
        guard (try? file.append(bytes)) != nil else { return }
        wake { $0.size += bytes.count }
    }

    func end() { wake { $0.hasEnded = true } }

    private func wake(_ change: (inout State) -> Void) {
        let waiters = state.withLock { state in
            change(&state)
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits until there is more than `offset` bytes; false when the log has ended there or the task was cancelled.
    func waitForMore(after offset: Int) async -> Bool {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if state.size > offset || state.hasEnded || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
        return state.withLock { $0.size > offset } && !Task.isCancelled
    }
}
