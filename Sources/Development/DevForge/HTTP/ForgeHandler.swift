// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding
import ServiceRuntime

/// Takes a request to its endpoint: find the route, know the caller, play faults, count, answer like GitHub.
struct ForgeHandler: Sendable {
    let endpoints: ForgeEndpoints
    let backend: GitBackend
    let base: ForgeBaseURL
    let ownerLogin: String
    let logger: Logger
    private let routes: [ForgeRoute]

    init(endpoints: ForgeEndpoints, backend: GitBackend, base: ForgeBaseURL, ownerLogin: String, logger: Logger) {
        self.endpoints = endpoints
        self.backend = backend
        self.base = base
        self.ownerLogin = ownerLogin
        self.logger = logger
        routes = endpoints.routes
    }

    /// Takes note of pushes that were done when the process was stopped before it could.
    func catchUp() async throws {
        let state = endpoints.store.snapshot
        guard let owner = state.user(login: ownerLogin) else { return }
        for repository in state.repositories.values {
            try await endpoints.refreshHeads(of: repository, baseURL: base.url, by: ForgeActor(user: owner))
        }
    }

    func handle(_ request: ServerRequest) async -> ServerResponse {
        var response: ServerResponse
        // GitHub Enterprise Server has REST under a prefix; both are the same here.
        var segments = request.segments
        if segments.starts(with: ["api", "v3"]) { segments.removeFirst(2) }
        if let (route, parameters) = find(request.method, segments) {
            response = await answer(request, route, parameters)
        } else if let git = GitBackend.parse(request) {
            response = await serveGit(request, git)
        } else if request.method == .get, let page = ForgePage.page(segments, state: endpoints.store.snapshot) {
            response = page
        } else if segments.isEmpty {
            response = .json(["message": "This is codex-k8s's stand-in for GitHub, not GitHub.", "stand_in": true])
        } else {
            response = Self.render(ForgeFailure.notFound)
            endpoints.gate.record(.init(kind: "\(request.method) ?", path: request.path, status: 404, actor: ""))
        }
        response.headers["Server"] = ForgeServer.serverName
        response.headers["X-GitHub-Media-Type"] = "github.v3; format=json"
        return response
    }

    private func find(_ method: HTTPMethod, _ segments: [String]) -> (ForgeRoute, [String: String])? {
        for route in routes where route.method == method {
            if let parameters = route.match(segments) { return (route, parameters) }
        }
        return nil
    }

    // MARK: REST

    private func answer(
        _ http: ServerRequest, _ route: ForgeRoute, _ parameters: [String: String]
    ) async -> ServerResponse {
        var actor = ""
        var extra: HTTPHeaders = [:]
        var response: ServerResponse
        do {
            let isSwitch = http.segments.first == "_forge"
            let fault = isSwitch ? nil : endpoints.gate.fault(for: route.kind)
            if let fault, fault.delay > 0 { try await Task.sleep(for: .milliseconds(fault.delay)) }
            if let fault, fault.status != nil, !fault.afterEffect { throw Self.failure(of: fault) }
            let request = try prepare(http, route, parameters)
            actor = request.actor.user.login
            if !isSwitch { extra = try spend(request.actor) }
            let reply = try await route.handler(request)
            if let fault, fault.status != nil { throw Self.failure(of: fault) }
            response = reply.body.map { .json($0, status: reply.status) } ?? .empty(reply.status)
            for (name, value) in reply.headers { response.headers[name] = value }
        } catch let failure as ForgeFailure {
            response = Self.render(failure)
        } catch {
            logger.error("request failed", ["request": route.kind, "error": "\(error)"])
            response = Self.render(ForgeFailure(status: 500, message: "Server Error"))
        }
        for (name, value) in extra where response.headers[name] == nil { response.headers[name] = value }
        if http.segments.first != "_forge" {
            endpoints.gate.record(
                .init(kind: route.kind, path: http.path, status: response.status.rawValue, actor: actor))
        }
        return response
    }

    /// Finds out who asks and whether the endpoint is for them.
    private func prepare(
        _ http: ServerRequest, _ route: ForgeRoute, _ parameters: [String: String]
    ) throws -> ForgeRequest {
        let state = endpoints.store.snapshot
        let now = endpoints.store.now
        let token = try ForgeAuthenticator.token(in: http.headers["Authorization"])
        guard let owner = state.user(login: ownerLogin),
            let first = state.repositories.values.min(by: { $0.id < $1.id })
        else { throw ForgeFailure.notFound }
        var repository = first
        let actor: ForgeActor
        switch route.caller {
        case .app:
            _ = try ForgeAuthenticator.app(token: token, state: state, now: now)
            actor = ForgeActor(user: owner)
        case .anyone:
            actor = try ForgeAuthenticator.actor(token: token, state: state, now: now)
        case .owner:
            actor = try ForgeAuthenticator.actor(token: token, state: state, now: now)
            guard actor.user.id == owner.id else { throw ForgeFailure.mustHaveAdminRights }
        case .repository(let requirement):
            actor = try ForgeAuthenticator.actor(token: token, state: state, now: now)
            guard let found = state.repository(owner: parameters["owner"] ?? "", name: parameters["repo"] ?? "") else {
                throw ForgeFailure.notFound
            }
            try requirement.check(actor, on: found)
            repository = found
        }
        return ForgeRequest(
            http: http, parameters: parameters, state: state,
            renderer: ForgeRenderer(state: state, baseURL: base.url), actor: actor, repository: repository)
    }

    /// Counts the request against the hour; refuses it when the hour is used up.
    private func spend(_ actor: ForgeActor) throws -> HTTPHeaders {
        let allowance = endpoints.gate.count(actor.user.login)
        let headers: HTTPHeaders = [
            "X-RateLimit-Limit": String(allowance.limit), "X-RateLimit-Remaining": String(allowance.remaining),
            "X-RateLimit-Used": String(allowance.used), "X-RateLimit-Resource": "core",
            "X-RateLimit-Reset": String(allowance.resetsAt.microseconds / 1_000_000),
        ]
        guard !allowance.isExceeded else {
            throw ForgeFailure(
                status: 403, message: "API rate limit exceeded for \(actor.user.login).",
                headers: Dictionary(headers.map { ($0.name, $0.value) }) { first, _ in first })
        }
        return headers
    }

    private static func failure(of fault: ForgeFault) -> ForgeFailure {
        ForgeFailure(
            status: fault.status ?? 500, message: fault.message,
            headers: fault.retryAfter.map { ["Retry-After": String($0)] } ?? [:])
    }

    private static func render(_ failure: ForgeFailure) -> ServerResponse {
        var response = ServerResponse.json(failure.body, status: HTTPStatus(rawValue: failure.status))
        for (name, value) in failure.headers { response.headers[name] = value }
        return response
    }

    // MARK: git

    private func serveGit(
        _ http: ServerRequest, _ wanted: (owner: String, name: String, path: String, operation: GitBackend.Operation)
    ) async -> ServerResponse {
        let kind = wanted.operation == .read ? "git fetch" : "git push"
        var name = ""
        let response: ServerResponse
        do {
            let state = endpoints.store.snapshot
            let token = try ForgeAuthenticator.token(in: http.headers["Authorization"])
            guard let repository = state.repository(owner: wanted.owner, name: wanted.name) else {
                throw token == nil ? ForgeFailure.requiresAuthentication : ForgeFailure.notFound
            }
            var actor: ForgeActor?
            if token != nil || wanted.operation == .write || repository.isPrivate {
                let known = try ForgeAuthenticator.actor(token: token, state: state, now: endpoints.store.now)
                let requirement = wanted.operation == .read ? ForgeRequirement.readContents : .writeContents
                try requirement.check(known, on: repository)
                actor = known
                name = known.user.login
            }
            if let fault = endpoints.gate.fault(for: kind), fault.status != nil { throw Self.failure(of: fault) }
            response = try await backend.serve(
                http, path: wanted.path, operation: wanted.operation, actor: actor, repository: repository
            ) { [actor] in
                guard let actor, wanted.path == "git-receive-pack" else { return }
                do {
                    try await endpoints.refreshHeads(of: repository, baseURL: base.url, by: actor)
                } catch {
                    logger.warning("pull requests not updated after a push", ["error": "\(error)"])
                }
            }
        } catch let failure as ForgeFailure {
            // git asks for credentials only after this; a wrong token is told so at once.
            var refused = ServerResponse.text(
                "remote: \(failure.message)\n", status: HTTPStatus(rawValue: failure.status))
            if failure.status == 401 { refused.headers["WWW-Authenticate"] = "Basic realm=\"GitHub\"" }
            response = refused
        } catch {
            logger.error("git request failed", ["error": "\(error)"])
            response = .text("the git backend failed\n", status: .internalServerError)
        }
        endpoints.gate.record(.init(kind: kind, path: http.path, status: response.status.rawValue, actor: name))
        return response
    }
}
