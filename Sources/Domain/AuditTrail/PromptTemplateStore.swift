// SPDX-License-Identifier: MIT
package import JSONCoding
package import Prompts

/// A stored template: one version of one slot.
package struct StoredTemplate: Sendable, Hashable {
    package var key: TemplateKey
    package var body: String
    /// SHA-256 of the body, in hexadecimal.
    package var hash: String
    /// Whether runs use it: at most one version of a slot is.
    package var isActive: Bool
    /// Who stored it.
    package var createdBy: String
    package var createdAt: Timestamp

    /// All of it.
    package init(
        key: TemplateKey, body: String, hash: String, isActive: Bool, createdBy: String, createdAt: Timestamp
    ) {
        self.key = key
        self.body = body
        self.hash = hash
        self.isActive = isActive
        self.createdBy = createdBy
        self.createdAt = createdAt
    }
}

/// One thing that somebody did with a slot: for ever on record.
package struct TemplateChange: Sendable, Hashable {
    /// What was done.
    package enum Action: String, Sendable, Hashable { case stored, activated, deactivated }

    package var action: Action
    /// The version that was stored, is used from then on, or was used until then.
    package var version: Int
    /// With an activation: the version that was used before; nil where none was.
    package var replaced: Int?
    /// Who did it, as they said.
    package var by: String
    /// When, by the store's clock.
    package var at: Timestamp

    /// All of it.
    package init(action: Action, version: Int, replaced: Int? = nil, by: String, at: Timestamp) {
        self.action = action
        self.version = version
        self.replaced = replaced
        self.by = by
        self.at = at
    }
}

/// Templates that take the place of a repository's seed or of the built-in one.
///
/// A version that was stored is never rewritten: what a run was told can be read again as long as the database is there.
package protocol PromptTemplateStore: Sendable {
    /// The active templates of an agent and kind, those of the repository and those of all, in every language.
    ///
    /// - Parameter repositoryID: nil asks for those of all repositories alone.
    func activeTemplates(
        agent: String, kind: PromptKind, repositoryID: Int64?
    ) async throws(AuditError) -> [StoredTemplate]
    /// Stores the next version of a slot. Two that do so at once get two versions.
    ///
    /// - Parameters:
    ///   - template: was read, so that what cannot be used is not stored.
    ///   - activate: whether runs use it from now on, in the place of the version that they used.
    func addTemplate(
        _ template: PromptTemplate, to slot: TemplateSlot, by author: String, activate: Bool
    ) async throws(AuditError) -> StoredTemplate
    /// Makes a stored version the one that runs use; false when there is no such version. One that is used already is
    /// no change, and leaves no record.
    func activateTemplate(_ key: TemplateKey, by author: String) async throws(AuditError) -> Bool
    /// Makes no version of the slot be used; false when none was.
    func deactivateTemplate(_ slot: TemplateSlot, by author: String) async throws(AuditError) -> Bool
    /// The newest and the active version of every slot, in the order of agent, kind, language and repository.
    func templates() async throws(AuditError) -> [StoredTemplate]
    /// The versions of a slot, the newest first.
    func templateHistory(_ slot: TemplateSlot, limit: Int) async throws(AuditError) -> [StoredTemplate]
    /// What was done with a slot, the newest first.
    func templateChanges(_ slot: TemplateSlot, limit: Int) async throws(AuditError) -> [TemplateChange]
}
