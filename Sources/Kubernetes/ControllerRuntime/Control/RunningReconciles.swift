// SPDX-License-Identifier: MIT
import KubernetesAPI
import Synchronization

/// The workers, what each of them has under way, and when that has to be cancelled.
///
/// One watchdog for all of them, and no task a reconcile: what is cancelled is the worker, which ends with its
/// reconcile and is replaced.
final class RunningReconciles: Sendable {
    private struct Worker: Sendable {
        var task: Task<Void, Never>
        /// When the reconcile under way has to be over; nil between two.
        var deadline: Duration?
        var isOverdue = false
    }

    private struct State: Sendable {
        var workers: [Int: Worker] = [:]
        /// Deadlines of workers that began before they were entered.
        var early: [Int: Duration] = [:]
        var isAborted = false
    }

    private let state = Mutex(State())

    /// Enters a worker in place of its predecessor.
    func enter(_ worker: Int, _ task: Task<Void, Never>) {
        let isAborted = state.withLock { state in
            state.workers[worker] = Worker(task: task, deadline: state.early.removeValue(forKey: worker))
            return state.isAborted
        }
        if isAborted { task.cancel() }
    }

    /// Takes out a worker that has ended.
    func leave(_ worker: Int) {
        state.withLock { state in
            state.workers[worker] = nil
            state.early[worker] = nil
        }
    }

    /// Notes that a worker begins a reconcile.
    func begin(_ worker: Int, deadline: Duration) {
        state.withLock { state in
            if state.workers[worker] == nil {
                state.early[worker] = deadline
            } else {
                state.workers[worker]?.deadline = deadline
            }
        }
    }

    /// Notes that a worker's reconcile is over, and says whether the worker was cancelled because that was too slow.
    func end(_ worker: Int) -> Bool {
        state.withLock { state in
            state.early[worker] = nil
            state.workers[worker]?.deadline = nil
            return state.workers[worker]?.isOverdue ?? false
        }
    }

    /// Cancels what is overdue; returns the next deadline, nil when there is none.
    func cancelOverdue(now: Duration) -> Duration? {
        let (overdue, next) = state.withLock { state -> ([Task<Void, Never>], Duration?) in
            var overdue: [Task<Void, Never>] = []
            var next: Duration?
            for (number, worker) in state.workers where !worker.isOverdue {
                guard let deadline = worker.deadline else { continue }
                if deadline <= now {
                    state.workers[number]?.isOverdue = true
                    overdue.append(worker.task)
                } else {
                    next = min(next ?? deadline, deadline)
                }
            }
            return (overdue, next)
        }
        for task in overdue { task.cancel() }
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
