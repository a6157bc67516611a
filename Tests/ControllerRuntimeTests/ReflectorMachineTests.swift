// SPDX-License-Identifier: MIT
import HTTPTypes
import KubernetesClient
import Testing

@testable import ControllerRuntime

@Suite struct ReflectorMachineTests {
    private typealias Failure = ReflectorMachine.Failure

    private func listed() -> ReflectorMachine {
        var machine = ReflectorMachine()
        machine.listed(resourceVersion: "10")
        return machine
    }

    @Test func `list, watch from the list, resume from the last message`() {
        var machine = ReflectorMachine()
        #expect(machine.next(random: 0) == .list)
        machine.listed(resourceVersion: "10")
        #expect(machine.next(random: 0) == .watch(resourceVersion: "10", timeout: .seconds(300)))
        machine.advanced(to: "15")
        machine.advanced(to: "")
        machine.watchEnded(nil, lasted: .seconds(300), messages: 5, random: 0.5)
        #expect(machine.next(random: 1) == .watch(resourceVersion: "15", timeout: .seconds(600)))
    }

    @Test func `watches last between five and ten minutes`() {
        for random in [0, 0.25, 0.5, 0.99] {
            var machine = listed()
            guard case .watch(_, let timeout) = machine.next(random: random) else {
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
        End(name: "ended at once without a message", lasted: .milliseconds(100), waits: true, relists: true),
        End(name: "ended at once with a message", lasted: .milliseconds(100), messages: 1, waits: true, relists: false),
        End(name: "expired", failure: .expired, waits: true, relists: true),
        End(name: "expired after messages", failure: .expired, messages: 9, waits: true, relists: true),
        End(name: "version ahead", failure: .versionTooLarge, waits: true, relists: true),
        End(name: "disconnected", failure: .disconnected, messages: 2, waits: true, relists: false),
        End(name: "disconnected at once", failure: .disconnected, lasted: .zero, waits: true, relists: false),
        End(name: "busy", failure: .busy(retryAfter: .seconds(5)), lasted: .zero, waits: true, relists: false),
        End(name: "refused", failure: .refused, lasted: .zero, waits: true, relists: true),
    ])
    func `how a watch ends decides how it goes on`(end: End) {
        var machine = listed()
        _ = machine.next(random: 0)
        machine.watchEnded(end.failure, lasted: end.lasted, messages: end.messages, random: 0)
        var step = machine.next(random: 0)
        if end.waits {
            guard case .wait(let duration) = step else {
                Issue.record("no wait but \(step)")
                return
            }
            #expect(duration >= .milliseconds(800))
            step = machine.next(random: 0)
        }
        #expect((step == .list) == end.relists)
    }

    @Test func `waits double to thirty seconds, are never shorter than the base, and are spread`() {
        func waits(random: Double) -> [Duration] {
            var machine = ReflectorMachine()
            return (0..<8).map { _ in
                machine.listFailed(.disconnected, random: random)
                guard case .wait(let duration) = machine.next(random: 0) else { return .zero }
                return duration
            }
        }
        #expect(waits(random: 0) == [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30].map { .milliseconds(Int($0 * 1000)) })
        #expect(waits(random: 1) == [1.6, 3.2, 6.4, 12.8, 25.6, 30, 30, 30].map { .milliseconds(Int($0 * 1000)) })
    }

    @Test func `the server's time is the least that is waited`() {
        var machine = ReflectorMachine()
        machine.listFailed(.busy(retryAfter: .seconds(40)), random: 0)
        #expect(machine.next(random: 0) == .wait(.seconds(40)))
    }

    @Test func `a watch that lived ends the row of failures`() {
        var machine = listed()
        for _ in 0..<4 { machine.watchEnded(.disconnected, lasted: .zero, messages: 0, random: 0) }
        #expect(machine.consecutiveFailures == 4)
        machine.watchEnded(.disconnected, lasted: .seconds(60), messages: 0, random: 0)
        #expect(machine.consecutiveFailures == 1)
        #expect(machine.next(random: 0) == .wait(.milliseconds(800)))
    }

    @Test func `a version that leads nowhere is given up after bounded tries`() {
        var machine = listed()
        var watches = 0
        while watches < 100 {
            switch machine.next(random: 0) {
            case .list:
                #expect(watches == 6)
                return
            case .wait: break
            case .watch:
                watches += 1
                machine.watchEnded(.disconnected, lasted: .zero, messages: 0, random: 0)
            }
        }
        Issue.record("it watched for ever")
    }

    @Test func `a failed list is a list again, whatever was known`() {
        var machine = listed()
        machine.watchEnded(.expired, lasted: .zero, messages: 0, random: 0)
        _ = machine.next(random: 0)
        machine.listFailed(.disconnected, random: 0)
        _ = machine.next(random: 0)
        #expect(machine.next(random: 0) == .list)
        #expect(machine.resourceVersion == nil)
    }

    @Test(arguments: [
        (APIError(reason: .expired, message: ""), ReflectorMachine.Failure.expired),
        (APIError(reason: .tooManyRequests, message: "", retryAfter: .seconds(1)), .busy(retryAfter: .seconds(1))),
        (APIError(reason: .serviceUnavailable, message: ""), .disconnected),
        (APIError(reason: .serviceUnavailable, message: "", retryAfter: .seconds(2)), .busy(retryAfter: .seconds(2))),
        (APIError(reason: .transport, message: ""), .disconnected),
        (APIError(reason: .forbidden, message: ""), .refused),
        (APIError(reason: .notFound, message: ""), .refused), (APIError(reason: .badRequest, message: ""), .refused),
        (APIError(reason: .timeout, message: "Too large resource version: 9, current: 3"), .versionTooLarge),
        (APIError(reason: .internalError, message: ""), .disconnected),
        (APIError(reason: .other("HTTP 599"), status: 599, message: ""), .disconnected),
    ])
    func `errors by what they mean`(error: APIError, failure: ReflectorMachine.Failure) {
        #expect(ReflectorMachine.Failure(error) == failure)
    }
}
