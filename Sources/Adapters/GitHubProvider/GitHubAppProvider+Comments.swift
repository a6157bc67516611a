// SPDX-License-Identifier: MIT
package import AgentAPI
import HTTPTypes
import JSONCoding
package import SourceProvider

extension GitHubAppProvider {
    /// `GET issues/N/comments`, every page, ours alone.
    package func comments(
        marker: String, issue: Int, in repository: RepositoryName
    ) async throws(ProviderError) -> [IssueComment] {
        let own = try await identity()
        var comments: [IssueComment] = []
        for object in try await list(path(repository, "/issues/\(issue)/comments"), in: repository) {
            let comment = try object.comment()
            // Anybody can write a marker; only our own account's comment is ours.
            if comment.author.id == own.id, comment.body.contains(marker) { comments.append(comment) }
        }
        return comments.sorted { $0.id < $1.id }
    }

    /// `GET issues/N/comments`, every page, ours left out.
    package func conversation(
        issue: Int, in repository: RepositoryName
    ) async throws(ProviderError) -> [IssueComment] {
        let own = try await identity()
        var comments: [IssueComment] = []
        for object in try await list(path(repository, "/issues/\(issue)/comments"), in: repository) {
            let comment = try object.comment()
            if comment.author.id != own.id, !comment.body.isEmpty { comments.append(comment) }
        }
        return comments.sorted { $0.id < $1.id }
    }

    /// `GET issues/comments/ID`.
    package func comment(_ id: Int64, in repository: RepositoryName) async throws(ProviderError) -> IssueComment? {
        let request = GitHubRequest(path: path(repository, "/issues/comments/\(id)"))
        do {
            return try GitHubObject(try await send(request, in: repository).body, of: request.name).comment()
        } catch let error where error.code == .notFound {
            return nil
        }
    }

    /// `POST issues/N/comments`; the caller has looked for an earlier one.
    package func createComment(
        _ body: String, issue: Int, in repository: RepositoryName
    ) async throws(ProviderError) -> IssueComment {
        let request = GitHubRequest(
            method: .post, path: path(repository, "/issues/\(issue)/comments"),
            body: ["body": .string(GitHubText.body(body))])
        return try GitHubObject(try await send(request, in: repository).body, of: request.name).comment()
    }

    /// `PATCH issues/comments/ID`.
    package func updateComment(
        _ id: Int64, body: String, in repository: RepositoryName
    ) async throws(ProviderError) {
        try await send(
            GitHubRequest(
                method: .patch, path: path(repository, "/issues/comments/\(id)"),
                body: ["body": .string(GitHubText.body(body))]),
            in: repository)
    }

    /// `DELETE issues/comments/ID`.
    package func deleteComment(_ id: Int64, in repository: RepositoryName) async throws(ProviderError) {
        do {
            try await send(
                GitHubRequest(method: .delete, path: path(repository, "/issues/comments/\(id)")), in: repository)
        } catch let error where error.code == .notFound {
            return
        }
    }
}
