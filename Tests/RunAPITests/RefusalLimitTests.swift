// SPDX-License-Identifier: MIT
@testable import RunAPI
import Testing

@Suite struct RefusalLimitTests {
    @Test func anAddressHasItsOwnLimitForAWhile() {
        let now = HandClock()
        let limit = RefusalLimit(clock: now.clock)
        for _ in 1..<RefusalLimit.most { limit.note("10.0.0.1") }
        #expect(limit.wait("10.0.0.1") == nil)
        now.advance(seconds: 20)
        limit.note("10.0.0.1")
        #expect(limit.wait("10.0.0.1") == .seconds(40))
        #expect(limit.wait("10.0.0.2") == nil)
        now.advance(seconds: 40)
        #expect(limit.wait("10.0.0.1") == nil)
        limit.note("10.0.0.1")
        #expect(limit.wait("10.0.0.1") == nil, "it begins to count anew")
    }

    @Test func itIsBounded() {
        let limit = RefusalLimit(clock: HandClock().clock)
        for _ in 1...RefusalLimit.most { limit.note("first") }
        for number in 0..<RefusalLimit.capacity - 1 { limit.note("address-\(number)") }
        #expect(limit.wait("first") != nil)
        limit.note("one more")
        #expect(limit.wait("first") == nil)
    }
}
