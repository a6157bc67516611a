// SPDX-License-Identifier: MIT
import KubernetesAPI
import Synchronization

/// The reconciles under way, one a worker, and when each has to be cancelled.
///
/// One watchdog for all of them: a reconcile costs no timer of its own.
final class RunningReconciles: Sendable {
    private struct Running: Sendable {
        var deadline: Duration
        var isOverdue = false
        var task: Task<Result<ReconcileResult, any Error>, Never>
    }

    private struct State: Sendable {
        var workers: [Int: Running] = [:]
        var isAborted = false
    }

    private let state = Mutex(State())

    /// Enters the reconcile of a worker.
    func begin(_ worker: Int, deadline: Duration, _ task: Task<Result<ReconcileResult, any Error>, Never>) {
        let isAborted = state.withLock { state in
            state.workers[worker] = Running(deadline: deadline, task: task)
            return state.isAborted
        }
        if isAborted { task.cancel() }
    }

    /// Takes the reconcile of a worker out, and says whether it had been cancelled for being too slow.
    func end(_ worker: Int) -> Bool {
        state.withLock { $0.workers.removeValue(forKey: worker)?.isOverdue ?? false }
    }

    /// Cancels what is overdue; returns the next deadline, nil when there is none.
    func cancelOverdue(now: Duration) -> Duration? {
        let (overdue, next) = state.withLock { state -> ([Running], Duration?) in
            var overdue: [Running] = []
            var next: Duration?
            for (worker, running) in state.workers where !running.isOverdue {
                if running.deadline <= now {
                    state.workers[worker]?.isOverdue = true
                    overdue.append(running)
                } else {
                    next = min(next ?? running.deadline, running.deadline)
                }
            }
            return (overdue, next)
        }
        for running in overdue { running.task.cancel() }
        return next
    }

    /// Cancels everything under way, and everything that begins later.
    func abort() {
        let tasks = state.withLock { state in
            state.isAborted = true
            return state.workers.values.map(\.task)
        }
        for task in tasks { task.cancel() }
    }

    var isAborted: Bool { state.withLock { $0.isAborted } }
}
