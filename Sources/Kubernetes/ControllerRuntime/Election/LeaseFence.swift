// SPDX-License-Identifier: MIT
package import KubernetesClient
import Synchronization

/// Stands between a leader and everything it writes.
///
/// Open only while the last renewal was *begun* less than the renew deadline ago, by a clock that also counts while the
/// process is stopped or the machine sleeps (`CLOCK_BOOTTIME`). Nobody has to notice that the lead is over: the first
/// write after it is refused, whatever did not run meanwhile. A fence that has closed never opens again.
package final class LeaseFence: WriteGuard {
    private enum State: Sendable {
        case waiting
        case open(until: Duration)
        case released
        case lost
    }

    private let state = Mutex(State.waiting)
    private let time: TimeSource

    init(time: TimeSource) { self.time = time }

    /// Throws `APIError` with the reason `notLeading` unless this process certainly leads.
    package func checkWrite() throws(APIError) {
        guard let objection else { return }
        throw APIError(reason: .notLeading, message: "nothing was sent, because \(objection)", request: "write")
    }

    /// Why nothing may be written now; nil when this process certainly leads. For what is written elsewhere than to the
    /// API server.
    package var objection: String? {
        switch current {
        case .open: nil
        case .waiting: "this process does not lead"
        case .released: "this process has given up the lead"
        case .lost: "this process does not lead any more: its lease was not renewed in time"
        }
    }

    /// Whether a write would be let through now.
    package var isOpen: Bool { if case .open = current { true } else { false } }

    /// A guard for what tells people about the work, such as events: it may go on after the lead was given up in order,
    /// and is as silent as everything else after the lead was lost.
    package var forReports: any WriteGuard { ReportGuard(fence: self) }

    /// How long ago the lead ended by time without anybody having said so: a process that should be gone and is not.
    package var overdue: Duration? {
        let now = time.now()
        return state.withLock { state in
            if case .open(let end) = state, end <= now { now - end } else { nil }
        }
    }

    func open(until end: Duration) {
        state.withLock { state in
            switch state {
            case .waiting, .open: state = .open(until: end)
            case .released, .lost: break
            }
        }
    }

    func close(isLost: Bool) {
        state.withLock { $0 = isLost ? .lost : .released }
    }

    private var current: State {
        let now = time.now()
        return state.withLock { state in
            if case .open(let end) = state, end <= now { return .lost }
            return state
        }
    }

    private struct ReportGuard: WriteGuard {
        let fence: LeaseFence

        func checkWrite() throws(APIError) {
            if case .released = fence.current { return }
            try fence.checkWrite()
        }
    }
}
