// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding

extension ForgeEndpoints {
    var issueRoutes: [ForgeRoute] {
        let base = "/repos/{owner}/{repo}/issues"
        return [
            ForgeRoute(.get, base, .repository(.readIssues), listIssues),
            ForgeRoute(.post, base, .repository(ForgeRequirement("issues", access: .write, role: .read)), createIssue),
            ForgeRoute(.get, "\(base)/events", .repository(.readIssues), listRepositoryEvents),
            ForgeRoute(.get, "\(base)/{number}", .repository(.readIssues), getIssue),
            ForgeRoute(.patch, "\(base)/{number}", .repository(.comment), updateIssue),
            ForgeRoute(.get, "\(base)/{number}/events", .repository(.readIssues), listEvents),
        ]
    }

    private func listIssues(_ request: ForgeRequest) async throws -> ForgeReply {
        let query = request.target
        let state = query["state"] ?? "open"
        let labels = (query["labels"] ?? "").split(separator: ",").map { $0.lowercased() }
        let since = query["since"].flatMap { Timestamp($0) }
        var issues = request.state.issues(in: request.repository.id).filter { issue in
            (state == "all" || issue.isClosed == (state == "closed"))
                && labels.allSatisfy { label in issue.labels.contains { $0.lowercased() == label } }
                && since.map { issue.updatedAt >= $0 } ?? true
        }
        if let creator = query["creator"].flatMap({ request.state.user(login: $0) }) {
            issues = issues.filter { $0.author == creator.id }
        }
        if query["sort"] == "updated" { issues.sort { $0.updatedAt > $1.updatedAt } }
        if query["direction"] == "asc" { issues.reverse() }
        return Pagination(request).reply(issues, request.renderer.issue)
    }

    private func createIssue(_ request: ForgeRequest) async throws -> ForgeReply {
        let body = try request.json()
        let labels = body["labels"]?.names ?? []
        return try await commit(request) { transaction in
            let issue = try transaction.createIssue(
                in: request.repository, title: body["title"]?.stringValue ?? "", body: body["body"]?.stringValue,
                labels: labels, by: request.actor)
            return .json(transaction.renderer.issue(issue), .created)
        }
    }

    private func getIssue(_ request: ForgeRequest) async throws -> ForgeReply {
        let key = try request.issueKey()
        return .json(request.state.issues[key].map { request.renderer.issue($0) } ?? .null)
    }

    private func updateIssue(_ request: ForgeRequest) async throws -> ForgeReply {
        let key = try request.issueKey()
        let body = try request.json()
        let isAuthor = request.state.issues[key]?.author == request.actor.user.id
        let role = request.actor.role(in: request.repository)
        guard isAuthor || request.actor.viaApp || role >= .triage else { throw ForgeFailure.mustHaveAdminRights }
        let closed = try body["state"]?.stringValue.map { state in
            guard ["open", "closed"].contains(state) else {
                throw ForgeFailure.validation("Issue", field: "state", code: "invalid")
            }
            return state == "closed"
        }
        return try await commit(request) { transaction in
            try transaction.updateIssue(
                key, title: body["title"]?.stringValue, body: body["body"], isClosed: closed,
                reason: body["state_reason"]?.stringValue, labels: body["labels"]?.names, by: request.actor)
            return .json(transaction.state.issues[key].map(transaction.renderer.issue) ?? .null)
        }
    }

    private func listEvents(_ request: ForgeRequest) async throws -> ForgeReply {
        let key = try request.issueKey()
        return Pagination(request).reply(request.state.events[key] ?? []) { request.renderer.event($0) }
    }

    /// All events of the repository, newest first.
    private func listRepositoryEvents(_ request: ForgeRequest) async throws -> ForgeReply {
        let events = request.state.events.filter { $0.key.repository == request.repository.id }.values.joined()
            .sorted { $0.id > $1.id }
        return Pagination(request).reply(events) { request.renderer.event($0, withIssue: true) }
    }
}
