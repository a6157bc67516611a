// SPDX-License-Identifier: MIT
import AgentAPI
import ChildProcesses
import Foundation
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Postgres
import ServiceRuntime
import SystemCalls
import Testing

/// The whole way through, with real processes, real git, real Postgres.
@Suite(.serialized) struct LabelToPullRequestTests {
    @Test(.timeLimit(.minutes(3)))
    func aLabelBecomesAPullRequestAndASecondLabelUpdatesIt() async throws {
        let state = try Files.temporaryDirectory(prefix: "codex-k8s-e2e")
        defer { try? Files.remove(state) }
        try Files.setMode(state, 0o755)
        try await Laptop.run(state: state) { laptop in
            let issue = try await laptop.openIssue("create hello.txt with Hello World")
            try await laptop.label("run:dev", issue: issue)
            let first = try await laptop.endedRun(issue: issue)
            #expect(first.phase == .succeeded)
            let number = try #require(first.status?.pullRequest?.number)
            try await laptop.forge(
                .post, "/pulls/\(number)/comments",
                ["body": "create second.txt with Second", "path": "hello.txt", "line": 1, "side": "RIGHT"])
            try await laptop.label("run:dev:revise", issue: issue)
            let second = try await laptop.endedRun(issue: issue, revise: true)
            #expect(second.phase == .succeeded)
            #expect(second.status?.pullRequest?.number == number)
            #expect(second.status?.namespace == first.status?.namespace)
            try await Trace.check(laptop, issue: issue, runs: 2, commits: 2)
            let pull = try await laptop.forge(.get, "/pulls/\(number)")
            #expect(pull["body"]?.stringValue?.hasPrefix("Closes #\(issue)\n") == true)
        }
    }

    @Test(.timeLimit(.minutes(3)))
    func aRunAppliedByKubectlSaysThatKubernetesAdmittedIt() async throws {
        let state = try Files.temporaryDirectory(prefix: "codex-k8s-e2e")
        defer { try? Files.remove(state) }
        try Files.setMode(state, 0o755)
        try await Laptop.run(state: state) { laptop in
            let issue = try await laptop.openIssue("create applied.txt with Applied")
            let run = AgentRun(
                metadata: ObjectMeta(name: "by-hand", namespace: "codex-k8s"),
                spec: AgentRunSpec(
                    repository: "acme/shop", issue: issue,
                    trigger: .init(kind: "dev", requestedBy: "kubernetes-admin")))
            _ = try await laptop.api.resource(AgentRun.self, namespace: "codex-k8s").create(run)
            let ended = try await laptop.endedRun(issue: issue)
            #expect(ended.phase == .succeeded)
            #expect(ended.status?.conditions?["Accepted"]?.reason == "AdmittedByKubernetes")
        }
    }

    /// One effect after another is the last that the process lives to see; each time the next life finishes the run.
    @Test(.timeLimit(.minutes(12)))
    func killedAfterAnyEffectItGoesOnAndDoesNothingTwice() async throws {
        let state = try Files.temporaryDirectory(prefix: "codex-k8s-e2e")
        defer { try? Files.remove(state) }
        try Files.setMode(state, 0o755)
        var interrupted: Int?
        var deaths = 0
        for effect in 1...100 {
            let pending = interrupted
            let next = try await Laptop.run(state: state) { laptop -> Int? in
                if let pending {
                    // The forge died with the rest and may never have heard of the label.
                    let labels = try await laptop.forge(.get, "/issues/\(pending)/labels").arrayValue ?? []
                    let runs = try await laptop.api.resource(AgentRun.self, namespace: "codex-k8s").list().items
                    if labels.isEmpty, !runs.contains(where: { $0.spec.issue == pending }) {
                        try await laptop.label("run:dev", issue: pending)
                    }
                    let run = try await laptop.endedRun(issue: pending)
                    let words = run.status?.conditions?["Ready"]?.message ?? ""
                    #expect(run.phase == .succeeded, "issue \(pending), killed after effect \(effect - 1): \(words)")
                    try await Trace.check(laptop, issue: pending, runs: 1, commits: 1)
                }
                let issue = try await laptop.openIssue("create file-\(effect).txt with Text \(effect)")
                try Files.writeAtomically("\(state)/crash-at", Array("\(effect)".utf8))
                // The answer is lost when an early effect is the last one.
                try? await laptop.label("run:dev", issue: issue)
                return await Self.dies(laptop, beforeRunOf: issue) ? issue : nil
            }
            guard let next else { break }
            interrupted = next
            deaths += 1
        }
        // A run has more effects than this; fewer deaths mean that the test did not test.
        #expect(deaths > 20)
        #expect(deaths < 100)
    }

    /// Whether the process ends before the run does.
    private static func dies(_ laptop: Laptop, beforeRunOf issue: Int) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                _ = await laptop.process.wait()
                return true
            }
            group.addTask {
                // A connection that breaks is the death that the other task reports.
                guard (try? await laptop.endedRun(issue: issue)) != nil else {
                    _ = await laptop.process.wait()
                    return true
                }
                return false
            }
            let first = await group.next() ?? true
            if !first { laptop.process.terminate(grace: .seconds(20)) }
            return first
        }
    }
}

/// What must be true of an issue whose runs have ended, however often the process died in between.
enum Trace {
    static func check(_ laptop: Laptop, issue: Int, runs: Int, commits: Int64) async throws {
        let selector = ListOptions(labelSelector: LabelSelector(matchLabels: ["codex-k8s.dev/issue": "\(issue)"]))
        let namespaces = try await laptop.api.resource(Namespace.self).list(selector).items.map(\.metadata.name)
        #expect(namespaces.count == 2, "namespaces: \(namespaces)")
        let jobs = try await laptop.api.resource(Job.self).list(selector).items.map(\.metadata.name)
        #expect(jobs.count == runs, "jobs: \(jobs)")
        let pulls = try await laptop.forge(.get, "/pulls?state=all&head=acme:codex/issue-\(issue)").arrayValue ?? []
        #expect(pulls.count == 1)
        let number = pulls.first?["number"]?.integerValue ?? 0
        let pull = try await laptop.forge(.get, "/pulls/\(number)")
        #expect(pull["commits"]?.integerValue == commits)
        let comments = try await laptop.forge(.get, "/issues/\(issue)/comments").arrayValue ?? []
        let ours = comments.filter { $0["body"]?.stringValue?.hasPrefix("<!-- codex-k8s:status") == true }
        #expect(ours.count <= 1)
        let labels = try await laptop.forge(.get, "/issues/\(issue)/labels").arrayValue ?? []
        #expect(labels.compactMap { $0["name"]?.stringValue } == ["state:in-review"])

        let postgres = PostgresClient(url: Secret(laptop.environment["CODEXK8S_DATABASE_URL"] ?? ""))
        defer { postgres.shutdown() }
        let rows = try await postgres.query(
            """
            SELECT e.event_type, count(*) AS n FROM flow_events e JOIN agent_runs r USING (run_uid)
            WHERE r.issue = \(issue) AND r.phase = 'Succeeded' GROUP BY e.event_type
            """)
        var counts: [String: Int] = [:]
        for row in rows { counts[try row.string("event_type")] = Int(try row.int("n")) }
        for (type, expected) in [
            "webhook.received": runs, "run.enqueued": runs, "run.job.created": runs, "run.job.finished": runs,
            "run.pr.created": 1, "run.succeeded": runs,
        ] {
            #expect(counts[type] == expected, "\(type) of issue \(issue): \(counts)")
        }
        if runs > 1 { #expect(counts["run.pr.updated"] == runs - 1) }
    }
}
