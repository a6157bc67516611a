// SPDX-License-Identifier: MIT
import Glibc

/// Runs the parts of a process together and stops them in order.
///
/// Services start in the order given, so that what others need comes first. The group stops when a signal arrives,
/// when its own task is cancelled, or when a service fails. Stopping goes backwards, one service at a time: the task
/// of the last is cancelled and awaited, then the one before it. When the grace period is over all that are left are
/// cancelled at once; those that still do not return are named in an error and left behind, because the process is
/// about to end. A second signal ends the process immediately with status 128 + number; the first never does, also when
/// the group is stopping already because a service failed.
///
/// A service that returns without an error is simply done; when all are, the group returns.
package struct ServiceGroup: Service {
    private let services: [(name: String, service: any Service)]
    private let gracePeriod: Duration
    private let abandonPeriod: Duration
    private let clock: any Clock<Duration>
    private let logger: Logger
    private let signals: @Sendable () async -> AsyncStream<Signal>
    private let exit: @Sendable (Int32) -> Void

    /// Describes a group; nothing starts before ``run()``.
    ///
    /// - Parameters:
    ///   - services: name and service, in the order of starting.
    ///   - gracePeriod: the time for stopping in order. Keep it below the pod's `terminationGracePeriodSeconds`.
    ///   - abandonPeriod: the further time for services that ignored the grace period.
    ///   - signals: what asks the process to stop.
    ///   - logger: says what starts, stops and fails.
    package init(
        _ services: [(name: String, any Service)], gracePeriod: Duration = .seconds(20),
        abandonPeriod: Duration = .seconds(5), signals: [Signal] = [.terminate, .interrupt], logger: Logger
    ) {
        self.init(
            services, gracePeriod: gracePeriod, abandonPeriod: abandonPeriod, clock: ContinuousClock(), logger: logger,
            signals: { await SignalSequence(signals).stream }, exit: { _exit($0) })
    }

    /// The same with the clock, the signals and the way out given, for tests.
    init(
        _ services: [(name: String, any Service)], gracePeriod: Duration, abandonPeriod: Duration,
        clock: any Clock<Duration>, logger: Logger, signals: @escaping @Sendable () async -> AsyncStream<Signal>,
        exit: @escaping @Sendable (Int32) -> Void
    ) {
        self.services = services.map { (name: $0.0, service: $0.1) }
        self.gracePeriod = gracePeriod
        self.abandonPeriod = abandonPeriod
        self.clock = clock
        self.logger = logger
        self.signals = signals
        self.exit = exit
    }

    /// Runs until every service ended.
    ///
    /// - Throws: the error of the service that failed first, unless it had been asked to stop; ``ServiceGroupError`` if
    ///   services did not stop in time.
    package func run() async throws {
        // Writing to a peer that went away must be an error of that write, not the end of the process.
        _ = Glibc.signal(SIGPIPE, SIG_IGN)
        let (events, continuation) = AsyncStream.makeStream(of: Machine.Event.self)
        continuation.yield(.started)
        // In a task of its own: the group must go on reading events after its own task was cancelled.
        let driver = Task { try await self.drive(events, continuation) }
        try await withTaskCancellationHandler {
            try await driver.value
        } onCancel: {
            continuation.yield(.stopRequested)
        }
    }

    private func drive(
        _ events: AsyncStream<Machine.Event>, _ continuation: AsyncStream<Machine.Event>.Continuation
    ) async throws {
        // Caught before the first service starts, so that none can be stopped half-way through its start.
        let caught = await signals()
        var helpers = [
            Task {
                for await signal in caught { continuation.yield(.signal(signal)) }
            }
        ]
        defer { for helper in helpers { helper.cancel() } }
        var tasks: [Int: Task<Void, Never>] = [:]
        var machine = Machine(count: services.count)
        for await event in events {
            report(event, machine)
            for action in machine.handle(event) {
                switch action {
                case .start(let index):
                    logger.debug("service starts", ["service": services[index].name])
                    tasks[index] = start(index, continuation)
                case .cancel(let index):
                    logger.info("service is asked to stop", ["service": services[index].name])
                    tasks[index]?.cancel()
                case .startGraceTimer:
                    helpers.append(timer(gracePeriod, .graceOver, continuation))
                case .startAbandonTimer:
                    helpers.append(timer(abandonPeriod, .abandonOver, continuation))
                case .exit(let signal):
                    logger.warning("second signal, leaving at once", ["signal": "\(signal)"])
                    exit(128 + signal.rawValue)
                case .finish:
                    return try conclude(machine.outcome)
                }
            }
        }
    }

    private func start(_ index: Int, _ continuation: AsyncStream<Machine.Event>.Continuation) -> Task<Void, Never> {
        let service = services[index].service
        return Task {
            do {
                try await service.run()
                continuation.yield(.ended(index, nil))
            } catch {
                continuation.yield(.ended(index, error))
            }
        }
    }

    private func timer(
        _ duration: Duration, _ event: Machine.Event, _ continuation: AsyncStream<Machine.Event>.Continuation
    ) -> Task<Void, Never> {
        Task {
            guard (try? await clock.sleep(for: duration)) != nil else { return }
            continuation.yield(event)
        }
    }

    private func conclude(_ outcome: Machine.Outcome) throws {
        switch outcome {
        case .completed: return
        case .failed(_, let error): throw error
        case .stuck(let indices): throw ServiceGroupError(stuck: indices.map { services[$0].name })
        }
    }

    private func report(_ event: Machine.Event, _ machine: Machine) {
        switch event {
        case .signal(let signal):
            logger.info("signal received", ["signal": "\(signal)"])
        case .ended(let index, nil):
            logger.debug("service ended", ["service": services[index].name])
        case .ended(_, is CancellationError):
            break
        case .ended(let index, let error?) where machine.wasAskedToStop(index):
            logger.warning("service stopped with an error", ["service": services[index].name, "error": "\(error)"])
        case .ended(let index, let error?):
            logger.error("service failed", ["service": services[index].name, "error": "\(error)"])
        case .graceOver:
            logger.warning("grace period is over, stopping all that is left")
        case .abandonOver:
            let names = machine.running.map { services[$0].name }.joined(separator: ", ")
            logger.error("services did not stop and are left behind", ["services": "\(names)"])
        case .started, .stopRequested:
            break
        }
    }
}

/// Services that were asked to stop and did not.
package struct ServiceGroupError: Error, Equatable, CustomStringConvertible {
    /// Their names, in the order of starting.
    package let stuck: [String]

    /// One line for the log.
    package var description: String {
        "did not stop within the grace period: \(stuck.joined(separator: ", "))"
    }
}
