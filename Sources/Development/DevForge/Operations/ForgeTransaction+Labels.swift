// SPDX-License-Identifier: MIT
import JSONCoding

extension ForgeTransaction {
    /// The colour that GitHub gives a label made by labelling.
    private static let defaultColor = "ededed"

    /// Makes a label known to the repository.
    package mutating func createLabel(
        _ name: String, color: String?, description: String?, in repository: Int64
    ) throws -> ForgeLabel {
        guard !name.isEmpty else { throw ForgeFailure.validation("Label", field: "name", code: "missing_field") }
        guard name.count <= 50 else {
            throw ForgeFailure.validation(
                "Label", field: "name", code: "custom", message: "name is too long (maximum is 50 characters)")
        }
        guard state.label(name, in: repository) == nil else {
            throw ForgeFailure.validation("Label", field: "name", code: "already_exists")
        }
        let label = ForgeLabel(
            id: nextID(), repository: repository, name: name, color: color ?? Self.defaultColor,
            description: description)
        put(.label(label))
        return label
    }

    /// Sets labels on an issue or pull request; those that it has already make neither event nor webhook.
    package mutating func addLabels(_ names: [String], to key: IssueKey, by actor: ForgeActor) throws {
        for name in names {
            let label =
                try state.label(name, in: key.repository)
                ?? createLabel(name, color: nil, description: nil, in: key.repository)
            guard var issue = state.issues[key] else { throw ForgeFailure.notFound }
            guard !issue.labels.contains(label.name) else { continue }
            issue.labels.append(label.name)
            issue.updatedAt = now
            put(.issue(issue))
            put(.event(event("labeled", on: key, label: label.name, by: actor)))
            queueSubject("labeled", issue, label: label, by: actor)
        }
    }

    /// Takes a label off; a label that is not there is 404, as on GitHub.
    package mutating func removeLabel(_ name: String, from key: IssueKey, by actor: ForgeActor) throws {
        guard var issue = state.issues[key] else { throw ForgeFailure.notFound }
        guard let label = state.label(name, in: key.repository), issue.labels.contains(label.name) else {
            throw ForgeFailure(status: 404, message: "Label does not exist")
        }
        issue.labels.removeAll { $0 == label.name }
        issue.updatedAt = now
        put(.issue(issue))
        put(.event(event("unlabeled", on: key, label: label.name, by: actor)))
        queueSubject("unlabeled", issue, label: label, by: actor)
    }

    /// Makes the labels exactly these.
    package mutating func setLabels(_ names: [String], on key: IssueKey, by actor: ForgeActor) throws {
        let wanted = Set(names.map { $0.lowercased() })
        for name in state.issues[key]?.labels ?? [] where !wanted.contains(name.lowercased()) {
            try removeLabel(name, from: key, by: actor)
        }
        try addLabels(names, to: key, by: actor)
    }
}
