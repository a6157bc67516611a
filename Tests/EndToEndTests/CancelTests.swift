// SPDX-License-Identifier: MIT
import AgentAPI
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import SystemCalls
import Testing

/// The real codex, cut off by people while its model thinks.
@Suite(.serialized) struct CancelTests {
    @Test(.timeLimit(.minutes(3)))
    func aCancelledRunTellsWhereItIsAndKeepsItsSession() async throws {
        let state = try Files.temporaryDirectory(prefix: "codex-k8s-e2e")
        defer { try? Files.remove(state) }
        try Files.setMode(state, 0o755)
        try await Laptop.run(state: state, arguments: ["--agent", "codex"]) { laptop in
            let issue = try await laptop.openIssue("create hello.txt with Hello World\nmodel: hang")
            try await laptop.label("run:dev", issue: issue)
            // What the pod says of itself reaches the status while it works.
            let working = try await Self.run(laptop, of: issue) { $0.status?.session != nil }
            #expect(working.phase == .running && working.status?.progress?.heartbeatTime != nil)
            _ = try await laptop.api.resource(AgentRun.self, namespace: "codex-k8s").patch(
                working.metadata.name, .merge(["spec": ["cancel": true]]))
            let ended = try await laptop.endedRun(issue: issue)
            #expect(ended.phase == .cancelled)
            #expect(ended.status?.session?.id == working.status?.session?.id)
            #expect(ended.status?.session?.savedBytes ?? 0 > 0, "\(ended.status?.session?.message ?? "")")
            #expect(ended.status?.stopping == nil)
            let completed = ended.status?.conditions?["AgentCompleted"]
            #expect(completed?.status == .false && completed?.reason == "Cancelled")
            try await laptop.waitUntilNoPod(in: try #require(ended.status?.namespace))

            let other = try await laptop.openIssue("create hello.txt with Hello World\nmodel: hang")
            try await laptop.label("run:dev", issue: other)
            let deleted = try await Self.run(laptop, of: other) { $0.status?.session != nil }
            try await Self.expectThatDeletionIsSaid(laptop, deleted, other)
        }
    }

    /// Somebody deletes the object of a run in progress: the issue is as after a cancel, so that its label can be set again.
    private static func expectThatDeletionIsSaid(_ laptop: Laptop, _ run: AgentRun, _ issue: Int) async throws {
        let client = laptop.api.resource(AgentRun.self, namespace: "codex-k8s")
        _ = try await client.delete(run.metadata.name)
        while try await client.find(run.metadata.name) != nil { try await Task.sleep(for: .milliseconds(100)) }
        #expect(try await laptop.forge(.get, "/issues/\(issue)")["labels"]?.arrayValue?.isEmpty == true)
        let comments = try await laptop.forge(.get, "/issues/\(issue)/comments").arrayValue ?? []
        let said = comments.compactMap { $0["body"]?.stringValue }.joined()
        #expect(said.contains("`run:dev` — cancelled\n\nthe AgentRun was deleted"), "\(said)")
    }

    /// The issue's run, once it is so.
    private static func run(
        _ laptop: Laptop, of issue: Int, _ condition: (AgentRun) -> Bool
    ) async throws -> AgentRun {
        let client = laptop.api.resource(AgentRun.self, namespace: "codex-k8s")
        while true {
            let page = try await client.list()
            if let found = page.items.first(where: { $0.spec.issue == issue && condition($0) }) { return found }
            var options = WatchOptions()
            options.resourceVersion = page.resourceVersion
            for try await event in try await client.watch(options) {
                switch event {
                case .added(let run), .modified(let run): if run.spec.issue == issue, condition(run) { return run }
                default: continue
                }
            }
        }
    }
}
