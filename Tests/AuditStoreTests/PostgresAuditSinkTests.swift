// SPDX-License-Identifier: MIT
import AuditStore
import AuditTrail
import JSONCoding
import Postgres
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PostgresAuditSinkTests {
    @Test
    func aFactIsThereOnceAndStaysAsItWas() async throws {
        try await withStore { service, _ in
            let sink = PostgresAuditSink(client: service)
            let query = PostgresAuditQuery(client: service)
            let first = fact("r", .jobCreated, ["job": "one"])
            try await sink.record([fact("r", .runEnqueued), first, first])
            try await sink.record([fact("r", .jobCreated, ["job": "two"]), fact("r", .runStarted)])
            try await sink.record([])
            let events = try await query.events(runUID: "r", after: 0, limit: 10)
            #expect(events.map(\.type) == ["run.enqueued", "run.job.created", "run.started"])
            #expect(events[1].payload == ["job": "one"])
            #expect(events[1].id == first.id)
            #expect(events[1].actor == AuditActor(kind: .human, id: "ada"))
            let rest = try await query.events(runUID: "r", after: events[0].position, limit: 1)
            #expect(rest.map(\.type) == ["run.job.created"])
        }
    }

    @Test
    func manyWritersOfTheSameFactsLeaveOne() async throws {
        try await withStore { service, owner in
            let sink = PostgresAuditSink(client: service)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        // In different orders, so that some wait for each other and are stopped by the server.
                        let facts = (0..<30).map { fact("r", .toolCalled, key: "\($0)") }
                        try await sink.record(number.isMultiple(of: 2) ? facts : facts.reversed())
                    }
                }
                try await group.waitForAll()
            }
            let rows = try await owner.query("SELECT count(*) AS n FROM flow_events")
            #expect(try rows[0].int("n") == 30)
        }
    }

    @Test
    func takesWhatPostgresCouldNotHold() async throws {
        try await withStore { service, _ in
            let sink = PostgresAuditSink(client: service)
            let long = String(repeating: "x", count: 100_000)
            try await sink.record([
                AuditEvent(
                    correlationID: "", runUID: "r", attempt: 1, type: .agentStatusReported, key: "a\0b" + long,
                    actor: AuditActor(kind: .agent, id: ""), payload: ["text\0": "a\0b", "list": ["\0", 1.5, nil]]),
                fact("r", .toolCalled, ["big": .string(long)]), fact("r", .toolFailed, "a bare string"),
            ])
            try await sink.record((0..<250).map { fact("many", .toolCalled, key: "\($0)") })
            let query = PostgresAuditQuery(client: service)
            let events = try await query.events(runUID: "r", after: 0, limit: 10)
            #expect(events[0].payload == ["text\u{FFFD}": "a\u{FFFD}b", "list": ["\u{FFFD}", 1.5, nil]])
            #expect(events[0].correlationID == "r")
            #expect(events[0].actor.id == "unknown")
            #expect(events[1].payload["truncated"] == true)
            #expect(events[2].payload == ["value": "a bare string"])
            let many = try await query.events(runUID: "many", after: 0, limit: 1000)
            #expect(many.map(\.key) == (0..<250).map(String.init))
        }
    }

    @Test(arguments: [
        "UPDATE flow_events SET payload = '{}'", "DELETE FROM flow_events", "TRUNCATE flow_events CASCADE",
        "UPDATE flow_event_seals SET seq = 2", "DELETE FROM flow_event_seals", "DELETE FROM token_usage",
    ])
    func whatIsWrittenStays(statement: String) async throws {
        try await withStore { service, owner in
            try await PostgresAuditSink(client: service).record([fact("r", .runStarted)])
            func refusal(_ client: PostgresClient, _ script: String) async -> SQLState? {
                let error = await #expect(throws: PostgresError.self) {
                    try await client.transaction { try await $0.execute(script: script) }
                }
                return error?.sqlState
            }
            // The owner meets the trigger, also while it replays changes; the service has not even the right.
            #expect(await refusal(owner, statement) == .restrictViolation)
            let replaying = "SET LOCAL session_replication_role = replica; \(statement)"
            #expect(await refusal(owner, replaying) == .restrictViolation)
            #expect(await refusal(service, statement) == .insufficientPrivilege)
            let rows = try await owner.query("SELECT 1 FROM flow_events")
            #expect(rows.count == 1)
        }
    }

    @Test
    func theWriterChoosesNeitherTimeNorOrder() async throws {
        try await withStore { service, _ in
            let error = await #expect(throws: PostgresError.self) {
                try await service.execute(
                    """
                    INSERT INTO flow_events (id, correlation_id, run_uid, attempt, actor_type, actor_id, event_type,
                        created_at)
                    VALUES (gen_random_uuid(), 'c', 'r', 1, 'human', 'ada', 'run.started', 'yesterday')
                    """)
            }
            #expect(error?.sqlState == .insufficientPrivilege)
        }
    }
}
