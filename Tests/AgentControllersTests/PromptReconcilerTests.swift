// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Prompts
import ServiceRuntime
import SourceProvider
import Synchronization
import Testing

@testable import AgentControllers

/// What runs are given by the real reconcilers. One after the other: what the host and the store answer is set for all.
@Suite(ControllerScope(), .serialized, .timeLimit(.minutes(3))) struct PromptReconcilerTests {
    /// The prompt in a run's ConfigMap, with the annotation beside it.
    private func task(_ op: Operator, _ run: AgentRun) async throws -> (prompt: String, record: PromptRecord) {
        let namespace = try #require(run.status?.namespace)
        let map = try await op.api.objects(.configMap, namespace: namespace).get(run.taskName)
        let annotation = try #require(map.metadata.annotations[Keys.prompt])
        let prompt = try #require(map["data"]?["prompt.md"]?.stringValue)
        return (prompt, try #require(PromptRecord(annotation: annotation)))
    }

    @Test func theTemplateIsTheOneThatStandsFirst() async throws {
        let (op, issue) = (try Operator.current, 700)
        op.host.open(issue, labels: ["[ai-model-m-1]"])
        op.templates.put("Own words on {{issue}} of {{repository}}.", version: 3, scope: .repository(1), agent: "sa")
        op.templates.put("Words for all.", version: 8, agent: "sa")
        op.templates.put("Words of another.", version: 1, scope: .repository(2), agent: "sa")
        op.host.state.withLock { $0.contents["prompts/pm/work.en.md"] = Array("A seed on {{issue}}.".utf8) }

        let first = try await op.started(try await op.create(issue: issue, kind: .arch)).run
        let template = try #require(first.status?.effective?.template)
        #expect(template.source == "repository-override" && template.version == "3" && template.locale == "en")
        let (prompt, record) = try await task(op, first)
        #expect(prompt.contains("# Task\n\nOwn words on #700 of acme/shop.\n") && prompt.contains("- Model: m-1\n"))
        #expect(record.template == template && record.sha256 == PromptRenderer.digest(of: prompt))
        #expect(op.record.events(first, .promptAssembled).map(\.payload) == [record.json])

        // What is shown without running it is the same, with the settings that admission fixed and before it did.
        let name = try #require(RepositoryName("acme/shop"))
        let candidates = try await PromptLibrary(readFile: nil, store: op.templates, now: { .now }).candidates(
            agent: "sa", kind: .work, locales: [.en], repository: name, repositoryID: 1, commit: nil)
        let facts = PromptPreview.Facts(
            repository: op.host.repository(name), issue: try op.host.issue(issue, in: name), pullRequest: nil,
            comments: [], candidates: candidates, locales: nil)
        let configuration = try OperatorConfiguration(Operator.configuration)
        #expect(try PromptPreview(run: first, configuration: configuration).assemble(facts).text == prompt)
        let before = AgentRun(metadata: first.metadata, spec: first.spec)
        #expect(try PromptPreview(run: before, configuration: configuration).assemble(facts).text == prompt)
        // The tool is told of where pods can reach it.
        var served = configuration
        served.runAPI.url = "http://run-api.test"
        let told = try PromptPreview(run: before, configuration: served).assemble(facts).text
        #expect(told.contains("- `run_status_report`: ") && told.contains("call `run_status_report` when you begin"))
        served.runAPI.url = nil
        #expect(try !PromptPreview(run: before, configuration: served).assemble(facts).text.contains("run_status_report"))

        op.host.open(701)
        let second = try await op.started(try await op.create(issue: 701, kind: .prd)).run
        let base = try #require(second.status?.currentAttempt?.baseSHA)
        #expect(second.status?.effective?.template?.source == "repository-seed")
        #expect(second.status?.effective?.template?.version == base)
        #expect(try await task(op, second).prompt.contains("# Task\n\nA seed on #701.\n"))
    }

    @Test func aRevisionAndADiscussionHoldWhatPeopleSaid() async throws {
        let (op, issue) = (try Operator.current, 702)
        op.host.open(issue)
        let made = try await op.perform(try await op.create(issue: issue)) { host, branch in
            host.push(branch, ["a.swift": "100644"])
        }
        #expect(made.status?.effective?.template?.source == "built-in")
        let number = try #require(made.status?.pullRequest?.number)
        let review = op.host.submitReview(on: number)
        let revision = try await op.started(try await op.create(issue: issue, revise: true)).run
        let hash = BuiltInTemplates.template(agent: "dev", kind: .revise, locale: .en).hash
        #expect(revision.status?.effective?.template?.hash == hash)
        let prompt = try await task(op, revision).prompt
        #expect(prompt.contains("- Pull request: #\(number)\n") && prompt.contains("(pull request title)\n"))
        #expect(prompt.contains("Revise pull request #\(number) of acme/shop"))
        #expect(prompt.contains("Review comments, oldest first:") && prompt.contains("\n\(review.body)\nEND UNTRUSTED"))

        op.host.open(703, labels: ["mode:discussion"])
        op.host.state.withLock { state in
            state.comments[703] = [
                IssueComment(
                    id: 1, author: MemoryHost.person, body: "Why not round?", createdAt: .init(microseconds: 0))
            ]
        }
        let talk = try await op.started(try await op.create(issue: 703)).run
        let words = try await task(op, talk).prompt
        #expect(words.contains("This run is a discussion.") && words.contains("Why not round?\nEND UNTRUSTED"))
    }

    @Test func aSeedThatCannotBeUsedIsPassedOverAndRecorded() async throws {
        let (op, issue) = (try Operator.current, 704)
        op.host.open(issue)
        op.host.state.withLock { $0.contents["prompts/qa/work.en.md"] = Array("Test {{isue}}.".utf8) }
        let run = try await op.started(try await op.create(issue: issue, kind: .qa)).run
        #expect(run.status?.effective?.template?.source == "built-in")
        let passed = op.record.events(run, .promptAssembled).first?.payload["passed_over"]?.arrayValue ?? []
        #expect(passed.count == 1 && passed.first?.stringValue?.contains("{{isue}}") == true)
    }

    /// With the database away a run waits and says so. What an earlier process made of it by then is what the run gets,
    /// and what status and record say.
    @Test func aRunWaitsForTheDatabaseAndKeepsTheTaskThatIsThere() async throws {
        let (op, issue) = (try Operator.current, 705)
        op.host.open(issue)
        op.templates.state.withLock { $0.error = AuditError(isTransient: true, description: "the database is away") }
        let name = try await op.create(issue: issue, kind: .release)
        let waiting = try await op.run(name, "it waits for the record") {
            $0.status?.conditions?[RunCondition.audited.rawValue]?.reason == Reason.auditUnavailable.rawValue
        }
        #expect(waiting.phase == .preparing && waiting.status?.job == nil)
        #expect(waiting.status?.conditions?[RunCondition.audited.rawValue]?.message == "the database is away")

        let namespace = Names.runNamespace(repositoryID: 1, issue: issue, agent: "sre")
        try await Operator.until("its place is made") {
            try await op.api.objects(.namespace).find(namespace) != nil
        }
        let earlier = PromptRecord(
            template: .init(source: "global-override", version: "4", hash: "abc", locale: "en"), sha256: "def",
            bytes: 3, passedOver: ["why"])
        var map = DynamicObject(.configMap, name: waiting.taskName, namespace: namespace)
        map.metadata.labels = JobBuilder.labels(run: waiting, attempt: 1, agent: "sre")
        map.metadata.annotations = [Keys.prompt: earlier.json.encodedString()]
        map["data"] = ["prompt.md": "Say"]
        _ = try await op.api.objects(.configMap, namespace: namespace).create(map)

        op.templates.state.withLock { $0.error = nil }
        let run = try await op.started(name).run
        #expect(run.status?.effective?.template == earlier.template)
        #expect(try await task(op, run).prompt == "Say")
        #expect(op.record.events(run, .promptAssembled).map(\.payload) == [earlier.json])
    }

    @Test func aRunWaitsForTheCodeHost() async throws {
        let (op, issue) = (try Operator.current, 706)
        op.host.open(issue)
        op.host.state.withLock { state in
            state.contentsError = ProviderError(code: .unavailable, request: "GET contents", message: "no answer")
        }
        let name = try await op.create(issue: issue, kind: .docAudit)
        let waiting = try await op.run(name, "it waits for the code host") { $0.readyReason == .sourceUnavailable }
        #expect(waiting.phase == .preparing && waiting.readyMessage.contains("GET contents: no answer"))
        op.host.state.withLock { $0.contentsError = nil }
        #expect(try await op.started(name).run.status?.effective?.template?.source == "built-in")
    }
}
