// SPDX-License-Identifier: MIT
import AgentAPI
package import HTTPTransport
import HTTPTypes
import JSONCoding
package import ServiceRuntime
package import SourceProvider
import Synchronization

/// The code host as a GitHub App sees it, over REST (API version 2022-11-28).
///
/// It never waits for a limit: when the budget of the installation is used up, or GitHub asked to wait, the call
/// fails at once with `rateLimited(until:)` and nothing was sent.
package final class GitHubAppProvider: SourceProvider {
    /// What the operator itself needs in a repository. The rules on branches are part of `metadata`.
    static let permissions = [
        "contents": "read", "issues": "write", "metadata": "read", "pull_requests": "write",
    ]

    let configuration: GitHubConfiguration
    let client: GitHubClient
    let authenticator: AppAuthenticator
    private let logger: Logger

    private struct State {
        var budgets: [Int64: RequestBudget] = [:]
        var identity: SourceActor?
    }

    private let state = Mutex(State())

    /// Works for the given app through the given connections.
    package init(configuration: GitHubConfiguration, http: HTTPClient, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        client = GitHubClient(
            apiURL: configuration.apiURL, http: http, tls: configuration.tls, deadline: configuration.deadline,
            clock: configuration.clock, writeObjection: configuration.writeObjection)
        authenticator = AppAuthenticator(
            client: client, appID: configuration.appID, key: configuration.privateKey, clock: configuration.clock)
    }

    var now: Timestamp { configuration.clock.now() }

    // MARK: Sending

    /// Sends a request with the installation's token for a repository, within its budget.
    @discardableResult
    func send(_ request: GitHubRequest, in repository: RepositoryName) async throws(ProviderError) -> GitHubResponse {
        let installation = try await authenticator.installation(of: repository)
        let scope = TokenScope(installation: installation, repository: repository, permissions: Self.permissions)
        return try await send(request, scope: scope)
    }

    func send(_ request: GitHubRequest, scope: TokenScope) async throws(ProviderError) -> GitHubResponse {
        try admit(request, scope.installation)
        let token = try await authenticator.token(scope)
        do {
            return try await attempt(request, token, scope)
        } catch let error where error.code == .unauthorized {
            // The token was revoked before its time: with a new one it is either well or the app's own fault.
            authenticator.discard(token, of: scope)
            let fresh = try await authenticator.token(scope)
            return try await attempt(request, fresh, scope)
        }
    }

    private func attempt(
        _ request: GitHubRequest, _ token: InstallationToken, _ scope: TokenScope
    ) async throws(ProviderError) -> GitHubResponse {
        do {
            return try await client.send(request, authorization: token.authorization)
        } catch {
            if case .rateLimited(let until) = error.code {
                logger.info("github asks to wait", ["request": request.name, "until": until.description])
                state.withLock { state in
                    state.budgets[scope.installation, default: newBudget].block(until: until)
                }
            }
            throw error
        }
    }

    private var newBudget: RequestBudget { RequestBudget(limits: configuration.budget) }

    private func admit(_ request: GitHubRequest, _ installation: Int64) throws(ProviderError) {
        let now = now
        let until = state.withLock { state in
            state.budgets[installation, default: newBudget].admit(isWrite: request.isWrite, at: now)
        }
        guard let until else { return }
        throw ProviderError(
            code: .rateLimited(until: until), request: request.name,
            message: "not sent: the installation's budget is used up until \(until)")
    }

    // MARK: Who we are

    /// The bot's account, asked for once: it does not change while the process runs.
    package func identity() async throws(ProviderError) -> SourceActor {
        if let known = state.withLock({ $0.identity }) { return known }
        let app = try await authenticator.sendAsApp(GitHubRequest(path: "/app"))
        let slug = try GitHubObject(app.body, of: "GET /app").string("slug")
        let scope = TokenScope(
            installation: try await authenticator.anyInstallation(), repository: nil,
            permissions: ["metadata": "read"])
        let login = PercentEncoding.encode("\(slug)[bot]")
        let answer = try await send(GitHubRequest(path: "/users/\(login)"), scope: scope)
        let actor = try GitHubObject(answer.body, of: "GET /users/\(slug)[bot]").actor()
        state.withLock { $0.identity = actor }
        return actor
    }
}
