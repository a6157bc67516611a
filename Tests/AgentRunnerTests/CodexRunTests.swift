// SPDX-License-Identifier: MIT
import AgentAPI
import DevModel
import JSONCoding
import RunAPITestSupport
import ServiceRuntime
import SystemCalls
import Testing

@testable import AgentRunner

/// The whole of a run's pod with the real codex: clone, work, commit, push, result.
@Suite(.timeLimit(.minutes(1)))
struct CodexRunTests {
    /// A repository, a model, and a pod with a broker between them.
    static func inPod(
        _ body: @escaping @Sendable (GitOrigin, RunPod, DevModelServer) async throws -> Void
    ) async throws {
        let model = DevModelServer(key: Secret(CodexPod.key), logger: .disabled)
        let serving = Task { try await model.run() }
        let url = try await model.waitUntilListening()
        let origin = try await GitOrigin()
        try await origin.serve { upstream in
            try await RunPod.with(upstream, { $0[RunnerEnvironment.upstreamModelURL] = url }) { pod in
                try Files.writeAtomically(
                    "\(pod.folder)/credentials/model-key", Array(CodexPod.key.utf8), durable: false)
                try await body(origin, pod, model)
            }
        }
        serving.cancel()
        _ = await serving.result
    }

    static func configuration(_ pod: RunPod, discussion: Bool = false) throws -> RunnerConfiguration {
        let command = JSONValue.array([.string(try ProgramTests.program), "codex"]).encodedString()
        return try pod.configuration(agent: "") {
            $0[RunnerEnvironment.agentCommand] = command
            $0[RunnerEnvironment.codex] = CodexPod.program()
            $0[RunnerEnvironment.model] = "model-one"
            $0[RunnerEnvironment.discussion] = discussion ? "true" : "false"
        }
    }

    @Test func whatCodexDidIsOnTheBranch() async throws {
        try await Self.inPod { origin, pod, model in
            try pod.setPrompt("create a.txt with hello\nWrite the result to CODEXK8S_AGENT_RESULT_FILE.")
            let message = try await pod.run(Self.configuration(pod))
            #expect(message.outcome == .succeeded, "\(message.error ?? "")")
            #expect(message.summary == "Created a.txt.")
            #expect(message.sessionID?.isEmpty == false)
            #expect(message.sessionResumed == false)
            #expect(message.usage?.inputTokens == model.requests.compactMap(\.usage).reduce(0) { $0 + $1.input })
            #expect(try await origin.inRepository("show", "\(RunPod.branch):a.txt") == "hello")
            let subject = try await origin.inRepository("log", "-1", "--format=%s", RunPod.branch)
            #expect(subject == "Create a.txt")
            // codex's own files are beside the checkout, not in it.
            let files = try await origin.inRepository("ls-tree", "-r", "--name-only", RunPod.branch)
            #expect(files == "README.md\na.txt")
        }
    }

    @Test func aRunWithoutAModelSaysWhatToConfigure() async throws {
        try await Self.inPod { _, pod, _ in
            var configuration = try Self.configuration(pod)
            configuration.modelKey = nil
            let message = try await pod.run(configuration)
            #expect(message.outcome == .failed)
            #expect(message.error?.contains("exit code 2: this run has no model: set model.baseURL") == true)
        }
    }

    @Test func aDiscussionAnswersAndChangesNothing() async throws {
        try await Self.inPod { origin, pod, _ in
            try pod.setPrompt("create a.txt with hello\nmodel: say I would rather not.")
            let message = try await pod.run(Self.configuration(pod, discussion: true))
            #expect(message.outcome == .noChanges, "\(message.error ?? "")")
            #expect(message.summary == "I would rather not.")
            #expect(try await origin.inRepository("for-each-ref", "--format=%(refname)") == "refs/heads/main")
        }
    }

    @Test func aRunThatIsToldToStopNamesItsSession() async throws {
        try await Self.inPod { _, pod, model in
            try pod.setPrompt("model: hang")
            let configuration = try Self.configuration(pod)
            let run = Task { try await pod.run(configuration) }
            try await eventually { !model.requests.isEmpty }
            run.cancel()
            let message = try await run.value
            #expect(message.outcome == .cancelled)
            #expect(message.sessionID?.isEmpty == false)
            #expect(message.agentExitCode == 143)
        }
    }

    /// What a pod with everything is: repository, model, run API, each behind the broker.
    @Test func aSecondPodGoesOnWithWhatTheFirstOneSaved() async throws {
        let fixture = SessionPod.api()
        let model = DevModelServer(key: Secret(CodexPod.key), logger: .disabled)
        let serving = Task { try await model.run() }
        let modelURL = try await model.waitUntilListening()
        try await SessionPod.inCluster(fixture) { origin, url, api in
            func run(_ token: String, _ task: String, model name: String, session: String?) async throws
                -> RunResultMessage
            {
                let tokens = try Files.temporaryDirectory(prefix: "run-api-token")
                defer { try? Files.remove(tokens) }
                try Files.writeAtomically("\(tokens)/token", Array(token.utf8), durable: false)
                return try await RunPod.with(url) { environment in
                    environment[RunnerEnvironment.upstreamModelURL] = modelURL
                    environment[RunnerEnvironment.runAPIURL] = api
                    environment[RunnerEnvironment.runAPITokenFile] = "\(tokens)/token"
                } _: { pod in
                    try Files.writeAtomically(
                        "\(pod.folder)/credentials/model-key", Array(CodexPod.key.utf8), durable: false)
                    try pod.setPrompt(task)
                    let command = JSONValue.array([.string(try ProgramTests.program), "codex"]).encodedString()
                    return try await pod.run(
                        pod.configuration(agent: "") {
                            $0[RunnerEnvironment.agentCommand] = command
                            $0[RunnerEnvironment.codex] = CodexPod.program()
                            $0[RunnerEnvironment.model] = name
                            $0[RunnerEnvironment.toolsURL] = "/mcp"
                            $0[RunnerEnvironment.attempt] = session == nil ? "1" : "2"
                            $0[RunnerEnvironment.sessionLimit] = String(64 << 20)
                            $0[RunnerEnvironment.sessionID] = session
                        })
                }
            }
            let first = try await run(
                "first", "create a.txt with one\nmodel: report half done", model: "model-one", session: nil)
            #expect(first.outcome == .succeeded, "\(first.error ?? "")")
            #expect((first.sessionBytes ?? 0) > 0, "\(first.sessionProblem ?? "")")
            let isReported = fixture.progress.reports("uid-1", 1).contains { $0.line == "half done" }
            #expect(isReported)
            let second = try await run(
                "second", "create a.txt with one\ncreate b.txt with two", model: "model-two", session: first.sessionID)
            #expect(second.outcome == .succeeded, "\(second.error ?? "")")
            #expect(second.sessionID == first.sessionID)
            #expect(second.sessionResumed == true, "\(second.resumeProblem ?? "")")
            #expect(second.summary == "Created b.txt.")
            #expect(try await origin.inRepository("show", "\(RunPod.branch):b.txt") == "two")
        }
        let models = model.requests.map(\.model)
        #expect(models == ["model-one", "model-one", "model-one", "model-two", "model-two"])
        serving.cancel()
        _ = await serving.result
    }

    @Test func toolsThatAreAwayDoNotStopTheWork() async throws {
        try await CodexPod.with { pod in
            let (code, result) = try await pod.run("create a.txt with hello", tools: true)
            #expect(code == 0, "\(pod.lines)")
            #expect(result.summary == "Created a.txt.")
        }
    }
}
