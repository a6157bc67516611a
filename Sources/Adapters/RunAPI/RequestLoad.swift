// SPDX-License-Identifier: MIT
import Synchronization

/// Counts the requests that are under way, all of them and those of each run.
final class RequestLoad: Sendable {
    private struct State {
        var all = 0
        var runs: [String: Int] = [:]
    }

    private let most: Int
    private let mostOfARun: Int
    private let state = Mutex(State())

    init(most: Int, mostOfARun: Int) {
        self.most = most
        self.mostOfARun = mostOfARun
    }

    /// Takes a place; false, and none is taken, where all are.
    func enter() -> Bool {
        state.withLock { state in
            guard state.all < most else { return false }
            state.all += 1
            return true
        }
    }

    /// Gives the place back.
    func leave() { state.withLock { $0.all -= 1 } }

    /// Takes one of the places of a run.
    func enter(_ run: String) -> Bool {
        state.withLock { state in
            guard state.runs[run, default: 0] < mostOfARun else { return false }
            state.runs[run, default: 0] += 1
            return true
        }
    }

    /// Gives the run's place back.
    func leave(_ run: String) {
        state.withLock { state in
            let left = state.runs[run, default: 1] - 1
            state.runs[run] = left > 0 ? left : nil
        }
    }
}
