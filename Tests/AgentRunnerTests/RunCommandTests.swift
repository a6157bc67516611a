// SPDX-License-Identifier: MIT
import AgentAPI
import ServiceRuntime
import Synchronization
import SystemCalls
import Testing

@testable import AgentRunner

@Suite(.timeLimit(.minutes(1)))
struct RunCommandTests {
    /// A repository, its server and a pod with a broker.
    static func inPod(_ body: @escaping @Sendable (GitOrigin, RunPod) async throws -> Void) async throws {
        let origin = try await GitOrigin()
        try await origin.serve { url in
            try await RunPod.with(url) { pod in try await body(origin, pod) }
        }
    }

    @Test func changesBecomeOneCommitOnTheRunsBranch() async throws {
        try await Self.inPod { origin, pod in
            let base = try await origin.head("main")
            let script = """
                cp "$CODEXK8S_PROMPT_FILE" from-file; cat > from-input
                printf '{"summary":"did it","sessionID":"s-1"}' > "$CODEXK8S_AGENT_RESULT_FILE"
                """
            let message = try await pod.run(pod.configuration(agent: script) { $0[RunnerEnvironment.baseSHA] = base })
            #expect(message.outcome == .succeeded, "\(message.error ?? "")")
            #expect(message.summary == "did it")
            #expect(message.sessionID == "s-1")
            #expect(try await origin.head(RunPod.branch) == message.headSHA)
            #expect(try await origin.head("main") == base)
            let log = try await origin.inRepository("log", "-1", "--format=%P|%an|%ae|%cn|%B", RunPod.branch)
            #expect(log.hasPrefix("\(base)|codex-k8s[bot]|bot@codex-k8s.dev|codex-k8s[bot]|Do what the issue asks\n"))
            #expect(log.hasSuffix("Closes #7"))
            let files = try await origin.inRepository("ls-tree", "-r", "--name-only", RunPod.branch)
            #expect(files == "README.md\nfrom-file\nfrom-input")
        }
    }

    /// The agent may say what its commit is called, in English; else it is called as the controller said.
    @Test(arguments: [("Add a file", "Add a file"), ("Добавить файл", "Do what the issue asks")])
    func subjectsAreEnglish(said: String, subject: String) async throws {
        try await Self.inPod { origin, pod in
            let script = "touch a.txt; printf '{\"commitSubject\":\"\(said)\"}' > \"$CODEXK8S_AGENT_RESULT_FILE\""
            let message = try await pod.run(pod.configuration(agent: script))
            #expect(message.outcome == .succeeded, "\(message.error ?? "")")
            #expect(try await origin.inRepository("log", "-1", "--format=%s", RunPod.branch) == subject)
        }
    }

    @Test func theAgentSeesNoCredentialAndNothingThatIsNotItsOwn() async throws {
        try await Self.inPod { _, pod in
            let message = try await pod.run(pod.configuration(agent: "env > \"$HOME/seen\"; pwd >> \"$HOME/seen\""))
            #expect(message.outcome == .noChanges)
            let seen = try Files.readText("\(pod.folder)/workspace/home/seen")
            #expect(!seen.contains(GitOrigin.token))
            #expect(!seen.contains("SECRET_THING"))
            #expect(!seen.contains("credentials"))
            #expect(seen.contains("CODEXK8S_ISSUE=7"))
            #expect(seen.hasSuffix("\(pod.folder)/workspace/repository\n"))
        }
    }

    @Test func nothingToCommitIsNoFailure() async throws {
        try await Self.inPod { origin, pod in
            let message = try await pod.run(pod.configuration(agent: "true"))
            #expect(message.outcome == .noChanges)
            #expect(message.error == nil)
            #expect(RunCommand.exitCode(message.outcome) == 0)
            let refs = try await origin.inRepository("for-each-ref", "--format=%(refname)")
            #expect(refs == "refs/heads/main")
        }
    }

    @Test func anExistingBranchIsContinued() async throws {
        try await Self.inPod { origin, pod in
            let before = try await origin.commit("first", "1", on: RunPod.branch)
            try await origin.commit("later", "x", on: "main")
            let message = try await pod.run(
                pod.configuration(agent: "echo 2 > second") { $0[RunnerEnvironment.headBefore] = before })
            #expect(message.outcome == .succeeded)
            #expect(try await origin.inRepository("rev-parse", "\(RunPod.branch)~1") == before)
        }
    }

    /// Whatever they say is acted on when they are merged, so they say what every commit of a run says.
    @Test func commitsOfTheAgentAreKeptAndCloseNoOtherIssue() async throws {
        try await Self.inPod { origin, pod in
            let script = """
                as() { git -c user.name=Eve -c user.email=eve@b.c "$@"; }
                git checkout -q -b side && echo 0 > side && git add -A && as commit -qm 'Дело'
                git checkout -q - && echo 1 > one && git add -A
                as commit -qm 'Fix one, closes #9' -m '  - thanks to @ada' -m 'Closes #9'
                as merge -q -m 'Merge side' side && echo 2 > two
                """
            let message = try await pod.run(pod.configuration(agent: script))
            #expect(message.outcome == .succeeded, "\(message.error ?? "")")
            let subjects = try await origin.inRepository(
                "log", "--topo-order", "--first-parent", "--format=%s", "main..\(RunPod.branch)")
            #expect(subjects == "Do what the issue asks\nMerge side\nFix one, closes 9")
            #expect(try await origin.inRepository("log", "-1", "--format=%s", "\(RunPod.branch)~1^2") == "Do what the issue asks")
            let text = try await origin.inRepository("log", "-1", "--format=%B", "\(RunPod.branch)~2")
            #expect(text == "Fix one, closes 9\n\n  - thanks to ada\n\nCloses 9\n\nCodex-K8s-Run: uid-1\nCloses #7")
            let authors = try await origin.inRepository("log", "--format=%ae %ce", "main..\(RunPod.branch)")
            #expect(Set(authors.split(separator: "\n")) == ["bot@codex-k8s.dev bot@codex-k8s.dev"])
            let files = try await origin.inRepository("ls-tree", "-r", "--name-only", RunPod.branch)
            #expect(files == "README.md\none\nside\ntwo")
        }
    }

    @Test func aPushThatLostTheRaceIsRebasedOnce() async throws {
        try await Self.inPod { origin, pod in
            let before = try await origin.commit("first", "1", on: RunPod.branch)
            let gate = "\(pod.folder)/gate"
            async let message = pod.run(
                pod.configuration(
                    agent: "echo x > mine; touch \(gate).in; until [ -e \(gate).out ]; do sleep 0.01; done"))
            try await eventually { Files.exists("\(gate).in") }
            let theirs = try await origin.commit("theirs", "2", on: RunPod.branch)
            try Files.writeAtomically("\(gate).out", [], durable: false)
            let result = try await message
            #expect(result.outcome == .succeeded, "\(result.error ?? "")")
            #expect(try await origin.inRepository("rev-parse", "\(RunPod.branch)~1") == theirs)
            #expect(try await origin.inRepository("rev-parse", "\(RunPod.branch)~2") == before)
        }
    }

    @Test func aRebaseThatConflictsEndsAsBranchMoved() async throws {
        try await Self.inPod { origin, pod in
            try await origin.commit("same", "1", on: RunPod.branch)
            let gate = "\(pod.folder)/gate"
            async let message = pod.run(
                pod.configuration(
                    agent: "echo x > same; touch \(gate).in; until [ -e \(gate).out ]; do sleep 0.01; done"))
            try await eventually { Files.exists("\(gate).in") }
            let theirs = try await origin.commit("same", "2", on: RunPod.branch)
            try Files.writeAtomically("\(gate).out", [], durable: false)
            let result = try await message
            #expect(result.outcome == .branchMoved)
            #expect(RunCommand.exitCode(result.outcome) == 3)
            #expect(try await origin.head(RunPod.branch) == theirs)
        }
    }

    @Test func aBranchThatWasDeletedIsNotMadeAgain() async throws {
        try await Self.inPod { origin, pod in
            let gone = String(repeating: "a", count: 40)
            let message = try await pod.run(
                pod.configuration(agent: "echo x > y") { $0[RunnerEnvironment.headBefore] = gone })
            #expect(message.outcome == .branchMoved)
            #expect(message.error?.contains("gone from the remote") == true)
        }
    }

    @Test func aFailedAgentIsAFailedRunAndPushesNothing() async throws {
        try await Self.inPod { origin, pod in
            let message = try await pod.run(pod.configuration(agent: "echo x > y; exit 9"))
            #expect(message.outcome == .failed)
            #expect(message.agentExitCode == 9)
            #expect(message.error?.contains("exit code 9") == true)
            #expect(RunCommand.exitCode(message.outcome) == 1)
            #expect(try await origin.inRepository("for-each-ref", "--format=%(refname)") == "refs/heads/main")
        }
    }

    @Test func whatAFailedAgentSaysIsKept() async throws {
        try await Self.inPod { origin, pod in
            let script = """
                printf '{"error":"the model is away","sessionID":"s-2","resumeProblem":"gone"}' > "$CODEXK8S_AGENT_RESULT_FILE"
                exit 1
                """
            let message = try await pod.run(pod.configuration(agent: script))
            #expect(message.outcome == .failed)
            #expect(message.error == "the agent ended with exit code 1: the model is away")
            #expect(message.sessionID == "s-2")
            #expect(message.resumeProblem == "gone")
        }
    }

    @Test func aDiscussionLeavesWordsAlone() async throws {
        try await Self.inPod { origin, pod in
            let script = "echo x > y; printf '{\"summary\":\"I think so\"}' > \"$CODEXK8S_AGENT_RESULT_FILE\""
            let message = try await pod.run(
                pod.configuration(agent: script) { $0[RunnerEnvironment.discussion] = "true" })
            #expect(message.outcome == .noChanges)
            #expect(message.summary == "I think so")
            #expect(message.headSHA == nil)
            #expect(try await origin.inRepository("for-each-ref", "--format=%(refname)") == "refs/heads/main")
        }
    }

    @Test func theAgentIsToldWhereItsModelAndItsSessionAre() async throws {
        try await Self.inPod { _, pod in
            let script = """
                printf '%s\n' "$CODEXK8S_MODEL_URL" "$CODEXK8S_MODEL_KEY" "$CODEXK8S_TOOLS_URL" > "$HOME/seen"
                echo '{"type":"session","id":"s-3","resumed":false}' > "$CODEXK8S_PROGRESS_FILE"
                touch "$CODEXK8S_SESSION_DIRECTORY/here"
                """
            let message = try await pod.run(
                pod.configuration(agent: script) { $0[RunnerEnvironment.toolsURL] = "/mcp" })
            #expect(message.outcome == .noChanges, "\(message.error ?? "")")
            #expect(message.sessionID == "s-3")
            #expect(message.sessionResumed == false)
            let address = try Files.readText("\(pod.folder)/broker/address").dropLast()
            let seen = try Files.readText("\(pod.folder)/workspace/home/seen")
            #expect(seen == "\(address)/model\nbroker\n\(address)/mcp\n")
        }
    }

    @Test func whatAnEarlierAttemptSaidIsForgotten() async throws {
        try await Self.inPod { _, pod in
            let script = """
                echo '{"type":"session","id":"s-old"}' > "$CODEXK8S_PROGRESS_FILE"
                printf '{"summary":"old"}' > "$CODEXK8S_AGENT_RESULT_FILE"
                """
            #expect(try await pod.run(pod.configuration(agent: script)).sessionID == "s-old")
            let second = try await pod.run(pod.configuration(agent: "true"))
            #expect(second.sessionID == nil)
            #expect(second.summary == nil)
        }
    }

    @Test func anAgentThatDoesNotExistIsNamed() async throws {
        try await Self.inPod { _, pod in
            let message = try await pod.run(
                pod.configuration(agent: "") { $0[RunnerEnvironment.agentCommand] = #"["no-such-agent"]"# })
            #expect(message.outcome == .failed)
            #expect(message.error?.contains("no-such-agent") == true)
        }
    }

    @Test func theLimitEndsTheAgent() async throws {
        try await Self.inPod { _, pod in
            var configuration = try pod.configuration(agent: "sleep 100") { $0[RunnerEnvironment.timeoutSeconds] = "1" }
            configuration.agentReserve = .zero
            let message = try await pod.run(configuration)
            #expect(message.outcome == .failed)
            #expect(message.error?.contains("limit of 1 s") == true)
        }
    }

    @Test func beingToldToStopLetsTheAgentFinishAndSaysCancelled() async throws {
        try await Self.inPod { origin, pod in
            let mark = "\(pod.folder)/mark"
            let script = "trap 'touch \(mark).end; exit 0' TERM; touch \(mark).begin; while :; do sleep 0.01; done"
            let configuration = try pod.configuration(agent: script)
            let task = Task { try await pod.run(configuration) }
            try await eventually { Files.exists("\(mark).begin") }
            task.cancel()
            let message = try await task.value
            #expect(message.outcome == .cancelled)
            #expect(Files.exists("\(mark).end"))
            #expect(RunCommand.exitCode(message.outcome) == 143)
            #expect(try await origin.inRepository("for-each-ref", "--format=%(refname)") == "refs/heads/main")
        }
    }

    @Test func aSecondAttemptGoesOnFromWhatTheFirstPushed() async throws {
        try await Self.inPod { origin, pod in
            let first = try await pod.run(pod.configuration(agent: "echo x > y"))
            // The same run again, as after a kill between the push and the message: nothing new, and still a success.
            let second = try await pod.run(pod.configuration(agent: "echo x > y"))
            #expect(second.outcome == .succeeded)
            #expect(second.headSHA == first.headSHA)
            // Another run that changes nothing has done nothing.
            let other = try await pod.run(pod.configuration(agent: "true") { $0[RunnerEnvironment.runUID] = "uid-2" })
            #expect(other.outcome == .noChanges)
            #expect(try await origin.inRepository("rev-list", "--count", "main..\(RunPod.branch)") == "1")
        }
    }

    @Test func aPassingFailureOfTheRemoteIsWaitedOut() async throws {
        try await Self.inPod { origin, pod in
            origin.failures.withLock { $0 = 2 }
            let message = try await pod.run(pod.configuration(agent: "echo x > y"))
            #expect(message.outcome == .succeeded, "\(message.error ?? "")")
        }
    }

    @Test func leftoversOfAKilledAttemptAreNoObstacle() async throws {
        try await Self.inPod { origin, pod in
            try await pod.run(pod.configuration(agent: "echo x > y; exit 1"))
            let checkout = "\(pod.folder)/workspace/repository"
            try Files.writeAtomically("\(checkout)/.git/index.lock", [], durable: false)
            try Files.writeAtomically("\(checkout)/README.md", Array("broken".utf8), durable: false)
            let message = try await pod.run(pod.configuration(agent: "echo z > w"))
            #expect(message.outcome == .succeeded, "\(message.error ?? "")")
            #expect(try await origin.inRepository("diff", "--name-only", "main", RunPod.branch) == "w")
        }
    }

    /// What an agent leaves in `.git` is for its own calls of git.
    @Test(arguments: [
        // Programs that the runner's git would start.
        "echo '* filter=mine' > .gitattributes; git config filter.mine.clean 'touch ../mark; cat'",
        "git config gpg.program \"$PWD/../no\"; git config log.showSignature true",
        // Other places.
        "git config remote.origin.pushurl http://127.0.0.1:1/x.git", "git config remote.origin.mirror true",
        "git config core.worktree /usr/share", "git config url.http://127.0.0.1:1/.insteadOf http://",
        "mkdir ../other; git config --file ../other/config core.bare true; echo ../../other > .git/commondir",
        // What a git does not know, and what one that was killed leaves.
        "git config core.repositoryformatversion 1; git config extensions.mine true",
        "touch .git/index.lock .git/HEAD.lock .git/packed-refs.lock .git/refs/heads/codex/issue-7.lock",
        // For a git that believes it, everything is committed already.
        "git add -A; git replace HEAD $(git -c user.name=A -c user.email=a@b.c commit-tree $(git write-tree) -m x)",
    ])
    func whatTheAgentSetsForItsGitIsNotForTheRunners(script: String) async throws {
        try await Self.inPod { origin, pod in
            let message = try await pod.run(pod.configuration(agent: "echo x > y; \(script)"))
            #expect(message.outcome == .succeeded, "\(message.error ?? "")")
            #expect(try await origin.inRepository("show", "\(RunPod.branch):y") == "x")
            #expect(!Files.exists("\(pod.folder)/workspace/mark"))
            // The next attempt in this folder is not hindered either.
            let second = try await pod.run(pod.configuration(agent: "echo z > w; \(script)"))
            #expect(second.outcome == .succeeded, "\(second.error ?? "")")
        }
    }

    @Test func aPushThatIsTooLargeIsToldAndNotRepeated() async throws {
        let origin = try await GitOrigin()
        try await origin.serve { url in
            let pod = try RunPod(upstream: url)
            var configuration = try BrokerConfiguration(environment: pod.environment(agent: "true"))
            configuration.maximumBodyBytes = 100 << 10
            let log = LogMemory()
            let broker = Broker(configuration: configuration, logger: Logger(label: "broker", sink: log.sink))
            let serving = Task { try await broker.run() }
            let message = try await pod.run(pod.configuration(agent: "head -c 300000 /dev/urandom > y"))
            #expect(message.error?.contains("192 MiB that a push may have") == true, "\(message.error ?? "")")
            let asked = origin.asked.filter { $0.contains("service=git-receive-pack") }
            #expect(asked.count == 1)
            serving.cancel()
            _ = await serving.result
        }
    }

    @Test func credentialsInTheWordsOfGitAreHidden() async throws {
        try await Self.inPod { _, pod in
            let secret = "ghp_" + String(repeating: "a1", count: 18)
            let script = "echo 'y working-tree-encoding=\(secret)' > .gitattributes; echo x > y"
            let message = try await pod.run(pod.configuration(agent: script))
            #expect(message.outcome == .failed)
            #expect(message.error?.contains("‹redacted›") == true, "\(message.error ?? "")")
            #expect(message.error?.contains(secret) == false)
        }
    }

    @Test func whatTheAgentLeavesRunningEndsWithIt() async throws {
        try await Self.inPod { origin, pod in
            let mark = "\(pod.folder)/mark"
            let script = """
                setsid sh -c 'echo $$ > \(mark).x; mv \(mark).x \(mark); while :; do date >> late; sleep 0.01; done' &
                until [ -e \(mark) ]; do sleep 0.01; done
                """
            let message = try await pod.run(pod.configuration(agent: script))
            let left = try #require(Int32(try Files.readText(mark).dropLast()))
            #expect(ProcessTable.identity(of: left) == nil)
            #expect(message.outcome == .succeeded, "\(message.error ?? "")")
            let kept = try await origin.inRepository("show", "\(RunPod.branch):late")
            #expect(try Files.readText("\(pod.folder)/workspace/repository/late") == kept + "\n")
        }
    }

    @Test func repositoriesInTheCheckoutAreLeftOut() async throws {
        try await Self.inPod { origin, pod in
            let script = """
                echo x > y; mkdir deep
                git init -q empty; echo 1 > empty/file; git init -q deep/full; echo 2 > deep/full/file; echo 3 > deep/plain
                (cd deep/full; git add -A; git -c user.name=A -c user.email=a@b.c commit -qm One)
                git init -q "$(printf 'odd\\n\\377name')"
                """
            let message = try await pod.run(pod.configuration(agent: script))
            #expect(message.outcome == .succeeded, "\(message.error ?? "")")
            let files = try await origin.inRepository("ls-tree", "-r", "--name-only", RunPod.branch)
            #expect(files == "README.md\ndeep/plain\ny")
        }
    }

    @Test(arguments: ["rm -rf .git", "mv .git ../away; ln -s ../away .git", "mv .git ../away; echo gitdir: ../away > .git"])
    func anAgentThatTakesTheRepositoryAwayIsTold(script: String) async throws {
        try await Self.inPod { _, pod in
            let message = try await pod.run(pod.configuration(agent: script))
            #expect(message.outcome == .failed)
            #expect(message.error?.contains("repository/.git") == true, "\(message.error ?? "")")
            let next = try await pod.run(pod.configuration(agent: "echo x > y"))
            #expect(next.outcome == .succeeded)
        }
    }

    @Test(arguments: [
        (RunnerEnvironment.branch, "--force"), (RunnerEnvironment.branch, "a b"), (RunnerEnvironment.attempt, "0"),
        (RunnerEnvironment.agentCommand, "sh"), (RunnerEnvironment.agentCommand, "[]"),
        (RunnerEnvironment.baseSHA, "main"), (RunnerEnvironment.workspace, "relative"), (RunnerEnvironment.runUID, ""),
        (RunnerEnvironment.sessionID, "--last"), (RunnerEnvironment.toolsURL, "https://elsewhere"),
    ])
    func badConfigurationNamesTheVariable(variable: String, value: String) throws {
        let pod = try RunPod(upstream: "http://127.0.0.1:1/x.git")
        var environment = pod.environment(agent: "true")
        environment[variable] = value
        let error = #expect(throws: RunnerError.self) { try RunnerConfiguration(environment: environment) }
        #expect(error?.description.contains(variable) == true)
    }
}
