// SPDX-License-Identifier: MIT
import AgentControllers
import RunAPITestSupport
import ServiceRuntime
import Testing

@Suite(.timeLimit(.minutes(1))) struct SessionExpiryTests {
    @Test func sessionsGoAfterThirtyDaysAlsoWhenTheStoreWasAway() async throws {
        let (sessions, time) = (MemorySessionStore(), ManualClock())
        sessions.fail(1)
        let expiry = SessionExpiry(sessions: sessions, clock: time, logger: .disabled)
        let running = Task { try await expiry.run() }
        for round in 1...3 {
            await time.waitForSleepers(1)
            // The first look failed, and the next one is an hour later all the same.
            #expect(sessions.expiries.count == round - 1)
            time.advance(by: .seconds(3600))
        }
        running.cancel()
        try await running.value
        #expect(sessions.expiries.allSatisfy { $0 == .seconds(30 * 24 * 3600) })
    }
}
