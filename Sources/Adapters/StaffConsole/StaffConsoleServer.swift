// SPDX-License-Identifier: MIT
package import AuditTrail
import HTTPServing
import HTTPTypes
package import KubernetesClient
package import ServiceRuntime
import Synchronization

/// Pages that show runs to people, each with that person's own Kubernetes rights.
///
/// It holds no credential of its own: who asks brings a token, the API server decides what it may see. So every replica
/// can serve, whoever leads, and nothing is kept between two requests.
package final class StaffConsoleServer: Service {
    /// What it works with.
    package struct Parts: Sendable {
        /// A client of the API server that sends this token and no other credential.
        package var connect: @Sendable (Secret<String>) -> APIClient
        /// The record.
        package var audit: any AuditQuery
        /// The token that a sign-in link stands for; nil for a code that is not, or no longer, good for one.
        package var redeem: @Sendable (_ code: String) -> Secret<String>?

        /// Joins parts; without `redeem` there are no sign-in links.
        package init(
            connect: @escaping @Sendable (Secret<String>) -> APIClient, audit: any AuditQuery,
            redeem: @escaping @Sendable (_ code: String) -> Secret<String>? = { _ in nil }
        ) {
            self.connect = connect
            self.audit = audit
            self.redeem = redeem
        }
    }

    /// The largest form: a token and where to go on to.
    static let maximumBodyBytes = 16 << 10
    /// Requests that are answered at the same time; more are asked to come again.
    static let concurrentRequests = 32

    private let server: HTTPServer

    /// A server that is not listening yet.
    ///
    /// - Parameter host: on a loopback address no other name is answered, and the cookie needs no TLS.
    package init(_ parts: Parts, host: String, port: Int, metrics: MetricsRegistry, logger: Logger) {
        let isLoopback = RequestGuard.isLoopbackAddress(host)
        let handler = ConsoleHandler(parts: parts, cookie: SessionCookie(isSecure: !isLoopback), logger: logger)
        let guarding = RequestGuard(isLoopback: isLoopback)
        var configuration = ServerConfiguration(host: host, port: port)
        configuration.maximumBodyBytes = Self.maximumBodyBytes
        configuration.bodyBudgetBytes = 4 << 20
        configuration.connectionLimit = 200
        configuration.singleHeaders.formUnion(["Origin", "Sec-Fetch-Site"])
        configuration.admit = { request in
            guarding.objection(to: request).map { problem in
                Self.count(request, problem.status, metrics)
                return SafeHeaders.on(
                    ProblemPage(problem: problem, isSignedIn: false).page.response(
                        problem.status, headers: problem.headers))
            }
        }
        configuration.renderError = { SafeHeaders.on(Self.page(of: $0)) }
        let load = Load()
        server = HTTPServer(configuration: configuration, logger: logger) { request in
            let response: ServerResponse
            if load.enter() {
                response = await handler.answer(request)
            } else {
                response = Self.page(of: Self.busy)
            }
            load.leave()
            Self.count(request, response.status, metrics)
            return SafeHeaders.on(response)
        }
    }

    /// The port, once the server listens.
    package func waitUntilListening() async throws -> Int { try await server.waitUntilListening() }

    /// Serves until the task is cancelled.
    package func run() async throws { try await server.run() }

    /// Requests under way.
    private final class Load: Sendable {
        private let count = Mutex(0)

        /// Counts one more; false when there were enough before.
        func enter() -> Bool {
            count.withLock { count in
                count += 1
                return count <= StaffConsoleServer.concurrentRequests
            }
        }

        func leave() { count.withLock { $0 -= 1 } }
    }

    private static let busy = HTTPError(
        .serviceUnavailable, reason: "busy", "Too many pages are asked for at once; try again in a moment.",
        headers: ["Retry-After": "1"])

    /// The server's own refusals, as pages.
    private static func page(of error: HTTPError) -> ServerResponse {
        let problem = ConsoleProblem(
            status: error.status, title: error.status.reasonPhrase, words: [error.message], headers: error.headers)
        return ProblemPage(problem: problem, isSignedIn: false).page.response(problem.status, headers: problem.headers)
    }

    private static func count(_ request: ServerRequest, _ status: HTTPStatus, _ metrics: MetricsRegistry) {
        let route = (try? ConsoleRoute.find(request.method, request.target))?.label ?? "other"
        metrics.counter(
            "codexk8s_console_requests_total", help: "Requests for pages, by route and status.",
            labels: ["route": route, "status": String(status.rawValue)]
        ).increment()
    }
}
