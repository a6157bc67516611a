// SPDX-License-Identifier: MIT
import SystemCalls
import Testing

@testable import ChildProcesses

@Suite(.timeLimit(.minutes(1)))
struct ProcessLifetimeTests {
    /// A program that says the id of a child of its own first.
    static func parent(of script: String) -> ChildProcess.Configuration {
        var configuration = ChildProcessTests.shell(script)
        configuration.output = .stream
        return configuration
    }

    static func firstNumber(_ lines: inout ProcessLines.AsyncIterator) async throws -> Int32 {
        let line = await lines.next() ?? ""
        return try #require(Int32(line))
    }

    /// Waits for something of the kernel that nobody announces; false when it is not so after ten seconds.
    static func eventually(_ condition: () throws -> Bool) async throws -> Bool {
        let end = ContinuousClock.now + .seconds(10)
        while try !condition() {
            if ContinuousClock.now > end { return false }
            // Not at once again: a test that spins takes the processor from what it waits for.
            try await Task.sleep(for: .milliseconds(2))
        }
        return true
    }

    /// Whether the kernel lets go of a killed process that is not our own child.
    static func isGone(_ identity: ProcessTable.Identity) async throws -> Bool {
        try await eventually { !ProcessTable.isRunning(identity) }
    }

    @Test func timeoutEndsTheProgramAndItsGroup() async throws {
        let start = ContinuousClock.now
        await #expect(throws: ChildProcessError.self) {
            try await ChildProcess.run(
                ChildProcessTests.shell("sleep 100 & sleep 100"), timeout: .milliseconds(50))
        }
        #expect(start.duration(to: .now) < .seconds(10))
    }

    @Test func cancellationEndsTheProgram() async throws {
        let task = Task { try await ChildProcess.run(ChildProcessTests.shell("sleep 100")) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func oneThatIgnoresTheRequestIsKilledAfterTheGrace() async throws {
        let process = try await ChildProcess.spawn(Self.parent(of: "trap '' TERM; echo ready; while :; do sleep 1; done"))
        var lines = process.output.lines.makeAsyncIterator()
        #expect(await lines.next() == "ready")
        process.terminate(grace: .milliseconds(100))
        #expect(await process.wait() == 137)
    }

    @Test func theSignalMaskIsEmptyAndSignalsHaveTheirDefaults() async throws {
        let result = try await ChildProcess.run(
            .init(executable: "/bin/grep", arguments: ["-E", "^Sig(Blk|Ign)", "/proc/self/status"]))
        let masks = result.outputText.split(separator: "\n").map { UInt64($0.split(separator: "\t")[1], radix: 16) }
        // glibc ignores its own two (32 and 33) in every child that it spawns.
        #expect(masks == [0, 0x1_8000_0000])
    }

    @Test func noDescriptorOfOursIsInherited() async throws {
        let file = try AppendFile("/dev/null")
        let result = try await ChildProcess.run(.init(executable: "/bin/ls", arguments: ["/proc/self/fd"]))
        // 3 is the folder that ls itself reads.
        #expect(result.outputText == "0\n1\n2\n3")
        _ = file
    }

    @Test func whatIsLeftOfTheGroupDiesWithItsLeader() async throws {
        let process = try await ChildProcess.spawn(Self.parent(of: "sleep 100 & echo $!"))
        var lines = process.output.lines.makeAsyncIterator()
        let left = try await Self.firstNumber(&lines)
        let identity = ProcessTable.identity(of: left)
        #expect(await process.wait() == 0)
        if let identity { #expect(try await Self.isGone(identity)) }
    }

    @Test func outputHeldOpenByAStrangerEndsAfterTheGrace() async throws {
        var configuration = Self.parent(of: "setsid sleep 100 & echo $!; sleep 0.1")
        configuration.outputGrace = .milliseconds(50)
        let process = try await ChildProcess.spawn(configuration)
        var lines = process.output.lines.makeAsyncIterator()
        let escaped = try await Self.firstNumber(&lines)
        #expect(await lines.next() == nil)
        #expect(await process.wait() == 0)
        if let identity = ProcessTable.identity(of: escaped) { ProcessTable.kill(identity) }
    }

    @Test func theKernelKillsItWhenItsParentDies() async throws {
        // A parent that is a program of its own: setpriv's request, made by hand, for the same tool that is used.
        var configuration = ChildProcess.Configuration(
            executable: "sleep", arguments: ["100"], environment: ["PATH": ChildProcessTests.path])
        configuration.closeOnParentDeath = true
        let process = try await ChildProcess.spawn(configuration)
        // setpriv has replaced itself once the name is that of the program, under the same process id.
        let name = "/proc/\(process.processID)/cmdline"
        #expect(try await Self.eventually { try Files.readText(name).hasPrefix("/usr/bin/sleep") })
        process.signal(.kill)
        #expect(await process.wait() == 137)

        let parent = try await ChildProcess.spawn(
            Self.parent(of: "setpriv --pdeathsig KILL -- sleep 100 & echo $!; sleep 0.2; kill -9 $$"))
        var lines = parent.output.lines.makeAsyncIterator()
        let child = try await Self.firstNumber(&lines)
        let identity = ProcessTable.identity(of: child)
        _ = await parent.wait()
        if let identity { #expect(try await Self.isGone(identity)) }
    }

    @Test func signalsAfterTheEndReachNobody() async throws {
        let process = try await ChildProcess.spawn(.init(executable: "/bin/true"))
        #expect(await process.wait() == 0)
        process.signal(.kill)
        process.terminate()
        #expect(process.exitCode == 0)
    }

    @Test func processesAreFoundByAVariable() async throws {
        let mark = "\(UInt64.random(in: .min ... .max))"
        let process = try await ChildProcess.spawn(
            .init(
                executable: "/bin/sh", arguments: ["-c", "echo ready; read line"],
                environment: ["CODEXK8S_TEST_MARK": mark], standardInput: .pipe, output: .stream))
        // The kernel shows a process's environment only some time after the start has been reported.
        for await _ in process.output.lines { break }
        #expect(ProcessTable.processIDs(withVariable: "CODEXK8S_TEST_MARK", value: mark) == [process.processID])
        process.terminate()
        #expect(await process.wait() == 143)
        #expect(ProcessTable.processIDs(withVariable: "CODEXK8S_TEST_MARK", value: mark).isEmpty)
    }
}
