// SPDX-License-Identifier: MIT
import HTTPTypes
import KubernetesAPI
import KubernetesClient
import Testing

@testable import ControllerRuntime

/// Lists that come as streams, and when pages are taken instead.
@Suite struct ReflectorMachineStreamTests {
    typealias Failure = ReflectorMachine.Failure

    private static let firstPage = ReflectorMachine.Step.list(limit: 500, continueToken: nil)
    private static let fullStream = ReflectorMachine.Step.stream(timeout: .seconds(300), deadline: .seconds(60))

    @Test func `a stream that marks its end goes on as the watch, and a later watch resumes`() {
        var driven = DrivenMachine()
        #expect(driven.step() == Self.fullStream)
        // What comes before the mark is no position to resume from.
        driven.machine.advanced(to: "5")
        #expect(driven.machine.resourceVersion == nil)
        driven.machine.streamCompleted(resourceVersion: "9")
        driven.machine.advanced(to: "12")
        driven.ended(nil, lasted: .seconds(300), messages: 30)
        #expect(driven.step() == .watch(resourceVersion: "12", timeout: .seconds(300)))
        #expect(driven.machine.fallback == nil)
    }

    @Test func `a server that refuses streams is asked for pages at once, and never for a stream again`() {
        var driven = DrivenMachine()
        _ = driven.step()
        driven.ended(.unsupported, lasted: .zero)
        #expect(driven.step() == Self.firstPage)
        #expect(driven.waited == .zero)
        #expect(driven.machine.fallback == .refused)
        for _ in 0..<3 {
            driven.machine.listed(resourceVersion: "9", continueToken: nil)
            _ = driven.step()
            driven.ended(.expired)
            #expect(driven.step() == Self.firstPage)
        }
        #expect(driven.machine.fallback == .refused)
    }

    @Test(arguments: [Failure?.none, .failed, .expired, .versionTooLarge(retryAfter: nil), .disconnected])
    func `three streams without the mark, then pages`(failure: Failure?) {
        var driven = DrivenMachine()
        for _ in 1...3 {
            guard case .stream = driven.step() else {
                Issue.record("no stream")
                return
            }
            driven.ended(failure, lasted: .seconds(5), messages: 7)
        }
        #expect(driven.step() == Self.firstPage)
        #expect(driven.machine.fallback == (failure == nil ? .unmarked(attempts: 3) : .broken(attempts: 3)))
        // Who ends streams in order without marking them does not know the mark; all else may pass.
        driven.machine.listed(resourceVersion: "9", continueToken: nil)
        driven.ended(.expired)
        let step = driven.step()
        #expect(failure == nil ? step == Self.firstPage : step == Self.fullStream)
    }

    @Test func `a minute in all, then pages, and the next list is a stream again`() {
        var driven = DrivenMachine()
        _ = driven.step()
        driven.ended(.disconnected, lasted: .seconds(40), messages: 1)
        guard case .stream(_, let left) = driven.step() else {
            Issue.record("no stream")
            return
        }
        #expect(left == .seconds(20) - driven.waited)
        driven.ended(.tooSlow, lasted: left, messages: 1)
        #expect(driven.step() == Self.firstPage)
        #expect(driven.waited == .zero)
        #expect(driven.machine.fallback == .tooSlow)
        driven.machine.listed(resourceVersion: "9", continueToken: nil)
        #expect(driven.machine.fallback == nil)
        driven.ended(.expired)
        #expect(driven.step() == Self.fullStream)
    }

    @Test(arguments: [Failure.disconnected, .busy(retryAfter: .seconds(2)), .denied, .refused])
    func `what says nothing about streams does not count as a try, but the minute does`(failure: Failure) {
        var driven = DrivenMachine()
        var streams = 0
        while case .stream = driven.step() {
            streams += 1
            driven.ended(failure, lasted: .zero)
        }
        #expect(streams > 3)
        #expect(driven.now >= .seconds(60) && driven.now < .seconds(100))
        #expect(driven.machine.fallback == .tooSlow)
    }

    @Test func `a restored server is followed by a stream too`() {
        var driven = DrivenMachine()
        _ = driven.step()
        driven.machine.streamCompleted(resourceVersion: "100")
        driven.ended(.versionTooLarge(retryAfter: .seconds(1)), lasted: .zero, messages: 1)
        #expect(driven.step() == Self.fullStream)
        #expect(driven.waited >= .seconds(1))
        driven.machine.streamCompleted(resourceVersion: "40")
        #expect(driven.machine.wentBack?.to.text == "40")
    }

    // MARK: Properties

    /// Whatever a server does, the bounds hold: no fast loop, no endless streams, no watch before a complete list, no
    /// watch from another version than the last one seen.
    @Test(arguments: 0..<200) func `bounds hold whatever happens`(seed: UInt64) {
        var random = SeededRandom(seed)
        var driven = DrivenMachine()
        var known: String?
        var version = 10
        var streamsOfThisList = 0
        var streamingSince: Duration?
        var isRefused = false
        var mustWait = false
        var pageSize = 500
        for _ in 0..<400 {
            driven.random = Double.random(in: 0...1, using: &random)
            let step = driven.step()
            #expect((driven.waited >= .milliseconds(800)) == mustWait && (driven.waited == .zero) == !mustWait)
            mustWait = false
            #expect(driven.waited <= .seconds(30) + .seconds(50) + .seconds(30))
            let failure = Self.failures.randomElement(using: &random) ?? nil
            let lasted = Duration.milliseconds(Int.random(in: 0...200_000, using: &random))
            switch step {
            case .wait: break
            case .list(let limit, let token):
                #expect(limit == pageSize || (limit == nil && token == nil))
                known = nil
                if Bool.random(using: &random) {
                    driven.machine.listFailed(failure ?? .failed, random: driven.random)
                    if failure == .tooSlow { pageSize = max(1, pageSize / 4) }
                    mustWait = true
                } else {
                    version += 1
                    let isLast = Bool.random(using: &random) || limit == nil
                    driven.machine.listed(resourceVersion: String(version), continueToken: isLast ? nil : "t\(version)")
                    if isLast {
                        known = String(version)
                        pageSize = 500
                        streamsOfThisList = 0
                        streamingSince = nil
                    }
                }
            case .stream(let timeout, let deadline):
                #expect(!isRefused)
                #expect(timeout >= .seconds(300) && timeout <= .seconds(600))
                known = nil
                streamsOfThisList += 1
                let since = streamingSince ?? driven.now
                streamingSince = since
                #expect(deadline > .zero && driven.now + deadline <= since + .seconds(60))
                if Int.random(in: 0..<4, using: &random) == 0 {
                    version += 1
                    driven.machine.streamCompleted(resourceVersion: String(version))
                    known = String(version)
                    pageSize = 500
                    streamsOfThisList = 0
                    streamingSince = nil
                    driven.ended(nil, lasted: .seconds(400), messages: 3)
                } else {
                    if failure == .unsupported { isRefused = true }
                    mustWait = failure != .unsupported && failure != .tooSlow
                    driven.ended(failure, lasted: min(lasted, deadline), messages: Int.random(in: 0...3, using: &random))
                }
            case .watch(let from, let timeout):
                #expect(from == known)
                #expect(timeout >= .seconds(300) && timeout <= .seconds(600))
                var messages = 0
                if Bool.random(using: &random) {
                    version += 1
                    messages = 1
                    driven.machine.advanced(to: String(version))
                    known = String(version)
                }
                driven.ended(failure, lasted: lasted, messages: messages)
                mustWait = failure != nil || lasted < .seconds(30)
            }
        }
    }

    private static let failures: [Failure?] = [
        nil, .expired, .versionTooLarge(retryAfter: .seconds(1)), .busy(retryAfter: nil),
        .busy(retryAfter: .seconds(50)), .disconnected, .failed, .unsupported, .denied, .refused, .tooSlow,
    ]

    // MARK: Errors

    @Test(arguments: [
        (APIError(reason: .expired, message: ""), Failure.expired),
        (APIError(reason: .tooManyRequests, message: "", retryAfter: .seconds(1)), .busy(retryAfter: .seconds(1))),
        (APIError(reason: .tooManyRequests, message: ""), .busy(retryAfter: nil)),
        (APIError(reason: .serviceUnavailable, message: ""), .failed),
        (APIError(reason: .serviceUnavailable, message: "", retryAfter: .seconds(2)), .busy(retryAfter: .seconds(2))),
        (APIError(reason: .transport, message: ""), .disconnected),
        (APIError(reason: .undecodable, message: ""), .failed), (APIError(reason: .forbidden, message: ""), .denied),
        (APIError(reason: .unauthorized, message: ""), .denied), (APIError(reason: .notFound, message: ""), .refused),
        (APIError(reason: .badRequest, message: ""), .unsupported),
        (APIError(reason: .invalid, message: ""), .unsupported),
        (APIError(reason: .methodNotSupported, message: ""), .unsupported),
        (APIError(reason: .timeout, message: ""), .failed),
        (
            APIError(reason: .timeout, message: "Too large resource version: 9, current: 3", retryAfter: .seconds(1)),
            .versionTooLarge(retryAfter: .seconds(1))
        ), (APIError(reason: .internalError, message: ""), .failed),
        (APIError(reason: .other("HTTP 599"), status: 599, message: ""), .failed),
        (APIError(reason: .other("NotAcceptable"), status: 406, message: ""), .unsupported),
    ])
    func `errors by what they mean`(error: APIError, failure: Failure) {
        #expect(Failure(error) == failure)
    }
}

/// Random numbers that are the same in every run.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
