// SPDX-License-Identifier: MIT
import AgentAPI
import ChildProcesses
import DevModel
import JSONCoding
import SystemCalls
import Testing

@testable import AgentRunner

/// The real codex by the real broker against a scripted model.
@Suite(.timeLimit(.minutes(1)))
struct CodexAgentTests {
    @Test func aFreshRunEditsFilesAndSaysWhatItDid() async throws {
        try await CodexPod.with { pod in
            let (code, result) = try await pod.run("create a.txt with hello\ncreate d/b.txt with it's me\nmodel: think")
            #expect(code == 0, "\(pod.lines)")
            #expect(try pod.file("a.txt") == "hello\n")
            #expect(try pod.file("d/b.txt") == "it's me\n")
            #expect(result.summary == "Created a.txt, d/b.txt.")
            #expect(result.sessionResumed == false)
            #expect(result.error == nil)
            let session = try #require(result.sessionID)
            let progress = try pod.progress()
            #expect(progress.first == .session(id: session, resumed: false))
            #expect(progress.last == .status("Created a.txt, d/b.txt."))
            #expect(progress.contains { if case .status(let text) = $0 { text.hasPrefix("runs ") } else { false } })
            let rollouts = try pod.rollouts()
            #expect(rollouts.count == 1 && rollouts[0].hasSuffix("\(session).jsonl"))
            #expect(pod.model.requests.map(\.model) == ["model-one", "model-one", "model-one"])
            #expect(pod.model.requests.allSatisfy { $0.effort == "high" && !$0.hasEarlierTurns })
            // The broker counted exactly what the model said.
            let used = pod.model.requests.compactMap(\.usage)
            let totals = try #require(try await pod.usage()?.totals)
            #expect(totals.inputTokens == used.reduce(0) { $0 + $1.input })
            #expect(totals.outputTokens == 75 && totals.reasoningTokens == 15)
            #expect(totals.cachedInputTokens == used.reduce(0) { $0 + $1.cached })
        }
    }

    @Test func theRepositoryGuidesTheAgentButDecidesNothing() async throws {
        try await CodexPod.with { pod in
            let checkout = try pod.configuration().checkout
            try Files.createDirectory("\(checkout)/.codex")
            try Files.writeAtomically("\(checkout)/AGENTS.md", Array("Always add tests.\n".utf8), durable: false)
            let settings = """
                model = "other"
                model_reasoning_effort = "low"
                model_provider = "other"
                web_search = "live"
                service_tier = "fast"
                [model_providers.other]
                name = "other"
                base_url = "http://127.0.0.1:1/v1"
                """
            try Files.writeAtomically("\(checkout)/.codex/config.toml", Array(settings.utf8), durable: false)
            // One that codex knows to have more than one tier.
            let (code, _) = try await pod.run("create a.txt with hello", model: "gpt-5.5")
            #expect(code == 0, "\(pod.lines)")
            #expect(pod.model.requests.map(\.model) == ["gpt-5.5", "gpt-5.5"])
            #expect(pod.model.requests.map(\.effort) == ["high", "high"])
            #expect(pod.model.requests.compactMap(\.serviceTier) == [])
            let isRead = pod.model.requests[0].userMessages.contains { $0.contains("Always add tests.") }
            #expect(isRead)
        }
    }

    @Test func settingsThatCannotBeReadAreNamed() async throws {
        try await CodexPod.with { pod in
            let checkout = try pod.configuration().checkout
            try Files.createDirectory("\(checkout)/.codex")
            try Files.writeAtomically("\(checkout)/.codex/config.toml", Array("broken = [".utf8), durable: false)
            let (code, result) = try await pod.run("create a.txt with hello")
            #expect(code == 1)
            #expect(result.error?.contains("\(checkout)/.codex/config.toml") == true, "\(result)")
            // That is no fault of a session.
            let rollout = "\(try pod.configuration().sessionDirectory)/rollout-s-1.jsonl"
            try Files.overwrite(rollout, [1])
            let (_, second) = try await pod.run("create a.txt with hello", session: "s-1")
            #expect(second.sessionID == nil && Files.exists(rollout))
        }
    }

    @Test func aSessionGoesOnInANewPodWithAnotherModel() async throws {
        try await CodexPod.with { pod in
            let (_, first) = try await pod.run("create a.txt with one")
            let session = try #require(first.sessionID)
            try pod.loseAllButTheSession()
            let (code, second) = try await pod.run(
                "create a.txt with one\ncreate b.txt with two", model: "model-two", session: session)
            #expect(code == 0, "\(pod.lines)")
            #expect(second.sessionID == session)
            #expect(second.sessionResumed == true)
            #expect(second.resumeProblem == nil)
            #expect(second.summary == "Created b.txt.")
            #expect(try pod.progress().first == .session(id: session, resumed: true))
            #expect(try pod.rollouts().count == 1)
            let later = pod.model.requests.dropFirst(2)
            #expect(later.map(\.model) == ["model-two", "model-two"])
            let remembers = later.allSatisfy(\.hasEarlierTurns)
            #expect(remembers)
        }
    }

    @Test(arguments: ["missing", "empty", "garbage", "cut"])
    func aSessionThatIsLostBecomesAFreshOne(loss: String) async throws {
        try await CodexPod.with { pod in
            let (_, first) = try await pod.run("create a.txt with one")
            let session = try #require(first.sessionID)
            try pod.loseAllButTheSession()
            let rollout = try #require(try pod.rollouts().first)
            let bytes = try Files.readBytes(rollout)
            switch loss {
            case "missing": try Files.remove(rollout)
            case "empty": try Files.overwrite(rollout, [])
            case "garbage": try Files.overwrite(rollout, Array("not a rollout\n".utf8))
            default: try Files.overwrite(rollout, Array(bytes.dropLast(20)))
            }
            let (code, second) = try await pod.run("create b.txt with two", session: session)
            #expect(code == 0, "\(pod.lines)")
            #expect(try pod.file("b.txt") == "two\n")
            if loss == "cut" {
                // As after a kill in the middle of a line: codex goes on with what is whole.
                #expect(second.sessionID == session)
            } else {
                #expect(second.sessionID != session)
                // Nothing of the old one is saved along with it.
                #expect(try pod.rollouts().map { $0.hasSuffix("\(second.sessionID ?? "-").jsonl") } == [true])
                #expect(second.sessionResumed == false)
                #expect(second.resumeProblem?.isEmpty == false)
            }
        }
    }

    @Test func aHistoryThatTheModelRefusesBecomesAFreshSession() async throws {
        try await CodexPod.with { pod in
            let (_, first) = try await pod.run("create a.txt with one")
            let (code, second) = try await pod.run("create b.txt with two\nmodel: forget", session: first.sessionID)
            #expect(code == 0, "\(pod.lines)")
            #expect(second.sessionID != first.sessionID)
            #expect(second.resumeProblem?.contains("encrypted") == true, "\(second)")
            #expect(try pod.file("b.txt") == "two\n")
        }
    }

    @Test(arguments: [
        "model: status 429 times 1 retry-after 1", "model: status 500 times 2", "model: cut times 1",
    ])
    func troubleThatPassesIsOvercome(trouble: String) async throws {
        try await CodexPod.with { pod in
            let (code, result) = try await pod.run("create a.txt with hello\n\(trouble)")
            #expect(code == 0, "\(pod.lines)")
            #expect(try pod.file("a.txt") == "hello\n")
            #expect(result.summary == "Created a.txt.")
        }
    }

    @Test func aRefusedKeyFailsWithTheReason() async throws {
        try await CodexPod.with { pod in
            try Files.writeAtomically("\(pod.pod.folder)/credentials/model-key", Array("sk-wrong".utf8), durable: false)
            let (code, result) = try await pod.run(
                "create a.txt with hello", retries: .init(request: 0, stream: 1))
            #expect(code == 1)
            #expect(result.error?.contains("401") == true, "\(result)")
            #expect(result.sessionID != nil)
        }
    }

    @Test func theModelsOwnResultFileWins() async throws {
        try await CodexPod.with { pod in
            let (code, result) = try await pod.run(
                "create a.txt with hello\nWrite the result to CODEXK8S_AGENT_RESULT_FILE.\nmodel: say Bye")
            #expect(code == 0)
            #expect(result.summary == "Bye")
            #expect(result.commitSubject == "Create a.txt")
            #expect(result.sessionID != nil)
        }
    }

    @Test func nothingThatTheAgentCanReadHoldsTheKey() async throws {
        try await CodexPod.with { pod in
            let look = "model: run env > env.txt; cat /proc/self/environ /proc/$PPID/environ > proc.txt; echo done"
            let (code, result) = try await pod.run("\(look)\nmodel: tell key")
            #expect(code == 0, "\(pod.lines)")
            #expect(result.summary?.contains("The key is [redacted].") == true)
            #expect(try pod.file("env.txt").contains("CODEXK8S_MODEL_KEY=broker\n"))
            #expect(try pod.file("env.txt").contains("CODEX_HOME="))
            let leaks = try await ChildProcess.run(
                .init(
                    executable: "grep", arguments: ["-rlaF", CodexPod.key, "\(pod.pod.folder)/workspace"],
                    environment: ["PATH": GitOrigin.path]))
            #expect(leaks.exitCode == 1, "\(leaks.outputText)")
            let isSaid = pod.lines.contains { $0.contains(CodexPod.key) }
            #expect(!isSaid)
        }
    }

    @Test func beingToldToStopEndsCodexAndKeepsItsSession() async throws {
        try await CodexPod.with { pod in
            try pod.pod.setPrompt("model: hang")
            let process = try await ChildProcess.spawn(
                .init(
                    executable: try ProgramTests.program, arguments: ["codex"], environment: try pod.environment(),
                    workingDirectory: try pod.configuration().checkout, errors: .output))
            try await eventually { !pod.model.requests.isEmpty }
            let isThere = { try pod.progress().contains { if case .session = $0 { true } else { false } } }
            try await eventually(isThere)
            process.signal(.terminate, toGroup: false)
            let code = await process.wait()
            #expect(code == 143, "\(String(decoding: process.collected.output, as: UTF8.self))")
            let result = try pod.result()
            let session = try #require(result.sessionID)
            #expect(result.error == "it was told to stop")
            // Nothing of codex is left, and its session can be gone on with.
            let home = Files.directory(of: try pod.configuration().sessionDirectory)
            try await eventually { ProcessTable.processIDs(withVariable: "CODEX_HOME", value: home).isEmpty }
            try pod.loseAllButTheSession()
            let (again, second) = try await pod.run("create a.txt with hello", session: session)
            #expect(again == 0, "\(pod.lines)")
            #expect(second.sessionID == session)
        }
    }

    @Test func afterAKillTheSessionCanBeGoneOnWith() async throws {
        try await CodexPod.with { pod in
            try pod.pod.setPrompt("create a.txt with one\nmodel: hang")
            let process = try await ChildProcess.spawn(
                .init(
                    executable: try ProgramTests.program, arguments: ["codex"], environment: try pod.environment(),
                    workingDirectory: try pod.configuration().checkout, errors: .output))
            try await eventually {
                let isKept = (try? pod.rollouts())?.isEmpty == false
                return isKept && !pod.model.requests.isEmpty
            }
            process.signal(.kill, toGroup: false)
            #expect(await process.wait() == 137)
            // codex goes with it.
            let home = Files.directory(of: try pod.configuration().sessionDirectory)
            try await eventually { ProcessTable.processIDs(withVariable: "CODEX_HOME", value: home).isEmpty }
            guard case .session(let session, _)? = try pod.progress().first else {
                Issue.record("the progress file names no session")
                return
            }
            try pod.loseAllButTheSession()
            let (code, second) = try await pod.run("create b.txt with two", session: session)
            #expect(code == 0, "\(pod.lines)")
            #expect(second.sessionID == session)
            #expect(try pod.file("b.txt") == "two\n")
        }
    }

    @Test func aCodexThatDiesIsAFailureWithAReason() async throws {
        try await CodexPod.with { pod in
            let (code, result) = try await pod.run("model: run kill -9 $PPID; sleep 5")
            #expect(code == 1)
            #expect(result.error?.contains("codex was killed") == true, "\(result) \(pod.lines)")
            #expect(result.sessionID != nil)
        }
    }

    @Test func aProgramThatIsMissingIsNamed() async throws {
        try await CodexPod.with { pod in
            let rollout = "\(try pod.configuration().sessionDirectory)/kept"
            try Files.createDirectory(Files.directory(of: rollout))
            try Files.overwrite(rollout, [])
            var environment = try pod.environment()
            environment[RunnerEnvironment.codex] = "/no/such/codex"
            let agent = try CodexAgent(environment: environment) { _ in }
            #expect(await agent.run() == 1)
            #expect(try pod.result().error?.contains("/no/such/codex") == true)
            #expect(Files.exists(rollout))
        }
    }

    @Test func theConfigurationIsUnderstoodToTheLastWord() async throws {
        let home = try Files.temporaryDirectory(prefix: "codex-config-test")
        defer { try? Files.remove(home) }
        let configuration = CodexConfiguration(
            model: "a \"b\" \\ c", effort: "xhigh", modelURL: "http://127.0.0.1:1/n/model", keyVariable: "K",
            toolsURL: "http://127.0.0.1:1/n/mcp", checkout: "\(home)/it's \"here\"")
        try Files.writeAtomically("\(home)/config.toml", Array(configuration.text.utf8), durable: false)
        let environment = ["PATH": GitOrigin.path, "HOME": home, "CODEX_HOME": home]
        // Words that this version does not know are errors there; without a prompt it goes no further.
        func complaint() async throws -> Bool {
            let result = try await ChildProcess.run(
                .init(
                    executable: CodexPod.program(),
                    arguments: ["exec", "--strict-config", "--skip-git-repo-check", "-"],
                    environment: environment, workingDirectory: home))
            return result.errorText.contains("Error loading config")
        }
        #expect(try await !complaint())
        let more = configuration.text + "[features.none]\nx = 1\n"
        try Files.writeAtomically("\(home)/config.toml", Array(more.utf8), durable: false)
        #expect(try await complaint())
        try Files.writeAtomically("\(home)/config.toml", Array(configuration.text.utf8), durable: false)
        let servers = try await ChildProcess.run(
            .init(executable: CodexPod.program(), arguments: ["mcp", "list", "--json"], environment: environment))
        let list = try JSONValue.parse(servers.stdout)
        #expect(list[0]?["name"]?.stringValue == "codex-k8s")
        #expect(list[0]?.at("transport", "url")?.stringValue == "http://127.0.0.1:1/n/mcp")
    }
}
