// SPDX-License-Identifier: MIT

/// `issues`: something happened to an issue.
package struct IssuesEvent: Sendable, Hashable {
    /// `labeled`, `unlabeled`, `closed`, `opened` and so on.
    package let action: String
    /// The issue after it happened.
    package let issue: IssueReference
    /// The label that was set or taken off, with those two actions.
    package let label: String?
    /// Where.
    package let repository: RepositoryReference
    /// Who did it; nil for accounts that are gone.
    package let sender: AccountReference?

    init(_ reader: PayloadReader) throws(MalformedEvent) {
        action = try reader.text("action", maximum: 100)
        issue = try IssueReference(try reader.child("issue"))
        let isAboutLabel = action == "labeled" || action == "unlabeled"
        label = isAboutLabel ? try reader.child("label").text("name", maximum: 200) : nil
        repository = try RepositoryReference(try reader.child("repository"))
        sender = try reader.optionalChild("sender").map { reader throws(MalformedEvent) in try AccountReference(reader)
        }
    }
}

/// `issue_comment`: a comment on an issue or a pull request.
package struct IssueCommentEvent: Sendable, Hashable {
    /// `created`, `edited` or `deleted`.
    package let action: String
    /// What was commented on.
    package let issue: IssueReference
    /// The comment's id.
    package let commentID: Int64
    /// Where.
    package let repository: RepositoryReference

    init(_ reader: PayloadReader) throws(MalformedEvent) {
        action = try reader.text("action", maximum: 100)
        issue = try IssueReference(try reader.child("issue"))
        commentID = try reader.child("comment").number("id")
        repository = try RepositoryReference(try reader.child("repository"))
    }
}

/// `pull_request`: something happened to a pull request.
package struct PullRequestEvent: Sendable, Hashable {
    /// `labeled`, `closed`, `synchronize` and so on.
    package let action: String
    /// The pull request after it happened.
    package let pullRequest: PullRequestReference
    /// Where.
    package let repository: RepositoryReference

    init(_ reader: PayloadReader) throws(MalformedEvent) {
        action = try reader.text("action", maximum: 100)
        pullRequest = try PullRequestReference(try reader.child("pull_request"))
        repository = try RepositoryReference(try reader.child("repository"))
    }
}

/// `pull_request_review`: a review was submitted, edited or dismissed.
package struct PullRequestReviewEvent: Sendable, Hashable {
    /// What a reviewer concluded.
    package enum State: String, Sendable, Hashable {
        case approved
        case changesRequested = "changes_requested"
        case commented
        case other
    }

    /// `submitted`, `edited` or `dismissed`.
    package let action: String
    /// The review's id.
    package let reviewID: Int64
    /// The conclusion.
    package let state: State
    /// When it was submitted.
    package let submittedAt: EventTime?
    /// Who reviewed; nil for accounts that are gone.
    package let reviewer: AccountReference?
    /// What was reviewed.
    package let pullRequest: PullRequestReference
    /// Where.
    package let repository: RepositoryReference

    init(_ reader: PayloadReader) throws(MalformedEvent) {
        action = try reader.text("action", maximum: 100)
        let review = try reader.child("review")
        reviewID = try review.number("id")
        // Webhooks write it in lower case, REST in upper case.
        state = State(rawValue: try review.text("state", maximum: 40).lowercased()) ?? .other
        submittedAt = review.has("submitted_at") ? try review.time("submitted_at") : nil
        reviewer = try review.optionalChild("user").map { reader throws(MalformedEvent) in try AccountReference(reader)
        }
        pullRequest = try PullRequestReference(try reader.child("pull_request"))
        repository = try RepositoryReference(try reader.child("repository"))
    }
}

/// `ping`: what a new hook sends first.
package struct PingEvent: Sendable, Hashable {
    /// Where; nil for the hook of an organization or an app.
    package let repository: RepositoryReference?

    init(_ reader: PayloadReader) throws(MalformedEvent) {
        repository = try reader.optionalChild("repository").map { reader throws(MalformedEvent) in
            try RepositoryReference(reader)
        }
    }
}
