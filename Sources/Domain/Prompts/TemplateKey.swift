// SPDX-License-Identifier: MIT

/// Whether a template is for work that begins or for the revision of an open pull request.
package enum PromptKind: String, Sendable, Hashable, CaseIterable {
    case work, revise

    /// The kind of a run.
    package init(revise: Bool) { self = revise ? .revise : .work }
}

/// Which repositories a stored template is for.
package enum TemplateScope: Sendable, Hashable {
    /// All of them.
    case global
    /// The one with this numeric id: names can change.
    case repository(Int64)

    /// The repository's id; nil for all.
    package var repositoryID: Int64? {
        switch self {
        case .global: nil
        case .repository(let id): id
        }
    }
}

/// A place that holds one template at a time, in versions: for whom, for what, in which language.
package struct TemplateSlot: Sendable, Hashable, CustomStringConvertible {
    package var scope: TemplateScope
    /// An agent's key.
    package var agent: String
    package var kind: PromptKind
    package var locale: PromptLocale

    /// All of it.
    package init(scope: TemplateScope, agent: String, kind: PromptKind, locale: PromptLocale) {
        self.scope = scope
        self.agent = agent
        self.kind = kind
        self.locale = locale
    }

    /// For people: `global dev/work.en`, `repository 7 dev/work.en`.
    package var description: String {
        let scope = self.scope.repositoryID.map { "repository \($0)" } ?? "global"
        return "\(scope) \(agent)/\(kind.rawValue).\(locale)"
    }
}

/// One version of a stored template.
package struct TemplateKey: Sendable, Hashable, CustomStringConvertible {
    package var slot: TemplateSlot
    /// From 1, without gaps.
    package var version: Int

    /// All of it.
    package init(slot: TemplateSlot, version: Int) {
        self.slot = slot
        self.version = version
    }

    /// For people: `global dev/work.en version 3`.
    package var description: String { "\(slot) version \(version)" }
}
