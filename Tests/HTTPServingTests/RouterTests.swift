// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding
import ServiceRuntime
import Testing

@Suite(.timeLimit(.minutes(1))) struct RouterTests {
    private func router() -> Router {
        struct Broken: Error {}
        var router = Router(logger: .disabled)
        func named(_ name: String) -> Router.Handler {
            { request in
                let values = request.pathParameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                return .text(([name] + values).joined(separator: " "))
            }
        }
        // The general ones first: order of registration must not matter.
        router.add(.get, "/{rest...}", named("any"))
        router.add(.get, "/api/{group}/{name}", named("two"))
        router.add(.get, "/api/{group}", named("one"))
        router.add(.delete, "/api/{group}", named("delete"))
        router.add(.get, "/api/v1", named("v1"))
        router.add(.post, "/hooks", named("hook"))
        router.add(.put, "/hooks", named("hook"))
        router.add(.get, "/files/{path...}", named("file"))
        router.add(.get, "/broken") { _ in throw Broken() }
        router.add(.get, "/teapot") { _ in throw HTTPError(418, reason: "teapot", "short and stout") }
        return router
    }

    private func answer(_ method: HTTPMethod, _ target: String) async -> ServerResponse {
        guard let target = RequestTarget(target) else { return .empty(0) }
        return await router().handle(ServerRequest(method: method, target: target))
    }

    private func text(_ response: ServerResponse) -> String {
        guard case .bytes(let bytes) = response.body else { return "stream" }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: [
        (HTTPMethod.get, "/api/v1", "v1"), (.head, "/api/v1", "v1"), (.get, "/api/apps", "one group=apps"),
        (.delete, "/api/v1", "delete group=v1"), (.get, "/api/apps/x", "two group=apps name=x"),
        (.get, "/api/a%2Fb/x?y=z", "two group=a/b name=x"), (.get, "/api/apps/x/y", "any rest=api/apps/x/y"),
        (.get, "/files/a/b", "file path=a/b"), (.get, "/files", "file path="), (.get, "/", "any rest="),
        (.post, "/hooks", "hook"), (.get, "/hooks", "any rest=hooks"),
    ])
    func mostLiteralRouteWins(method: HTTPMethod, target: String, expected: String) async {
        #expect(text(await answer(method, target)) == expected)
    }

    @Test func otherMethodIsToldWhatIsAllowed() async {
        let response = await answer(.patch, "/hooks")
        #expect(response.status == .methodNotAllowed)
        #expect(response.headers["Allow"] == "POST, PUT, GET")
    }

    @Test func unknownPathIsNotFound() async throws {
        var router = Router(logger: .disabled)
        router.add(.get, "/a") { _ in .text("") }
        let target = try #require(RequestTarget("/b"))
        #expect(await router.handle(ServerRequest(target: target)).status == .notFound)
    }

    @Test func errorsAreAnswered() async {
        let teapot = await answer(.get, "/teapot")
        #expect(teapot.status == 418)
        #expect(text(teapot) == #"{"status":"error","reason":"teapot","message":"short and stout"}"#)
        let broken = await answer(.get, "/broken")
        #expect(broken.status == .internalServerError && !text(broken).contains("Broken"))
    }

    @Test func healthSaysWhatIsMissing() async throws {
        let metrics = MetricsRegistry()
        metrics.counter("codexk8s_test_total", help: "A test.").increment()
        for (missing, status) in [([String](), HTTPStatus.ok), (["cache"], .serviceUnavailable)] {
            var router = Router(logger: .disabled)
            HealthEndpoints(metrics: metrics, notReady: { missing }).add(to: &router)
            func get(_ path: String) async throws -> ServerResponse {
                await router.handle(ServerRequest(target: try #require(RequestTarget(path))))
            }
            #expect(try await get("/healthz").status == .ok)
            let ready = try await get("/readyz")
            #expect(ready.status == status)
            #expect(missing.allSatisfy { text(ready).contains($0) })
            let rendered = try await get("/metrics")
            #expect(text(rendered).contains("codexk8s_test_total 1\n"))
            #expect(rendered.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
        }
    }

    @Test func healthIsMadeOfNamedChecks() async throws {
        var router = Router(logger: .disabled)
        let stuck = HealthCheck("controller-a") { "a reconcile is stuck" }
        let fine = HealthCheck("leaderelection") { nil }
        HealthEndpoints(metrics: MetricsRegistry(), live: [stuck, fine], ready: [fine]).add(to: &router)
        func get(_ path: String) async throws -> ServerResponse {
            await router.handle(ServerRequest(target: try #require(RequestTarget(path))))
        }
        let live = try await get("/healthz?verbose")
        #expect(live.status == .serviceUnavailable)
        #expect(text(live) == "[-]controller-a failed: a reconcile is stuck\n[+]leaderelection ok\nfailed\n")
        #expect(try await text(get("/healthz")) == "controller-a: a reconcile is stuck\n")
        #expect(try await get("/healthz/controller-a").status == .serviceUnavailable)
        #expect(try await get("/healthz/leaderelection").status == .ok)
        #expect(try await get("/healthz?exclude=controller-a").status == .ok)
        #expect(try await text(get("/readyz?verbose")) == "[+]leaderelection ok\nok\n")
        #expect(try await get("/readyz/controller-a").status == .notFound)
    }
}
