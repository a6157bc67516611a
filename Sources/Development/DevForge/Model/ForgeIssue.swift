// SPDX-License-Identifier: MIT
package import JSONCoding

/// One issue or pull request within the forge: numbers are unique in a repository only.
///
/// On GitHub the number alone would do. Here both may have the same one (`ForgeRepository.pairsNumbers`).
package struct IssueKey: Codable, Sendable, Hashable {
    package var repository: Int64
    package var number: Int
    package var isPull: Bool

    /// The issue of the same number, for a pull request.
    package var pairedIssue: IssueKey { IssueKey(repository: repository, number: number, isPull: false) }
}

/// An issue; a pull request has one too, since GitHub keeps title, labels and comments there.
package struct ForgeIssue: Codable, Sendable {
    package var id: Int64
    package var key: IssueKey
    package var title: String
    package var body: String?
    package var isClosed: Bool
    /// `completed`, `not_planned` or `reopened`.
    package var stateReason: String?
    /// Names of the labels, in the order in which they were set.
    package var labels: [String]
    package var author: Int64
    package var viaApp: Bool
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var closedAt: Timestamp?
    package var isPullRequest: Bool
}

/// An entry of an issue's event list.
package struct ForgeIssueEvent: Codable, Sendable {
    package var id: Int64
    package var issue: IssueKey
    /// `labeled`, `unlabeled`, `closed`, `reopened`, `merged`.
    package var event: String
    package var actor: Int64
    package var viaApp: Bool
    package var label: String?
    package var createdAt: Timestamp
}

/// A comment in an issue's conversation.
package struct ForgeComment: Codable, Sendable {
    package var id: Int64
    package var issue: IssueKey
    package var body: String
    package var author: Int64
    package var viaApp: Bool
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
}

/// A reaction on an issue or on a comment.
package struct ForgeReaction: Codable, Sendable {
    /// What was reacted to.
    package enum Target: Codable, Sendable, Hashable {
        case issue(IssueKey)
        case comment(Int64)
    }

    package var id: Int64
    package var target: Target
    package var content: String
    package var user: Int64
    package var createdAt: Timestamp

    /// The eight contents that GitHub knows, in its order.
    package static let contents = ["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"]
}
