// SPDX-License-Identifier: MIT
import Testing

@testable import ServiceRuntime

@Suite struct ServiceGroupMachineTests {
    private struct Broken: Error {}

    private func running(_ count: Int) -> ServiceGroup.Machine {
        var machine = ServiceGroup.Machine(count: count)
        _ = machine.handle(.started)
        return machine
    }

    @Test func startsInOrder() {
        var machine = ServiceGroup.Machine(count: 3)
        #expect(machine.handle(.started) == [.start(0), .start(1), .start(2)])
    }

    @Test func anEmptyGroupFinishesAtOnce() {
        var machine = ServiceGroup.Machine(count: 0)
        #expect(machine.handle(.started) == [.finish])
        guard case .completed = machine.outcome else { return #expect(Bool(false), "\(machine.outcome)") }
    }

    @Test func aSignalStopsBackwardsOneByOne() {
        var machine = running(3)
        #expect(machine.handle(.signal(.terminate)) == [.startGraceTimer, .cancel(2)])
        #expect(machine.handle(.ended(2, nil)) == [.cancel(1)])
        #expect(machine.handle(.ended(1, CancellationError())) == [.cancel(0)])
        #expect(machine.handle(.ended(0, nil)) == [.finish])
        guard case .completed = machine.outcome else { return #expect(Bool(false), "\(machine.outcome)") }
    }

    @Test func aSecondSignalLeaves() {
        var machine = running(1)
        _ = machine.handle(.signal(.terminate))
        #expect(machine.handle(.signal(.interrupt)) == [.exit(.interrupt)])
    }

    /// The kubelet's request may cross the failure of a service: those that still drain keep their grace period.
    @Test func theFirstSignalAfterAFailureLeavesTheGracePeriodAlone() {
        var machine = running(2)
        #expect(machine.handle(.ended(1, Broken())) == [.startGraceTimer, .cancel(0)])
        #expect(machine.handle(.signal(.terminate)) == [])
        #expect(machine.handle(.signal(.terminate)) == [.exit(.terminate)])
    }

    @Test func askingTwiceToStopIsNoSecondSignal() {
        var machine = running(1)
        #expect(machine.handle(.stopRequested) == [.startGraceTimer, .cancel(0)])
        #expect(machine.handle(.stopRequested) == [])
    }

    @Test func aFailureStopsTheOthersAndIsTheOutcome() {
        var machine = running(3)
        #expect(machine.handle(.ended(1, Broken())) == [.startGraceTimer, .cancel(2)])
        #expect(machine.handle(.ended(2, nil)) == [.cancel(0)])
        #expect(machine.handle(.ended(0, nil)) == [.finish])
        guard case .failed(1, is Broken) = machine.outcome else { return #expect(Bool(false), "\(machine.outcome)") }
    }

    @Test func theErrorOfAServiceThatWasAskedToStopDoesNotCount() {
        var machine = running(1)
        _ = machine.handle(.signal(.terminate))
        #expect(machine.handle(.ended(0, Broken())) == [.finish])
        guard case .completed = machine.outcome else { return #expect(Bool(false), "\(machine.outcome)") }
    }

    @Test func aCancellationNobodyAskedForIsAFailure() {
        var machine = running(1)
        _ = machine.handle(.ended(0, CancellationError()))
        guard case .failed(0, is CancellationError) = machine.outcome else {
            return #expect(Bool(false), "\(machine.outcome)")
        }
    }

    @Test func aServiceThatIsDoneLeavesTheOthersRunning() {
        var machine = running(2)
        #expect(machine.handle(.ended(0, nil)) == [])
        #expect(machine.handle(.ended(1, nil)) == [.finish])
    }

    @Test func aServiceThatEndsWhileAnotherStopsDoesNotHurryTheOrder() {
        var machine = running(3)
        _ = machine.handle(.signal(.terminate))
        #expect(machine.handle(.ended(1, nil)) == [])
        #expect(machine.handle(.ended(2, nil)) == [.cancel(0)])
    }

    @Test func afterTheGracePeriodAllThatAreLeftAreCancelled() {
        var machine = running(3)
        _ = machine.handle(.signal(.terminate))
        #expect(machine.handle(.graceOver) == [.cancel(1), .cancel(0), .startAbandonTimer])
        #expect(machine.handle(.ended(1, nil)) == [])
        #expect(machine.handle(.abandonOver) == [.finish])
        guard case .stuck([0, 2]) = machine.outcome else { return #expect(Bool(false), "\(machine.outcome)") }
    }

    @Test func nothingHappensAfterTheEnd() {
        var machine = running(1)
        _ = machine.handle(.ended(0, nil))
        #expect(machine.handle(.signal(.terminate)) == [])
        #expect(machine.handle(.graceOver) == [])
        #expect(machine.handle(.abandonOver) == [])
    }
}
