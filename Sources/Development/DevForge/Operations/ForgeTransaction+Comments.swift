// SPDX-License-Identifier: MIT
import JSONCoding

extension ForgeTransaction {
    /// GitHub's limit for the body of a comment or an issue, in characters.
    static let maximumBodyCharacters = 65536

    /// Adds to the conversation.
    package mutating func createComment(_ body: String, on key: IssueKey, by actor: ForgeActor) throws -> ForgeComment {
        try Self.checkBody(body, of: "IssueComment")
        guard var issue = state.issues[key] else { throw ForgeFailure.notFound }
        let comment = ForgeComment(
            id: nextID(), issue: key, body: body, author: actor.user.id, viaApp: actor.viaApp, createdAt: now,
            updatedAt: now)
        put(.comment(comment))
        issue.updatedAt = now
        put(.issue(issue))
        queueComment("created", comment, by: actor)
        return comment
    }

    /// Replaces a comment's text. Its author may, and who may write to the repository.
    package mutating func updateComment(_ id: Int64, body: String, by actor: ForgeActor) throws -> ForgeComment {
        try Self.checkBody(body, of: "IssueComment")
        var comment = try editableComment(id, by: actor)
        comment.body = body
        comment.updatedAt = now
        put(.comment(comment))
        queueComment("edited", comment, by: actor)
        return comment
    }

    /// Removes a comment.
    package mutating func deleteComment(_ id: Int64, by actor: ForgeActor) throws {
        let comment = try editableComment(id, by: actor)
        queueComment("deleted", comment, by: actor)
        put(.commentRemoved(id: id))
    }

    /// Reacts; the same reaction of the same account again is answered with the first one (`isNew` false, status 200).
    package mutating func react(
        _ content: String, to target: ForgeReaction.Target, by actor: ForgeActor
    ) throws -> (reaction: ForgeReaction, isNew: Bool) {
        guard ForgeReaction.contents.contains(content) else {
            throw ForgeFailure.validation("Reaction", field: "content", code: "invalid")
        }
        let own = state.reactions(on: target).first { $0.content == content && $0.user == actor.user.id }
        if let own { return (own, false) }
        let reaction = ForgeReaction(
            id: nextID(), target: target, content: content, user: actor.user.id, createdAt: now)
        put(.reaction(reaction))
        return (reaction, true)
    }

    private func editableComment(_ id: Int64, by actor: ForgeActor) throws -> ForgeComment {
        guard let comment = state.comments[id] else { throw ForgeFailure.notFound }
        guard let repository = state.repositories[comment.issue.repository] else { throw ForgeFailure.notFound }
        let isOwn = comment.author == actor.user.id
        guard isOwn || actor.role(in: repository) >= .write else { throw ForgeFailure.mustHaveAdminRights }
        return comment
    }

    static func checkBody(_ body: String, of resource: String) throws {
        guard !body.isEmpty else { throw ForgeFailure.validation(resource, field: "body", code: "missing_field") }
        guard body.unicodeScalars.count <= maximumBodyCharacters else {
            throw ForgeFailure.validation(
                resource, field: "body", code: "custom",
                message: "body is too long (maximum is \(maximumBodyCharacters) characters)")
        }
    }
}
