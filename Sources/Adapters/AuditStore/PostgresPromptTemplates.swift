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
            let replaced = activate ? try await Self.deactivate(slot, transaction) : nil
            let rows = try await transaction.query(
                """
                INSERT INTO prompt_templates
                    (repository_id, agent, kind, locale, version, body, body_sha256, is_active, created_by)
                SELECT \(slot.scope.repositoryID), \(slot.agent), \(slot.kind.rawValue), \(slot.locale.rawValue),
                    coalesce(max(version), 0) + 1, \(template.body),
                    \(SQLParameter.bytes(SHA256.digest(template.body))), \(activate), \(Self.name(author))
                FROM prompt_templates WHERE \(fragment: Self.isIn(slot))
                RETURNING \(fragment: Self.columns)
                """)
            if let version = try rows.first?.int("version") {
                try await Self.note(.stored, version, nil, slot, author, transaction)
                if activate { try await Self.note(.activated, version, replaced, slot, author, transaction) }
            }
            return rows
        }
        guard let stored = try Self.templates(rows).first else {
            throw AuditError(isTransient: true, description: "storing a template: the database gave no row back")
        }
        return stored
    }

    /// Makes a stored version the one that runs use.
    package func activateTemplate(_ key: TemplateKey, by author: String) async throws(AuditError) -> Bool {
        let version = Int64(key.version)
        return try await change(key.slot) { transaction in
            let rows = try await transaction.query(
                """
                SELECT is_active FROM prompt_templates
                WHERE \(fragment: Self.isIn(key.slot)) AND version = \(version)
                """)
            guard let row = rows.first else { return false }
            if try row.bool("is_active") { return true }
            let replaced = try await Self.deactivate(key.slot, transaction)
            try await transaction.execute(
                """
                UPDATE prompt_templates SET is_active = true
                WHERE \(fragment: Self.isIn(key.slot)) AND version = \(version)
                """)
            try await Self.note(.activated, version, replaced, key.slot, author, transaction)
            return true
        }
    }

    /// Makes no version of the slot be used.
    package func deactivateTemplate(_ slot: TemplateSlot, by author: String) async throws(AuditError) -> Bool {
        try await change(slot) { transaction in
            guard let version = try await Self.deactivate(slot, transaction) else { return false }
            try await Self.note(.deactivated, version, nil, slot, author, transaction)
            return true
        }
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

    /// What was done with a slot, the newest first.
    package func templateChanges(_ slot: TemplateSlot, limit: Int) async throws(AuditError) -> [TemplateChange] {
        let client = client
        return try await audited("reading a template's changes") { () throws(PostgresError) in
            var changes: [TemplateChange] = []
            for row in try await client.query(
                """
                SELECT action, version, replaced, changed_by, changed_at FROM prompt_template_changes
                WHERE \(fragment: Self.isIn(slot)) ORDER BY id DESC LIMIT \(max(0, limit))
                """)
            {
                // Actions of newer versions are left out.
                guard let action = TemplateChange.Action(rawValue: try row.string("action")) else { continue }
                changes.append(
                    TemplateChange(
                        action: action, version: Int(try row.int("version")),
                        replaced: try row.optionalInt("replaced").map { Int($0) }, by: try row.string("changed_by"),
                        at: try row.timestamp("changed_at")))
            }
            return changes
        }
    }

    // MARK: Statements

    private static func isIn(_ slot: TemplateSlot) -> SQLQuery {
        """
        coalesce(repository_id, 0) = \(slot.scope.repositoryID ?? 0) AND agent = \(slot.agent)
            AND kind = \(slot.kind.rawValue) AND locale = \(slot.locale.rawValue)
        """
    }

    /// Takes the version that is used out of use, and says which it was; nil when there was none.
    private static func deactivate(_ slot: TemplateSlot, _ transaction: PostgresTransaction) async throws -> Int64? {
        try await transaction.query(
            """
            UPDATE prompt_templates SET is_active = false WHERE \(fragment: isIn(slot)) AND is_active RETURNING version
            """
        ).first?.int("version")
    }

    private static func note(
        _ action: TemplateChange.Action, _ version: Int64, _ replaced: Int64?, _ slot: TemplateSlot, _ author: String,
        _ transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            INSERT INTO prompt_template_changes
                (repository_id, agent, kind, locale, action, version, replaced, changed_by)
            VALUES (\(slot.scope.repositoryID), \(slot.agent), \(slot.kind.rawValue), \(slot.locale.rawValue),
                \(action.rawValue), \(version), \(replaced), \(name(author)))
            """)
    }

    /// Who changes something, as the tables take it.
    private static func name(_ author: String) -> String {
        author.isEmpty ? "unknown" : author.storable(limit: 256)
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
