// SPDX-License-Identifier: MIT
package import JSONCoding

/// What a pull request has beyond its issue.
package struct ForgePullRequest: Codable, Sendable {
    package var id: Int64
    package var key: IssueKey
    package var head: String
    package var headSHA: String
    package var base: String
    package var baseSHA: String
    package var isDraft: Bool
    package var mergedAt: Timestamp?
    package var mergedBy: Int64?
    package var mergeCommitSHA: String?
}

/// A submitted review.
package struct ForgeReview: Codable, Sendable {
    package var id: Int64
    package var pull: IssueKey
    package var author: Int64
    package var viaApp: Bool
    package var body: String
    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED` or `PENDING`.
    package var state: String
    package var commitID: String
    package var submittedAt: Timestamp?
}

/// A comment on a line of a pull request's difference.
package struct ForgeReviewComment: Codable, Sendable {
    package var id: Int64
    package var pull: IssueKey
    package var review: Int64?
    package var inReplyTo: Int64?
    package var author: Int64
    package var body: String
    package var path: String
    package var line: Int?
    package var side: String
    package var commitID: String
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
}
