// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import KubernetesAPI
import KubernetesClient
import SourceProvider
import Synchronization
import Testing

@testable import AgentControllers

/// Whole runs that meet a code host which is not as they left it, and each other.
@Suite(ControllerScope(), .timeLimit(.minutes(3))) struct PublicationReconcilerTests {
    /// Nothing that is repeated would help: the run ends, in the host's words, and another attempt can be asked for.
    @Test func aPullRequestThatIsRefusedForGoodEndsTheAttempt() async throws {
        let (op, issue) = (try Operator.current, 400)
        op.host.open(issue)
        op.host.state.withLock { _ = $0.refused.insert("codex/issue-400") }
        let name = try await op.create(issue: issue)
        let failed = try await op.perform(name) { host, branch in host.push(branch, ["a.swift": "100644"]) }
        #expect(failed.phase == .failed && failed.readyReason == .sourceRefused, "\(failed.readyMessage)")
        #expect(failed.readyMessage.contains("No commits between"))
        op.host.state.withLock { _ = $0.refused.remove("codex/issue-400") }
        _ = try await op.api.resource(AgentRun.self, namespace: "codex-k8s").patch(
            name, .merge(["spec": ["attempts": 2]]))
        _ = try await op.run(name, "the second attempt works") { $0.phase == .running && $0.status?.attempt == 2 }
        let done = try await op.perform(name)
        #expect(done.phase == .succeeded && op.host.pulls(from: "codex/issue-400").count == 1, "\(done.readyMessage)")
    }

    /// Deleted, or transferred: there is nobody to publish for, and the run does not wait for ever.
    @Test(arguments: [false, true]) func aRunWhoseIssueIsGoneEnds(isDiscussion: Bool) async throws {
        let (op, issue) = (try Operator.current, isDiscussion ? 402 : 401)
        op.host.open(issue, labels: isDiscussion ? ["mode:discussion"] : [])
        let run = try await op.perform(try await op.create(issue: issue)) { host, branch in
            if !isDiscussion { host.push(branch, ["a.swift": "100644"]) }
            host.remove(issue)
        }
        #expect(run.phase == .failed && run.readyReason == .issueNotFound, "\(run.readyMessage)")
        #expect(op.host.pulls(from: "codex/issue-\(issue)").isEmpty)
    }

    @Test func whatAPersonWroteInTheirPullRequestStays() async throws {
        let (op, issue) = (try Operator.current, 403)
        op.host.open(issue)
        let name = try await op.create(issue: issue)
        let run = try await op.perform(name) { host, branch in
            host.push(branch, ["a.swift": "100644"])
            _ = host.openPull(branch)
        }
        #expect(run.phase == .succeeded, "\(run.readyMessage)")
        #expect(op.host.pull(run.status?.pullRequest?.number)?.body == "my words")
        #expect(op.record.events(run, .prCreated).isEmpty)
    }

    /// The label can be set again while the pull request is open: it is brought up to date, and said to be.
    @Test func aPullRequestIsCreatedOnce() async throws {
        let (op, issue) = (try Operator.current, 404)
        op.host.open(issue)
        let first = try await op.perform(try await op.create(issue: issue)) { host, branch in
            host.push(branch, ["a.swift": "100644"])
        }
        let second = try await op.perform(try await op.create(issue: issue)) { host, branch in
            host.push(branch, ["b.swift": "100644"])
        }
        #expect(second.phase == .succeeded && second.readyMessage.contains("updated"), "\(second.readyMessage)")
        #expect(op.record.events(first, .prCreated).count == 1 && op.record.events(second, .prCreated).isEmpty)
        #expect(op.record.events(second, .prUpdated).count == 1)
    }

    // MARK: One at a time

    @Test func twoFailedRunsOfAnIssueTryAgainOneAfterTheOther() async throws {
        let (op, issue) = (try Operator.current, 410)
        op.host.open(issue)
        var names: [String] = []
        for _ in 0..<3 {
            let name = try await op.create(issue: issue, byLabel: false)
            #expect(try await op.perform(name, outcome: .failed).phase == .failed)
            names.append(name)
        }
        let runs = op.api.resource(AgentRun.self, namespace: "codex-k8s")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for name in names {
                group.addTask { _ = try await runs.patch(name, .merge(["spec": ["attempts": 2]])) }
            }
            try await group.waitForAll()
        }
        func live() async throws -> [String] {
            try await runs.list().items.filter { names.contains($0.metadata.name) && !$0.phase.isTerminal }
                .map(\.metadata.name)
        }
        try await Operator.until("one of them works") {
            try await runs.list().items.contains { names.contains($0.metadata.name) && $0.phase == .running }
        }
        #expect(try await live().count == 1)
    }

    /// The quota of a run namespace has room for four Jobs; who waits for one of them to go is told so.
    @Test func whatTheClusterRefusesIsTold() async throws {
        let (op, issue) = (try Operator.current, 411)
        op.host.open(issue)
        for _ in 0..<4 { try await op.perform(try await op.create(issue: issue, byLabel: false), outcome: .failed) }
        let name = try await op.create(issue: issue, byLabel: false)
        let waiting = try await op.run(name, "it says why it waits") { $0.readyReason == .clusterRefused }
        #expect(
            waiting.phase == .preparing && waiting.readyMessage.contains("exceeded quota"), "\(waiting.readyMessage)")
        let jobs = op.api.objects(.job, namespace: Names.runNamespace(repositoryID: 1, issue: issue, agent: "dev"))
        for job in try await jobs.list().items {
            try await jobs.delete(job.metadata.name, options: .init(propagation: .background))
        }
        _ = try await op.run(name, "it goes on") { $0.phase == .running }
    }

    /// Runs of different issues are admitted side by side, and still only so many as the agent may have.
    @Test func anAgentsPlacesAreNotTakenTwice() async throws {
        let (op, issues) = (try Operator.current, 420..<432)
        for issue in issues { op.host.open(issue) }
        let names = try await withThrowingTaskGroup(of: String.self) { group in
            for issue in issues {
                group.addTask { try await op.create(issue: issue, byLabel: false, agent: .init(key: "solo")) }
            }
            return try await group.reduce(into: [String]()) { $0.append($1) }
        }
        let runs = op.api.resource(AgentRun.self, namespace: "codex-k8s")
        try await Operator.until("all are decided") {
            try await runs.list().items.filter { names.contains($0.metadata.name) }
                .allSatisfy { $0.phase == .queued || $0.phase == .running }
        }
        let working = try await runs.list().items.filter { names.contains($0.metadata.name) && $0.phase == .running }
        #expect(working.count == 1, "\(working.map(\.metadata.name))")
    }
}
