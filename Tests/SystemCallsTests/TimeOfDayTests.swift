// SPDX-License-Identifier: MIT
import FoundationEssentials
import SystemCalls
import Testing

@Suite struct TimeOfDayTests {
    @Test func agreesWithFoundation() {
        let before = Int64(Date().timeIntervalSince1970 * 1_000_000)
        let time = TimeOfDay.microsecondsSince1970
        let after = Int64(Date().timeIntervalSince1970 * 1_000_000)
        // A double holds the present to a quarter of a microsecond; the clock may also be set meanwhile, but hardly.
        #expect((before - 1...after + 1).contains(time))
    }
}
