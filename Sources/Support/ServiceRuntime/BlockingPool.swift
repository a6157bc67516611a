// SPDX-License-Identifier: MIT
import Dispatch
import Synchronization

/// Runs calls that block (files, libpq, name resolution) away from Swift's cooperative pool.
///
/// The cooperative pool has as many threads as the machine has cores, often one or two in a pod: a single blocked
/// thread there stalls every task. Each worker is a *serial* queue, because only those get a thread of their own on
/// Linux; a concurrent queue shares the threads of the cooperative pool.
package final class BlockingPool: Sendable {
    private typealias Job = @Sendable () -> Void

    private struct State {
        var idle: [Int]
        var waiting: [Job] = []
        var firstWaiting = 0

        /// The next job in order of arrival. The array is emptied in one go, so that taking is O(1) on average.
        mutating func takeWaiting() -> Job? {
            guard firstWaiting < waiting.count else { return nil }
            let job = waiting[firstWaiting]
            firstWaiting += 1
            if firstWaiting == waiting.count {
                waiting.removeAll(keepingCapacity: true)
                firstWaiting = 0
            } else if firstWaiting >= 64, firstWaiting * 2 >= waiting.count {
                waiting.removeFirst(firstWaiting)
                firstWaiting = 0
            }
            return job
        }
    }

    private let queues: [DispatchQueue]
    private let state: Mutex<State>

    /// The pool for short calls without a pool of their own, such as reading a small file.
    package static let shared = BlockingPool(name: "codex-k8s.blocking", width: 4)

    /// Makes a pool of `width` workers, each a thread while it has work.
    package init(name: String, width: Int) {
        precondition(width > 0, "a pool needs a worker")
        queues = (0..<width).map { DispatchQueue(label: "\(name).\($0)") }
        state = Mutex(State(idle: Array((0..<width).reversed())))
    }

    /// Runs `body` on a worker and returns what it returns.
    ///
    /// Jobs start in order of arrival. A job whose task is cancelled before it starts is not run.
    ///
    /// - Throws: what `body` throws; `CancellationError` if the task was cancelled before the job began. A body that
    ///   runs is never interrupted.
    package func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        let isCancelled = Flag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<T, any Error>) in
                submit {
                    guard !isCancelled.isSet else { return continuation.resume(throwing: CancellationError()) }
                    continuation.resume(with: Result { try body() })
                }
            }
        } onCancel: {
            isCancelled.set()
        }
    }

    private func submit(_ job: @escaping Job) {
        let worker = state.withLock { state -> Int? in
            if let worker = state.idle.popLast() { return worker }
            state.waiting.append(job)
            return nil
        }
        if let worker { start(job, on: worker) }
    }

    private func start(_ job: @escaping Job, on worker: Int) {
        queues[worker].async { @Sendable in
            job()
            // One block a job: a worker that looped inside its block would keep what jobs leave in it alive.
            let next = self.state.withLock { state -> Job? in
                if let job = state.takeWaiting() { return job }
                state.idle.append(worker)
                return nil
            }
            if let next { self.start(next, on: worker) }
        }
    }
}

/// A one-way switch that tasks and threads share.
package final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    /// Makes a flag that is not set.
    package init() {}

    /// Whether ``set()`` was called.
    package var isSet: Bool { value.load(ordering: .acquiring) }

    /// Sets the flag; returns whether this call was the one that did it.
    @discardableResult
    package func set() -> Bool {
        !value.exchange(true, ordering: .acquiringAndReleasing)
    }
}
