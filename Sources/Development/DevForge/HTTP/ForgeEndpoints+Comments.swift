// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding

extension ForgeEndpoints {
    var commentRoutes: [ForgeRoute] {
        let issue = "/repos/{owner}/{repo}/issues/{number}"
        let comment = "/repos/{owner}/{repo}/issues/comments/{id}"
        return [
            ForgeRoute(.get, comment, .repository(.readIssues)) { request in
                .json(request.renderer.comment(try self.comment(request)))
            },
            ForgeRoute(.patch, comment, .repository(.comment)) { request in
                let id = try self.comment(request).id
                let text = try request.json()["body"]?.stringValue ?? ""
                return try await commit(request) { transaction in
                    let comment = try transaction.updateComment(id, body: text, by: request.actor)
                    return .json(transaction.renderer.comment(comment))
                }
            },
            ForgeRoute(.delete, comment, .repository(.comment)) { request in
                let id = try self.comment(request).id
                try await commit(request) { try $0.deleteComment(id, by: request.actor) }
                return .noContent
            },
            ForgeRoute(.get, "\(issue)/comments", .repository(.readIssues)) { request in
                let since = request.target["since"].flatMap { Timestamp($0) }
                let comments = request.state.comments(of: try request.issueKey()).filter {
                    since == nil || $0.updatedAt >= since ?? $0.updatedAt
                }
                return Pagination(request).reply(comments, request.renderer.comment)
            },
            ForgeRoute(.post, "\(issue)/comments", .repository(.comment)) { request in
                let key = try request.issueKey()
                let text = try request.json()["body"]?.stringValue ?? ""
                return try await commit(request) { transaction in
                    let comment = try transaction.createComment(text, on: key, by: request.actor)
                    return .json(transaction.renderer.comment(comment), .created)
                }
            },
        ] + reactionRoutes(issue, comment)
    }

    private func reactionRoutes(_ issue: String, _ comment: String) -> [ForgeRoute] {
        [
            ForgeRoute(.get, "\(issue)/reactions", .repository(.readIssues)) { request in
                listReactions(request, on: .issue(try request.issueKey()))
            },
            ForgeRoute(.post, "\(issue)/reactions", .repository(.comment)) { request in
                try await react(request, to: .issue(try request.issueKey()))
            },
            ForgeRoute(.get, "\(comment)/reactions", .repository(.readIssues)) { request in
                listReactions(request, on: .comment(try self.comment(request).id))
            },
            ForgeRoute(.post, "\(comment)/reactions", .repository(.comment)) { request in
                try await react(request, to: .comment(try self.comment(request).id))
            },
        ]
    }

    private func comment(_ request: ForgeRequest) throws -> ForgeComment {
        guard let comment = request.state.comments[try request.number("id")],
            comment.issue.repository == request.repository.id
        else { throw ForgeFailure.notFound }
        return comment
    }

    private func listReactions(_ request: ForgeRequest, on target: ForgeReaction.Target) -> ForgeReply {
        let wanted = request.target["content"]
        let reactions = request.state.reactions(on: target).filter { wanted == nil || $0.content == wanted }
        return Pagination(request).reply(reactions, request.renderer.reaction)
    }

    private func react(_ request: ForgeRequest, to target: ForgeReaction.Target) async throws -> ForgeReply {
        let content = try request.json()["content"]?.stringValue ?? ""
        return try await commit(request) { transaction in
            let (reaction, isNew) = try transaction.react(content, to: target, by: request.actor)
            return .json(transaction.renderer.reaction(reaction), isNew ? .created : .ok)
        }
    }
}
