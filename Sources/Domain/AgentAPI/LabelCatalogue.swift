// SPDX-License-Identifier: MIT

/// A run that a label asks for.
package struct TriggerLabel: Sendable, Hashable {
    /// The label as it stands on the issue.
    package var label: String
    /// What the run is for.
    package var kind: TriggerKind
    /// Whether it continues an earlier run.
    package var revise: Bool

    package init(label: String, kind: TriggerKind, revise: Bool) {
        self.label = label
        self.kind = kind
        self.revise = revise
    }
}

/// Every label that means something here. The only place where labels are literals; each can be configured.
package struct LabelCatalogue: Sendable, Hashable, Codable {
    /// Trigger labels, by label.
    package var triggers: [String: String]
    /// What is put on issue and pull request after a success.
    package var inReview: String
    /// What is put on pull requests that a later run of `rethink` takes the place of.
    package var superseded: String
    /// Asks a person in.
    package var needInput: String
    /// Talk on the issue only: no commit, no push, no pull request.
    package var discussion: String
    /// What model labels start and end with.
    package var modelPrefix: String
    package var modelSuffix: String
    /// What reasoning labels start and end with.
    package var reasoningPrefix: String
    package var reasoningSuffix: String
    /// Reasoning label words to the effort that the agent is given.
    package var reasoningEfforts: [String: String]

    /// The catalogue used when nothing is configured.
    package static let `default`: LabelCatalogue = {
        var triggers: [String: String] = [:]
        for kind in TriggerKind.allCases {
            triggers["run:\(kind.rawValue)"] = kind.rawValue
            if kind.allowsRevise { triggers["run:\(kind.rawValue):revise"] = "\(kind.rawValue):revise" }
        }
        return LabelCatalogue(
            triggers: triggers, inReview: "state:in-review", superseded: "state:superseded", needInput: "need:input",
            discussion: "mode:discussion", modelPrefix: "[ai-model-", modelSuffix: "]",
            reasoningPrefix: "[ai-reasoning-", reasoningSuffix: "]",
            reasoningEfforts: ["low": "low", "medium": "medium", "high": "high", "extra-high": "xhigh"])
    }()

    /// The run that a label asks for; `nil` when it is no trigger.
    package func trigger(for label: String) -> TriggerLabel? {
        let found = triggers[label] ?? triggers.first { $0.key.isLabel(label) }?.value
        guard let target = found else { return nil }
        let parts = target.split(separator: ":")
        guard let kind = parts.first.flatMap({ TriggerKind(rawValue: String($0)) }) else { return nil }
        return TriggerLabel(label: label, kind: kind, revise: parts.count == 2 && parts[1] == "revise")
    }

    /// The label of a run; `nil` when the catalogue has none for it.
    package func label(kind: TriggerKind, revise: Bool) -> String? {
        let target = revise ? "\(kind.rawValue):revise" : kind.rawValue
        return triggers.filter { $0.value == target }.keys.min()
    }

    /// The trigger labels among these, in order.
    package func triggers(in labels: [String]) -> [TriggerLabel] { labels.compactMap { trigger(for: $0) } }

    /// The kinds that labels speak of as the stage of an issue or pull request: those of trigger labels whose kind can
    /// be revised, in the catalogue's order, each once.
    package func stages(in labels: [String]) -> [TriggerKind] {
        let named = Set(triggers(in: labels).map(\.kind).filter(\.allowsRevise))
        return TriggerKind.allCases.filter { named.contains($0) }
    }

    /// The models that labels ask for.
    package func models(in labels: [String]) -> [String] {
        labels.compactMap { Self.inner($0, modelPrefix, modelSuffix) }
    }

    /// The reasoning efforts that labels ask for, as the agent is given them.
    package func reasoningEfforts(in labels: [String]) -> [String] {
        labels.compactMap { Self.inner($0, reasoningPrefix, reasoningSuffix).flatMap { reasoningEfforts[$0.lowercased()] } }
    }

    /// The labels of the model group.
    package func modelLabels(in labels: [String]) -> [String] {
        labels.filter { Self.inner($0, modelPrefix, modelSuffix) != nil }
    }

    /// The labels of the reasoning group.
    package func reasoningLabels(in labels: [String]) -> [String] {
        labels.filter { label in
            guard let word = Self.inner(label, reasoningPrefix, reasoningSuffix) else { return false }
            return reasoningEfforts[word.lowercased()] != nil
        }
    }

    private static func inner(_ label: String, _ prefix: String, _ suffix: String) -> String? {
        guard label.count > prefix.count + suffix.count, String(label.prefix(prefix.count)).isLabel(prefix),
            String(label.suffix(suffix.count)).isLabel(suffix)
        else { return nil }
        return String(label.dropFirst(prefix.count).dropLast(suffix.count))
    }
}

extension String {
    /// Whether both name the same label: the code host keeps a name's case and does not tell names apart by it.
    package func isLabel(_ other: String) -> Bool { self == other || lowercased() == other.lowercased() }
}

extension Sequence<String> {
    /// Whether the label is among these.
    package func hasLabel(_ label: String) -> Bool { contains { $0.isLabel(label) } }
}
