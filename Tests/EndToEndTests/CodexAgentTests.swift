// SPDX-License-Identifier: MIT
import AgentAPI
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Postgres
import ServiceRuntime
import SystemCalls
import Testing

/// The real codex CLI with a stand-in for its model: a run, a review, and a second run in the first one's session.
@Suite(.serialized) struct CodexAgentTests {
    @Test(.timeLimit(.minutes(3)))
    func aReviewIsAnsweredInTheSameSessionThoughThePodAndItsDiskAreGone() async throws {
        let state = try Files.temporaryDirectory(prefix: "codex-k8s-e2e")
        defer { try? Files.remove(state) }
        try Files.setMode(state, 0o755)
        try await Laptop.run(state: state, arguments: ["--agent", "codex"]) { laptop in
            let issue = try await laptop.openIssue("create hello.txt with Hello World")
            try await laptop.label("run:dev", issue: issue)
            let first = try await laptop.endedRun(issue: issue)
            #expect(first.phase == .succeeded, "\(first.status?.conditions ?? [])")
            let session = try #require(first.status?.session)
            #expect(session.resumed == false)
            #expect(session.savedBytes ?? 0 > 0, "\(session.message ?? "")")
            #expect(first.status?.effective?.model == .init(value: "stand-in-1", source: "system-default"))
            #expect(first.status?.effective?.template?.source == "built-in")
            #expect(first.status?.usage?.inputTokens ?? 0 > 0)
            let number = try #require(first.status?.pullRequest?.number)

            // Nothing of the first pod is left on this machine.
            let place = try #require(first.status?.namespace)
            try await laptop.api.resource(Job.self, namespace: place).delete(
                try #require(first.status?.job), options: DeleteOptions(propagation: .foreground))
            try await laptop.waitUntilNoPod(in: place)

            try await laptop.label("[ai-model-stand-in-2]", issue: issue)
            try await laptop.forge(
                .post, "/pulls/\(number)/reviews",
                ["event": "REQUEST_CHANGES", "body": "create second.txt with Second"])
            let second = try await laptop.endedRun(issue: issue, revise: true)
            #expect(second.phase == .succeeded, "\(second.status?.conditions ?? [])")
            #expect(second.status?.session?.id == session.id)
            #expect(second.status?.session?.resumed == true, "\(second.status?.session?.message ?? "")")
            #expect(second.status?.effective?.model == .init(value: "stand-in-2", source: "issue-label"))
            #expect(second.status?.pullRequest?.number == number)
            let pull = try await laptop.forge(.get, "/pulls/\(number)")
            #expect(pull["commits"]?.integerValue == 2)
            let body = pull["body"]?.stringValue ?? ""
            for word in [session.id, "stand-in-1", "stand-in-2", second.metadata.name] {
                #expect(body.contains(word), "\(word) in \(body)")
            }
            let files = try await laptop.forge(.get, "/pulls/\(number)/files").arrayValue ?? []
            #expect(files.compactMap { $0["filename"]?.stringValue }.sorted() == ["hello.txt", "second.txt"])
            try await Self.checkRecord(laptop, issue: issue, session: session.id)
        }
    }

    /// What the record says of the two runs' sessions and of what they used.
    private static func checkRecord(_ laptop: Laptop, issue: Int, session: String) async throws {
        let postgres = PostgresClient(url: Secret(laptop.environment["CODEXK8S_DATABASE_URL"] ?? ""))
        defer { postgres.shutdown() }
        let rows = try await postgres.query(
            """
            SELECT e.event_type, count(*) AS n FROM flow_events e JOIN agent_runs r USING (run_uid)
            WHERE r.issue = \(issue) GROUP BY e.event_type
            """)
        var counts: [String: Int] = [:]
        for row in rows { counts[try row.string("event_type")] = Int(try row.int("n")) }
        #expect(counts["run.agent.session.saved"] ?? 0 >= 2, "\(counts)")
        #expect(counts["run.agent.session.restored"] == 1, "\(counts)")
        #expect(counts["run.agent.resume.used"] == 1, "\(counts)")
        #expect(counts["prompt.context.assembled"] == 2, "\(counts)")
        let used = try await postgres.query(
            "SELECT model, input_tokens FROM token_usage WHERE session_id = \(session) ORDER BY model")
        #expect(try used.map { try $0.string("model") } == ["stand-in-1", "stand-in-2"])
        for row in used { #expect(try row.int("input_tokens") > 0) }
    }
}
