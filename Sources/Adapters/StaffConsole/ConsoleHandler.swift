// SPDX-License-Identifier: MIT
import AuditTrail
import HTTPServing
import HTTPTypes
import KubernetesClient
import ServiceRuntime

/// From a request to its page.
struct ConsoleHandler: Sendable {
    let parts: StaffConsoleServer.Parts
    let cookie: SessionCookie
    let logger: Logger

    /// The page for a route, or for the reason why there is none.
    func answer(_ request: ServerRequest) async -> ServerResponse {
        do throws(ConsoleProblem) {
            let route = try ConsoleRoute.find(request.method, request.target)
            return try await answer(route, request)
        } catch {
            return page(of: error, request)
        }
    }

    private func answer(_ route: ConsoleRoute, _ request: ServerRequest) async throws(ConsoleProblem) -> ServerResponse
    {
        switch route {
        case .home: Self.redirect(to: .runs)
        case .styleSheet: .text(StyleSheet.text, contentType: "text/css; charset=utf-8")
        case .signOut: Self.redirect(to: .signIn, headers: ["Set-Cookie": cookie.forgetting])
        case .signIn: try signIn(request)
        case .signInPage(let code, let next): try signInPage(code, next, request)
        case .runs(let filter): try await runs(filter, request)
        case .run(let address): try await run(address, request)
        }
    }

    // MARK: Runs

    private func runs(_ filter: RunFilter, _ request: ServerRequest) async throws(ConsoleProblem) -> ServerResponse {
        guard let token = cookie.token(in: request.headers) else { return stranger(request, going: filter.path) }
        do throws(APIError) {
            let table = try await reader(token).runs(filter)
            return RunListPage(filter: filter, table: table).page.response()
        } catch {
            let place = filter.namespace.map { "the runs in namespace \($0)" } ?? "the runs in all namespaces"
            let problem = report(error, about: place)
            guard problem.status == .forbidden else { throw problem }
            return ProblemPage(problem: problem, isSignedIn: true, refused: filter).page.response(problem.status)
        }
    }

    private func run(_ address: RunAddress, _ request: ServerRequest) async throws(ConsoleProblem) -> ServerResponse {
        guard let token = cookie.token(in: request.headers) else { return stranger(request, going: address.path) }
        let reader = reader(token)
        do throws(APIError) {
            let run = try await reader.run(address)
            // Only now, and only about the object that this person was just shown.
            let (timeline, problem) = await reader.timeline(of: run, after: address.after)
            if let problem { logger.warning("a timeline cannot be read", ["error": problem.description]) }
            return RunPage(run: run, timeline: timeline, after: address.after).page.response()
        } catch {
            throw report(error, about: "the run \(address.namespace)/\(address.name)")
        }
    }

    private func reader(_ token: BearerToken) -> RunReader {
        RunReader(api: parts.connect(token.secret), audit: parts.audit)
    }

    private func report(_ error: APIError, about what: String) -> ConsoleProblem {
        let problem = ConsoleProblem(error, about: what)
        // What went wrong on the way is for the log: who shows any token at all may read the page.
        if problem.mayPass { logger.warning("the API server did not answer a page", ["error": error.description]) }
        return problem
    }

    // MARK: Signing in

    /// Somebody without a token.
    private func stranger(_ request: ServerRequest, going next: ConsolePath) -> ServerResponse {
        if RequestGuard.isFromElsewhere(request) { return ThresholdPage(next: next).page.response() }
        return Self.redirect(to: ConsolePath("signin", query: [("next", next.text)]))
    }

    private func signInPage(
        _ code: String?, _ next: ConsolePath?, _ request: ServerRequest
    ) throws(ConsoleProblem) -> ServerResponse {
        guard let code else { return SignInPage(next: next).page.response() }
        // A look at the link's header is not its use.
        guard request.method == .get else { return SignInPage(next: next).page.response() }
        guard let secret = parts.redeem(code), let token = try? BearerToken(secret.reveal()) else {
            throw .signIn("This sign-in link was used already, or it is of an earlier start. Sign in with a token.")
        }
        return Self.redirect(to: next ?? .runs, headers: ["Set-Cookie": cookie.keeping(token)])
    }

    private func signIn(_ request: ServerRequest) throws(ConsoleProblem) -> ServerResponse {
        let form = try Form(request)
        let next = form["next"].flatMap(ConsoleRoute.place)
        do throws(BearerToken.Refusal) {
            let token = try BearerToken(form["token"] ?? "")
            return Self.redirect(to: next ?? .runs, headers: ["Set-Cookie": cookie.keeping(token)])
        } catch {
            return SignInPage(words: [Self.words(error)], next: next).page.response(.badRequest)
        }
    }

    private static func words(_ refusal: BearerToken.Refusal) -> String {
        switch refusal {
        case .empty: "There is no token in the form."
        case .tooLong:
            """
            The token has more than \(BearerToken.maximumBytes) bytes, and browsers keep no larger cookie. Take one of \
            a service account.
            """
        case .malformed: "That is no bearer token: one has letters, digits and -._~+/ alone. Was all of it copied?"
        }
    }

    // MARK: Answers

    private func page(of problem: ConsoleProblem, _ request: ServerRequest) -> ServerResponse {
        var headers = problem.headers
        guard problem.asksToSignIn else {
            let isSignedIn = cookie.token(in: request.headers) != nil
            return ProblemPage(problem: problem, isSignedIn: isSignedIn).page.response(problem.status, headers: headers)
        }
        headers["Set-Cookie"] = cookie.forgetting
        let route = try? ConsoleRoute.find(request.method, request.target)
        return SignInPage(words: problem.words, next: route?.place).page.response(problem.status, headers: headers)
    }

    private static func redirect(to path: ConsolePath, headers: HTTPHeaders = [:]) -> ServerResponse {
        var headers = headers
        headers["Location"] = path.text
        return ServerResponse(status: HTTPStatus(rawValue: 303), headers: headers)
    }
}
