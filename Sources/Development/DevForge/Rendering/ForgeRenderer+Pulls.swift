// SPDX-License-Identifier: MIT
package import JSONCoding

/// What only git can say about a pull request; lists and webhooks go without it.
package struct PullFacts: Sendable {
    package var commits: Int
    package var additions: Int
    package var deletions: Int
    package var changedFiles: Int
    /// Nil once the pull request is closed: GitHub no longer computes it then.
    package var isMergeable: Bool?
}

extension ForgeRenderer {
    /// A pull request; `facts` are the fields that only `GET` of a single one has.
    package func pull(_ pull: ForgePullRequest, facts: PullFacts? = nil) -> JSONValue {
        guard let issue = state.issues[pull.key] else { return .null }
        let repository = repositoryURL(pull.key.repository)
        let url = "\(repository)/pulls/\(pull.key.number)"
        let page = "\(pageURL(pull.key.repository))/pull/\(pull.key.number)"
        var result: JSONObject = [
            "url": .string(url), "id": .integer(pull.id), "node_id": .string("PR_\(pull.id)"),
            "html_url": .string(page),
            "issue_url": .string("\(repository)/issues/\(pull.key.number)"),
            "comments_url": .string("\(repository)/issues/\(pull.key.number)/comments"),
            "review_comments_url": .string("\(url)/comments"), "commits_url": .string("\(url)/commits"),
            "number": .integer(Int64(pull.key.number)), "state": .string(issue.isClosed ? "closed" : "open"),
            "locked": false, "title": .string(issue.title), "user": user(issue.author),
            "body": issue.body.map(JSONValue.string) ?? .null, "labels": labels(of: issue), "milestone": .null,
            "created_at": .string(issue.createdAt.description), "updated_at": .string(issue.updatedAt.description),
            "closed_at": .timestamp(issue.closedAt), "merged_at": .timestamp(pull.mergedAt),
            "merge_commit_sha": pull.mergeCommitSHA.map(JSONValue.string) ?? .null, "assignee": .null, "assignees": [],
            "requested_reviewers": [], "requested_teams": [], "draft": .bool(pull.isDraft),
            "head": side(pull.head, pull.headSHA, pull.key.repository),
            "base": side(pull.base, pull.baseSHA, pull.key.repository),
            "author_association": .string(association(of: issue.author, in: pull.key.repository)),
            "performed_via_github_app": performedVia(app: issue.viaApp),
        ]
        if let facts {
            result["merged"] = .bool(pull.mergedAt != nil)
            result["mergeable"] = facts.isMergeable.map(JSONValue.bool) ?? .null
            result["mergeable_state"] = .string(facts.isMergeable.map { $0 ? "clean" : "dirty" } ?? "unknown")
            result["merged_by"] = user(pull.mergedBy)
            result["comments"] = .integer(Int64(state.comments(of: pull.key).count))
            result["review_comments"] = .integer(Int64(state.reviewComments(of: pull.key).count))
            result["maintainer_can_modify"] = false
            result["commits"] = .integer(Int64(facts.commits))
            result["additions"] = .integer(Int64(facts.additions))
            result["deletions"] = .integer(Int64(facts.deletions))
            result["changed_files"] = .integer(Int64(facts.changedFiles))
        }
        return .object(result)
    }

    /// A submitted review.
    package func review(_ review: ForgeReview) -> JSONValue {
        let page = "\(pageURL(review.pull.repository))/pull/\(review.pull.number)"
        return [
            "id": .integer(review.id), "node_id": .string("PRR_\(review.id)"), "user": user(review.author),
            "body": .string(review.body), "state": .string(review.state),
            "html_url": .string("\(page)#pullrequestreview-\(review.id)"),
            "pull_request_url": .string("\(repositoryURL(review.pull.repository))/pulls/\(review.pull.number)"),
            "submitted_at": .timestamp(review.submittedAt), "commit_id": .string(review.commitID),
            "author_association": .string(association(of: review.author, in: review.pull.repository)),
        ]
    }

    /// A comment on a line.
    package func reviewComment(_ comment: ForgeReviewComment) -> JSONValue {
        let repository = repositoryURL(comment.pull.repository)
        let page = "\(pageURL(comment.pull.repository))/pull/\(comment.pull.number)"
        return [
            "url": .string("\(repository)/pulls/comments/\(comment.id)"),
            "pull_request_review_id": comment.review.map(JSONValue.integer) ?? .null, "id": .integer(comment.id),
            "node_id": .string("PRRC_\(comment.id)"), "diff_hunk": "", "path": .string(comment.path),
            "commit_id": .string(comment.commitID), "original_commit_id": .string(comment.commitID),
            "in_reply_to_id": comment.inReplyTo.map(JSONValue.integer) ?? .null, "user": user(comment.author),
            "body": .string(comment.body), "line": comment.line.map { .integer(Int64($0)) } ?? .null,
            "side": .string(comment.side), "created_at": .string(comment.createdAt.description),
            "updated_at": .string(comment.updatedAt.description),
            "html_url": .string("\(page)#discussion_r\(comment.id)"),
            "pull_request_url": .string("\(repository)/pulls/\(comment.pull.number)"),
            "author_association": .string(association(of: comment.author, in: comment.pull.repository)),
        ]
    }

    private func side(_ branch: String, _ sha: String, _ id: Int64) -> JSONValue {
        guard let repository = state.repositories[id] else { return .null }
        return [
            "label": .string("\(repository.owner):\(branch)"), "ref": .string(branch), "sha": .string(sha),
            "user": state.user(login: repository.owner).map(user) ?? .null, "repo": self.repository(repository),
        ]
    }
}
