// SPDX-License-Identifier: MIT
import JSONCoding

/// A line comment as it comes with a review or alone.
package struct NewReviewComment: Sendable {
    package var body: String
    package var path: String
    package var line: Int?
    package var side: String
    package var commitID: String?
    package var inReplyTo: Int64?
}

extension ForgeTransaction {
    /// Submits a review. GitHub lets nobody approve or refuse their own pull request.
    package mutating func createReview(
        on key: IssueKey, event: String, body: String, commitID: String?, comments: [NewReviewComment],
        by actor: ForgeActor
    ) throws -> ForgeReview {
        guard let pull = state.pulls[key], var issue = state.issues[key] else { throw ForgeFailure.notFound }
        let states = ["APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"]
        guard let reviewState = states[event] else {
            throw ForgeFailure.unprocessable("Unprocessable Entity: event must be APPROVE, REQUEST_CHANGES or COMMENT")
        }
        if event != "COMMENT", issue.author == actor.user.id {
            let verb = event == "APPROVE" ? "approve" : "request changes on"
            throw ForgeFailure(
                status: 422, message: "Unprocessable Entity",
                errors: [.string("Can not \(verb) your own pull request")])
        }
        guard event == "APPROVE" || !body.isEmpty || !comments.isEmpty else {
            throw ForgeFailure(
                status: 422, message: "Unprocessable Entity", errors: ["Body can not be blank"])
        }
        let review = ForgeReview(
            id: nextID(), pull: key, author: actor.user.id, viaApp: actor.viaApp, body: body, state: reviewState,
            commitID: commitID ?? pull.headSHA, submittedAt: now)
        put(.review(review))
        issue.updatedAt = now
        put(.issue(issue))
        for comment in comments { _ = try createReviewComment(comment, on: key, review: review.id, by: actor) }
        queueReview("submitted", review, pull: pull, by: actor)
        return review
    }

    /// Comments on a line.
    package mutating func createReviewComment(
        _ new: NewReviewComment, on key: IssueKey, review: Int64? = nil, by actor: ForgeActor
    ) throws -> ForgeReviewComment {
        try Self.checkBody(new.body, of: "PullRequestReviewComment")
        guard let pull = state.pulls[key] else { throw ForgeFailure.notFound }
        guard !new.path.isEmpty else {
            throw ForgeFailure.validation("PullRequestReviewComment", field: "path", code: "missing_field")
        }
        let comment = ForgeReviewComment(
            id: nextID(), pull: key, review: review, inReplyTo: new.inReplyTo, author: actor.user.id, body: new.body,
            path: new.path, line: new.line, side: new.side, commitID: new.commitID ?? pull.headSHA, createdAt: now,
            updatedAt: now)
        put(.reviewComment(comment))
        return comment
    }
}
