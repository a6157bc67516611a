// SPDX-License-Identifier: MIT
import JSONCoding
import SourceProvider

/// A JSON object of an answer, read field by field; a missing one is an error that names the request and the field.
struct GitHubObject: Sendable {
    private let json: JSONValue
    private let request: String

    init(_ json: JSONValue, of request: String) {
        self.json = json
        self.request = request
    }

    private func missing(_ key: String) -> ProviderError {
        ProviderError(code: .unavailable, request: request, message: "the answer lacks a usable field \(key)")
    }

    func string(_ key: String) throws(ProviderError) -> String {
        guard let value = json[key]?.stringValue else { throw missing(key) }
        return value
    }

    /// A string that GitHub writes as null when it is empty.
    func text(_ key: String) -> String { json[key]?.stringValue ?? "" }

    func optionalString(_ key: String) -> String? { json[key]?.stringValue }

    func integer(_ key: String) throws(ProviderError) -> Int64 {
        guard let value = json[key]?.integerValue else { throw missing(key) }
        return value
    }

    func optionalInteger(_ key: String) -> Int64? { json[key]?.integerValue }

    func flag(_ key: String) -> Bool { json[key]?.boolValue ?? false }

    func time(_ key: String) throws(ProviderError) -> Timestamp {
        guard let value = json[key]?.stringValue.flatMap({ Timestamp($0) }) else { throw missing(key) }
        return value
    }

    func object(_ key: String) throws(ProviderError) -> GitHubObject {
        guard let value = json[key], value.objectValue != nil else { throw missing(key) }
        return GitHubObject(value, of: request)
    }

    func optionalObject(_ key: String) -> GitHubObject? {
        guard let value = json[key], value.objectValue != nil else { return nil }
        return GitHubObject(value, of: request)
    }

    func objects(_ key: String) -> [GitHubObject] {
        (json[key]?.arrayValue ?? []).map { GitHubObject($0, of: request) }
    }
}

extension GitHubObject {
    /// An account.
    func actor() throws(ProviderError) -> SourceActor {
        SourceActor(id: try integer("id"), login: try string("login"), isBot: text("type") == "Bot")
    }

    /// The account in a field; accounts that were deleted are shown as GitHub's own placeholder `ghost`.
    func actor(in key: String) throws(ProviderError) -> SourceActor {
        guard let user = optionalObject(key) else { return SourceActor(id: 10137, login: "ghost", isBot: false) }
        return try user.actor()
    }

    /// Names of the labels in `labels`.
    var labelNames: [String] { objects("labels").map { $0.text("name") } }

    func issue() throws(ProviderError) -> SourceIssue {
        SourceIssue(
            number: Int(try integer("number")), title: text("title"), body: text("body"),
            isOpen: try string("state") == "open", labels: labelNames, author: try actor(in: "user"),
            url: text("html_url"))
    }

    func pullRequest() throws(ProviderError) -> PullRequest {
        let head = try object("head")
        let base = try object("base")
        return PullRequest(
            number: Int(try integer("number")), url: text("html_url"), title: text("title"), body: text("body"),
            isOpen: try string("state") == "open", isMerged: optionalString("merged_at") != nil || flag("merged"),
            headBranch: try head.string("ref"), headSHA: try head.string("sha"),
            headRepositoryID: head.optionalObject("repo")?.optionalInteger("id"), baseBranch: try base.string("ref"),
            baseRepositoryID: try base.object("repo").integer("id"), author: try actor(in: "user"), labels: labelNames,
            updatedAt: optionalString("updated_at").flatMap { Timestamp($0) })
    }

    func review() throws(ProviderError) -> PullRequestReview {
        PullRequestReview(
            id: try integer("id"), author: try actor(in: "user"), state: try string("state"), body: text("body"),
            commit: optionalString("commit_id"), submittedAt: optionalString("submitted_at").flatMap { Timestamp($0) })
    }

    func comment() throws(ProviderError) -> IssueComment {
        IssueComment(
            id: try integer("id"), author: try actor(in: "user"), body: text("body"), createdAt: try time("created_at"))
    }
}
