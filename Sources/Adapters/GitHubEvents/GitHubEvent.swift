// SPDX-License-Identifier: MIT
package import JSONCoding

/// The kinds of deliveries that are of use here; everything else is `other`.
package enum GitHubEventKind: String, Sendable, Hashable, CaseIterable {
    case issues
    case issueComment = "issue_comment"
    case ping
    case pullRequest = "pull_request"
    case pullRequestReview = "pull_request_review"
    case other

    /// The field that carries the kind's name.
    package static let fieldName = "X-GitHub-Event"

    /// Reads the field's value. A set of known words, because it becomes the label of a metric.
    package init(fieldValue: String) {
        self = Self(rawValue: fieldValue) ?? .other
    }
}

/// What a delivery says, as far as it is of use here (GitHub, "Webhook events and payloads").
package enum GitHubEvent: Sendable, Hashable {
    case issues(IssuesEvent)
    case issueComment(IssueCommentEvent)
    case ping(PingEvent)
    case pullRequest(PullRequestEvent)
    case pullRequestReview(PullRequestReviewEvent)
    case other

    /// The event's kind.
    package var kind: GitHubEventKind {
        switch self {
        case .issues: .issues
        case .issueComment: .issueComment
        case .ping: .ping
        case .pullRequest: .pullRequest
        case .pullRequestReview: .pullRequestReview
        case .other: .other
        }
    }

    /// Where it happened, if it happened in a repository.
    package var repository: RepositoryReference? {
        switch self {
        case .issues(let event): event.repository
        case .issueComment(let event): event.repository
        case .ping(let event): event.repository
        case .pullRequest(let event): event.repository
        case .pullRequestReview(let event): event.repository
        case .other: nil
        }
    }

    /// What was done: `labeled`, `submitted` and so on.
    package var action: String? {
        switch self {
        case .issues(let event): event.action
        case .issueComment(let event): event.action
        case .pullRequest(let event): event.action
        case .pullRequestReview(let event): event.action
        case .ping, .other: nil
        }
    }

    /// The bounds of a payload; GitHub's own nest less than ten deep.
    package static let limits = JSONLimits(maximumDepth: 64, maximumBytes: 26 << 20)

    /// Reads a payload whose signature holds. Fields nobody asks for may be anything; those asked for must be right.
    ///
    /// - Throws: ``MalformedEvent`` that names the field.
    package static func decode(_ kind: GitHubEventKind, _ body: [UInt8]) throws(MalformedEvent) -> GitHubEvent {
        // What is of no use is not parsed: any JSON of a stranger's making is work for nothing.
        guard kind != .other else { return .other }
        let payload: JSONValue
        do {
            payload = try JSONValue.parse(body, limits: limits)
        } catch {
            throw MalformedEvent(field: "", problem: error.description)
        }
        return try decode(kind, payload)
    }

    /// As above, from parsed JSON.
    package static func decode(_ kind: GitHubEventKind, _ payload: JSONValue) throws(MalformedEvent) -> GitHubEvent {
        let reader = try PayloadReader(payload)
        switch kind {
        case .issues: return .issues(try IssuesEvent(reader))
        case .issueComment: return .issueComment(try IssueCommentEvent(reader))
        case .ping: return .ping(try PingEvent(reader))
        case .pullRequest: return .pullRequest(try PullRequestEvent(reader))
        case .pullRequestReview: return .pullRequestReview(try PullRequestReviewEvent(reader))
        case .other: return .other
        }
    }
}

/// A payload that is not what GitHub sends.
package struct MalformedEvent: Error, Sendable, Hashable, CustomStringConvertible {
    /// The path of the field, for example `issue.number`; empty for the whole payload.
    package let field: String
    /// What was expected.
    package let problem: String

    package var description: String { field.isEmpty ? problem : "\(field): \(problem)" }
}
