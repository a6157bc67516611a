// SPDX-License-Identifier: MIT
package import JSONCoding

/// A repository in a payload.
package struct RepositoryReference: Sendable, Hashable {
    /// The numeric id, which survives renaming.
    package let id: Int64
    /// `owner/name`.
    package let fullName: String

    init(_ reader: PayloadReader) throws(MalformedEvent) {
        id = try reader.number("id")
        fullName = try reader.text("full_name", maximum: 140)
    }
}

/// An account in a payload.
package struct AccountReference: Sendable, Hashable {
    /// The numeric id, which survives renaming.
    package let id: Int64
    /// The login.
    package let login: String
    /// Whether it is a bot's, an app's included.
    package let isBot: Bool

    init(_ reader: PayloadReader) throws(MalformedEvent) {
        id = try reader.number("id")
        login = try reader.text("login", maximum: 100)
        isBot = reader.has("type") ? try reader.text("type", maximum: 40) == "Bot" : false
    }
}

/// A point in time: the exact text, because names are derived from it, and its meaning.
package struct EventTime: Sendable, Hashable {
    /// As the payload has it.
    package let text: String
    /// What it means.
    package let timestamp: Timestamp
}

/// An issue in a payload.
package struct IssueReference: Sendable, Hashable {
    /// The number in its repository.
    package let number: Int
    /// The last change of anything about it; a labelling is one.
    package let updatedAt: EventTime
    /// Whether the "issue" is a pull request: GitHub treats those as issues, too.
    package let isPullRequest: Bool
    /// Whether it is closed.
    package let isClosed: Bool

    init(_ reader: PayloadReader) throws(MalformedEvent) {
        number = try reader.issueNumber("number")
        updatedAt = try reader.time("updated_at")
        isPullRequest = reader.has("pull_request")
        isClosed = reader.has("state") ? try reader.text("state", maximum: 20) == "closed" : false
    }
}

/// A pull request in a payload.
package struct PullRequestReference: Sendable, Hashable {
    /// The number in its repository.
    package let number: Int
    /// Whether it is closed or merged.
    package let isClosed: Bool
    /// Where the changes are.
    package let head: BranchReference
    /// Where they go.
    package let base: BranchReference

    init(_ reader: PayloadReader) throws(MalformedEvent) {
        number = try reader.issueNumber("number")
        isClosed = reader.has("state") ? try reader.text("state", maximum: 20) == "closed" : false
        head = try BranchReference(try reader.child("head"))
        base = try BranchReference(try reader.child("base"))
    }
}

/// One side of a pull request.
package struct BranchReference: Sendable, Hashable {
    /// The branch's name.
    package let name: String
    /// The repository it is in; nil when that is gone, as deleted forks are.
    package let repositoryID: Int64?

    init(_ reader: PayloadReader) throws(MalformedEvent) {
        name = try reader.text("ref", maximum: 255)
        repositoryID = try reader.optionalChild("repo")?.number("id")
    }
}
