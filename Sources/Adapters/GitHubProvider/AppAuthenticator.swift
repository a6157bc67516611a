// SPDX-License-Identifier: MIT
import AgentAPI
import Cryptography
import HTTPTypes
import JSONCoding
import ServiceRuntime
import SourceProvider
import Synchronization

/// A token that an installation was given.
struct InstallationToken: Sendable {
    var token: Secret<String>
    var expiresAt: Timestamp

    var authorization: String { "Bearer " + token.reveal() }
}

/// What a token may do, and where.
struct TokenScope: Sendable, Hashable {
    var installation: Int64
    /// Nil is every repository of the installation.
    var repository: RepositoryName?
    /// Permission to `read` or `write`.
    var permissions: [String: String]
}

/// Makes the app's own tokens and trades them for installations' tokens, which it keeps until shortly before they end.
///
/// Several callers that need the same token at once share one request for it.
final class AppAuthenticator: Sendable {
    /// GitHub accepts ten minutes; less leaves room for clocks that differ.
    private static let ownTokenLifetime = Duration.seconds(540)
    /// An own token is not used in its last two minutes, or by a request that takes that long.
    private static let ownTokenReserve = Duration.seconds(120)
    /// A minute back, for a GitHub whose clock is behind ours (GitHub: "Generating a JSON Web Token").
    private static let clockDrift = Duration.seconds(60)
    /// An installation's token is given up this long before it ends.
    private static let margin = Duration.seconds(300)

    private struct State {
        var installations: [String: Installation] = [:]
        var tokens: [TokenScope: InstallationToken] = [:]
        var pending: [TokenScope: Task<InstallationToken, any Error>] = [:]
        var own: (token: String, usableUntil: Timestamp)?
        /// Until when the host asked the app itself to wait.
        var blockedUntil: Timestamp?
    }

    private struct Installation {
        var id: Int64
        /// The number of a repository that is known here by an earlier name.
        var repositoryID: Int64?
    }

    private let client: GitHubClient
    private let appID: Int64
    private let key: RSAPrivateKey
    private let clock: WallClock
    private let state = Mutex(State())

    init(client: GitHubClient, appID: Int64, key: RSAPrivateKey, clock: WallClock) {
        self.client = client
        self.appID = appID
        self.key = key
        self.clock = clock
    }

    private struct Claims: Encodable {
        var iat: Int64
        var exp: Int64
        var iss: String
    }

    private var now: Timestamp { clock.now() }

    /// Sends a request as the app itself.
    func sendAsApp(_ request: GitHubRequest) async throws(ProviderError) -> GitHubResponse {
        if let until = state.withLock({ $0.blockedUntil }), until > now {
            throw ProviderError(
                code: .rateLimited(until: until), request: request.name,
                message: "not sent: the host asked the app to wait until \(until)")
        }
        do {
            return try await client.send(request, authorization: "Bearer " + ownToken(for: request))
        } catch {
            if case .rateLimited(let until) = error.code { state.withLock { $0.blockedUntil = until } }
            throw error
        }
    }

    /// The app's own token: signing takes a millisecond, so one is used for most of its life.
    private func ownToken(for request: GitHubRequest) throws(ProviderError) -> String {
        let now = now
        if let own = state.withLock({ $0.own }), now < own.usableUntil { return own.token }
        let claims = Claims(
            iat: now.adding(.zero - Self.clockDrift).microseconds / 1_000_000,
            exp: now.adding(Self.ownTokenLifetime).microseconds / 1_000_000, iss: String(appID))
        let token: String
        do {
            token = try JSONWebToken.sign(claims, with: key)
        } catch {
            throw ProviderError(
                code: .unauthorized, request: request.name, message: "the app's private key does not sign: \(error)")
        }
        let usableUntil = now.adding(Self.ownTokenLifetime - Self.ownTokenReserve)
        state.withLock { $0.own = (token, usableUntil) }
        return token
    }

    /// The installation that covers a repository. It is remembered until it gives no token any more: installations
    /// change by hand and seldom.
    func installation(of repository: RepositoryName) async throws(ProviderError) -> Int64 {
        if let known = state.withLock({ $0.installations[Self.key(repository)] }) { return known.id }
        return try await lookUp(repository).id
    }

    private static func key(_ repository: RepositoryName) -> String { repository.description.lowercased() }

    /// - Throws: `.forbidden` where there is none: what a caller takes for "there is no such branch" or "nobody of that
    ///   name" must not be that the app was taken off the repository.
    private func lookUp(_ repository: RepositoryName) async throws(ProviderError) -> Installation {
        let request = GitHubRequest(path: "/repos/\(repository.owner)/\(repository.name)/installation")
        let answer: GitHubResponse
        do {
            answer = try await sendAsApp(request)
        } catch {
            throw error.code == .notFound ? Self.notInstalled(repository, error) : error
        }
        guard let id = answer.body["id"]?.integerValue else {
            throw ProviderError(code: .unavailable, request: request.name, message: "the answer has no id")
        }
        let found = Installation(id: id, repositoryID: answer.movedTo)
        state.withLock { $0.installations[Self.key(repository)] = found }
        return found
    }

    private static func notInstalled(_ repository: RepositoryName, _ error: ProviderError) -> ProviderError {
        ProviderError(
            code: .forbidden, request: error.request,
            message: "the app is not installed for \(repository), or there is no such repository: \(error.message)")
    }

    /// Any installation, for questions that are about no repository.
    func anyInstallation() async throws(ProviderError) -> Int64 {
        let request = GitHubRequest(path: "/app/installations?per_page=1")
        let answer = try await sendAsApp(request)
        guard let id = answer.body[0]?["id"]?.integerValue else {
            throw ProviderError(code: .notFound, request: request.name, message: "the app is installed nowhere")
        }
        return id
    }

    /// A token of the scope, from the cache while it holds for five more minutes.
    func token(_ scope: TokenScope) async throws(ProviderError) -> InstallationToken {
        let limit = now.adding(Self.margin)
        let work: Task<InstallationToken, any Error>
        switch state.withLock({ state -> Found in
            if let token = state.tokens[scope], token.expiresAt > limit { return .token(token) }
            if let task = state.pending[scope] { return .task(task) }
            // Unstructured on purpose: the request outlives the caller that happened to come first.
            let task = Task<InstallationToken, any Error> { [self] in try await mintAndKeep(scope) }
            state.pending[scope] = task
            return .task(task)
        }) {
        case .token(let token): return token
        case .task(let task): work = task
        }
        do {
            return try await work.value
        } catch let error as ProviderError {
            throw error
        } catch {
            throw ProviderError(code: .unavailable, request: "POST access_tokens", message: "\(error)")
        }
    }

    private func mintAndKeep(_ scope: TokenScope) async throws -> InstallationToken {
        do {
            let token = try await mint(scope)
            state.withLock { state in
                state.tokens[scope] = token
                state.pending[scope] = nil
            }
            return token
        } catch {
            state.withLock { $0.pending[scope] = nil }
            throw error
        }
    }

    private enum Found {
        case token(InstallationToken)
        case task(Task<InstallationToken, any Error>)
    }

    /// Forgets a token that GitHub no longer takes, unless a newer one is there already.
    func discard(_ token: InstallationToken, of scope: TokenScope) {
        state.withLock { state in
            guard let known = state.tokens[scope], known.expiresAt == token.expiresAt else { return }
            state.tokens[scope] = nil
        }
    }

    /// A new token; nothing is cached.
    ///
    /// An installation that gives none is forgotten, so that a new one is found. The host refuses old names here, which
    /// it takes everywhere else: a repository that was renamed is named by its number.
    func mint(_ scope: TokenScope) async throws(ProviderError) -> InstallationToken {
        guard let repository = scope.repository else { return try await ask(scope, repositoryID: nil) }
        let known = state.withLock { $0.installations[Self.key(repository)] }
        do {
            return try await ask(scope, repositoryID: known?.repositoryID)
        } catch {
            guard error.code == .notFound || error.code == .invalid else { throw error }
            state.withLock { $0.installations[Self.key(repository)] = nil }
            guard error.code == .invalid, known?.repositoryID == nil,
                let number = try await lookUp(repository).repositoryID
            else { throw Self.notInstalled(repository, error) }
            return try await ask(scope, repositoryID: number)
        }
    }

    private func ask(_ scope: TokenScope, repositoryID: Int64?) async throws(ProviderError) -> InstallationToken {
        var body: JSONObject = [:]
        if let repositoryID {
            body["repository_ids"] = [.integer(repositoryID)]
        } else if let repository = scope.repository {
            body["repositories"] = [.string(repository.name)]
        }
        body["permissions"] = JSONValue(scope.permissions)
        let request = GitHubRequest(
            method: .post, path: "/app/installations/\(scope.installation)/access_tokens", body: .object(body))
        let answer = try await sendAsApp(request)
        guard let token = answer.body["token"]?.stringValue,
            let expiry = answer.body["expires_at"]?.stringValue.flatMap({ Timestamp($0) })
        else {
            throw ProviderError(code: .unavailable, request: request.name, message: "the answer has no token")
        }
        return InstallationToken(token: Secret(token), expiresAt: expiry)
    }
}
