// SPDX-License-Identifier: MIT
import AgentAPI
import ChildProcesses
import JSONCoding
import SystemCalls
import Testing

@testable import AgentRunner

/// The program itself: exit codes and signals.
@Suite(.timeLimit(.minutes(1)))
struct ProgramTests {
    /// Where the build puts it: beside the tests.
    static var program: String { get throws { Files.directory(of: try Files.executablePath()) + "/agent-runner" } }

    static func configuration(
        _ arguments: [String], _ environment: [String: String] = [:]
    ) throws -> ChildProcess.Configuration {
        .init(executable: try program, arguments: arguments, environment: environment)
    }

    @Test(arguments: [[], ["walk"], ["run", "--fast"], ["broker", "extra"]])
    func wrongUseEndsWithTwoAndOneLine(arguments: [String]) async throws {
        let result = try await ChildProcess.run(Self.configuration(arguments))
        #expect(result.exitCode == 2)
        #expect(result.errorText.split(separator: "\n").count == 1)
        #expect(result.stdout.isEmpty)
    }

    @Test(arguments: [["--help"], ["run", "--help"], ["broker", "-h"], ["stand-in", "--help"]])
    func helpIsForStandardOutput(arguments: [String]) async throws {
        let result = try await ChildProcess.run(Self.configuration(arguments))
        #expect(result.exitCode == 0)
        #expect(result.outputText.contains("USAGE: agent-runner"))
        #expect(result.stderr.isEmpty)
    }

    @Test func aBadPodIsSaidInTheTerminationMessage() async throws {
        let pod = try RunPod(upstream: "http://127.0.0.1:1/x.git")
        var environment = pod.environment(agent: "true")
        environment[RunnerEnvironment.baseBranch] = nil
        let result = try await ChildProcess.run(Self.configuration(["run"], environment))
        #expect(result.exitCode == 2)
        let message = RunResultMessage.read(try Files.readText("\(pod.folder)/termination"))
        #expect(message?.outcome == .failed)
        #expect(message?.error?.contains(RunnerEnvironment.baseBranch) == true)
    }

    @Test func bothContainersTogetherWithTheStandIn() async throws {
        let origin = try await GitOrigin()
        try await origin.serve { url in
            let pod = try RunPod(upstream: url)
            var environment = pod.environment(agent: "")
            environment[RunnerEnvironment.agentCommand] =
                JSONValue.array([.string(try Self.program), "stand-in"]).encodedString()
            let broker = try await ChildProcess.spawn(Self.configuration(["broker"], environment))
            let run = try await ChildProcess.run(Self.configuration(["run"], environment))
            #expect(run.exitCode == 0, "\(run.errorText)")
            #expect(run.outputText.contains("stand-in agent"))
            #expect(try await origin.inRepository("show", "\(RunPod.branch):a.txt") == "hello")
            // Its memory holds the token.
            let limits = try Files.readText("/proc/\(broker.processID)/limits").split(separator: "\n")
            let cores = limits.first { $0.hasPrefix("Max core file size") }?.split(separator: " ").dropFirst(4)
            #expect(cores?.first == "0")
            broker.signal(.terminate)
            #expect(await broker.wait() == 0)
            // What the broker says is for everybody who may read logs.
            let log = String(decoding: broker.collected.errors, as: UTF8.self)
            #expect(log.contains("git-receive-pack"))
            #expect(!log.contains(GitOrigin.token))
        }
    }

    @Test func terminationLetsTheAgentEndAndSaysCancelled() async throws {
        try await RunCommandTests.inPod { origin, pod in
            let mark = "\(pod.folder)/mark"
            let script = "trap 'touch \(mark).end; exit 0' TERM; touch \(mark).begin; while :; do sleep 0.01; done"
            let run = try await ChildProcess.spawn(Self.configuration(["run"], pod.environment(agent: script)))
            try await eventually { Files.exists("\(mark).begin") }
            // To the process alone, as a container runtime does to the first of a container.
            run.signal(.terminate, toGroup: false)
            #expect(await run.wait() == 143)
            #expect(Files.exists("\(mark).end"))
            let message = RunResultMessage.read(try Files.readText("\(pod.folder)/termination"))
            #expect(message?.outcome == .cancelled)
            #expect(try await origin.inRepository("for-each-ref", "--format=%(refname)") == "refs/heads/main")
        }
    }

    @Test func orphansOfTheAgentAreTheRunnersToReap() async throws {
        try await RunCommandTests.inPod { _, pod in
            let file = "\(pod.folder)/pid"
            let script = "(setsid sleep 100 & echo $! > \(file).x); mv \(file).x \(file); until [ -e \(file).go ]; do sleep 0.01; done"
            let run = try await ChildProcess.spawn(Self.configuration(["run"], pod.environment(agent: script)))
            try await eventually { Files.exists(file) }
            let orphan = try Files.readText(file).dropLast()
            let status = try Files.readText("/proc/\(orphan)/status")
            #expect(status.contains("\nPPid:\t\(run.processID)\n"))
            try Files.overwrite("\(file).go", [])
            #expect(await run.wait() == 0)
            #expect(!Files.exists("/proc/\(orphan)"))
        }
    }

    @Test func killingTheRunnerKillsItsAgent() async throws {
        try await RunCommandTests.inPod { _, pod in
            let file = "\(pod.folder)/pid"
            let script = "echo $$ > \(file).x; mv \(file).x \(file); exec sleep 100"
            let run = try await ChildProcess.spawn(Self.configuration(["run"], pod.environment(agent: script)))
            try await eventually { Files.exists(file) }
            let agent = try #require(ProcessTable.identity(of: Int32(try Files.readText(file).dropLast()) ?? 0))
            run.signal(.kill, toGroup: false)
            #expect(await run.wait() == 137)
            try await eventually { !ProcessTable.isRunning(agent) }
        }
    }
}
