// SPDX-License-Identifier: MIT
import Testing

@testable import ServiceRuntime

@Suite(.timeLimit(.minutes(1))) struct ManualClockTests {
    @Test func sleepersWakeWhenTheClockPassesTheirDeadline() async throws {
        let clock = ManualClock()
        let short = Task { try await clock.sleep(for: .seconds(1)) }
        let long = Task { try await clock.sleep(for: .seconds(10)) }
        await clock.waitForSleepers(2)
        clock.advance(by: .seconds(1))
        try await short.value
        long.cancel()
        await #expect(throws: CancellationError.self) { try await long.value }
        try await clock.sleep(until: clock.now, tolerance: nil)
    }

    @Test func aCancelledTaskDoesNotSleep() async {
        let clock = ManualClock()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await clock.sleep(for: .seconds(1))
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func aDeadlineCancelsItsBody() async throws {
        let clock = ManualClock()
        let task = Task {
            try await withDeadline(.seconds(3), for: "the answer", clock: clock) {
                try await clock.sleep(for: .seconds(60))
                return 1
            }
        }
        await clock.waitForSleepers(2)
        clock.advance(by: .seconds(3))
        await #expect(throws: DeadlineExceeded(subject: "the answer", limit: .seconds(3))) { try await task.value }
        #expect(try await withDeadline(.seconds(3), for: "nothing", clock: clock) { 7 } == 7)
    }
}
