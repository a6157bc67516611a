// SPDX-License-Identifier: MIT
import AuditTrail
import JSONCoding
import Prompts
import Synchronization

/// Stored templates in memory, with what was asked for; only reading is there.
final class MemoryTemplates: PromptTemplateStore {
    struct State: Sendable {
        var active: [StoredTemplate] = []
        /// Why nothing can be read now.
        var error: AuditError?
        var asked: [String] = []
    }

    let state = Mutex(State())

    func put(
        _ body: String, version: Int, scope: TemplateScope = .global, agent: String = "dev", kind: PromptKind = .work
    ) {
        let slot = TemplateSlot(scope: scope, agent: agent, kind: kind, locale: .en)
        state.withLock { state in
            state.active.append(
                StoredTemplate(
                    key: TemplateKey(slot: slot, version: version), body: body, hash: "", isActive: true,
                    createdBy: "ada", createdAt: .init(microseconds: 0)))
        }
    }

    func activeTemplates(
        agent: String, kind: PromptKind, repositoryID: Int64?
    ) throws(AuditError) -> [StoredTemplate] {
        let (found, error) = state.withLock { state in
            state.asked.append("stored \(agent)/\(kind) \(repositoryID ?? 0)")
            let found = state.active.filter { template in
                let slot = template.key.slot
                return slot.agent == agent && slot.kind == kind
                    && (slot.scope == .global || slot.scope.repositoryID == repositoryID)
            }
            return (found, state.error)
        }
        if let error { throw error }
        return found
    }

    func addTemplate(
        _ template: PromptTemplate, to slot: TemplateSlot, by author: String, activate: Bool
    ) throws(AuditError) -> StoredTemplate {
        throw AuditError(isTransient: false, description: "templates are put here by the test")
    }

    func activateTemplate(_ key: TemplateKey, by author: String) -> Bool { false }
    func deactivateTemplate(_ slot: TemplateSlot, by author: String) -> Bool { false }
    func templateChanges(_ slot: TemplateSlot, limit: Int) -> [TemplateChange] { [] }
    func templates() -> [StoredTemplate] { state.withLock { $0.active } }
    func templateHistory(_ slot: TemplateSlot, limit: Int) -> [StoredTemplate] { [] }
}
