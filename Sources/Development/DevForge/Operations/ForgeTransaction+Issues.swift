// SPDX-License-Identifier: MIT
package import JSONCoding

extension ForgeTransaction {
    /// Opens an issue. Labels set by someone who may not label are dropped without a word, as on GitHub.
    package mutating func createIssue(
        in repository: ForgeRepository, title: String, body: String?, labels: [String], by actor: ForgeActor
    ) throws -> ForgeIssue {
        guard !title.isEmpty else { throw ForgeFailure.validation("Issue", field: "title", code: "missing_field") }
        let issue = newIssue(in: repository, title: title, body: body, isPullRequest: false, by: actor)
        queueIssues("opened", issue, by: actor)
        let mayLabel = actor.viaApp || actor.role(in: repository) >= .triage
        if mayLabel, !labels.isEmpty { try addLabels(labels, to: issue.key, by: actor) }
        return state.issues[issue.key] ?? issue
    }

    /// The issue part of an issue or a pull request, with the next number of the repository.
    ///
    /// - Parameter wanted: a number beside the series; see `ForgeRepository.pairsNumbers`.
    mutating func newIssue(
        in repository: ForgeRepository, title: String, body: String?, isPullRequest: Bool, number wanted: Int? = nil,
        by actor: ForgeActor
    ) -> ForgeIssue {
        var repository = state.repositories[repository.id] ?? repository
        let key = IssueKey(
            repository: repository.id, number: wanted ?? repository.nextNumber, isPull: isPullRequest)
        let issue = ForgeIssue(
            id: nextID(), key: key, title: title,
            body: body, isClosed: false, stateReason: nil, labels: [], author: actor.user.id, viaApp: actor.viaApp,
            createdAt: now, updatedAt: now, closedAt: nil, isPullRequest: isPullRequest)
        if wanted == nil { repository.nextNumber += 1 }
        put(.repository(repository))
        put(.issue(issue))
        return issue
    }

    /// Changes title, body or state; nil leaves a field alone.
    package mutating func updateIssue(
        _ key: IssueKey, title: String? = nil, body: JSONValue? = nil, isClosed: Bool? = nil, reason: String? = nil,
        labels: [String]? = nil, by actor: ForgeActor
    ) throws {
        guard var issue = state.issues[key] else { throw ForgeFailure.notFound }
        let edited = title.map { $0 != issue.title } ?? false || body.map { $0.stringValue != issue.body } ?? false
        if let title {
            guard !title.isEmpty else { throw ForgeFailure.validation("Issue", field: "title", code: "missing_field") }
            issue.title = title
        }
        if let body { issue.body = body.stringValue }
        if edited {
            issue.updatedAt = now
            put(.issue(issue))
            queueSubject("edited", issue, by: actor)
        }
        if let isClosed, isClosed != issue.isClosed { setState(of: key, closed: isClosed, reason: reason, by: actor) }
        if let labels { try setLabels(labels, on: key, by: actor) }
    }

    /// Closes or opens again, with the event and the webhook.
    mutating func setState(of key: IssueKey, closed: Bool, reason: String?, by actor: ForgeActor) {
        guard var issue = state.issues[key], issue.isClosed != closed else { return }
        issue.isClosed = closed
        issue.stateReason = issue.isPullRequest ? nil : closed ? reason ?? "completed" : "reopened"
        issue.closedAt = closed ? now : nil
        issue.updatedAt = now
        put(.issue(issue))
        put(.event(event(closed ? "closed" : "reopened", on: key, by: actor)))
        queueSubject(closed ? "closed" : "reopened", issue, by: actor)
    }

    mutating func event(
        _ name: String, on key: IssueKey, label: String? = nil, by actor: ForgeActor
    ) -> ForgeIssueEvent {
        ForgeIssueEvent(
            id: nextID(), issue: key, event: name, actor: actor.user.id, viaApp: actor.viaApp, label: label,
            createdAt: now)
    }
}
