// SPDX-License-Identifier: MIT
package import AgentAPI
import HTTPTypes
import JSONCoding
package import SourceProvider

extension GitHubAppProvider {
    /// `GET pulls?state=open&head=OWNER:BRANCH`.
    package func openPullRequest(
        head: String, in repository: RepositoryName
    ) async throws(ProviderError) -> PullRequest? {
        let wanted = PercentEncoding.encode("\(repository.owner):\(head)")
        for object in try await list(path(repository, "/pulls?state=open&head=\(wanted)"), in: repository) {
            let pull = try object.pullRequest()
            // GitHub ignores a filter that it does not understand; a stranger's pull request must never pass for ours.
            if pull.isOpen, pull.headBranch == head, pull.headRepositoryID == pull.baseRepositoryID { return pull }
        }
        return nil
    }

    /// `GET pulls/N`.
    package func pullRequest(_ number: Int, in repository: RepositoryName) async throws(ProviderError) -> PullRequest {
        let request = GitHubRequest(path: path(repository, "/pulls/\(number)"))
        return try GitHubObject(try await send(request, in: repository).body, of: request.name).pullRequest()
    }

    /// `POST pulls`, after a look for one that is open.
    package func createPullRequest(
        _ draft: PullRequestDraft, in repository: RepositoryName
    ) async throws(ProviderError) -> PullRequest {
        if let earlier = try await openPullRequest(head: draft.headBranch, in: repository) { return earlier }
        let request = GitHubRequest(
            method: .post, path: path(repository, "/pulls"),
            body: [
                "title": .string(draft.title), "body": .string(GitHubText.body(draft.body)),
                "head": .string(draft.headBranch), "base": .string(draft.baseBranch), "maintainer_can_modify": false,
            ])
        do {
            return try GitHubObject(try await send(request, in: repository).body, of: request.name).pullRequest()
        } catch let error where error.code == .invalid {
            // Somebody was faster than the look-up, or its list was not up to date yet.
            guard error.message.contains("already exists"),
                let earlier = try await openPullRequest(head: draft.headBranch, in: repository)
            else { throw error }
            return earlier
        }
    }

    /// `PATCH pulls/N`.
    package func updatePullRequest(
        _ number: Int, title: String?, body: String?, in repository: RepositoryName
    ) async throws(ProviderError) -> PullRequest {
        var changes: JSONObject = [:]
        if let title { changes["title"] = .string(title) }
        if let body { changes["body"] = .string(GitHubText.body(body)) }
        let request = GitHubRequest(method: .patch, path: path(repository, "/pulls/\(number)"), body: .object(changes))
        return try GitHubObject(try await send(request, in: repository).body, of: request.name).pullRequest()
    }

    /// `GET pulls/N/reviews/ID`.
    package func review(
        _ id: Int64, pullRequest: Int, in repository: RepositoryName
    ) async throws(ProviderError) -> PullRequestReview {
        let request = GitHubRequest(path: path(repository, "/pulls/\(pullRequest)/reviews/\(id)"))
        return try GitHubObject(try await send(request, in: repository).body, of: request.name).review()
    }

    /// `GET pulls?state=open&sort=updated&direction=desc`, the first page alone.
    package func recentPullRequests(in repository: RepositoryName) async throws(ProviderError) -> [PullRequest] {
        let request = GitHubRequest(
            path: path(repository, "/pulls?state=open&sort=updated&direction=desc&per_page=100"))
        guard let page = try await send(request, in: repository).body.arrayValue else {
            throw ProviderError(code: .unavailable, request: request.name, message: "the answer is not a list")
        }
        var pulls: [PullRequest] = []
        for object in page { pulls.append(try GitHubObject(object, of: request.name).pullRequest()) }
        return pulls
    }

    /// `GET pulls/N/reviews`, every page; the host lists them in the order in which they were made.
    package func reviews(
        pullRequest: Int, in repository: RepositoryName
    ) async throws(ProviderError) -> [PullRequestReview] {
        var reviews: [PullRequestReview] = []
        for object in try await list(path(repository, "/pulls/\(pullRequest)/reviews"), in: repository) {
            reviews.append(try object.review())
        }
        return reviews
    }

    /// Reviews, line comments and the conversation, every page.
    package func feedback(
        pullRequest: Int, in repository: RepositoryName
    ) async throws(ProviderError) -> [ReviewFeedback] {
        let own = try await identity()
        var feedback: [ReviewFeedback] = []
        func add(_ objects: [GitHubObject], time: String) throws(ProviderError) {
            for object in objects {
                let author = try object.actor(in: "user")
                let body = object.text("body")
                // A pending review has no time: its author has not sent it yet.
                guard author.id != own.id, !body.isEmpty, object.optionalString(time) != nil else { continue }
                feedback.append(
                    ReviewFeedback(
                        id: try object.integer("id"), author: author, body: body,
                        path: object.optionalString("path"), line: object.optionalInteger("line").map { Int($0) },
                        createdAt: try object.time(time)))
            }
        }
        try add(try await list(path(repository, "/pulls/\(pullRequest)/reviews"), in: repository), time: "submitted_at")
        try add(try await list(path(repository, "/pulls/\(pullRequest)/comments"), in: repository), time: "created_at")
        try add(try await list(path(repository, "/issues/\(pullRequest)/comments"), in: repository), time: "created_at")
        return feedback.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    }
}
