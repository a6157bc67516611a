// SPDX-License-Identifier: MIT

/// One fact in the journal: the whole new value of one thing, so that replaying twice is replaying once.
package enum ForgeRecord: Codable, Sendable {
    /// The last identifier given out.
    case sequence(Int64)
    case app(ForgeApp)
    case user(ForgeUser)
    case repository(ForgeRepository)
    case label(ForgeLabel)
    case labelRemoved(id: Int64, repository: Int64)
    case issue(ForgeIssue)
    case event(ForgeIssueEvent)
    case comment(ForgeComment)
    case commentRemoved(id: Int64)
    case reaction(ForgeReaction)
    case reactionRemoved(id: Int64)
    case pull(ForgePullRequest)
    case review(ForgeReview)
    case reviewComment(ForgeReviewComment)
    case token(ForgeAccessToken)
    case delivery(ForgeDelivery)
}
