// SPDX-License-Identifier: MIT
package import AgentAPI
import HTTPTypes
import JSONCoding
package import SourceProvider

extension GitHubAppProvider {
    /// `GET repos/OWNER/NAME`.
    package func repository(_ name: RepositoryName) async throws(ProviderError) -> SourceRepository {
        let request = GitHubRequest(path: path(name))
        let object = GitHubObject(try await send(request, in: name).body, of: request.name)
        let fullName = try object.string("full_name")
        // A renamed repository answers under its old name by a redirect; its new name is what counts from here on.
        return SourceRepository(
            id: try object.integer("id"), name: RepositoryName(fullName) ?? name,
            defaultBranch: try object.string("default_branch"))
    }

    /// `GET issues/N`.
    package func issue(_ number: Int, in repository: RepositoryName) async throws(ProviderError) -> SourceIssue {
        let request = GitHubRequest(path: path(repository, "/issues/\(number)"))
        return try GitHubObject(try await send(request, in: repository).body, of: request.name).issue()
    }

    /// `GET issues?state=open&labels=…`, every page, pull requests left out.
    package func openIssues(
        labelled label: String, in repository: RepositoryName
    ) async throws(ProviderError) -> [SourceIssue] {
        let query = "/issues?state=open&labels=\(PercentEncoding.encode(label))"
        var issues: [SourceIssue] = []
        for object in try await list(path(repository, query), in: repository)
        where object.optionalObject("pull_request") == nil {
            issues.append(try object.issue())
        }
        return issues
    }

    /// `GET issues/N/events`, every page.
    package func labelEvents(issue: Int, in repository: RepositoryName) async throws(ProviderError) -> [LabelEvent] {
        var events: [LabelEvent] = []
        for object in try await list(path(repository, "/issues/\(issue)/events"), in: repository) {
            let kind = object.text("event")
            guard kind == "labeled" || kind == "unlabeled", let label = object.optionalObject("label") else { continue }
            events.append(
                LabelEvent(
                    id: try object.integer("id"), isSet: kind == "labeled", label: try label.string("name"),
                    actor: try object.actor(in: "actor"), createdAt: try object.time("created_at")))
        }
        return events.sorted { $0.id < $1.id }
    }

    /// `GET collaborators/LOGIN/permission`; nobody known is nobody permitted.
    package func permission(
        of login: String, in repository: RepositoryName
    ) async throws(ProviderError) -> RepositoryPermission {
        let name = PercentEncoding.encode(login)
        let request = GitHubRequest(path: path(repository, "/collaborators/\(name)/permission"))
        do {
            let object = GitHubObject(try await send(request, in: repository).body, of: request.name)
            // `permission` hides triage and maintain; a custom role is known only by what it is based on there.
            let role = RepositoryPermission(word: object.text("role_name"))
            return role == .none ? RepositoryPermission(word: object.text("permission")) : role
        } catch let error where error.code == .notFound {
            return .none
        }
    }

    /// `POST issues/N/labels`, which leaves those alone that are there.
    package func addLabels(
        _ labels: [String], issue: Int, in repository: RepositoryName
    ) async throws(ProviderError) {
        guard !labels.isEmpty else { return }
        try await send(
            GitHubRequest(
                method: .post, path: path(repository, "/issues/\(issue)/labels"),
                body: ["labels": .array(labels.map(JSONValue.string))]), in: repository)
    }

    /// `DELETE issues/N/labels/NAME`.
    package func removeLabel(
        _ label: String, issue: Int, in repository: RepositoryName
    ) async throws(ProviderError) {
        let name = PercentEncoding.encode(label)
        do {
            try await send(
                GitHubRequest(method: .delete, path: path(repository, "/issues/\(issue)/labels/\(name)")),
                in: repository)
        } catch let error where error.code == .notFound && error.message.contains("Label does not exist") {
            return
        }
    }

    /// `POST issues/N/reactions`, which answers with the first reaction when it is there.
    package func react(_ content: String, issue: Int, in repository: RepositoryName) async throws(ProviderError) {
        try await send(
            GitHubRequest(
                method: .post, path: path(repository, "/issues/\(issue)/reactions"),
                body: ["content": .string(content)]), in: repository)
    }
}
