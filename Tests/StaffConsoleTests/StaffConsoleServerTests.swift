// SPDX-License-Identifier: MIT
import ChildProcesses
import HTTPServing
import HTTPTypes
import JSONCoding
import KubernetesTestSupport
import ServiceRuntime
import Synchronization
import SystemCalls
import Testing

@testable import StaffConsole

private let collection = "/apis/codex-k8s.dev/v1alpha1/agentruns"
private let object = "/apis/codex-k8s.dev/v1alpha1/namespaces/codex-k8s/agentruns/run-42-abc"
private let runPath = "/runs/codex-k8s/run-42-abc"

/// Who may see what: the API server says so, each time, to the person's own token.
@Suite(.timeLimit(.minutes(1))) struct StaffConsoleServerTests {
    private func withScript(
        _ answer: @escaping ScriptedServer.Handler, audit: MemoryAudit = MemoryAudit(),
        _ body: @escaping @Sendable (Browser, ScriptedServer) async throws -> Void
    ) async throws {
        try await ScriptedServer.run(answer) { api in
            try await withConsole(api: api.url, audit: audit) { try await body($0, api) }
        }
    }

    @Test func runsAreListedWithThePersonsTokenAndNeverWithTheOperators() async throws {
        let table = Sample.table([("codex-k8s", "run-42-abc", "2026-11-23T09:00:00Z", "Running")], continue: "mark")
        try await withScript({ request in .json(request.path.hasSuffix("abc") ? Sample.working : table) }) {
            browser, api in
            let list = try await browser.get("/runs?limit=2")
            #expect(list.status == 200)
            #expect(list.text.contains("<a href=\"\(runPath)\">run-42-abc</a>"))
            #expect(list.text.contains("<a href=\"/runs?limit=2&amp;continue=mark\">More runs</a>"))
            _ = try await browser.get("/runs?namespace=team-a&continue=mark")
            #expect(try await browser.get(runPath).status == 200)
            #expect(
                api.requestLines == [
                    "GET \(collection)?limit=2",
                    "GET /apis/codex-k8s.dev/v1alpha1/namespaces/team-a/agentruns?limit=500&continue=mark",
                    "GET \(object)",
                ])
            for request in api.requests {
                #expect(request.headers.values(for: "Authorization") == ["Bearer person"])
                #expect(request.headers["Impersonate-User"] == nil && request.headers["Cookie"] == nil)
            }
            #expect(api.requests[0].headers["Accept"] == RunTable.mediaType)
        }
    }

    @Test func nobodyGetsInWithoutAToken() async throws {
        let audit = MemoryAudit([Sample.fact(1, "run.started")])
        try await withScript({ _ in .json(Sample.working) }, audit: audit) { browser, api in
            var stranger = browser
            for token in [nil, "", "not a token", "a\u{7F}b"] as [String?] {
                stranger.token = token
                guard let answer = try? await stranger.get(runPath) else { continue }
                #expect([303, 400].contains(answer.status))
                if answer.status == 303 { #expect(answer.location == "/signin?next=%2Fruns%2Fcodex-k8s%2Frun-42-abc") }
            }
            stranger.token = nil
            #expect(try await stranger.get("/").location == "/runs")
            #expect(try await stranger.get("/runs").location == "/signin?next=%2Fruns")
            let form = try await stranger.get("/signin?next=%2Fruns%2Fcodex-k8s%2Frun-42-abc")
            #expect(form.status == 200 && form.text.contains("name=\"next\" value=\"\(runPath)\""))
            #expect(try await stranger.get("/style.css").headers["Content-Type"] == "text/css; charset=utf-8")
            #expect(api.requests.isEmpty && audit.asked.isEmpty)
        }
    }

    /// A `SameSite=Strict` cookie does not come with a step from another site: the page asks once more from here.
    @Test func aLinkFromElsewhereLeadsToThePageAllTheSame() async throws {
        try await withScript({ _ in .json(Sample.ended) }) { browser, api in
            var stranger = browser
            stranger.token = nil
            let first = try await stranger.get(runPath, headers: ["Sec-Fetch-Site": "cross-site"])
            #expect(first.status == 200 && first.headers["Refresh"] == "0;url=\(runPath)")
            #expect(api.requests.isEmpty)
            #expect(try await browser.get(runPath, headers: ["Sec-Fetch-Site": "same-origin"]).status == 200)
        }
    }

    @Test func aPageShowsARunWithItsTimelineAndReloadsWhileItGoesOn() async throws {
        let facts = (1...150).map { Sample.fact(Int64($0), "fact.\($0)", ["text": "<i>\($0)</i>"]) }
        let audit = MemoryAudit(facts)
        let isEnded = Mutex(false)
        try await ScriptedServer.run({ _ in .json(isEnded.withLock { $0 } ? Sample.ended : Sample.working) }) { api in
            try await withConsole(api: api.url, audit: audit) { browser in
                let page = try await browser.get(runPath)
                #expect(page.status == 200 && page.headers["Refresh"] == "5")
                #expect(page.text.contains("<strong>reading &quot;main.swift&quot; &lt;now&gt;</strong>"))
                #expect(page.text.contains("&lt;script&gt;alert(") && !page.text.contains("<script"))
                #expect(page.text.contains("<code>fact.100</code>") && !page.text.contains("<code>fact.101</code>"))
                #expect(page.text.contains("<a href=\"\(runPath)?after=100\">"))
                isEnded.withLock { $0 = true }
                let rest = try await browser.get("\(runPath)?after=100")
                #expect(rest.text.contains("<code>fact.101</code>") && rest.text.contains("<code>fact.150</code>"))
                #expect(rest.headers["Refresh"] == nil)
                #expect(
                    rest.text.contains(
                        "<a href=\"https://github.com/acme/shop/pull/7\" rel=\"noopener noreferrer\">#7</a>"))
                // The uid of the object that the API server gave, and nothing that the address says.
                #expect(audit.asked == ["uid-42 after 0", "uid-42 after 100"])
            }
        }
    }

    @Test func withoutTheDatabaseThePageSaysWhatTheServerKnows() async throws {
        try await withScript({ _ in .json(Sample.working) }, audit: MemoryAudit(isAway: true)) { browser, _ in
            let page = try await browser.get(runPath)
            #expect(page.status == 200 && page.text.contains("database cannot be reached now"))
            #expect(page.text.contains("codex/issue-42") && !page.text.contains("10.0.0.9"))
        }
    }

    @Test(
        "What the API server refuses, the page says",
        arguments: [
            (401, "Unauthorized", 401, "Sign in with a new one"), (403, "Forbidden", 403, "scripted &lt;words&gt;"),
            (404, "NotFound", 404, "Install its definition"), (410, "Expired", 410, "Begin again"),
            (400, "BadRequest", 400, "scripted &lt;words&gt;"), (429, "TooManyRequests", 503, "busy"),
            (500, "InternalError", 502, "scripted &lt;words&gt;"), (503, "ServiceUnavailable", 503, "busy"),
            (200, "", 502, "cannot be read"),
        ])
    func refusals(code: Int, reason: String, status: Int, words: String) async throws {
        let audit = MemoryAudit([Sample.fact(1, "run.started")])
        let answer: ServerResponse = code == 200 ? .json(["kind": "Other"]) : .failure(code, reason, "scripted <words>")
        try await withScript({ _ in answer }, audit: audit) { browser, api in
            for path in [runPath, "/runs?continue=old"] {
                let page = try await browser.get(path)
                #expect(page.status == status, "\(path)")
                #expect(page.text.contains(words), "\(path)")
                #expect((page.headers["Set-Cookie"] != nil) == (status == 401))
                if status == 401 {
                    #expect(page.headers["Set-Cookie"] == SessionCookie(isSecure: false).forgetting)
                    #expect(page.text.contains("action=\"/signin\""))
                }
                if status >= 500 { #expect(page.headers["Refresh"] == "10") }
            }
            if code == 403 {
                #expect(try await browser.get("/runs").text.contains("<form method=\"get\" action=\"/runs\""))
            }
            #expect(audit.asked.isEmpty, "facts were read of a run that the person was not shown")
            #expect(api.requests.allSatisfy { $0.headers["Authorization"] == "Bearer person" })
        }
    }

    /// A server names the object that is missing, and nothing when it does not know the kind.
    @Test func aClusterWithoutTheDefinitionsSaysSo() async throws {
        func answer(_ details: JSONValue) -> ServerResponse {
            var status = statusValue(404, "NotFound", "scripted <words>")
            status["details"] = details
            return .json(status, status: .notFound)
        }
        let (missing, unknown) = (answer(["name": "run-42-abc", "kind": "agentruns"]), answer([:]))
        try await withScript({ $0.path.hasSuffix("abc") ? missing : unknown }) { browser, _ async throws in
            #expect(try await browser.get(runPath).text.contains("may have been removed"))
            for path in ["/runs", "/runs/codex-k8s/other"] {
                let page = try await browser.get(path)
                #expect(page.status == 404 && page.text.contains("kubectl apply -f crds"))
                #expect(page.text.contains("scripted &lt;words&gt;"))
            }
        }
    }

    @Test func anAPIServerThatIsAwayIsSaidInWords() async throws {
        // Nobody listens there any more.
        let gone = try await ScriptedServer.run({ _ in .json([:]) }) { $0.url }
        try await withConsole(api: gone) { browser in
            for path in [runPath, "/runs"] {
                let page = try await browser.get(path)
                #expect(page.status == 502 && page.headers["Retry-After"] == "10")
                #expect(page.text.contains("cannot be reached") && !page.text.contains(gone))
            }
        }
    }

    @Test func signingInKeepsTheTokenInACookieAlone() async throws {
        try await withScript({ _ in .json(Sample.table([])) }) { browser, api in
            var stranger = browser
            stranger.token = nil
            let signedIn = try await stranger.post("/signin", "token=+abc.DEF-_~%2B%2F%3D+&next=\(runPath)")
            #expect(signedIn.status == 303 && signedIn.location == runPath)
            #expect(
                signedIn.headers["Set-Cookie"] == "codex-k8s-token=abc.DEF-_~+/=; Path=/; HttpOnly; SameSite=Strict")
            #expect(try await stranger.post("/signin", "token=abc&next=https://evil.example/").location == "/runs")
            for (form, words) in [
                ("token=", "no token"), ("token=a%0D%0Ab", "no bearer token"), ("other=1", "no token"),
                ("token=\(String(repeating: "a", count: 5000))", "browsers keep no larger cookie"),
            ] {
                let page = try await stranger.post("/signin", form)
                #expect(
                    page.status == 400 && page.headers["Set-Cookie"] == nil && page.text.contains(words), "\(words)")
            }
            #expect(try await stranger.post("/signin", "token=%zz").status == 400)
            #expect(try await stranger.post("/signin", String(repeating: "a", count: 20_000)).status == 413)
            let out = try await browser.post("/signout")
            #expect(out.status == 303 && out.location == "/signin")
            #expect(out.headers["Set-Cookie"] == SessionCookie(isSecure: false).forgetting)
            #expect(api.requests.isEmpty)
        }
    }

    @Test func elsewhereThanOnLoopbackTheCookieNeedsTLS() async throws {
        try await ScriptedServer.run({ _ in .json(Sample.ended) }) { api in
            try await withConsole(api: api.url, host: "0.0.0.0") { browser in
                let answer = try await browser.post("/signin", "token=abc")
                #expect(
                    answer.headers["Set-Cookie"]
                        == "__Host-codex-k8s-token=abc; Path=/; HttpOnly; SameSite=Strict; Secure")
                #expect(try await browser.get(runPath).status == 303)
                var secure = browser
                secure.cookieName = "__Host-codex-k8s-token"
                #expect(try await secure.get(runPath).status == 200)
            }
        }
    }

    @Test func formsOfOtherSitesAreRefused() async throws {
        try await withScript({ _ in .json([:]) }) { browser, _ in
            let headers: [HTTPHeaders] = [
                [:], ["Origin": "https://evil.example"], ["Origin": "null"], ["Sec-Fetch-Site": "cross-site"],
                ["Sec-Fetch-Site": "same-site", "Origin": browser.url],
            ]
            for fields in headers {
                for path in ["/signin", "/signout"] {
                    let answer = try await browser.post(path, "token=abc", headers: fields)
                    #expect(answer.status == 403 && answer.headers["Set-Cookie"] == nil)
                }
            }
            #expect(try await browser.post("/signin", "token=abc", headers: ["Origin": browser.url]).status == 303)
        }
    }

    @Test func aSignInLinkWorksOnce() async throws {
        let left = Mutex<String?>("c0de")
        let redeem: @Sendable (String) -> Secret<String>? = { code in
            left.withLock { left in
                guard code == left else { return nil }
                left = nil
                return Secret("admin")
            }
        }
        try await withConsole(api: "http://127.0.0.1:1", redeem: redeem) { browser in
            var stranger = browser
            stranger.token = nil
            #expect(try await stranger.get("/signin?code=other").status == 401)
            #expect(try await stranger.send(.head, "/signin?code=c0de").headers["Set-Cookie"] == nil)
            let first = try await stranger.get("/signin?code=c0de")
            #expect(first.status == 303 && first.location == "/runs")
            #expect(first.headers["Set-Cookie"] == "codex-k8s-token=admin; Path=/; HttpOnly; SameSite=Strict")
            let second = try await stranger.get("/signin?code=c0de")
            #expect(second.status == 401 && second.text.contains("was used already"))
            #expect(second.headers["Set-Cookie"]?.contains("admin") == false)
        }
    }

    @Test func everyAnswerSaysWhatBrowsersMayDoWithIt() async throws {
        try await withScript({ _ in .json(Sample.ended) }) { browser, _ in
            var answers = [
                try await browser.get("/"), try await browser.get(runPath), try await browser.get("/signin"),
                try await browser.get("/style.css"), try await browser.get("/nothing"),
                try await browser.send(.head, runPath),
                try await browser.send(.delete, "/runs"), try await browser.post("/signout", headers: [:]),
                try await browser.get("/runs?limit=x"), try await browser.get("/%zz"),
                try await browser.post("/signin", String(repeating: "a", count: 20_000)),
            ]
            answers.append(try await browser.get("/runs", headers: ["Cookie": String(repeating: "a", count: 9000)]))
            #expect(answers.map(\.status) == [303, 200, 200, 200, 404, 200, 405, 403, 400, 400, 413, 431])
            for answer in answers {
                #expect(
                    answer.headers["Content-Security-Policy"]
                        == "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; "
                        + "base-uri 'none'"
                )
                #expect(answer.headers["X-Content-Type-Options"] == "nosniff")
                #expect(answer.headers["Referrer-Policy"] == "no-referrer")
                #expect(answer.headers["Cache-Control"] == "no-store")
                let isPage =
                    answer.text.isEmpty || answer.text.hasPrefix("<!DOCTYPE html>") || answer.text.hasPrefix(":root")
                #expect(isPage, "\(answer.status): \(answer.text.prefix(80))")
            }
        }
    }

    /// The HTTP client sends the host that it connects to, so another name needs another client.
    @Test func anotherNameForThisMachineIsNotAnswered() async throws {
        let metrics = MetricsRegistry()
        try await withConsole(api: "http://127.0.0.1:1", metrics: metrics) { browser async throws in
            func status(_ host: String) async throws -> String {
                let result = try await ChildProcess.run(
                    .init(
                        executable: "curl",
                        arguments: [
                            "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Host: \(host)",
                            "\(browser.url)/signin",
                        ],
                        environment: ["PATH": ProcessIdentity.environment["PATH"] ?? "/usr/bin:/bin"]),
                    timeout: .seconds(20))
                return result.outputText
            }
            #expect(try await status("evil.example") == "421")
            #expect(try await status("localhost:80") == "200")
        }
        #expect(metrics.render().contains("codexk8s_console_requests_total{route=\"signin\",status=\"421\"} 1"))
    }
}
