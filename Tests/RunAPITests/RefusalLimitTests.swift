// SPDX-License-Identifier: MIT
@testable import RunAPI
import ServiceRuntime
import Testing

@Suite struct RefusalLimitTests {
    private let token = Secret("token")

    /// Behind a proxy all pods have one address.
    @Test func aTokenThatWasGoodIsStillAskedAbout() {
        let now = HandClock()
        let limit = RefusalLimit(clock: now.clock)
        limit.noteGood(token)
        for _ in 1...RefusalLimit.most { limit.note("10.0.0.1") }
        #expect(limit.wait("10.0.0.1", token) == nil)
        #expect(limit.wait("10.0.0.1", Secret("other")) == .seconds(60))
        now.advance(seconds: 590)
        for _ in 1...RefusalLimit.most { limit.note("10.0.0.1") }
        #expect(limit.wait("10.0.0.1", token) == nil)
        now.advance(seconds: 10)
        #expect(limit.wait("10.0.0.1", token) == .seconds(50))
    }

    @Test func anAddressHasItsOwnLimitForAWhile() {
        let now = HandClock()
        let limit = RefusalLimit(clock: now.clock)
        for _ in 1..<RefusalLimit.most { limit.note("10.0.0.1") }
        #expect(limit.wait("10.0.0.1", token) == nil)
        now.advance(seconds: 20)
        limit.note("10.0.0.1")
        #expect(limit.wait("10.0.0.1", token) == .seconds(40))
        #expect(limit.wait("10.0.0.2", token) == nil)
        now.advance(seconds: 40)
        #expect(limit.wait("10.0.0.1", token) == nil)
        limit.note("10.0.0.1")
        #expect(limit.wait("10.0.0.1", token) == nil, "it begins to count anew")
    }

    @Test func itIsBounded() {
        let limit = RefusalLimit(clock: HandClock().clock)
        for _ in 1...RefusalLimit.most { limit.note("first") }
        for number in 0..<RefusalLimit.capacity - 1 { limit.note("address-\(number)") }
        #expect(limit.wait("first", token) != nil)
        limit.note("one more")
        #expect(limit.wait("first", token) == nil)
    }
}
