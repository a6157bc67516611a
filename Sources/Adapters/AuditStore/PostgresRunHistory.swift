// SPDX-License-Identifier: MIT
package import AuditTrail
package import Postgres

/// Keeps runs, their label events and their links in Postgres.
package struct PostgresRunHistory: RunHistory {
    private let client: PostgresClient

    /// Reads and writes through `client`, whose owner runs it.
    package init(client: PostgresClient) { self.client = client }

    /// Writes the run's row with its label event, unless another run has that.
    ///
    /// The unique index decides: of any number of callers exactly one inserts or updates a row with the event, and the
    /// others find it there. Every step is a statement of its own, so there is nothing to undo; the first, which is the
    /// only one for a run that is new, records the facts as well.
    package func claim(
        _ record: RunRecord, recording facts: [AuditEvent]
    ) async throws(AuditError) -> LabelEventClaim {
        guard let event = record.labelEventID else {
            try await save(record)
            try await PostgresAuditSink(client: client).record(facts)
            return .granted
        }
        switch try await claim(event, record, recording: facts) {
        case .new: return .granted
        case .known:
            try await PostgresAuditSink(client: client).record(facts)
            return .granted
        case .takenBy(let other): return .takenBy(runUID: other)
        }
    }

    private enum Claim {
        /// The event is this run's from now on, and the facts are recorded.
        case new
        /// The event is this run's, or was given to a row that was there.
        case known
        case takenBy(runUID: String)
    }

    private func claim(
        _ event: Int64, _ record: RunRecord, recording facts: [AuditEvent]
    ) async throws(AuditError) -> Claim {
        let (client, id) = (client, record.repositoryID)
        // Each round ends unless somebody changed the event's holder between two of its statements.
        for _ in 0..<5 {
            let claim = try await audited("claiming a label event") { () throws(PostgresError) -> Claim? in
                let insert = Self.insert(record, event, recording: facts)
                let isNew = try await FactRows.retryingDeadlocks { () throws(PostgresError) in
                    try await !client.query(insert).isEmpty
                }
                if isNew { return .new }
                let holder = try await client.query(
                    "SELECT run_uid FROM agent_runs WHERE repository_id = \(id) AND label_event_id = \(event)"
                ).first?.string("run_uid")
                if let holder, holder != record.runUID { return .takenBy(runUID: holder) }
                // The run's own row stood in the way: with the event from an earlier call, or still without it.
                try await client.execute(RunRow.upsert(record))
                if holder != nil { return .known }
                return try await Self.attach(event, record, client) ? .known : nil
            }
            if let claim { return claim }
        }
        throw AuditError(isTransient: true, description: "claiming a label event: others keep changing who has it")
    }

    /// Gives back a row when, and only when, it inserted the run with its event; then the facts are in as well.
    private static func insert(_ record: RunRecord, _ event: Int64, recording facts: [AuditEvent]) -> SQLQuery {
        let insert: SQLQuery = """
            \(fragment: RunRow.insert(record, labelEventID: event)) ON CONFLICT DO NOTHING RETURNING run_uid
            """
        guard !facts.isEmpty else { return insert }
        return """
            WITH claimed AS (\(fragment: insert)),
            recorded AS (\(fragment: FactRows.insert(facts, where: "EXISTS (SELECT FROM claimed)")))
            SELECT run_uid FROM claimed
            """
    }

    /// Writes the run's row. A label event that another run has is left out.
    package func save(_ record: RunRecord) async throws(AuditError) {
        let client = client
        try await audited("saving a run") { () throws(PostgresError) in
            try await client.execute(RunRow.upsert(record))
            if let event = record.labelEventID, record.repositoryID > 0 {
                _ = try await Self.attach(event, record, client)
            }
        }
    }

    /// Gives the event to the run's row; `false` when another row has it.
    private static func attach(
        _ event: Int64, _ record: RunRecord, _ client: PostgresClient
    ) async throws(PostgresError) -> Bool {
        do throws(PostgresError) {
            try await client.execute(
                """
                UPDATE agent_runs SET label_event_id = \(event), updated_at = clock_timestamp()
                WHERE run_uid = \(record.runUID) AND repository_id = \(record.repositoryID)
                    AND label_event_id IS DISTINCT FROM \(event)
                """)
            return true
        } catch {
            guard error.sqlState == .uniqueViolation else { throw error }
            return false
        }
    }

    /// Which of these label events have a run.
    package func knownLabelEvents(_ ids: [Int64], repositoryID: Int64) async throws(AuditError) -> Set<Int64> {
        guard !ids.isEmpty else { return [] }
        let client = client
        return try await audited("reading label events") { () throws(PostgresError) in
            var known: Set<Int64> = []
            let rows = try await client.query(
                """
                SELECT label_event_id FROM agent_runs
                WHERE repository_id = \(repositoryID)
                    AND label_event_id = ANY (\(SQLParameter.integerArray(ids))::bigint[])
                """)
            for row in rows { known.insert(try row.int("label_event_id")) }
            return known
        }
    }

    /// The newest runs of an issue, newest first, those that were rejected left out.
    package func runs(repositoryID: Int64, issue: Int, limit: Int) async throws(AuditError) -> [RunRecord] {
        let client = client
        return try await audited("reading runs") { () throws(PostgresError) in
            let rows = try await client.query(
                """
                SELECT \(fragment: RunRow.columns) FROM agent_runs
                WHERE repository_id = \(repositoryID) AND issue = \(issue) AND phase <> 'Rejected'
                ORDER BY created_at DESC, run_uid LIMIT \(max(0, limit))
                """)
            return try RunRow.records(rows)
        }
    }

    /// The kind of the newest `run.enqueued` that has one: what is written when a run is admitted.
    package func lastStage(repositoryID: Int64, issue: Int) async throws(AuditError) -> String? {
        let client = client
        return try await audited("reading an issue's stage") { () throws(PostgresError) in
            try await client.query(
                """
                SELECT e.payload ->> 'kind' AS kind FROM agent_runs r JOIN flow_events e ON e.run_uid = r.run_uid
                WHERE r.repository_id = \(repositoryID) AND r.issue = \(issue)
                    AND e.event_type = \(AuditEventType.runEnqueued.rawValue) AND e.payload ->> 'kind' IS NOT NULL
                ORDER BY e.position DESC LIMIT 1
                """
            ).first?.string("kind")
        }
    }

    /// Which runs of the issue answer these reviews; of two the older.
    package func runs(
        answering reviews: [Int64], repositoryID: Int64, issue: Int
    ) async throws(AuditError) -> [Int64: String] {
        guard !reviews.isEmpty else { return [:] }
        let client = client
        return try await audited("reading the answers to reviews") { () throws(PostgresError) in
            var answers: [Int64: String] = [:]
            let rows = try await client.query(
                """
                SELECT review_id, run_uid FROM agent_runs
                WHERE repository_id = \(repositoryID) AND issue = \(issue)
                    AND review_id = ANY (\(SQLParameter.integerArray(reviews))::bigint[])
                ORDER BY created_at DESC, run_uid
                """)
            for row in rows { answers[try row.int("review_id")] = try row.string("run_uid") }
            return answers
        }
    }

    /// Joins things of a trace, and records the facts with it; what has no name yet is left out.
    package func link(
        _ links: [TraceLink], runUID: String, recording facts: [AuditEvent]
    ) async throws(AuditError) {
        let links = links.filter { !$0.from.isEmpty && !$0.to.isEmpty }
        guard !links.isEmpty else { return try await PostgresAuditSink(client: client).record(facts) }
        let (client, insert) = (client, Self.insert(links, runUID: runUID))
        let statement: SQLQuery =
            facts.isEmpty ? insert : "WITH recorded AS (\(fragment: FactRows.insert(facts))) \(fragment: insert)"
        try await audited("joining a trace") { () throws(PostgresError) in
            _ = try await FactRows.retryingDeadlocks { () throws(PostgresError) in try await client.execute(statement) }
        }
    }

    private static func insert(_ links: [TraceLink], runUID: String) -> SQLQuery {
        """
        INSERT INTO links (run_uid, from_kind, from_id, to_kind, to_id)
        SELECT \(runUID), from_kind, from_id, to_kind, to_id
        FROM unnest(
            \(links.map(\.fromKind.rawValue))::text[], \(links.map { $0.from.storable(limit: 512) })::text[],
            \(links.map(\.toKind.rawValue))::text[], \(links.map { $0.to.storable(limit: 512) })::text[]
        ) WITH ORDINALITY AS joined (from_kind, from_id, to_kind, to_id, place)
        ORDER BY place
        ON CONFLICT DO NOTHING
        """
    }

    /// Takes a place among those that may happen once.
    package func claimOnce(_ key: String, runUID: String) async throws(AuditError) -> Bool {
        let client = client
        return try await audited("claiming a place") { () throws(PostgresError) in
            let inserted = try await client.execute(
                "INSERT INTO once_claims (key, run_uid) VALUES (\(key), \(runUID)) ON CONFLICT DO NOTHING")
            if inserted == 1 { return true }
            let rows = try await client.query("SELECT run_uid FROM once_claims WHERE key = \(key)")
            return rows.first?["run_uid"] == runUID
        }
    }
}
