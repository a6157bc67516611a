// SPDX-License-Identifier: MIT
import Testing

@testable import ServiceRuntime

@Suite struct BackoffTests {
    @Test func growsByTheFactorUpToTheMaximum() {
        var backoff = Backoff(initial: .seconds(1), factor: 2, maximum: .seconds(5), jitter: 0)
        #expect((0..<5).map { _ in backoff.next() } == [1, 2, 4, 5, 5].map { .seconds($0) })
        #expect(backoff.attempts == 5)
        backoff.reset()
        #expect(backoff.next() == .seconds(1))
        #expect(backoff.attempts == 1)
    }

    @Test func aVeryLongSeriesStaysAtTheMaximum() {
        var backoff = Backoff(initial: .milliseconds(1), factor: 10, maximum: .seconds(60), jitter: 0)
        for _ in 0..<10_000 { _ = backoff.next() }
        #expect(backoff.next() == .seconds(60))
    }

    @Test func jitterStaysInItsRangeAndBelowTheMaximum() {
        var backoff = Backoff(initial: .seconds(1), factor: 1, maximum: .milliseconds(1100), jitter: 0.5)
        let delays = (0..<200).map { _ in backoff.next() }
        #expect(delays.allSatisfy { $0 >= .milliseconds(500) && $0 <= .milliseconds(1100) })
        #expect(Set(delays).count > 100)
    }
}
