// SPDX-License-Identifier: MIT
import KubernetesAPI
import Synchronization

/// Keys of objects to look at: each at most once, whatever happened to it how often, now or at a time.
final class KeyQueue: Sendable {
    private struct State {
        var ready: [ObjectKey] = []
        var timers: [ObjectKey: (due: ContinuousClock.Instant, task: Task<Void, Never>)] = [:]
        var reader: CheckedContinuation<ObjectKey?, Never>?
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Has the key looked at as soon as possible.
    func add(_ key: ObjectKey) {
        let reader = state.withLock { state -> CheckedContinuation<ObjectKey?, Never>? in
            if let reader = state.reader {
                state.reader = nil
                return reader
            }
            if !state.ready.contains(key) { state.ready.append(key) }
            return nil
        }
        reader?.resume(returning: key)
    }

    /// Has the key looked at after a while; an earlier time that is planned already stays.
    func add(_ key: ObjectKey, after delay: Duration) {
        let due = ContinuousClock.now + delay
        state.withLock { state in
            if state.isClosed { return }
            if let planned = state.timers[key], planned.due <= due { return }
            state.timers[key]?.task.cancel()
            state.timers[key] = (
                due,
                Task { [weak self] in
                    guard (try? await Task.sleep(for: delay)) != nil, let self else { return }
                    self.state.withLock { $0.timers[key] = nil }
                    self.add(key)
                }
            )
        }
    }

    /// The next key; nil when the queue was closed.
    func next() async -> ObjectKey? {
        await withCheckedContinuation { continuation in
            let answer = state.withLock { state -> ObjectKey?? in
                if state.isClosed { return .some(nil) }
                if !state.ready.isEmpty { return .some(state.ready.removeFirst()) }
                state.reader = continuation
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Ends the reader and all timers.
    func close() {
        let reader = state.withLock { state in
            state.isClosed = true
            for timer in state.timers.values { timer.task.cancel() }
            state.timers = [:]
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: nil)
    }
}
