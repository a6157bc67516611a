// SPDX-License-Identifier: MIT
import JSONCoding

@testable import ControllerRuntime

/// Several candidates, one API server with optimistic locking, and a network and clocks that do their worst, in simulated
/// time. Every moment at which a candidate's fence is open is recorded.
struct ElectionSimulation {
    /// A time at which a candidate could have written, in true time.
    struct Reign: Hashable {
        var candidate: Int
        var start: Double
        var end: Double
    }

    private enum Event {
        case begin
        case arrive(request: Int, ElectionMachine.Action)
        case answer(request: Int, ElectionMachine.Answer)
        case stop
    }

    private struct Process {
        var machine: ElectionMachine
        /// Own clocks: another origin, another speed, and a wall clock that is wrong by hours.
        var origin: Double
        var speed: Double
        var wallError: Double
        var request = 0
        var pausedUntil = 0.0
        var isStopping = false
        var reign: Reign?
    }

    private struct Server {
        var lease: ObservedLease?
        var version = 0

        mutating func handle(_ action: ElectionMachine.Action) -> ElectionMachine.Answer {
            switch action {
            case .read: return lease.map { .found($0) } ?? .absent
            case .write(let record, let old):
                guard old?.resourceVersion == lease?.resourceVersion else { return .refused }
                version += 1
                var object: JSONValue = old?.object ?? [:]
                record.write(into: &object)
                object.setValue(.string(String(version)), at: ["metadata", "resourceVersion"])
                lease = ObservedLease(object: object)
                return lease.map { .written($0) } ?? .absent
            case .wait, .lost, .ended: return .failed("no request")
            }
        }
    }

    let timing: ElectionTiming
    private(set) var reigns: [Reign] = []
    private(set) var releases = 0
    private(set) var losses = 0
    private var random: SplitMix
    private var server = Server()
    private var processes: [Process] = []
    private var agenda: [(time: Double, number: Int, process: Int, event: Event)] = []
    private var lastNumber = 0
    private var births = 0
    private var now = 0.0

    init(seed: UInt64, candidates: Int, timing: ElectionTiming) {
        random = SplitMix(state: seed)
        self.timing = timing
        for index in 0..<candidates {
            processes.append(newProcess())
            schedule(Double.random(in: 0...5, using: &random), index, .begin)
        }
    }

    /// Lets so many seconds pass.
    mutating func run(_ seconds: Double) {
        while let next = agenda.indices.min(by: {
            (agenda[$0].time, agenda[$0].number) < (agenda[$1].time, agenda[$1].number)
        }), agenda[next].time <= seconds {
            let (time, _, index, event) = agenda.remove(at: next)
            now = time
            if case .arrive(let request, let action) = event {
                let answer = server.handle(action)
                // One answer in ten is lost.
                if !chance(0.1) { schedule(now + delay(), index, .answer(request: request, answer)) }
            } else if processes[index].pausedUntil > now {
                schedule(processes[index].pausedUntil, index, event)
            } else {
                handle(event, index)
                // Now and then a process stands still, sometimes for longer than a lease lasts.
                if chance(0.03) { processes[index].pausedUntil = now + Double.random(in: 0...40, using: &random) }
            }
        }
        for index in processes.indices { endReign(index, at: seconds) }
    }

    /// Two that could have written at the same moment.
    var overlap: (Reign, Reign)? {
        let sorted = reigns.sorted { $0.start < $1.start }
        for (index, reign) in sorted.enumerated() {
            for other in sorted[(index + 1)...] where other.start < reign.end && other.candidate != reign.candidate {
                return (reign, other)
            }
        }
        return nil
    }

    // MARK: Processes

    private mutating func newProcess() -> Process {
        births += 1
        return Process(
            machine: ElectionMachine(identity: "p\(births)", timing: timing),
            origin: Double.random(in: 0...100_000, using: &random), speed: Double.random(in: 0.9...1.1, using: &random),
            wallError: Double.random(in: -3600...3600, using: &random))
    }

    private func local(_ index: Int) -> Duration {
        .microseconds(Int64((processes[index].origin + now * processes[index].speed) * 1e6))
    }

    private func wall(_ index: Int) -> Timestamp {
        Timestamp(microseconds: Int64((1e9 + processes[index].wallError + now) * 1e6))
    }

    private mutating func handle(_ event: Event, _ index: Int) {
        switch event {
        case .begin:
            if processes[index].isStopping { return }
            perform(processes[index].machine.begin(now: local(index), wall: wall(index)), index)
        case .answer(let request, let answer):
            // An answer after the request's deadline comes to nobody.
            guard request == processes[index].request else { return }
            processes[index].request += 1
            let action = processes[index].machine.handle(
                answer, now: local(index), wall: wall(index), random: Double.random(in: 0...1, using: &random))
            perform(action, index)
        case .stop:
            guard processes[index].machine.isLeading, !processes[index].isStopping else { return }
            processes[index].isStopping = true
            processes[index].request += 1
            // The work has drained: the fence closes before the lease is given up.
            endReign(index, at: now)
            perform(processes[index].machine.release(now: local(index), wall: wall(index)), index)
        case .arrive: break
        }
    }

    private mutating func perform(_ action: ElectionMachine.Action, _ index: Int) {
        reckon(index)
        switch action {
        case .read, .write:
            let request = processes[index].request
            // The network: most requests take a moment, some for ever, and some arrive long after anybody waits.
            if !chance(0.1) { schedule(now + delay(), index, .arrive(request: request, action)) }
            let timeout = timing.requestTimeout / .seconds(1) / processes[index].speed
            schedule(now + timeout, index, .answer(request: request, .failed("no answer")))
        case .wait(let duration):
            if chance(0.02) { schedule(now + Double.random(in: 0...10, using: &random), index, .stop) }
            schedule(now + duration / .seconds(1) / processes[index].speed, index, .begin)
        case .lost:
            losses += 1
            endReign(index, at: now)
            restart(index)
        case .ended(let isReleased):
            if isReleased { releases += 1 }
            restart(index)
        }
    }

    private mutating func restart(_ index: Int) {
        let request = processes[index].request + 1
        processes[index] = newProcess()
        processes[index].request = request
        schedule(now + Double.random(in: 0...3, using: &random), index, .begin)
    }

    // MARK: Reigns

    /// Notes how far the candidate's fence is open now.
    private mutating func reckon(_ index: Int) {
        guard !processes[index].isStopping, let end = processes[index].machine.leadsUntil else { return }
        let process = processes[index]
        let trueEnd = (end / .seconds(1) - process.origin) / process.speed
        guard trueEnd > now else { return }
        if processes[index].reign == nil { processes[index].reign = Reign(candidate: births * 10 + index, start: now, end: now) }
        processes[index].reign?.end = trueEnd
    }

    private mutating func endReign(_ index: Int, at time: Double) {
        guard var reign = processes[index].reign else { return }
        reign.end = min(reign.end, time)
        reigns.append(reign)
        processes[index].reign = nil
    }

    // MARK: Chance

    private mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &random) < probability }

    private mutating func delay() -> Double {
        chance(0.05) ? Double.random(in: 1...30, using: &random) : Double.random(in: 0...0.2, using: &random)
    }

    private mutating func schedule(_ time: Double, _ process: Int, _ event: Event) {
        lastNumber += 1
        agenda.append((time, lastNumber, process, event))
    }
}
