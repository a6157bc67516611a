// SPDX-License-Identifier: MIT
import KubernetesAPI
import Testing

@testable import ControllerRuntime

/// A machine with a time of its own that a test drives.
struct DrivenMachine {
    var machine: ReflectorMachine
    var now = Duration.zero
    var random = 0.0
    private(set) var waited = Duration.zero

    init(_ timing: ReflectorTiming = ReflectorTiming()) { machine = ReflectorMachine(timing: timing) }

    /// A machine that has listed everything up to a version.
    static func listed(_ version: String = "10") -> DrivenMachine {
        var timing = ReflectorTiming()
        timing.streamsLists = false
        var driven = DrivenMachine(timing)
        _ = driven.step()
        driven.machine.listed(resourceVersion: version, continueToken: nil)
        return driven
    }

    /// The next request; waits pass.
    mutating func step() -> ReflectorMachine.Step {
        waited = .zero
        while true {
            let step = machine.next(now: now, random: random)
            guard case .wait(let duration) = step else { return step }
            now += duration
            waited += duration
        }
    }

    mutating func ended(
        _ failure: ReflectorMachine.Failure?, lasted: Duration = .seconds(10), messages: Int = 0
    ) {
        now += lasted
        machine.ended(failure, lasted: lasted, messages: messages, random: random)
    }
}

@Suite struct ReflectorMachineTests {
    typealias Failure = ReflectorMachine.Failure

    private static let firstPage = ReflectorMachine.Step.list(limit: 500, continueToken: nil)

    // MARK: Watching

    @Test func `list, watch from the list, resume from the last message`() {
        var driven = DrivenMachine.listed("10")
        #expect(driven.step() == .watch(resourceVersion: "10", timeout: .seconds(300)))
        driven.machine.advanced(to: "15")
        driven.machine.advanced(to: "")
        driven.random = 1
        driven.ended(nil, lasted: .seconds(300), messages: 5)
        #expect(driven.step() == .watch(resourceVersion: "15", timeout: .seconds(600)))
        #expect(driven.waited == .zero)
    }

    @Test func `watches last between five and ten minutes, spread`() {
        for random in [0, 0.25, 0.5, 0.99, 1] {
            var driven = DrivenMachine.listed()
            driven.random = random
            guard case .watch(_, let timeout) = driven.step() else {
                Issue.record("no watch")
                return
            }
            #expect(timeout == .seconds(300) + .seconds(300) * random)
        }
    }

    struct End: Sendable, CustomTestStringConvertible {
        var name: String
        var failure: ReflectorMachine.Failure?
        var lasted: Duration = .seconds(100)
        var messages = 0
        var waits: Bool
        var relists: Bool
        var testDescription: String { name }
    }

    @Test(arguments: [
        End(name: "time is up", lasted: .seconds(300), messages: 3, waits: false, relists: false),
        End(name: "time is up, nothing happened", lasted: .seconds(300), waits: false, relists: false),
        End(name: "cut each minute by a proxy", lasted: .seconds(60), messages: 1, waits: false, relists: false),
        End(name: "ended early", lasted: .seconds(5), messages: 1, waits: true, relists: false),
        End(name: "ended early without a message", lasted: .seconds(5), waits: true, relists: false),
        End(name: "ended at once without a message", lasted: .milliseconds(1999), waits: true, relists: true),
        End(name: "ended at once with a message", lasted: .milliseconds(100), messages: 1, waits: true, relists: false),
        End(name: "expired", failure: .expired, waits: true, relists: true),
        End(name: "expired after messages", failure: .expired, messages: 9, waits: true, relists: true),
        End(name: "ahead", failure: .versionTooLarge(retryAfter: nil), waits: true, relists: true),
        End(name: "disconnected", failure: .disconnected, messages: 2, waits: true, relists: false),
        End(name: "disconnected at once", failure: .disconnected, lasted: .zero, waits: true, relists: false),
        End(name: "busy", failure: .busy(retryAfter: .seconds(5)), lasted: .zero, waits: true, relists: false),
        End(name: "server error", failure: .failed, lasted: .zero, waits: true, relists: false),
        End(name: "denied", failure: .denied, lasted: .zero, waits: true, relists: false),
        End(name: "no such type", failure: .refused, lasted: .zero, waits: true, relists: true),
        End(name: "unsupported", failure: .unsupported, lasted: .zero, waits: true, relists: true),
    ])
    func `how a watch ends decides how it goes on`(end: End) {
        var driven = DrivenMachine.listed()
        _ = driven.step()
        driven.ended(end.failure, lasted: end.lasted, messages: end.messages)
        let step = driven.step()
        #expect((driven.waited >= .milliseconds(800)) == end.waits)
        #expect((step == Self.firstPage) == end.relists)
        if !end.relists {
            guard case .watch("10", _) = step else {
                Issue.record("it did not resume but \(step)")
                return
            }
        }
    }

    @Test func `a version that the server refuses again and again is given up`() {
        var driven = DrivenMachine.listed()
        for _ in 0..<4 {
            _ = driven.step()
            driven.ended(.failed, lasted: .zero)
        }
        _ = driven.step()
        driven.ended(.failed, lasted: .zero)
        #expect(driven.step() == Self.firstPage)
    }

    @Test func `the second silent watch in a row is followed by a list, the first by another watch`() {
        var driven = DrivenMachine.listed()
        for isListed in [false, true] {
            _ = driven.step()
            driven.ended(.disconnected, lasted: .seconds(75))
            #expect((driven.step() == Self.firstPage) == isListed)
        }
    }

    @Test func `a watch that is resumed after a lost connection and stays silent is followed by a list`() {
        var driven = DrivenMachine.listed()
        _ = driven.step()
        driven.ended(.disconnected, lasted: .seconds(20), messages: 7)
        _ = driven.step()
        driven.ended(.disconnected, lasted: .seconds(75))
        #expect(driven.step() == Self.firstPage)
    }

    @Test(arguments: [Failure.disconnected, .busy(retryAfter: nil), .denied])
    func `a version is kept however long nobody is there`(failure: Failure) {
        var driven = DrivenMachine.listed()
        for _ in 0..<100 {
            guard case .watch("10", _) = driven.step() else {
                Issue.record("the version was given up")
                return
            }
            driven.ended(failure, lasted: .zero)
        }
        #expect(driven.machine.consecutiveFailures == 100)
    }

    @Test func `a message between two refusals is progress`() {
        var driven = DrivenMachine.listed()
        for number in 0..<50 {
            guard case .watch = driven.step() else {
                Issue.record("the version was given up")
                return
            }
            driven.machine.advanced(to: String(20 + number))
            driven.ended(.failed, messages: 1)
        }
    }

    // MARK: Waiting

    @Test func `waits double to thirty seconds, are never shorter than the base, and are spread`() {
        func waits(random: Double) -> [Duration] {
            var driven = DrivenMachine.listed()
            driven.random = random
            return (0..<8).map { _ in
                driven.ended(.disconnected, lasted: .zero)
                _ = driven.step()
                return driven.waited
            }
        }
        #expect(waits(random: 0) == [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30].map { .milliseconds(Int($0 * 1000)) })
        #expect(waits(random: 1) == [1.6, 3.2, 6.4, 12.8, 25.6, 30, 30, 30].map { .milliseconds(Int($0 * 1000)) })
    }

    @Test(arguments: [Failure.busy(retryAfter: .seconds(40)), .versionTooLarge(retryAfter: .seconds(40))])
    func `the server's time is the least that is waited`(failure: Failure) {
        var driven = DrivenMachine.listed()
        driven.ended(failure, lasted: .zero)
        _ = driven.step()
        #expect(driven.waited == .seconds(40))
        driven.random = 1
        driven.ended(failure, lasted: .zero)
        _ = driven.step()
        #expect(driven.waited == .seconds(40) + .milliseconds(1600))
    }

    @Test func `waits begin anew after two minutes without a failure, in one watch or in several`() {
        for parts in [1, 3] {
            var driven = DrivenMachine.listed()
            for _ in 0..<4 { driven.ended(.disconnected, lasted: .zero) }
            _ = driven.step()
            for _ in 1..<parts { driven.ended(nil, lasted: .seconds(120) / parts, messages: 1) }
            driven.ended(.disconnected, lasted: .seconds(120) / parts)
            _ = driven.step()
            #expect(driven.waited == .milliseconds(800))
        }
        var driven = DrivenMachine.listed()
        for _ in 0..<2 { driven.ended(.disconnected, lasted: .zero) }
        _ = driven.step()
        driven.ended(.disconnected, lasted: .seconds(119))
        _ = driven.step()
        #expect(driven.waited == .milliseconds(3200))
    }

    // MARK: Pages

    private func paging() -> DrivenMachine {
        var timing = ReflectorTiming()
        timing.streamsLists = false
        return DrivenMachine(timing)
    }

    @Test func `pages follow each other without a wait, and the watch begins at the list's version`() {
        var driven = paging()
        #expect(driven.step() == Self.firstPage)
        driven.machine.listed(resourceVersion: "7", continueToken: "t1")
        #expect(driven.machine.resourceVersion == nil)
        #expect(driven.step() == .list(limit: 500, continueToken: "t1"))
        driven.machine.listed(resourceVersion: "7", continueToken: nil)
        #expect(driven.step() == .watch(resourceVersion: "7", timeout: .seconds(300)))
    }

    @Test(arguments: [
        (Failure.expired, false), (.busy(retryAfter: nil), true), (.disconnected, true), (.failed, true),
        (.denied, true), (.refused, false), (.unsupported, false), (.versionTooLarge(retryAfter: nil), false),
    ])
    func `a later page that failed is asked for again, unless its list is gone`(failure: Failure, isKept: Bool) {
        var driven = paging()
        _ = driven.step()
        driven.machine.listed(resourceVersion: "7", continueToken: "t1")
        _ = driven.step()
        driven.machine.listFailed(failure, random: 0)
        #expect(driven.step() == (isKept ? .list(limit: 500, continueToken: "t1") : Self.firstPage))
        #expect(driven.waited >= .milliseconds(800))
    }

    @Test func `pages that expire again and again end in a list without pages`() {
        var driven = paging()
        for restart in 1...3 {
            #expect(driven.step() == Self.firstPage, "\(restart)")
            driven.machine.listed(resourceVersion: "7", continueToken: "t")
            _ = driven.step()
            driven.machine.listFailed(.expired, random: 0)
        }
        #expect(driven.step() == .list(limit: nil, continueToken: nil))
        driven.machine.listed(resourceVersion: "9", continueToken: nil)
        // The next list has its own bound.
        driven.ended(.expired)
        #expect(driven.step() == Self.firstPage)
    }

    @Test func `pages that do not come in time get smaller, until the list is complete`() {
        var driven = paging()
        for limit in [500, 125, 31, 7, 1, 1] {
            #expect(driven.step() == .list(limit: limit, continueToken: nil))
            driven.machine.listFailed(.tooSlow, random: 0)
        }
        _ = driven.step()
        driven.machine.listed(resourceVersion: "7", continueToken: "t")
        #expect(driven.step() == .list(limit: 1, continueToken: "t"))
        driven.machine.listFailed(.tooSlow, random: 0)
        #expect(driven.step() == .list(limit: 1, continueToken: "t"), "what came before stays good")
        driven.machine.listed(resourceVersion: "7", continueToken: nil)
        _ = driven.step()
        driven.ended(.expired)
        #expect(driven.step() == Self.firstPage)
    }

    @Test(arguments: [
        Failure.expired, .busy(retryAfter: nil), .disconnected, .failed, .denied, .refused, .unsupported,
        .versionTooLarge(retryAfter: nil),
    ])
    func `a first page that failed is asked for again, for ever`(failure: Failure) {
        var driven = paging()
        for _ in 0..<100 {
            #expect(driven.step() == Self.firstPage)
            driven.machine.listFailed(failure, random: 0)
        }
    }

    // MARK: Going back in time

    @Test func `a list that is older than what was known is taken, and told`() throws {
        var driven = DrivenMachine.listed("100")
        driven.machine.advanced(to: "120")
        driven.ended(.versionTooLarge(retryAfter: .seconds(1)), lasted: .zero)
        #expect(driven.step() == Self.firstPage)
        driven.machine.listed(resourceVersion: "30", continueToken: nil)
        let back = try #require(driven.machine.wentBack)
        #expect(back.from.text == "120" && back.to.text == "30")
        #expect(driven.step() == .watch(resourceVersion: "30", timeout: .seconds(300)))
        driven.ended(.expired)
        _ = driven.step()
        driven.machine.listed(resourceVersion: "31", continueToken: nil)
        #expect(driven.machine.wentBack == nil)
    }
}
