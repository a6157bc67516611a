// SPDX-License-Identifier: MIT
package import JSONCoding

/// Turns the stand-in's values into GitHub's JSON.
///
/// Only what GitHub documents is written, and only the part that a client of ours may read; field names and nulls are
/// GitHub's (REST API, version 2022-11-28).
package struct ForgeRenderer: Sendable {
    package let state: ForgeState
    /// The stand-in's own address, without a slash at the end; REST and pages share it.
    package let baseURL: String

    /// A renderer of one snapshot.
    package init(state: ForgeState, baseURL: String) {
        self.state = state
        self.baseURL = baseURL
    }

    /// `GET /user` and every `user`, `actor`, `sender` field.
    package func user(_ user: ForgeUser) -> JSONValue {
        [
            "login": .string(user.login), "id": .integer(user.id), "node_id": .string("U_\(user.id)"),
            "avatar_url": "", "gravatar_id": "", "url": .string("\(baseURL)/users/\(user.login)"),
            "html_url": .string("\(baseURL)/\(user.login)"), "type": .string(user.kind.rawValue), "site_admin": false,
        ]
    }

    /// The account of that identifier, null when it is gone.
    package func user(_ id: Int64?) -> JSONValue {
        id.flatMap { state.users[$0] }.map(user) ?? .null
    }

    /// A repository; `viewer` adds what the caller may do with it.
    package func repository(_ repository: ForgeRepository, viewer: ForgeRole? = nil) -> JSONValue {
        let url = repositoryURL(repository)
        var result: JSONObject = [
            "id": .integer(repository.id), "node_id": .string("R_\(repository.id)"),
            "name": .string(repository.name), "full_name": .string(repository.fullName),
            "private": .bool(repository.isPrivate), "owner": owner(of: repository),
            "html_url": .string("\(baseURL)/\(repository.fullName)"), "description": .null, "fork": false,
            "url": .string(url), "clone_url": .string("\(baseURL)/\(repository.fullName).git"),
            "default_branch": .string(repository.defaultBranch), "archived": false, "disabled": false,
            "visibility": .string(repository.isPrivate ? "private" : "public"),
            "created_at": .string(repository.createdAt.description),
        ]
        if let viewer {
            result["permissions"] = [
                "admin": .bool(viewer >= .admin), "maintain": .bool(viewer >= .maintain),
                "push": .bool(viewer >= .write), "triage": .bool(viewer >= .triage), "pull": .bool(viewer >= .read),
            ]
        }
        return .object(result)
    }

    /// A label.
    package func label(_ label: ForgeLabel) -> JSONValue {
        let name = state.repositories[label.repository]?.fullName ?? ""
        return [
            "id": .integer(label.id), "node_id": .string("LA_\(label.id)"),
            "url": .string("\(baseURL)/repos/\(name)/labels/\(label.name)"), "name": .string(label.name),
            "color": .string(label.color), "default": false,
            "description": label.description.map(JSONValue.string) ?? .null,
        ]
    }

    /// The labels of an issue, in full.
    package func labels(of issue: ForgeIssue) -> JSONValue {
        // A pair's labels are those of its issue.
        let holder = state.issues[issue.key.pairedIssue] ?? issue
        return .array(holder.labels.compactMap { state.label($0, in: issue.key.repository) }.map(label))
    }

    /// The app as `performed_via_github_app` shows it, null for people's own doings.
    package func performedVia(app viaApp: Bool) -> JSONValue {
        viaApp ? state.app.map(app) ?? .null : .null
    }

    /// `GET /app`.
    package func app(_ app: ForgeApp) -> JSONValue {
        [
            "id": .integer(app.id), "slug": .string(app.slug), "node_id": .string("A_\(app.id)"),
            "client_id": .string("Iv-forge-\(app.id)"),
            "owner": state.users.values.min { $0.id < $1.id }.map(user) ?? .null,
            "name": .string(app.name), "description": "App of a GitHub stand-in for development",
            "external_url": .string(baseURL), "html_url": .string("\(baseURL)/apps/\(app.slug)"),
            "permissions": permissions(app.permissions),
            "events": ["issues", "issue_comment", "pull_request", "pull_request_review"],
        ]
    }

    /// An installation of the app on one account.
    package func installation(_ app: ForgeApp) -> JSONValue {
        let account = state.repositories.values.min { $0.id < $1.id }.map(owner) ?? .null
        return [
            "id": .integer(app.installation), "account": account, "repository_selection": "all",
            "access_tokens_url": .string("\(baseURL)/app/installations/\(app.installation)/access_tokens"),
            "app_id": .integer(app.id), "app_slug": .string(app.slug), "target_type": "User",
            "permissions": permissions(app.permissions),
            "events": ["issues", "issue_comment", "pull_request", "pull_request_review"],
            "suspended_at": .null, "suspended_by": .null,
        ]
    }

    /// Permissions as an object of name to `read` or `write`.
    package func permissions(_ permissions: [String: ForgeAccess]) -> JSONValue {
        var object: JSONObject = [:]
        for (name, access) in permissions.sorted(by: { $0.key < $1.key }) { object[name] = .string(access.rawValue) }
        return .object(object)
    }

    func repositoryURL(_ repository: ForgeRepository) -> String {
        "\(baseURL)/repos/\(repository.fullName)"
    }

    func repositoryURL(_ id: Int64) -> String {
        state.repositories[id].map(repositoryURL) ?? baseURL
    }

    func pageURL(_ id: Int64) -> String {
        "\(baseURL)/\(state.repositories[id]?.fullName ?? "")"
    }

    private func owner(of repository: ForgeRepository) -> JSONValue {
        state.user(login: repository.owner).map(user) ?? ["login": .string(repository.owner), "type": "User"]
    }
}
