// SPDX-License-Identifier: MIT
package import AuditTrail
import HTTPServing
import HTTPTypes
package import ServiceRuntime
import Synchronization

/// What pods of runs talk to: progress, sessions and tools, for the attempt that the caller's own token says it is.
package final class RunAPIServer: Service {
    /// What it works with.
    package struct Parts: Sendable {
        /// Who calls.
        package var review: any CallerReview
        /// Where sessions are kept.
        package var sessions: any SessionStore
        /// Where progress goes.
        package var progress: any RunProgressStore
        /// Where facts of tools go.
        package var sink: any AuditSink
        /// How often runs may call tools.
        package var budget: any ToolBudget
        /// The most bytes of a session's files.
        package var sessionLimit: Int

        /// Joins parts.
        package init(
            review: any CallerReview, sessions: any SessionStore, progress: any RunProgressStore, sink: any AuditSink,
            budget: any ToolBudget, sessionLimit: Int
        ) {
            self.review = review
            self.sessions = sessions
            self.progress = progress
            self.sink = sink
            self.budget = budget
            self.sessionLimit = sessionLimit
        }
    }

    /// The largest request: a chunk that compression made larger, or a manifest.
    static let maximumBodyBytes = 2 << 20
    /// Requests that are answered at the same time; more are asked to come again.
    static let concurrentRequests = 64
    /// The same for one run, so that none keeps the others out.
    static let concurrentRequestsOfARun = 16

    private let server: HTTPServer

    /// A server that is not listening yet.
    package init(_ parts: Parts, host: String, port: Int, metrics: MetricsRegistry, logger: Logger) {
        var configuration = ServerConfiguration(host: host, port: port)
        configuration.maximumBodyBytes = Self.maximumBodyBytes
        configuration.bodyBudgetBytes = 64 << 20
        configuration.bodyDeadline = .seconds(30)
        configuration.connectionLimit = 2000
        let routes = RunAPIRoutes(parts: parts, metrics: metrics, logger: logger)
        // Before the body is read, so that who has no token cannot make us hold anything.
        configuration.admit = { RunAPIRoutes.hasToken($0) ? nil : RunAPIRoutes.tokenMissing.response }
        server = HTTPServer(configuration: configuration, logger: logger) { await routes.answer($0) }
    }

    /// The port, once the server listens.
    package func waitUntilListening() async throws -> Int { try await server.waitUntilListening() }

    /// Serves until the task is cancelled.
    package func run() async throws { try await server.run() }
}

/// From a request to its answer: limits, identity, route.
struct RunAPIRoutes: Sendable {
    private let parts: RunAPIServer.Parts
    private let router: Router
    private let metrics: MetricsRegistry
    private let logger: Logger
    private let load: RequestLoad
    private let refusals: RefusalLimit


    /// Answers a request of a known caller.
    typealias Handler = @Sendable (ServerRequest, RunCaller) async throws -> ServerResponse

    static let tokenMissing = HTTPError(
        .unauthorized, reason: "unauthenticated",
        "the request has no bearer token; call through the pod's broker, which adds it",
        headers: ["WWW-Authenticate": "Bearer"])

    private static let busy = HTTPError(
        .serviceUnavailable, reason: "busy", "too many requests are under way; try again in a moment",
        headers: ["Retry-After": "1"])

    init(parts: RunAPIServer.Parts, metrics: MetricsRegistry, logger: Logger) {
        let refusals = RefusalLimit()
        self.refusals = refusals
        self.parts = parts
        self.metrics = metrics
        self.logger = logger
        let load = RequestLoad(
            most: RunAPIServer.concurrentRequests, mostOfARun: RunAPIServer.concurrentRequestsOfARun)
        self.load = load
        var router = Router(logger: logger)
        let progress = ProgressRoute(store: parts.progress)
        let sessions = SessionRoutes(store: parts.sessions, limit: parts.sessionLimit)
        let tools = MCPEndpoint(
            tools: [StatusReportTool(progress: parts.progress, sink: parts.sink)], sink: parts.sink,
            budget: parts.budget, logger: logger)
        let routes: [(HTTPMethod, String, Handler)] = [
            (.post, "/v1/run/progress", progress.report),
            (.get, "/v1/run/session", sessions.own),
            (.get, "/v1/run/session/{session}", sessions.manifest),
            (.put, "/v1/run/session/{session}", sessions.commit),
            (.get, "/v1/run/session/{session}/chunks/{digest}", sessions.chunk),
            (.put, "/v1/run/session/{session}/chunks/{digest}", sessions.putChunk),
            (.post, "/v1/mcp", tools.answer),
        ]
        for (method, pattern, handler) in routes {
            router.add(method, pattern) { [parts, load] request in
                let caller = try await Self.caller(of: request, parts.review, refusals, logger)
                guard load.enter(caller.runUID) else { throw Self.busy }
                defer { load.leave(caller.runUID) }
                do { return try await handler(request, caller) } catch let error as AuditError {
                    throw Self.answer(to: error, request, caller, logger)
                }
            }
        }
        self.router = router
    }

    func answer(_ request: ServerRequest) async -> ServerResponse {
        let response: ServerResponse
        if load.enter() {
            defer { load.leave() }
            response = await router.handle(request)
        } else {
            response = Self.busy.response
        }
        metrics.counter(
            "codexk8s_run_api_requests_total", help: "Requests of pods, by route and status.",
            labels: ["route": Self.route(request), "status": String(response.status.rawValue)]
        ).increment()
        return response
    }

    /// The route for the metrics, without names of sessions.
    private static func route(_ request: ServerRequest) -> String {
        let segments = request.segments
        return switch (segments.first, segments.dropFirst().first, segments.count) {
        case ("v1", "mcp", 2): "mcp"
        case ("v1", "run", 3) where segments[2] == "progress": "progress"
        case ("v1", "run", 3...4) where segments[2] == "session": "session"
        case ("v1", "run", 6) where segments[2] == "session": "chunk"
        default: "other"
        }
    }

    static func hasToken(_ request: ServerRequest) -> Bool { token(of: request) != nil }

    /// RFC 6750 section 2.1.
    private static func token(of request: ServerRequest) -> Secret<String>? {
        guard let value = request.headers["Authorization"], value.utf8.count <= 16 << 10,
            value.prefix(7).lowercased() == "bearer "
        else { return nil }
        let token = value.dropFirst(7)
        return token.isEmpty || token.contains(" ") ? nil : Secret(String(token))
    }

    private static func caller(
        of request: ServerRequest, _ review: any CallerReview, _ refusals: RefusalLimit, _ logger: Logger
    ) async throws -> RunCaller {
        guard let token = token(of: request) else { throw tokenMissing }
        if let wait = refusals.wait(request.remoteAddress, token) {
            throw HTTPError(
                .tooManyRequests, reason: "tooManyRefusals",
                "too many tokens from this address were refused; nobody is asked about another one for a while",
                headers: ["Retry-After": "\(wait.components.seconds + 1)"])
        }
        do {
            let caller = try await review.caller(token)
            refusals.noteGood(token)
            return caller
        } catch let refusal as IdentityRefusal {
            if case .unauthenticated = refusal { refusals.note(request.remoteAddress) }
            logger.warning(
                "a caller was refused",
                ["reason": refusal.description, "path": request.path, "address": request.remoteAddress])
            throw answer(to: refusal)
        } catch {
            logger.error("it cannot be found out who calls", ["error": "\(error)"])
            throw HTTPError(
                .serviceUnavailable, reason: "reviewUnavailable",
                "the API server cannot be asked who calls; try again in a moment", headers: ["Retry-After": "2"])
        }
    }

    private static func answer(to refusal: IdentityRefusal) -> HTTPError {
        switch refusal {
        case .unauthenticated(let why):
            HTTPError(
                .unauthorized, reason: "unauthenticated", "\(why); read the projected token anew and try again",
                headers: ["WWW-Authenticate": "Bearer"])
        case .forbidden(let why):
            HTTPError(.forbidden, reason: "notARunsPod", "\(why); only the pod of a run that goes on may call")
        case .notYet(let why):
            HTTPError(.serviceUnavailable, reason: "notYet", why, headers: ["Retry-After": "1"])
        }
    }

    private static func answer(
        to error: AuditError, _ request: ServerRequest, _ caller: RunCaller, _ logger: Logger
    ) -> HTTPError {
        logger.error(
            "what a pod left could not be kept",
            ["run": caller.runName, "path": request.path, "error": error.description])
        return error.isTransient
            ? HTTPError(
                .serviceUnavailable, reason: "storeUnavailable",
                "the database cannot be reached now; try again in a moment", headers: ["Retry-After": "2"])
            : HTTPError(.unprocessableContent, reason: "refusedByStore", "the database refuses this; its log says why")
    }
}
