// SPDX-License-Identifier: MIT
package import JSONCoding

/// A migration that has been applied.
package struct AppliedMigration: Sendable, Hashable {
    /// Its number.
    package let number: Int
    /// The file's name at that time.
    package let name: String
    /// SHA-256 of the file, in hexadecimal.
    package let checksum: String
    /// When it was applied.
    package let appliedAt: Timestamp
}

/// Brings a database's tables up to date.
///
/// Each file runs in a transaction of its own that first takes an advisory lock: of several migrators one works at a
/// time, and the others find its work done. What was applied is recorded with its checksum, so that a file that was
/// changed afterwards is refused instead of meaning two things in two databases.
package struct Migrator: Sendable {
    /// The advisory lock's key: the bytes of "codexk8s".
    private static let lockKey: Int64 = 0x636F_6465_786B_3873
    /// How long a statement of a migration, or the wait for another migrator, may take.
    private static let statementTimeout: Duration = .seconds(600)

    private let migrations: [Migration]

    /// Reads the migrations.
    ///
    /// - Throws: `MigrationError` for files that do not fit together.
    package init(_ source: MigrationSource) throws(MigrationError) {
        migrations = try source.load()
    }

    /// Applies what has not been applied.
    ///
    /// - Returns: the migrations that this call applied, in order.
    /// - Throws: `MigrationError`, or `PostgresError` when the database is away. Files before the failed one stay
    /// applied.
    package func migrate(on client: PostgresClient) async throws -> [AppliedMigration] {
        var done: [AppliedMigration] = []
        while let applied = try await applyNext(on: client) { done.append(applied) }
        return done
    }

    /// The names of the migrations that have not been applied; changes nothing.
    ///
    /// - Throws: `MigrationError` when the database and the files do not fit together, `PostgresError` when it is away.
    package func pending(on client: PostgresClient) async throws -> [String] {
        let exists = try await client.query("SELECT to_regclass('schema_migrations') IS NOT NULL AS found")
        guard try exists.first?.bool("found") == true else { return migrations.map(\.name) }
        let applied = try Self.applied(from: await client.query(Self.selectApplied))
        return try pending(after: applied).map(\.name)
    }

    private static let selectApplied: SQLQuery =
        "SELECT number, name, checksum, applied_at FROM schema_migrations ORDER BY number"

    private func applyNext(on client: PostgresClient) async throws -> AppliedMigration? {
        try await client.transaction(statementTimeout: Self.statementTimeout) { transaction -> AppliedMigration? in
            _ = try await transaction.query("SELECT pg_advisory_xact_lock(\(Self.lockKey))")
            let exists = try await transaction.query("SELECT to_regclass('schema_migrations') IS NOT NULL AS found")
            if try exists.first?.bool("found") != true {
                try await transaction.execute(
                    script: """
                        CREATE TABLE schema_migrations (
                            number integer PRIMARY KEY CHECK (number > 0),
                            name text NOT NULL,
                            checksum text NOT NULL CHECK (checksum ~ '^[0-9a-f]{64}$'),
                            applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
                        );
                        COMMENT ON TABLE schema_migrations IS
                            'Migrations that were applied, with the SHA-256 of their files.';
                        """)
            }
            let applied = try Self.applied(from: await transaction.query(Self.selectApplied))
            guard let next = try pending(after: applied).first else { return nil }
            do {
                try await transaction.execute(script: next.sql)
            } catch let error as PostgresError where error.code == .server {
                throw MigrationError.failed(name: next.name, error)
            }
            let rows = try await transaction.query(
                """
                INSERT INTO schema_migrations (number, name, checksum)
                VALUES (\(next.number), \(next.name), \(next.checksum))
                RETURNING number, name, checksum, applied_at
                """)
            return try Self.applied(from: rows).first
        }
    }

    private static func applied(from rows: [PostgresRow]) throws(PostgresError) -> [AppliedMigration] {
        var applied: [AppliedMigration] = []
        for row in rows {
            applied.append(
                AppliedMigration(
                    number: Int(try row.int("number")), name: try row.string("name"),
                    checksum: try row.string("checksum"), appliedAt: try row.timestamp("applied_at")))
        }
        return applied
    }

    /// What is left to do, once the past is known to be the same here and there.
    func pending(after applied: [AppliedMigration]) throws(MigrationError) -> [Migration] {
        let known = Dictionary(uniqueKeysWithValues: migrations.map { ($0.number, $0) })
        let unknown = applied.filter { known[$0.number] == nil }.map(\.name)
        if !unknown.isEmpty { throw .unknown(unknown) }
        let changed = applied.filter { known[$0.number]?.checksum != $0.checksum }.map(\.name)
        if !changed.isEmpty { throw .changed(changed) }
        let done = Set(applied.map(\.number))
        let pending = migrations.filter { !done.contains($0.number) }
        if let last = applied.last {
            let late = pending.filter { $0.number < last.number }.map(\.name)
            if !late.isEmpty { throw .outOfOrder(late, after: last.name) }
        }
        return pending
    }
}
