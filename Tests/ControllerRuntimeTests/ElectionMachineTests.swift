// SPDX-License-Identifier: MIT
import JSONCoding
import Testing

@testable import ControllerRuntime

@Suite struct ElectionMachineTests {
    private let wall = Timestamp(microseconds: 1_700_000_000_123_456)

    private func lease(_ holder: String, version: Int, duration: Duration = .seconds(15), transitions: Int = 3)
        -> ObservedLease
    {
        var object: JSONValue = [
            "metadata": ["resourceVersion": .string(String(version)), "labels": ["keep": "me"]],
            "spec": ["preferredHolder": "somebody"],
        ]
        ElectionRecord(
            holder: holder, duration: duration, acquireTime: wall, renewTime: wall, transitions: transitions
        ).write(into: &object)
        return ObservedLease(object: object)
    }

    private func machine() -> ElectionMachine { ElectionMachine(identity: "me", timing: ElectionTiming()) }

    /// A machine that leads since a write that began at zero.
    private func leader() -> ElectionMachine {
        var machine = machine()
        _ = machine.begin(now: .zero, wall: wall)
        _ = machine.handle(.absent, now: .zero, wall: wall, random: 0)
        #expect(
            machine.handle(.written(lease("me", version: 1)), now: .seconds(1), wall: wall, random: 0)
                == .wait(.seconds(2)))
        return machine
    }

    // MARK: Following

    @Test func `nobody's lease is created or taken at once`() throws {
        var machine = machine()
        #expect(machine.begin(now: .zero, wall: wall) == .read)
        guard case .write(let record, over: nil) = machine.handle(.absent, now: .seconds(1), wall: wall, random: 0)
        else { throw Unexpected() }
        #expect(
            record
                == ElectionRecord(
                    holder: "me", duration: .seconds(15), acquireTime: wall, renewTime: wall, transitions: 0))
        #expect(machine.leadsUntil == nil)
        _ = machine.handle(.written(lease("me", version: 1)), now: .seconds(2), wall: wall, random: 0)
        #expect(machine.isLeading)
        // From before the write was sent, not from its answer.
        #expect(machine.leadsUntil == .seconds(11))
    }

    @Test func `a released lease is taken at once and counted`() throws {
        var machine = machine()
        _ = machine.begin(now: .zero, wall: wall)
        let released = lease("", version: 4, duration: .seconds(1))
        guard
            case .write(let record, over: released) = machine.handle(
                .found(released), now: .zero, wall: wall, random: 0)
        else { throw Unexpected() }
        #expect(record.transitions == 4 && record.holder == "me")
    }

    @Test func `another's lease is left alone for as long as it says after it was last seen to change`() throws {
        var machine = machine()
        // By our clock alone: what the record says about times is of another clock.
        let steps: [(now: Int, version: Int, isTaken: Bool)] = [
            (100, 1, false), (104, 1, false), (108, 2, false), (114, 2, false), (122, 2, false), (123, 2, true),
        ]
        for (now, version, isTaken) in steps {
            _ = machine.begin(now: .seconds(now), wall: wall)
            let action = machine.handle(
                .found(lease("other", version: version)), now: .seconds(now), wall: wall, random: 0.5)
            if case .write = action {
                #expect(isTaken, "at \(now)")
            } else {
                #expect(!isTaken && action == .wait(.milliseconds(3200)), "at \(now)")
            }
        }
        #expect(machine.holder == "other")
    }

    @Test func `the lease's own duration counts, not ours`() throws {
        var machine = machine()
        for (now, isTaken) in [(0, false), (59, false), (60, true)] {
            _ = machine.begin(now: .seconds(now), wall: wall)
            let action = machine.handle(
                .found(lease("other", version: 1, duration: .seconds(60))), now: .seconds(now), wall: wall, random: 0)
            if case .write = action { #expect(isTaken) } else { #expect(!isTaken) }
        }
    }

    @Test(arguments: [(0.0, 2000), (0.5, 3200), (1.0, 4400)])
    func `candidates try at different times`(random: Double, milliseconds: Int) {
        var machine = machine()
        for answer in [ElectionMachine.Answer.refused, .failed("no route")] {
            _ = machine.begin(now: .zero, wall: wall)
            #expect(
                machine.handle(answer, now: .zero, wall: wall, random: random) == .wait(.milliseconds(milliseconds)))
        }
    }

    @Test func `an answer that comes after a whole lead is no lead`() {
        var machine = machine()
        _ = machine.begin(now: .zero, wall: wall)
        _ = machine.handle(.absent, now: .zero, wall: wall, random: 0)
        // The process stood still between sending and hearing.
        #expect(machine.handle(.written(lease("me", version: 1)), now: .seconds(10), wall: wall, random: 0) == .read)
        #expect(!machine.isLeading && machine.leadsUntil == nil)
    }

    // MARK: Leading

    @Test func `a leader renews without looking, and keeps when it took the lease`() throws {
        var machine = leader()
        let later = wall.adding(.seconds(2))
        guard case .write(let record, over: let old?) = machine.begin(now: .seconds(3), wall: later) else {
            throw Unexpected()
        }
        #expect(old == lease("me", version: 1))
        #expect(record.acquireTime == wall && record.renewTime == later && record.transitions == 3)
        #expect(
            machine.handle(.written(lease("me", version: 2)), now: .seconds(7), wall: later, random: 0)
                == .wait(.seconds(2)))
        #expect(machine.leadsUntil == .seconds(13))
        #expect(machine.slowRenewals == 0)
    }

    @Test func `a renewal that failed is tried once more after looking`() throws {
        for answer in [ElectionMachine.Answer.refused, .failed("reset")] {
            var machine = leader()
            _ = machine.begin(now: .seconds(3), wall: wall)
            #expect(machine.handle(answer, now: .seconds(4), wall: wall, random: 0) == .read)
            #expect(machine.slowRenewals == 1)
            guard
                case .write = machine.handle(.found(lease("me", version: 9)), now: .seconds(4), wall: wall, random: 0)
            else { throw Unexpected() }
            #expect(machine.handle(.failed("reset"), now: .seconds(5), wall: wall, random: 0) == .wait(.seconds(2)))
            #expect(machine.isLeading && machine.leadsUntil == .seconds(10))
        }
    }

    @Test func `a leader waits no longer than it may lead`() {
        var machine = leader()
        _ = machine.begin(now: .seconds(9), wall: wall)
        _ = machine.handle(.failed("reset"), now: .seconds(9), wall: wall, random: 0)
        #expect(machine.handle(.failed("reset"), now: .milliseconds(9400), wall: wall, random: 0) == .wait(.milliseconds(600)))
        guard case .lost(let reason) = machine.begin(now: .seconds(10), wall: wall) else {
            Issue.record("still leads")
            return
        }
        #expect(reason == "it was not renewed within 10.0 seconds: reset")
        #expect(machine.leadsUntil == nil)
    }

    @Test func `a success that comes too late does not bring the lead back`() {
        var machine = leader()
        _ = machine.begin(now: .seconds(9), wall: wall)
        guard
            case .lost = machine.handle(
                .written(lease("me", version: 2)), now: .milliseconds(10_001), wall: wall, random: 0)
        else {
            Issue.record("still leads")
            return
        }
        #expect(machine.begin(now: .seconds(11), wall: wall) == .ended(released: false))
    }

    @Test(arguments: ["other", ""])
    func `whoever sees another's name in the lease stops at once`(holder: String) {
        var machine = leader()
        _ = machine.begin(now: .seconds(3), wall: wall)
        _ = machine.handle(.refused, now: .seconds(3), wall: wall, random: 0)
        guard case .lost = machine.handle(.found(lease(holder, version: 5)), now: .seconds(3), wall: wall, random: 0)
        else {
            Issue.record("still leads")
            return
        }
        #expect(machine.leadsUntil == nil)
    }

    // MARK: Releasing

    @Test func `a release leaves an empty holder and a short duration, and what others wrote`() throws {
        var machine = leader()
        guard case .write(let record, over: let old?) = machine.release(now: .seconds(3), wall: wall) else {
            throw Unexpected()
        }
        #expect(record.holder == "" && record.duration == .seconds(1) && record.transitions == 3)
        var object = old.object
        record.write(into: &object)
        #expect(object.at("spec", "preferredHolder") == "somebody")
        #expect(object.at("metadata", "labels", "keep") == "me")
        #expect(object.at("spec", "renewTime") == "2023-11-14T22:13:20.123456Z")
        #expect(
            machine.handle(.written(lease("", version: 2)), now: .seconds(3), wall: wall, random: 0)
                == .ended(released: true))
        #expect(machine.begin(now: .seconds(4), wall: wall) == .ended(released: false))
    }

    @Test func `a release over a renewal whose answer was lost looks once`() throws {
        var machine = leader()
        _ = machine.release(now: .seconds(3), wall: wall)
        #expect(machine.handle(.refused, now: .seconds(3), wall: wall, random: 0) == .read)
        guard case .write = machine.handle(.found(lease("me", version: 8)), now: .seconds(3), wall: wall, random: 0)
        else { throw Unexpected() }
        #expect(machine.handle(.refused, now: .seconds(3), wall: wall, random: 0) == .ended(released: false))
    }

    @Test func `nothing is released by who does not lead any more`() {
        var candidate = machine()
        #expect(candidate.release(now: .zero, wall: wall) == .ended(released: false))
        var late = leader()
        #expect(late.release(now: .seconds(10), wall: wall) == .ended(released: false))
        var other = leader()
        _ = other.release(now: .seconds(3), wall: wall)
        _ = other.handle(.refused, now: .seconds(3), wall: wall, random: 0)
        #expect(
            other.handle(.found(lease("other", version: 8)), now: .seconds(3), wall: wall, random: 0)
                == .ended(released: false))
    }

    @Test func `a damaged lease is nobody's`() {
        let record = ElectionRecord(spec: ["holderIdentity": 7, "leaseDurationSeconds": "x", "renewTime": "yesterday"])
        #expect(record == ElectionRecord())
    }

    @Test func `times that would let two lead are refused`() {
        #expect(ElectionTiming().problem == nil)
        #expect(ElectionTiming().requestTimeout == .seconds(5))
        #expect(ElectionTiming(renewDeadline: .milliseconds(1500)).requestTimeout == .seconds(1))
        for timing in [
            ElectionTiming(leaseDuration: .seconds(10)), ElectionTiming(renewDeadline: .seconds(2)),
            ElectionTiming(retryPeriod: .zero), ElectionTiming(leaseDuration: .milliseconds(900)),
        ] { #expect(timing.problem != nil) }
    }

    // MARK: Everything at once

    @Test(arguments: 0..<150)
    func `no two can ever write at the same moment`(seed: UInt64) {
        var simulation = ElectionSimulation(
            seed: seed, candidates: seed.isMultiple(of: 2) ? 2 : 3, timing: ElectionTiming())
        simulation.run(1500)
        #expect(simulation.overlap == nil, "\(String(describing: simulation.overlap))")
        // It did happen: leads began, were given up and were lost.
        #expect(simulation.reigns.count > 5)
        #expect(simulation.reigns.map { $0.end - $0.start }.reduce(0, +) > 100)
    }

    @Test func `the simulation finds two leaders where the times are wrong`() {
        let wrong = ElectionTiming(leaseDuration: .seconds(6), renewDeadline: .seconds(10))
        let found = (0..<20).count { seed in
            var simulation = ElectionSimulation(seed: UInt64(seed), candidates: 3, timing: wrong)
            simulation.run(1500)
            return simulation.overlap != nil
        }
        #expect(found > 10)
    }

    private struct Unexpected: Error {}
}
