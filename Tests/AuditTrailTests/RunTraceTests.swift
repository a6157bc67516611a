// SPDX-License-Identifier: MIT
import AuditTrail
import JSONCoding
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RunTraceTests {
    private static func record(pullRequest: Int? = nil) -> RunRecord {
        RunRecord(
            runUID: "u1", name: "shop-42", namespace: "codex-k8s", correlationID: "c1", repositoryID: 7,
            repository: "acme/shop", issue: 42, kind: "dev", revise: false, agent: "dev", labelEventID: 5,
            reviewID: nil,
            pullRequest: pullRequest, branch: "codex/issue-42", phase: "Succeeded", reason: nil, model: nil,
            reasoningEffort: nil, sessionID: nil)
    }

    private static func event(_ type: AuditEventType, _ payload: JSONValue = [:]) -> RecordedEvent {
        RecordedEvent(
            id: type.rawValue, position: 1, correlationID: "c1", runUID: "u1", attempt: 1, type: type.rawValue, key: "",
            actor: .controller, payload: payload, createdAt: Timestamp(microseconds: 0))
    }

    @Test
    func leadsFromTheIssueToThePullRequest() {
        let trace = RunTrace(
            run: Self.record(),
            events: [
                Self.event(.webhookReceived, ["received_at": "2026-11-22T21:00:00.100000Z"]),
                Self.event(.effectIntended),
                Self.event(.jobCreated, ["created_at": "2026-11-22T21:00:00.323999Z"]),
            ],
            links: [
                TraceLink(.issue, "acme/shop#42", to: .run, "u1"),
                TraceLink(.run, "u1", to: .namespace, "codex-issue-42"),
                TraceLink(.namespace, "codex-issue-42", to: .job, "job-1"),
                TraceLink(.namespace, "codex-issue-42", to: .job, "job-2"),
                TraceLink(.branch, "codex/issue-42", to: .pullRequest, "acme/shop#9"),
            ])
        #expect(
            trace.line == """
                TRACE issue=42 run=shop-42 namespace=codex-issue-42 job=job-2 pull-request=9 events=2 \
                label-to-job-ms=223
                """)
    }

    @Test
    func namesWhatItDoesNotKnow() {
        let trace = RunTrace(run: Self.record(), events: [], links: [])
        #expect(trace.line == "TRACE issue=42 run=shop-42 namespace=- job=- pull-request=- events=0 label-to-job-ms=-")
        #expect(RunTrace(run: Self.record(pullRequest: 3), events: [], links: []).pullRequestNumber == 3)
    }

    @Test
    func fallsBackToTheRecordOfTheJob() {
        let created = Self.event(.jobCreated, ["namespace": "n", "job": "j"])
        let trace = RunTrace(run: Self.record(), events: [created], links: [])
        #expect(trace.namespaceName == "n")
        #expect(trace.jobName == "j")
    }
}

@Suite(.timeLimit(.minutes(1)))
struct AuditEventTests {
    private func event(
        run: String = "u", attempt: Int = 1, type: AuditEventType = .jobCreated, key: String = "",
        payload: JSONValue = [:]
    ) -> AuditEvent {
        AuditEvent(
            correlationID: "c", runUID: run, attempt: attempt, type: type, key: key, actor: .controller,
            payload: payload)
    }

    @Test
    func theIdIsMadeOfWhatTheFactIsAbout() {
        #expect(event().id == event(payload: ["later": true]).id)
        let others = [event(run: "v"), event(attempt: 2), event(type: .jobFinished), event(key: "k")]
        #expect(Set(others.map(\.id) + [event().id]).count == 5)
    }

    @Test
    func theIdNeverChanges() {
        // Records of earlier versions must be found again: this value is part of the stored format.
        #expect(event().id == "7a1e086e-4112-5710-80ed-259a67ef293f")
    }

    @Test(arguments: AuditEventType.allCases)
    func typesFitTheTable(type: AuditEventType) {
        #expect(type.rawValue.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x2E || $0 == 0x5F })
        #expect(type.rawValue.utf8.count <= 128)
    }
}
