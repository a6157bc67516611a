// SPDX-License-Identifier: MIT

extension ServiceGroup {
    /// When to start and stop what: pure, so that every order of events can be tested without a task.
    struct Machine {
        /// What happened.
        enum Event {
            /// The group was asked to run.
            case started
            /// Service number n returned, or threw.
            case ended(Int, (any Error)?)
            /// The process got a signal.
            case signal(Signal)
            /// The group's own task was cancelled.
            case stopRequested
            /// The time for stopping one after the other is over.
            case graceOver
            /// The time for services that were all cancelled is over.
            case abandonOver
        }

        /// What to do about it, in order.
        enum Action: Equatable {
            case start(Int)
            case cancel(Int)
            case startGraceTimer
            case startAbandonTimer
            /// Leave the process at once: a person asked twice.
            case exit(Signal)
            case finish
        }

        /// How the group ended, once it did.
        enum Outcome {
            /// Every service returned, or stopped when asked.
            case completed
            /// This service failed before anybody asked it to stop.
            case failed(Int, any Error)
            /// These services did not stop in time.
            case stuck([Int])
        }

        private enum Phase {
            case running, stopping, abandoning, finished
        }

        private let count: Int
        private var phase = Phase.running
        private var alive: Set<Int> = []
        private var cancelled: Set<Int> = []
        private var failure: (Int, any Error)?
        private var hasSeenSignal = false

        init(count: Int) {
            self.count = count
        }

        /// Whether service n was asked to stop, which makes its error unimportant.
        func wasAskedToStop(_ service: Int) -> Bool {
            cancelled.contains(service)
        }

        /// Services that have not returned, in the order of starting.
        var running: [Int] { alive.sorted() }

        /// The result; meaningful after ``Action/finish``.
        var outcome: Outcome {
            if let (service, error) = failure { return .failed(service, error) }
            return alive.isEmpty ? .completed : .stuck(running)
        }

        mutating func handle(_ event: Event) -> [Action] {
            if phase == .finished { return [] }
            switch event {
            case .started:
                alive = Set(0..<count)
                return alive.isEmpty ? finish() : (0..<count).map { .start($0) }
            case .ended(let service, let error):
                return ended(service, error)
            case .signal(let signal):
                // The first is the request to stop, also where a service's failure made the group stop already.
                defer { hasSeenSignal = true }
                if hasSeenSignal { return [.exit(signal)] }
                return phase == .running ? stop() : []
            case .stopRequested:
                return phase == .running ? stop() : []
            case .graceOver:
                guard phase == .stopping else { return [] }
                phase = .abandoning
                let rest = alive.subtracting(cancelled).sorted(by: >)
                cancelled.formUnion(rest)
                return rest.map { .cancel($0) } + [.startAbandonTimer]
            case .abandonOver:
                return phase == .abandoning ? finish() : []
            }
        }

        private mutating func ended(_ service: Int, _ error: (any Error)?) -> [Action] {
            alive.remove(service)
            if let error, failure == nil, !cancelled.contains(service) { failure = (service, error) }
            if alive.isEmpty { return finish() }
            switch phase {
            case .running: return failure == nil ? [] : stop()
            // A service that ended by itself meanwhile must not make two others stop at the same time.
            case .stopping: return alive.isDisjoint(with: cancelled) ? [cancelLast()] : []
            case .abandoning, .finished: return []
            }
        }

        private mutating func stop() -> [Action] {
            phase = .stopping
            return [.startGraceTimer, cancelLast()]
        }

        /// The last one started goes first: what others depend on was started before them.
        private mutating func cancelLast() -> Action {
            guard let last = alive.max() else { preconditionFailure("a group without services has finished") }
            cancelled.insert(last)
            return .cancel(last)
        }

        private mutating func finish() -> [Action] {
            phase = .finished
            return [.finish]
        }
    }
}
