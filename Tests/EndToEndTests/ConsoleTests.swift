// SPDX-License-Identifier: MIT
import AgentAPI
import HTTPTransport
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import SystemCalls
import Testing

/// What somebody sees in a browser while an agent works, and afterwards.
@Suite(.serialized) struct ConsoleTests {
    /// Says what it does, then works no further until the gate is there.
    private static func agent(gate: String) -> String {
        """
        #!/bin/sh
        printf '%s\\n' '{"type":"status","text":"waiting at the <gate>"}' >> "$CODEXK8S_PROGRESS_FILE"
        while [ ! -e "\(gate)" ]; do sleep 0.1; done
        echo through > gate.txt
        """
    }

    @Test(.timeLimit(.minutes(3)))
    func aRunsProgressIsSeenWhileItRunsAndItsEndAfterwards() async throws {
        let state = try Files.temporaryDirectory(prefix: "codex-k8s-e2e")
        defer { try? Files.remove(state) }
        try Files.setMode(state, 0o755)
        let (agent, gate) = ("\(state)/slow-agent", "\(state)/gate")
        try Files.writeAtomically(agent, Array(Self.agent(gate: gate).utf8), mode: 0o755, durable: false)
        try await Laptop.run(state: state, arguments: ["--agent", agent]) { laptop in
            // The agent ends with the test, whatever happens to it.
            defer { try? Files.writeAtomically(gate, [], mode: 0o644, durable: false) }
            let pages = try Pages(laptop)
            #expect(try await pages.get("/runs", cookie: nil).status == 303)
            let cookie = try await pages.signIn()

            let issue = try await laptop.openIssue("go through the gate")
            try await laptop.label("run:dev", issue: issue)
            let link = try await pages.wait(for: "the run in the list", "/runs", cookie) { page in
                page.text.firstMatch(of: /href="(\/runs\/codex-k8s\/[a-z0-9-]+)"/).map { String($0.output.1) }
            }
            let working = try await pages.wait(for: "the progress line", link, cookie) { page in
                page.text.contains("<strong>waiting at the &lt;gate&gt;</strong>") ? page : nil
            }
            // It is seen while the run goes on.
            #expect(working.text.contains("<span class=\"neutral\">Running</span>"))
            #expect(working.text.contains("<code>run.job.created</code>"))
            #expect(working.headers["Refresh"] == "5")

            try Files.writeAtomically(gate, [], mode: 0o644, durable: false)
            let run = try await laptop.endedRun(issue: issue)
            #expect(run.phase == .succeeded, "\(run.status?.conditions ?? [])")
            let pull = try #require(run.status?.pullRequest)
            let ended = try await pages.get(link, cookie: cookie)
            #expect(ended.status == 200 && ended.headers["Refresh"] == nil)
            #expect(ended.text.contains("<span class=\"good\">Succeeded</span>"))
            #expect(ended.text.contains("<a href=\"\(pull.url)\" rel=\"noopener noreferrer\">#\(pull.number)</a>"))
            #expect(ended.text.contains("<code>run.succeeded</code>"))

            try await Self.rightsAreThePersonsOwn(laptop, pages, link)
        }
    }

    /// A token that may not read runs sees none, though it is a good one.
    private static func rightsAreThePersonsOwn(_ laptop: Laptop, _ pages: Pages, _ link: String) async throws {
        _ = try await laptop.api.create(
            ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "guest", "namespace": "default"]],
            type: .serviceAccount)
        let request = try await laptop.api.request(
            .post, "/api/v1/namespaces/default/serviceaccounts/guest/token",
            body: ["apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": [:]])
        let token = try #require(request.at("status", "token")?.stringValue)
        let guest = "codex-k8s-token=\(token)"
        for path in [link, "/runs"] {
            let page = try await pages.get(path, cookie: guest)
            #expect(page.status == 403)
            #expect(page.text.contains("system:serviceaccount:default:guest"))
            #expect(!page.text.contains("run.succeeded"))
        }
        let page = try await pages.get(link, cookie: "codex-k8s-token=nobodys")
        #expect(page.status == 401 && page.text.contains("Sign in with a new one"))
    }
}

/// The pages of one `codex-k8s dev`.
private struct Pages: Sendable {
    struct Page: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var text: String
    }

    private let laptop: Laptop
    private let url: String

    init(_ laptop: Laptop) throws {
        self.laptop = laptop
        url = try #require(laptop.environment["CODEXK8S_CONSOLE_URL"])
    }

    func get(_ path: String, cookie: String?) async throws -> Page {
        let answer = try await laptop.http.send(
            ClientRequest(url: url + path, headers: cookie.map { ["Cookie": $0] } ?? [:], timeout: .seconds(20)))
        return Page(
            status: answer.status.rawValue, headers: answer.headers, text: String(decoding: answer.body, as: UTF8.self))
    }

    /// Opens the link that is there once; returns the cookie that it gave.
    func signIn() async throws -> String {
        let link = try #require(laptop.environment["CODEXK8S_CONSOLE_SIGN_IN_URL"])
        #expect(link.hasPrefix(url))
        let path = String(link.dropFirst(url.count))
        let page = try await get(path, cookie: nil)
        #expect(page.status == 303 && page.headers["Location"] == "/runs")
        let cookie = try #require(page.headers["Set-Cookie"]?.split(separator: ";").first)
        #expect(try await get(path, cookie: nil).status == 401)
        return String(cookie)
    }

    /// Looks again, as a browser does that is told to, until the page has it.
    func wait<T>(
        for what: String, _ path: String, _ cookie: String, _ find: (Page) -> T?
    ) async throws -> T {
        let deadline = ContinuousClock.now + .seconds(90)
        while ContinuousClock.now < deadline {
            let page = try await get(path, cookie: cookie)
            if let found = find(page) { return found }
            try await Task.sleep(for: .milliseconds(250))
        }
        throw Laptop.NotReady(description: "\(what) was not on \(path) in time")
    }
}
