// SPDX-License-Identifier: MIT
import AgentAPI
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import SystemCalls
import Testing

/// Ways to a run other than `run:dev`, with real processes and real git: a review, a discussion, a rethink.
@Suite(.serialized) struct TriggerTests {
    @Test(.timeLimit(.minutes(3)))
    func aReviewRevisesADiscussionTalksAndARethinkSupersedes() async throws {
        let state = try Files.temporaryDirectory(prefix: "codex-k8s-e2e")
        defer { try? Files.remove(state) }
        try Files.setMode(state, 0o755)
        try await Laptop.run(state: state) { laptop in
            let issue = try await laptop.openIssue("create plan.md with Plan")
            try await laptop.label("run:plan", issue: issue)
            let first = try await laptop.endedRun(issue: issue)
            let number = try #require(first.status?.pullRequest?.number)

            // A review through the edge, answered once, on the same pull request.
            let review = try await laptop.forge(
                .post, "/pulls/\(number)/reviews",
                ["event": "REQUEST_CHANGES", "body": "create more.md with More"])
            let revised = try await laptop.endedRun(issue: issue, revise: true)
            #expect(revised.phase == .succeeded && revised.spec.trigger.reviewID == review["id"]?.integerValue)
            #expect(revised.status?.effective?.kind == "plan" && revised.status?.effective?.kindSource == "last-run")
            let pull = try await laptop.forge(.get, "/pulls/\(number)")
            #expect(pull["commits"] == 2 && pull["body"]?.stringValue?.hasPrefix("Refs #\(issue)\n") == true)

            // Another kind takes its place.
            try await laptop.label("run:rethink", issue: issue)
            let rethink = try await laptop.endedRun(issue: issue) { $0.spec.trigger.kind == "rethink" }
            #expect(rethink.phase == .succeeded)
            #expect(try await Self.labels(laptop, number) == ["state:superseded"])
            #expect(try await laptop.forge(.get, "/pulls/\(number)")["state"] == "open")

            // Talk about the issue: words, and nothing else.
            try await laptop.label("mode:discussion", issue: issue)
            try await laptop.label("run:dev", issue: issue)
            let talk = try await laptop.endedRun(issue: issue) { $0.spec.trigger.kind == "dev" }
            #expect(talk.phase == .succeeded)
            #expect(talk.status?.conditions?["PullRequestReady"]?.reason == "Discussion")
            let pulls = try await laptop.forge(.get, "/pulls?state=all&head=acme:codex/issue-\(issue)").arrayValue ?? []
            #expect(pulls.isEmpty)
            let comments = try await laptop.forge(.get, "/issues/\(issue)/comments").arrayValue ?? []
            #expect(comments.filter { $0["body"]?.stringValue?.contains("codex-k8s:talk") == true }.count == 1)
            #expect(try await Self.labels(laptop, issue).sorted() == ["mode:discussion", "state:in-review"])
        }
    }

    private static func labels(_ laptop: Laptop, _ number: Int) async throws -> [String] {
        try await laptop.forge(.get, "/issues/\(number)/labels").arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
    }
}
