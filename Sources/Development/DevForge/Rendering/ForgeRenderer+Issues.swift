// SPDX-License-Identifier: MIT
package import JSONCoding

extension ForgeRenderer {
    /// An issue; a pull request's issue carries `pull_request` links.
    package func issue(_ issue: ForgeIssue) -> JSONValue {
        let repository = repositoryURL(issue.key.repository)
        let url = "\(repository)/issues/\(issue.key.number)"
        let page = "\(pageURL(issue.key.repository))/\(issue.isPullRequest ? "pull" : "issues")/\(issue.key.number)"
        let closedBy = state.events[issue.key]?.last { $0.event == "closed" }?.actor
        var result: JSONObject = [
            "url": .string(url), "repository_url": .string(repository), "labels_url": .string("\(url)/labels{/name}"),
            "comments_url": .string("\(url)/comments"), "events_url": .string("\(url)/events"),
            "html_url": .string(page), "id": .integer(issue.id), "node_id": .string("I_\(issue.id)"),
            "number": .integer(Int64(issue.key.number)), "title": .string(issue.title), "user": user(issue.author),
            "labels": labels(of: issue), "state": .string(issue.isClosed ? "closed" : "open"),
            "state_reason": issue.stateReason.map(JSONValue.string) ?? .null, "locked": false, "assignee": .null,
            "assignees": [], "milestone": .null, "comments": .integer(Int64(state.comments(of: issue.key).count)),
            "created_at": .string(issue.createdAt.description), "updated_at": .string(issue.updatedAt.description),
            "closed_at": .timestamp(issue.closedAt), "closed_by": issue.isClosed ? user(closedBy) : .null,
            "author_association": .string(association(of: issue.author, in: issue.key.repository)),
            "body": issue.body.map(JSONValue.string) ?? .null,
            "reactions": reactionSummary(.issue(issue.key), url: "\(url)/reactions"),
            "performed_via_github_app": performedVia(app: issue.viaApp),
        ]
        if issue.isPullRequest {
            result["draft"] = .bool(state.pulls[issue.key]?.isDraft ?? false)
            result["pull_request"] = [
                "url": .string("\(repository)/pulls/\(issue.key.number)"), "html_url": .string(page),
                "diff_url": .string("\(page).diff"), "patch_url": .string("\(page).patch"),
                "merged_at": .timestamp(state.pulls[issue.key]?.mergedAt),
            ]
        }
        return .object(result)
    }

    /// An entry of an issue's event list; the label is its name and colour only, as GitHub has it there.
    package func event(_ event: ForgeIssueEvent, withIssue: Bool = false) -> JSONValue {
        var result: JSONObject = [
            "id": .integer(event.id), "node_id": .string("LE_\(event.id)"),
            "url": .string("\(repositoryURL(event.issue.repository))/issues/events/\(event.id)"),
            "actor": user(event.actor), "event": .string(event.event), "commit_id": .null, "commit_url": .null,
            "created_at": .string(event.createdAt.description),
            "performed_via_github_app": performedVia(app: event.viaApp),
        ]
        if let name = event.label {
            let color = state.label(name, in: event.issue.repository)?.color ?? "ededed"
            result["label"] = ["name": .string(name), "color": .string(color)]
        }
        if withIssue { result["issue"] = state.issues[event.issue].map(issue) ?? .null }
        return .object(result)
    }

    /// A comment in an issue's conversation.
    package func comment(_ comment: ForgeComment) -> JSONValue {
        let repository = repositoryURL(comment.issue.repository)
        let url = "\(repository)/issues/comments/\(comment.id)"
        let folder = state.issues[comment.issue]?.isPullRequest == true ? "pull" : "issues"
        let page = "\(pageURL(comment.issue.repository))/\(folder)/\(comment.issue.number)"
        return [
            "url": .string(url), "html_url": .string("\(page)#issuecomment-\(comment.id)"),
            "issue_url": .string("\(repository)/issues/\(comment.issue.number)"), "id": .integer(comment.id),
            "node_id": .string("IC_\(comment.id)"), "user": user(comment.author),
            "created_at": .string(comment.createdAt.description), "updated_at": .string(comment.updatedAt.description),
            "body": .string(comment.body),
            "author_association": .string(association(of: comment.author, in: comment.issue.repository)),
            "reactions": reactionSummary(.comment(comment.id), url: "\(url)/reactions"),
            "performed_via_github_app": performedVia(app: comment.viaApp),
        ]
    }

    /// A reaction.
    package func reaction(_ reaction: ForgeReaction) -> JSONValue {
        [
            "id": .integer(reaction.id), "node_id": .string("REA_\(reaction.id)"), "user": user(reaction.user),
            "content": .string(reaction.content), "created_at": .string(reaction.createdAt.description),
        ]
    }

    func association(of account: Int64, in repository: Int64) -> String {
        guard let repository = state.repositories[repository] else { return "NONE" }
        if state.users[account]?.login.lowercased() == repository.owner.lowercased() { return "OWNER" }
        return repository.roles[account].map { $0 >= .triage } == true ? "COLLABORATOR" : "NONE"
    }

    private func reactionSummary(_ target: ForgeReaction.Target, url: String) -> JSONValue {
        let all = state.reactions(on: target)
        var result: JSONObject = ["url": .string(url), "total_count": .integer(Int64(all.count))]
        for content in ForgeReaction.contents {
            result[content] = .integer(Int64(all.count { $0.content == content }))
        }
        return .object(result)
    }
}

extension JSONValue {
    /// A time as GitHub writes it, or null.
    static func timestamp(_ value: Timestamp?) -> JSONValue {
        value.map { .string($0.description) } ?? .null
    }
}
