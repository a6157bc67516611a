// SPDX-License-Identifier: MIT
import AuditStore
import AuditTrail
import JSONCoding
import Postgres
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PostgresRunHistoryTests {
    @Test
    func oneOfAHundredWinsALabelEvent() async throws {
        try await withStore(connections: 8) { service, owner in
            let history = PostgresRunHistory(client: service)
            let claims = try await withThrowingTaskGroup(of: (String, LabelEventClaim).self) { group in
                for number in 0..<100 {
                    group.addTask { ("r\(number)", try await history.claim(record("r\(number)"))) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let winners = claims.filter { $0.1 == .granted }.map(\.0)
            #expect(winners.count == 1)
            let winner = try #require(winners.first)
            #expect(claims.filter { $0.0 != winner }.allSatisfy { $0.1 == .takenBy(runUID: winner) })
            let rows = try await owner.query("SELECT run_uid FROM agent_runs")
            #expect(rows.map { $0["run_uid"] } == [winner])
        }
    }

    @Test
    func claimingAgainIsClaimingOnce() async throws {
        try await withStore { service, _ in
            let history = PostgresRunHistory(client: service)
            // The row may be there before the claim, without the event or with it.
            try await history.save(record("a", event: nil))
            #expect(try await history.claim(record("a")) == .granted)
            #expect(try await history.claim(record("a", phase: "Queued")) == .granted)
            #expect(try await history.claim(record("b")) == .takenBy(runUID: "a"))
            try await history.save(record("b", phase: "Rejected"))
            #expect(try await history.claim(record("b")) == .takenBy(runUID: "a"))
            #expect(try await history.claim(record("c", event: nil)) == .granted)
            #expect(try await history.knownLabelEvents([4, 5, 6], repositoryID: 7) == [5])
            #expect(try await history.knownLabelEvents([5], repositoryID: 8) == [])
            #expect(try await history.knownLabelEvents([], repositoryID: 7) == [])
        }
    }

    @Test
    func factsComeWithAClaimThatIsGrantedAndNotWithAnother() async throws {
        try await withStore { service, owner in
            let history = PostgresRunHistory(client: service)
            func recorded() async throws -> [String] {
                try await owner.query("SELECT run_uid, event_type FROM flow_events ORDER BY position").map {
                    "\(try $0.string("run_uid")) \(try $0.string("event_type"))"
                }
            }
            let facts = [fact("a", .labelRequested), fact("a", .runEnqueued)]
            #expect(try await history.claim(record("a"), recording: facts) == .granted)
            #expect(try await recorded() == ["a label.requested", "a run.enqueued"])
            // The same again, and another fact with a claim that is there already.
            #expect(try await history.claim(record("a"), recording: facts + [fact("a", .runQueued)]) == .granted)
            #expect(try await recorded() == ["a label.requested", "a run.enqueued", "a run.queued"])
            #expect(try await history.claim(record("b"), recording: [fact("b", .runEnqueued)]) == .takenBy(runUID: "a"))
            #expect(try await recorded().count == 3)
            // A row that was saved without its event takes the longer way to the same end.
            try await history.save(record("c", event: nil))
            #expect(try await history.claim(record("c", event: 6), recording: [fact("c", .runEnqueued)]) == .granted)
            #expect(try await history.claim(record("d", event: nil), recording: [fact("d", .runEnqueued)]) == .granted)
            #expect(try await recorded().suffix(2) == ["c run.enqueued", "d run.enqueued"])
        }
    }

    @Test
    func theLastStageIsThatOfTheLastAdmission() async throws {
        try await withStore { service, _ in
            let (history, sink) = (PostgresRunHistory(client: service), PostgresAuditSink(client: service))
            #expect(try await history.lastStage(repositoryID: 7, issue: 42) == nil)
            func admit(_ uid: String, _ kind: String, attempt: Int = 1, issue: Int = 42) async throws {
                var record = record(uid, event: nil)
                record.issue = issue
                try await history.save(record)
                let payload: JSONValue = attempt == 1 ? ["kind": .string(kind)] : ["attempt": .integer(Int64(attempt))]
                try await sink.record([
                    AuditEvent(
                        correlationID: uid, runUID: uid, attempt: attempt, type: .runEnqueued, actor: .controller,
                        payload: payload)
                ])
            }
            try await admit("a", "plan")
            try await admit("b", "dev")
            // Another attempt is no other stage, and another issue's is another's.
            try await admit("a", "plan", attempt: 2)
            try await admit("c", "arch", issue: 43)
            #expect(try await history.lastStage(repositoryID: 7, issue: 42) == "dev")
            #expect(try await history.lastStage(repositoryID: 7, issue: 43) == "arch")
            #expect(try await history.lastStage(repositoryID: 8, issue: 42) == nil)
        }
    }

    @Test
    func reviewsAreAnsweredOnce() async throws {
        try await withStore { service, _ in
            let history = PostgresRunHistory(client: service)
            for (uid, review, phase) in [("a", 80, "Rejected"), ("b", 81, "Succeeded"), ("c", 81, "Rejected")] {
                var record = record(uid, event: nil, phase: phase)
                record.reviewID = Int64(review)
                try await history.save(record)
            }
            // Also a rejected run is an answer; of two the first counts.
            let answers = try await history.runs(answering: [80, 81, 82], repositoryID: 7, issue: 42)
            #expect(answers == [80: "a", 81: "b"])
            #expect(try await history.runs(answering: [80], repositoryID: 8, issue: 42).isEmpty)
            #expect(try await history.runs(answering: [80], repositoryID: 7, issue: 43).isEmpty)
            #expect(try await history.runs(answering: [], repositoryID: 7, issue: 42).isEmpty)
        }
    }

    @Test
    func factsComeWithLinks() async throws {
        try await withStore { service, owner in
            let history = PostgresRunHistory(client: service)
            let link = TraceLink(.run, "a", to: .job, "j")
            for _ in 0..<2 { try await history.link([link], runUID: "a", recording: [fact("a", .jobCreated)]) }
            try await history.link([TraceLink(.run, "a", to: .branch, "")], runUID: "a", recording: [fact("a", .runStarted)])
            let types = try await owner.query("SELECT event_type FROM flow_events ORDER BY position").map { $0["event_type"] }
            #expect(types == ["run.job.created", "run.started"])
            #expect(try await owner.query("SELECT 1 FROM links").count == 1)
        }
    }

    @Test
    func rowsThatAreThereAlreadyCompeteAsWell() async throws {
        try await withStore(connections: 8) { service, owner in
            let history = PostgresRunHistory(client: service)
            for number in 0..<50 { try await history.save(record("r\(number)", event: nil)) }
            let granted = try await withThrowingTaskGroup(of: LabelEventClaim.self) { group in
                for number in 0..<50 { group.addTask { try await history.claim(record("r\(number)")) } }
                return try await group.reduce(0) { $0 + ($1 == .granted ? 1 : 0) }
            }
            #expect(granted == 1)
            let rows = try await owner.query("SELECT 1 FROM agent_runs WHERE label_event_id = 5")
            #expect(rows.count == 1)
        }
    }

    @Test
    func savingAddsAndNeverForgets() async throws {
        try await withStore { service, owner in
            let history = PostgresRunHistory(client: service)
            var run = record("a")
            run.pullRequest = 3
            run.branch = "codex/issue-42"
            run.model = "gpt"
            try await history.save(run)
            try await history.save(record("a", event: nil, phase: "Succeeded"))
            let rows = try await history.runs(repositoryID: 7, issue: 42, limit: 5)
            #expect(rows.count == 1)
            #expect(rows.first?.phase == "Succeeded")
            #expect(rows.first?.pullRequest == 3)
            #expect(rows.first?.branch == "codex/issue-42")
            #expect(rows.first?.labelEventID == 5)
            let before = try await owner.query("SELECT xmin FROM agent_runs")
            try await history.save(record("a", event: 5, phase: "Succeeded"))
            let after = try await owner.query("SELECT xmin FROM agent_runs")
            #expect(before[0]["xmin"] == after[0]["xmin"], "a save that changes nothing wrote")
        }
    }

    @Test
    func theNewestRunsComeFirstWithoutTheRejected() async throws {
        try await withStore { service, _ in
            let history = PostgresRunHistory(client: service)
            for (number, phase) in ["Succeeded", "Rejected", "Failed"].enumerated() {
                try await history.save(record("r\(number)", event: Int64(number + 1), phase: phase))
            }
            try await history.save(record("other", event: 9, issue: 43))
            let all = try await history.runs(repositoryID: 7, issue: 42, limit: 10)
            #expect(all.map(\.runUID) == ["r2", "r0"])
            let newest = try await history.runs(repositoryID: 7, issue: 42, limit: 1)
            #expect(newest.map(\.runUID) == ["r2"])
        }
    }

    @Test
    func aPlaceIsTakenOnce() async throws {
        try await withStore(connections: 8) { service, _ in
            let history = PostgresRunHistory(client: service)
            let taken = try await withThrowingTaskGroup(of: (Int, Bool).self) { group in
                for number in 0..<30 {
                    group.addTask { (number, try await history.claimOnce("refusal|7|42", runUID: "r\(number)")) }
                }
                return try await group.reduce(into: []) { if $1.1 { $0.append($1.0) } }
            }
            #expect(taken.count == 1)
            // Whoever has it may ask again: it may have been stopped before it used the place.
            #expect(try await history.claimOnce("refusal|7|42", runUID: "r\(taken[0])"))
            #expect(try await !history.claimOnce("refusal|7|42", runUID: "another"))
        }
    }

    @Test
    func oneTraceLeadsFromIssueToPullRequest() async throws {
        try await withStore { service, _ in
            let history = PostgresRunHistory(client: service)
            let sink = PostgresAuditSink(client: service)
            var run = record("u1")
            run.pullRequest = 9
            run.phase = "Succeeded"
            _ = try await history.claim(run)
            try await history.save(record("u0", event: nil, phase: "Rejected"))
            try await sink.record([
                fact("u1", .webhookReceived, ["received_at": "2026-11-22T21:00:00.100000Z"]),
                fact("u1", .jobCreated, ["created_at": "2026-11-22T21:00:00.350000Z"]),
            ])
            let links = [
                TraceLink(.issue, "acme/shop#42", to: .run, "u1"), TraceLink(.run, "u1", to: .namespace, "n"),
                TraceLink(.namespace, "n", to: .job, "j"), TraceLink(.job, "j", to: .branch, ""),
            ]
            for _ in 0..<2 { try await history.link(links, runUID: "u1") }
            let query = PostgresAuditQuery(client: service)
            let traces = try await query.traces(issue: 42, repository: "Acme/Shop")
            #expect(
                traces.map(\.line) == [
                    "TRACE issue=42 run=run-u1 namespace=n job=j pull-request=9 events=2 label-to-job-ms=250"
                ])
            #expect(traces.first?.links == Array(links.dropLast()))
            #expect(try await query.traces(issue: 42, repository: nil).count == 1)
            #expect(try await query.traces(issue: 42, repository: "acme/other").isEmpty)
        }
    }
}
