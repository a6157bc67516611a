// SPDX-License-Identifier: MIT
import AuditTrail
import JSONCoding
import Testing

@testable import AgentControllers

@Suite struct SessionChoiceTests {
    private func stored(_ id: String, by run: String) -> StoredSession {
        StoredSession(id: id, runUID: run, attempt: 1, bytes: 10, savedAt: Timestamp(microseconds: 1))
    }

    @Test(
        arguments: [
            (false, 1, 0, nil), (true, 1, 0, .revision), (false, 2, 0, .continuation), (false, 1, 1, .continuation),
            (true, 2, 0, .revision), (true, 1, 3, .revision),
        ] as [(Bool, Int, Int, SessionChoice.Occasion?)])
    func whenThereMayBeOne(isRevision: Bool, attempt: Int, resumption: Int, expected: SessionChoice.Occasion?) {
        #expect(
            SessionChoice.occasion(isRevision: isRevision, attempt: attempt, resumption: resumption) == expected)
    }

    @Test func whichOneItIs() {
        func choose(_ occasion: SessionChoice.Occasion?, _ latest: StoredSession?) -> String? {
            SessionChoice.session(occasion, latest: latest, runUID: "me")
        }
        #expect(choose(.revision, nil) == nil)
        #expect(choose(.continuation, nil) == nil)
        #expect(choose(nil, stored("s", by: "me")) == nil)
        // A revision goes on with what another run thought; a run that was stopped with its own thoughts alone.
        #expect(choose(.revision, stored("s", by: "other")) == "s")
        #expect(choose(.continuation, stored("s", by: "other")) == nil)
        #expect(choose(.continuation, stored("s", by: "me")) == "s")
        // Unfinished work is of its own run.
        #expect(choose(.continuation, stored("work-me", by: "me")) == "work-me")
        #expect(choose(.revision, stored("work-me", by: "me")) == "work-me")
        #expect(choose(.revision, stored("work-other", by: "other")) == nil)
    }
}
