// SPDX-License-Identifier: MIT
import AgentAPI
import AuditStore
import AuditTrail
import JSONCoding
import Postgres
import Testing

private let limit = 1 << 20

private func owner(
    _ run: String, attempt: Int = 1, pod: Int64 = 1000, issue: Int = 42, agent: String = "dev",
    branch: String = "codex/issue-42"
) -> SessionOwner {
    SessionOwner(
        scope: SessionScope(repositoryID: 7, issue: issue, agent: agent), runUID: run, attempt: attempt,
        podCreated: Timestamp(microseconds: pod * 1_000_000), branch: branch, model: "m-1", reasoningEffort: "low")
}

private func chunk(_ digit: Character, bytes: Int = 3) -> SessionChunk {
    SessionChunk(
        sha256: String(repeating: digit, count: 64), rawBytes: bytes,
        content: [0, 1, 2, digit.asciiValue ?? 0, 255])
}

private func manifest(_ sequence: Int64, _ chunks: [SessionChunk], size: Int? = nil) -> SessionManifest {
    SessionManifest(
        sequence: sequence,
        files: [
            .init(
                path: "2026/rollout.jsonl", size: size ?? chunks.reduce(0) { $0 + $1.rawBytes },
                sha256: String(repeating: "f", count: 64), chunks: chunks.map(\.sha256))
        ])
}

/// A store on a database with the runs `a` and, after it, `b`.
private func withSessions(
    _ body: (_ store: PostgresSessionStore, _ owner: PostgresClient, _ service: PostgresClient) async throws -> Void
) async throws {
    try await withStore { service, database in
        let history = PostgresRunHistory(client: service)
        try await history.save(record("a", event: nil))
        try await history.save(record("b", event: nil))
        try await body(PostgresSessionStore(client: service), database, service)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct PostgresSessionStoreTests {
    @Test func aSnapshotIsThereWhenItsManifestIs() async throws {
        try await withSessions { store, database, _ in
            let (run, scope) = (owner("a"), owner("a").scope)
            let wanted = manifest(1, [chunk("1"), chunk("2")])
            #expect(try await store.putChunk(chunk("1"), session: "s", owner: run, limit: limit) == .stored)
            #expect(
                try await store.commit(wanted, session: "s", owner: run, limit: limit)
                    == .incomplete(missing: [chunk("2").sha256]))
            // Nothing of it can be restored yet.
            #expect(try await store.manifest(session: "s", scope: scope) == nil)
            #expect(try await store.chunk(chunk("1").sha256, session: "s", scope: scope) == nil)
            #expect(try await store.latest(scope: scope, branch: run.branch) == nil)
            for _ in 1...2 {
                #expect(try await store.putChunk(chunk("2"), session: "s", owner: run, limit: limit) == .stored)
                #expect(try await store.commit(wanted, session: "s", owner: run, limit: limit) == .committed)
            }
            #expect(try await store.manifest(session: "s", scope: scope) == wanted)
            #expect(try await store.chunk(chunk("2").sha256, session: "s", scope: scope) == chunk("2"))
            let latest = try #require(try await store.latest(scope: scope, branch: run.branch))
            #expect(latest.id == "s" && latest.runUID == "a" && latest.attempt == 1 && latest.bytes == 6)
            // Chunks that the next snapshot does not name go.
            _ = try await store.putChunk(chunk("3"), session: "s", owner: run, limit: limit)
            #expect(
                try await store.commit(manifest(2, [chunk("2"), chunk("3")]), session: "s", owner: run, limit: limit)
                    == .committed)
            let kept = try await database.query("SELECT sha256 FROM session_chunks ORDER BY 1").map { $0["sha256"] }
            #expect(kept == [chunk("2").sha256, chunk("3").sha256])
            try await store.delete(session: "s")
            #expect(try await database.query("SELECT FROM session_chunks").isEmpty)
            #expect(try await store.manifest(session: "s", scope: scope) == nil)
        }
    }

    @Test func theLaterOneIsRight() async throws {
        try await withSessions { store, _, _ in
            let scope = owner("a").scope
            _ = try await store.putChunk(chunk("1"), session: "s", owner: owner("a"), limit: limit)
            // In the order in which they come: who says so, the number of the snapshot, what becomes of it.
            let steps: [(SessionOwner, Int64, CommitOutcome)] = [
                (owner("a", attempt: 1, pod: 10), 5, .committed),
                (owner("a", attempt: 1, pod: 10), 4, .superseded),
                (owner("a", attempt: 1, pod: 10), 6, .committed),
                // A pod that came later begins to count anew; the one before it is too late.
                (owner("a", attempt: 1, pod: 20), 1, .committed),
                (owner("a", attempt: 1, pod: 10), 7, .superseded),
                (owner("a", attempt: 2, pod: 15), 1, .committed),
                (owner("a", attempt: 1, pod: 30), 9, .superseded),
                // A later run, whatever its attempt.
                (owner("b", attempt: 1, pod: 40), 1, .committed),
                (owner("a", attempt: 2, pod: 50), 9, .superseded),
                (owner("b", attempt: 1, pod: 40), 1, .committed),
            ]
            for (number, step) in steps.enumerated() {
                let outcome = try await store.commit(
                    manifest(step.1, [chunk("1")]), session: "s", owner: step.0, limit: limit)
                #expect(outcome == step.2, "step \(number)")
            }
            #expect(try await store.manifest(session: "s", scope: scope)?.sequence == 1)
            #expect(try await store.latest(scope: scope, branch: "codex/issue-42")?.runUID == "b")
        }
    }

    @Test func anotherIssueOrAgentSeesNothing() async throws {
        try await withSessions { store, _, _ in
            _ = try await store.putChunk(chunk("1"), session: "s", owner: owner("a"), limit: limit)
            #expect(
                try await store.commit(manifest(1, [chunk("1")]), session: "s", owner: owner("a"), limit: limit)
                    == .committed)
            for stranger in [owner("b", issue: 43), owner("b", agent: "qa")] {
                #expect(try await store.manifest(session: "s", scope: stranger.scope) == nil)
                #expect(try await store.chunk(chunk("1").sha256, session: "s", scope: stranger.scope) == nil)
                #expect(try await store.latest(scope: stranger.scope, branch: "codex/issue-42") == nil)
                #expect(try await store.putChunk(chunk("2"), session: "s", owner: stranger, limit: limit) == .foreign)
                #expect(try await store.putChunk(chunk("1"), session: "s", owner: stranger, limit: limit) == .foreign)
                #expect(
                    try await store.commit(manifest(9, []), session: "s", owner: stranger, limit: limit) == .foreign)
            }
            #expect(try await store.latest(scope: owner("a").scope, branch: "codex/issue-42-qa") == nil)
            #expect(try await store.manifest(session: "s", scope: owner("a").scope)?.sequence == 1)
        }
    }

    @Test func theSessionSavedLastIsGoneOnWith() async throws {
        try await withSessions { store, _, _ in
            for (session, run) in [("fresh", owner("b", pod: 30)), ("old", owner("a", attempt: 3, pod: 90))] {
                let outcome = try await store.commit(manifest(1, []), session: session, owner: run, limit: limit)
                #expect(outcome == .committed)
            }
            // The later run counts, not the later moment.
            let latest = try await store.latest(scope: owner("a").scope, branch: "codex/issue-42")
            #expect(latest?.id == "fresh")
        }
    }

    @Test func boundsAreHeld() async throws {
        try await withSessions { store, database, _ in
            let run = owner("a")
            let refusals = [
                try await store.commit(manifest(1, [chunk("1")], size: 4), session: "x", owner: run, limit: 3),
                try await store.commit(manifest(-1, []), session: "x", owner: run, limit: 3),
            ]
            for refusal in refusals {
                guard case .refused = refusal else { Issue.record("\(refusal)"); continue }
            }
            // A file that is not what its chunks are.
            _ = try await store.putChunk(chunk("1"), session: "x", owner: run, limit: limit)
            let wrong = try await store.commit(
                manifest(1, [chunk("1")], size: 2), session: "x", owner: run, limit: limit)
            #expect(wrong == .refused("2026/rollout.jsonl: its chunks have 3 bytes, not 2"))
            // Two snapshots' worth is kept, and no more.
            try await database.execute(
                """
                INSERT INTO session_chunks (session_id, sha256, raw_bytes, content)
                SELECT 'x', lpad(to_hex(n), 64, '0'), 1048576, '\\x00' FROM generate_series(1, 65) AS n
                """)
            guard
                case .full = try await store.putChunk(
                    chunk("2", bytes: 1 << 20), session: "x", owner: run, limit: 1 << 20)
            else {
                Issue.record("a chunk beyond the bound was kept"); return
            }
            #expect(
                try await store.putChunk(chunk("2", bytes: 1 << 20), session: "x", owner: run, limit: 2 << 20)
                    == .stored)
            // A run begins only so many.
            for number in 1...31 {
                #expect(
                    try await store.commit(manifest(1, []), session: "n\(number)", owner: run, limit: limit)
                        == .committed)
            }
            guard case .full = try await store.putChunk(chunk("1"), session: "one-more", owner: run, limit: limit),
                case .refused = try await store.commit(manifest(1, []), session: "one-more", owner: run, limit: limit)
            else { Issue.record("a run began too many sessions"); return }
        }
    }

    @Test func oldSessionsGo() async throws {
        try await withSessions { store, database, _ in
            for session in ["old", "new"] {
                _ = try await store.putChunk(chunk("1"), session: session, owner: owner("a"), limit: limit)
                _ = try await store.commit(manifest(1, [chunk("1")]), session: session, owner: owner("a"), limit: limit)
            }
            for session in ["empty-old", "empty-new"] {
                _ = try await store.putChunk(chunk("1"), session: session, owner: owner("a"), limit: limit)
            }
            try await database.execute(
                "UPDATE agent_sessions SET updated_at = updated_at - interval '31 days' WHERE session_id = 'old'")
            try await database.execute(
                "UPDATE agent_sessions SET updated_at = updated_at - interval '25 hours' WHERE session_id = 'empty-old'"
            )
            #expect(try await store.expire(unusedFor: .seconds(30 * 24 * 3600)) == 2)
            let left = try await database.query("SELECT DISTINCT session_id FROM session_chunks ORDER BY 1")
            #expect(left.map { $0["session_id"] } == ["empty-new", "new"])
        }
    }

    /// Another run takes the session while a commit waits for it: the later run is right all the same.
    @Test func aSessionThatChangesHandsMeanwhileIsStillFound() async throws {
        for (mine, taker, outcome) in [("a", "b", CommitOutcome.superseded), ("b", "a", .committed)] {
            try await withSessions { store, database, _ in
                let run = owner(mine)
                _ = try await store.putChunk(chunk("1"), session: "s", owner: run, limit: limit)
                #expect(
                    try await store.commit(manifest(1, [chunk("1")]), session: "s", owner: run, limit: limit)
                        == .committed)
                let waiting = try await database.transaction { transaction in
                    try await transaction.execute(
                        "UPDATE agent_sessions SET run_uid = \(taker), sequence = 9 WHERE session_id = 's'")
                    let commit = Task {
                        try await store.commit(manifest(2, [chunk("1")]), session: "s", owner: run, limit: limit)
                    }
                    // Until it waits for the row.
                    let deadline = ContinuousClock.now.advanced(by: .seconds(15))
                    while try await transaction.query(
                        "SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
                    ).isEmpty {
                        try #require(ContinuousClock.now < deadline, "the commit never waited")
                        await Task.yield()
                    }
                    return commit
                }
                #expect(try await waiting.value == outcome, "\(mine) while \(taker) takes it")
            }
        }
    }

    /// Small chunks take room as well, and many sessions as much as one large one.
    @Test func aRunIsBoundedWhateverItsChunksAre() async throws {
        try await withSessions { store, database, _ in
            func put(_ digit: Character, _ session: String, bytes: Int = 3) async throws -> ChunkOutcome {
                try await store.putChunk(chunk(digit, bytes: bytes), session: session, owner: owner("a"), limit: limit)
            }
            func isFull(_ outcome: ChunkOutcome) -> Bool {
                if case .full = outcome { true } else { false }
            }
            #expect(try await put("1", "s") == .stored)
            try await database.execute(
                """
                INSERT INTO session_chunks (session_id, sha256, raw_bytes, content)
                SELECT 's', encode(sha256(n::text::bytea), 'hex'), 1, 'x' FROM generate_series(1, 8190) AS n
                """)
            #expect(try await put("2", "s") == .stored)
            #expect(try await isFull(put("3", "s")))
            #expect(try await put("2", "s") == .stored, "what is there is there")
            // Sixty-six megabytes may a session have here, and four times that all of a run.
            for session in ["t", "u", "v", "w"] {
                #expect(try await put("4", session) == .stored)
                try await database.execute(
                    """
                    INSERT INTO session_chunks (session_id, sha256, raw_bytes, content)
                    SELECT \(session), encode(sha256(n::text::bytea), 'hex'), 1048576, 'x'
                    FROM generate_series(1, 65) AS n
                    """)
            }
            #expect(try await isFull(put("5", "x", bytes: 1 << 20)) == false)
            #expect(try await put("6", "x", bytes: 1 << 20) == .stored)
            #expect(try await put("7", "x", bytes: 1 << 20) == .stored)
            #expect(try await isFull(put("8", "x", bytes: 1 << 20)))
            // Another run of the issue has a place of its own.
            #expect(
                try await store.putChunk(chunk("9"), session: "y", owner: owner("b"), limit: limit) == .stored)
        }
    }

    @Test func twoPodsAtOnceEndInOneWholeSnapshot() async throws {
        try await withSessions { store, _, _ in
            _ = try await store.putChunk(chunk("1"), session: "s", owner: owner("a"), limit: limit)
            let outcomes = try await withThrowingTaskGroup(of: CommitOutcome.self) { group in
                for number in 1...20 {
                    group.addTask {
                        try await store.commit(
                            manifest(Int64(number), [chunk("1")]), session: "s", owner: owner("a", pod: Int64(number)),
                            limit: limit)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let others = outcomes.filter { $0 != .committed && $0 != .superseded }
            #expect(others.isEmpty)
            #expect(try await store.manifest(session: "s", scope: owner("a").scope)?.sequence == 20)
        }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct PostgresProgressAndUsageTests {
    @Test func theLastReportIsKept() async throws {
        try await withSessions { _, _, service in
            let store = PostgresRunProgressStore(client: service)
            #expect(try await store.progress(runUID: "a", attempt: 1) == nil)
            try await store.report(ProgressReport(line: "reading"), runUID: "a", attempt: 1)
            let first = try #require(try await store.progress(runUID: "a", attempt: 1))
            let report = ProgressReport(
                sessionID: "s", sessionResumed: true, line: "zero \u{0} byte",
                usage: .init(inputTokens: 5, cachedInputTokens: 1, outputTokens: 2, reasoningTokens: 3),
                waiting: .init(state: "WaitingRateLimit", reason: "busy", until: 12))
            try await store.report(report, runUID: "a", attempt: 1)
            let second = try #require(try await store.progress(runUID: "a", attempt: 1))
            var expected = report
            expected.line = "zero \u{FFFD} byte"
            #expect(second.report == expected && second.heartbeatAt > first.heartbeatAt)
            #expect(try await store.progress(runUID: "a", attempt: 2) == nil)
            await #expect(throws: AuditError.self) {
                try await store.report(report, runUID: "unknown", attempt: 1)
            }
        }
    }

    /// The runner's report and the tool's line are written apart: neither takes the other's away.
    @Test func aLineAndAReportLeaveEachOtherAlone() async throws {
        try await withSessions { _, _, service in
            let store = PostgresRunProgressStore(client: service)
            try await store.show(line: "first", runUID: "a", attempt: 1)
            #expect(try await store.progress(runUID: "a", attempt: 1)?.report == ProgressReport(line: "first"))
            let usage = AgentRunStatus.UsageStatus(
                inputTokens: 5, cachedInputTokens: 1, outputTokens: 2, reasoningTokens: 3)
            try await store.report(ProgressReport(sessionID: "s", usage: usage), runUID: "a", attempt: 1)
            try await store.show(line: "zero \u{0}", runUID: "a", attempt: 1)
            #expect(
                try await store.progress(runUID: "a", attempt: 1)?.report
                    == ProgressReport(sessionID: "s", line: "zero \u{FFFD}", usage: usage))
            try await store.report(ProgressReport(line: "newer"), runUID: "a", attempt: 1)
            #expect(try await store.progress(runUID: "a", attempt: 1)?.report == ProgressReport(line: "newer"))
        }
    }

    @Test func usageIsCountedOnce() async throws {
        try await withSessions { _, database, service in
            let store = PostgresUsageStore(client: service)
            func usage(_ attempt: Int, _ model: String, _ input: Int64) -> TokenUsage {
                TokenUsage(
                    runUID: "a", attempt: attempt, sessionID: "s", model: model,
                    tokens: .init(inputTokens: input, cachedInputTokens: 7, outputTokens: -1, reasoningTokens: 2))
            }
            for use in [usage(1, "m", 10), usage(1, "m", 99), usage(2, "m", 5), usage(1, "n", 1)] {
                try await store.record(use)
            }
            let rows = try await database.query(
                "SELECT attempt, model, input_tokens, cached_input_tokens, output_tokens FROM token_usage ORDER BY 1, 2"
            )
            let columns = ["attempt", "model", "input_tokens", "cached_input_tokens", "output_tokens"]
            let values = rows.map { row in columns.map { row[$0] ?? "null" } }
            #expect(values == [["1", "m", "10", "7", "0"], ["1", "n", "1", "1", "0"], ["2", "m", "5", "5", "0"]])
            await #expect(throws: PostgresError.self) {
                try await service.execute("UPDATE token_usage SET input_tokens = 0")
            }
        }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct PostgresToolBudgetTests {
    @Test func aBurstAndThenOneAnInterval() async throws {
        try await withSessions { _, database, service in
            let budget = PostgresToolBudget(client: service)
            let rate = ToolRate(burst: 3, interval: .seconds(60))
            for _ in 1...3 { #expect(try await budget.take(runUID: "a", rate: rate) == nil) }
            for _ in 1...3 {
                let wait = try #require(try await budget.take(runUID: "a", rate: rate))
                #expect(wait > .seconds(30) && wait <= .seconds(60))
            }
            #expect(try await budget.take(runUID: "b", rate: rate) == nil, "another run has its own")
            // As if a minute had passed: one more, and not two. A long silence gives back the burst and no more.
            for (minutes, calls) in [(1, 1), (600, 3)] {
                try await database.execute(
                    "UPDATE tool_budgets SET used_until = used_until - \(minutes)::int * interval '1 minute'")
                for _ in 1...calls { #expect(try await budget.take(runUID: "a", rate: rate) == nil) }
                #expect(try await budget.take(runUID: "a", rate: rate) != nil)
            }
        }
    }

    @Test func manyAtOnceTakeWhatThereIs() async throws {
        try await withSessions { _, _, service in
            let budget = PostgresToolBudget(client: service)
            let taken = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 1...40 {
                    group.addTask { try await budget.take(runUID: "a", rate: ToolRate()) == nil }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(taken == 10)
        }
    }
}
