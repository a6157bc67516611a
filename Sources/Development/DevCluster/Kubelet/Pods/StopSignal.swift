// SPDX-License-Identifier: MIT
import Synchronization

/// Why a pod's containers have to end.
enum StopReason: Sendable, Equatable {
    /// Someone deleted the pod and gave it that long.
    case deleted(grace: Duration)
    /// It ran longer than it may.
    case deadline
    /// The kubelet itself ends: kill, and write nothing any more, as if the power had gone.
    case kubeletEnds
}

/// Told once or more often (a later word may only be harsher), and waited for by everything that sleeps.
final class StopSignal: Sendable {
    private struct State {
        var reason: StopReason?
        var nextSleeper: UInt64 = 0
        var sleepers: [UInt64: Task<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    var reason: StopReason? { state.withLock { $0.reason } }

    /// Answers whether this was news.
    @discardableResult
    func stop(_ reason: StopReason) -> Bool {
        let sleepers = state.withLock { state -> [Task<Void, Never>]? in
            if state.reason == reason || state.reason == .kubeletEnds { return nil }
            state.reason = reason
            return Array(state.sleepers.values)
        }
        guard let sleepers else { return false }
        for sleeper in sleepers { sleeper.cancel() }
        return true
    }

    /// The kubelet ends: from now on nothing is written, whatever the processes do.
    func announceEnd() { stop(.kubeletEnds) }

    /// Sleeps, but neither past a stop nor past the task's cancellation. Answers whether no stop was told.
    func sleep(_ duration: Duration) async -> Bool {
        let sleeper = Task { _ = try? await Task.sleep(for: duration) }
        let id = state.withLock { state -> UInt64? in
            if state.reason != nil { return nil }
            state.nextSleeper += 1
            state.sleepers[state.nextSleeper] = sleeper
            return state.nextSleeper
        }
        guard let id else {
            sleeper.cancel()
            return false
        }
        await withTaskCancellationHandler {
            await sleeper.value
        } onCancel: {
            sleeper.cancel()
        }
        return state.withLock { state in
            state.sleepers[id] = nil
            return state.reason == nil
        }
    }
}
