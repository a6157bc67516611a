// SPDX-License-Identifier: MIT
package import AuditTrail
import Cryptography
package import Postgres
package import Prompts

/// Keeps templates in Postgres.
package struct PostgresPromptTemplates: PromptTemplateStore {
    private static let columns: SQLQuery = """
        repository_id, agent, kind, locale, version, body, encode(body_sha256, 'hex') AS hash, is_active, created_by,
        created_at
        """

    private let client: PostgresClient

    /// Reads and writes through `client`, whose owner runs it.
    package init(client: PostgresClient) { self.client = client }

    /// The active templates of an agent and kind.
    package func activeTemplates(
        agent: String, kind: PromptKind, repositoryID: Int64?
    ) async throws(AuditError) -> [StoredTemplate] {
        try await read(
            """
            SELECT \(fragment: Self.columns) FROM prompt_templates
            WHERE is_active AND agent = \(agent) AND kind = \(kind.rawValue)
                AND (repository_id IS NULL OR repository_id = \(repositoryID))
            ORDER BY repository_id NULLS LAST, locale
            """)
    }

    /// Stores the next version of a slot.
    package func addTemplate(
        _ template: PromptTemplate, to slot: TemplateSlot, by author: String, activate: Bool
    ) async throws(AuditError) -> StoredTemplate {
        let rows = try await change(slot) { transaction in
            if activate { try await Self.deactivate(slot, transaction) }
            return try await transaction.query(
                """
                INSERT INTO prompt_templates
                    (repository_id, agent, kind, locale, version, body, body_sha256, is_active, created_by)
                SELECT \(slot.scope.repositoryID), \(slot.agent), \(slot.kind.rawValue), \(slot.locale.rawValue),
                    coalesce(max(version), 0) + 1, \(template.body),
                    \(SQLParameter.bytes(SHA256.digest(template.body))), \(activate),
                    \(author.isEmpty ? "unknown" : author.storable(limit: 256))
                FROM prompt_templates WHERE \(fragment: Self.isIn(slot))
                RETURNING \(fragment: Self.columns)
                """)
        }
        guard let stored = try Self.templates(rows).first else {
            throw AuditError(isTransient: true, description: "storing a template: the database gave no row back")
        }
        return stored
    }

    /// Makes a stored version the one that runs use.
    package func activateTemplate(_ key: TemplateKey) async throws(AuditError) -> Bool {
        try await change(key.slot) { transaction in
            let version = try await transaction.query(
                """
                SELECT 1 FROM prompt_templates
                WHERE \(fragment: Self.isIn(key.slot)) AND version = \(Int64(key.version))
                """)
            guard !version.isEmpty else { return false }
            try await Self.deactivate(key.slot, transaction)
            return try await transaction.execute(
                """
                UPDATE prompt_templates SET is_active = true
                WHERE \(fragment: Self.isIn(key.slot)) AND version = \(Int64(key.version))
                """) == 1
        }
    }

    /// Makes no version of the slot be used.
    package func deactivateTemplate(_ slot: TemplateSlot) async throws(AuditError) -> Bool {
        try await change(slot) { transaction in try await Self.deactivate(slot, transaction) > 0 }
    }

    /// The newest and the active version of every slot.
    package func templates() async throws(AuditError) -> [StoredTemplate] {
        try await read(
            """
            SELECT \(fragment: Self.columns) FROM (
                SELECT *, row_number() OVER (
                    PARTITION BY coalesce(repository_id, 0), agent, kind, locale ORDER BY version DESC) AS age
                FROM prompt_templates
            ) AS aged
            WHERE age = 1 OR is_active
            ORDER BY agent, kind DESC, locale, repository_id NULLS FIRST, version DESC
            """)
    }

    /// The versions of a slot, the newest first.
    package func templateHistory(_ slot: TemplateSlot, limit: Int) async throws(AuditError) -> [StoredTemplate] {
        try await read(
            """
            SELECT \(fragment: Self.columns) FROM prompt_templates WHERE \(fragment: Self.isIn(slot))
            ORDER BY version DESC LIMIT \(max(0, limit))
            """)
    }

    // MARK: Statements

    private static func isIn(_ slot: TemplateSlot) -> SQLQuery {
        """
        coalesce(repository_id, 0) = \(slot.scope.repositoryID ?? 0) AND agent = \(slot.agent)
            AND kind = \(slot.kind.rawValue) AND locale = \(slot.locale.rawValue)
        """
    }

    @discardableResult
    private static func deactivate(_ slot: TemplateSlot, _ transaction: PostgresTransaction) async throws -> Int {
        try await transaction.execute(
            "UPDATE prompt_templates SET is_active = false WHERE \(fragment: isIn(slot)) AND is_active")
    }

    /// Changes a slot while nobody else does: the next version and the one active version are found by looking, so that
    /// two at once would find the same.
    private func change<T: Sendable>(
        _ slot: TemplateSlot, _ body: (PostgresTransaction) async throws -> T
    ) async throws(AuditError) -> T {
        do {
            return try await client.transaction { transaction in
                // Each statement behind it sees what the one before us in the queue has committed.
                _ = try await transaction.query(
                    "SELECT pg_advisory_xact_lock(hashtextextended(\("prompt_templates \(slot)"), 0))")
                return try await body(transaction)
            }
        } catch let error as PostgresError {
            throw AuditError(error, while: "changing a template")
        } catch {
            throw AuditError(isTransient: true, description: "changing a template: \(error)")
        }
    }

    private func read(_ query: SQLQuery) async throws(AuditError) -> [StoredTemplate] {
        let client = client
        return try Self.templates(
            try await audited("reading templates") { () throws(PostgresError) in try await client.query(query) })
    }

    private static func templates(_ rows: [PostgresRow]) throws(AuditError) -> [StoredTemplate] {
        do throws(PostgresError) {
            var templates: [StoredTemplate] = []
            for row in rows {
                // Kinds and languages of newer versions are left out.
                guard let kind = PromptKind(rawValue: try row.string("kind")),
                    let locale = PromptLocale(rawValue: try row.string("locale"))
                else { continue }
                let repository = try row.optionalInt("repository_id")
                let slot = TemplateSlot(
                    scope: repository.map { .repository($0) } ?? .global, agent: try row.string("agent"), kind: kind,
                    locale: locale)
                templates.append(
                    StoredTemplate(
                        key: TemplateKey(slot: slot, version: Int(try row.int("version"))),
                        body: try row.string("body"), hash: try row.string("hash"),
                        isActive: try row.bool("is_active"), createdBy: try row.string("created_by"),
                        createdAt: try row.timestamp("created_at")))
            }
            return templates
        } catch {
            throw AuditError(error, while: "reading templates")
        }
    }
}
