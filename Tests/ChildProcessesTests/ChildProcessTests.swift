// SPDX-License-Identifier: MIT
import SystemCalls
import Testing

@testable import ChildProcesses

@Suite(.timeLimit(.minutes(1)))
struct ChildProcessTests {
    static let path = "/usr/bin:/bin"

    static func shell(_ script: String) -> ChildProcess.Configuration {
        .init(executable: "sh", arguments: ["-c", script], environment: ["PATH": path])
    }

    @Test func tellsExitCodeAndBothStreams() async throws {
        let result = try await ChildProcess.run(Self.shell("echo out; echo err >&2; exit 7"))
        #expect(result.exitCode == 7)
        #expect(result.outputText == "out")
        #expect(result.errorText == "err")
        #expect(!result.isTruncated)
    }

    @Test func deathBySignalIs128AndItsNumber() async throws {
        #expect(try await ChildProcess.run(Self.shell("kill -9 $$")).exitCode == 137)
    }

    @Test func environmentAndFolderAreExactlyTheGivenOnes() async throws {
        var configuration = ChildProcess.Configuration(executable: "env", environment: ["PATH": Self.path, "A": "b=c"])
        let result = try await ChildProcess.run(configuration)
        #expect(Set(result.outputText.split(separator: "\n")) == ["PATH=\(Self.path)", "A=b=c"])
        configuration.executable = "pwd"
        configuration.workingDirectory = "/usr"
        #expect(try await ChildProcess.run(configuration).outputText == "/usr")
    }

    @Test func missingProgramAndMissingFolderAreToldApart() async throws {
        var configuration = ChildProcess.Configuration(executable: "no-such-program", environment: ["PATH": "/bin"])
        let missing = await #expect(throws: ChildProcessError.self) { try await ChildProcess.spawn(configuration) }
        #expect(missing?.description.contains("no-such-program not found in PATH /bin") == true)
        configuration.executable = "/bin/true"
        configuration.workingDirectory = "/no/such/folder"
        let folder = await #expect(throws: ChildProcessError.self) { try await ChildProcess.spawn(configuration) }
        #expect(folder?.description.contains("/no/such/folder") == true)
        configuration.workingDirectory = nil
        configuration.executable = "/etc/passwd"
        await #expect(throws: ChildProcessError.self) { try await ChildProcess.spawn(configuration) }
    }

    @Test func inputIsFedWholeWhileOutputComesBack() async throws {
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0) }
        let result = try await ChildProcess.run(
            .init(
                executable: "cat", environment: ["PATH": Self.path], standardInput: .bytes(bytes),
                output: .collect(limit: 4 << 20)))
        #expect(result.stdout == bytes)
    }

    @Test func collectingStopsAtTheLimitAndSaysSo() async throws {
        var configuration = Self.shell("head -c 100000 /dev/zero")
        configuration.output = .collect(limit: 10)
        let result = try await ChildProcess.run(configuration)
        #expect(result.stdout.count == 10)
        #expect(result.isTruncated)
        #expect(result.exitCode == 0)
    }

    @Test func aReaderOfAPipeSeesWhatWasWrittenToIt() async throws {
        var configuration = ChildProcess.Configuration(executable: "cat", environment: ["PATH": Self.path])
        configuration.standardInput = .pipe
        configuration.output = .stream
        let process = try await ChildProcess.spawn(configuration)
        var lines = process.output.lines.makeAsyncIterator()
        try await process.write(Array("one\n".utf8))
        #expect(await lines.next() == "one")
        try await process.write(Array("two\nthree".utf8))
        #expect(await lines.next() == "two")
        process.closeInput()
        #expect(await lines.next() == "three")
        #expect(await lines.next() == nil)
        #expect(await process.wait() == 0)
    }

    @Test func writingToAnEndedProgramIsAnErrorNotADeath() async throws {
        var configuration = ChildProcess.Configuration(executable: "true", environment: ["PATH": Self.path])
        configuration.standardInput = .pipe
        let process = try await ChildProcess.spawn(configuration)
        _ = await process.wait()
        await #expect(throws: ChildProcessError.self) { try await process.write([1]) }
    }

    @Test func aSlowReaderHoldsTheWriterBackAndLosesNothing() async throws {
        var configuration = Self.shell("head -c 5000000 /dev/zero; echo done >&2")
        configuration.output = .stream
        let process = try await ChildProcess.spawn(configuration)
        var total = 0
        var largest = 0
        for await chunk in process.output {
            total += chunk.count
            largest = max(largest, chunk.count)
            await Task.yield()
        }
        #expect(total == 5_000_000)
        #expect(largest <= RunningProcess.streamCapacity + (64 << 10))
        #expect(await process.wait() == 0)
    }

    @Test func errorsCanFollowOutputInOrder() async throws {
        var configuration = Self.shell("echo 1; echo 2 >&2; echo 3")
        configuration.errors = .output
        #expect(try await ChildProcess.run(configuration).outputText == "1\n2\n3")
    }

    @Test func outputGoesToTheEndOfAFile() async throws {
        let folder = try Files.temporaryDirectory(prefix: "child-test")
        defer { try? Files.remove(folder) }
        var configuration = Self.shell("echo new; echo bad >&2")
        configuration.output = .file("\(folder)/log")
        configuration.errors = .output
        try Files.writeAtomically("\(folder)/log", Array("old\n".utf8))
        #expect(try await ChildProcess.run(configuration).exitCode == 0)
        #expect(try Files.readText("\(folder)/log") == "old\nnew\nbad\n")
    }

    @Test func aHundredChildrenAtOnce() async throws {
        let codes = try await withThrowingTaskGroup(of: Int32.self) { group in
            for code in 0..<100 {
                group.addTask { try await ChildProcess.run(Self.shell("exit \(code)")).exitCode }
            }
            return try await group.reduce(into: [Int32]()) { $0.append($1) }
        }
        #expect(codes.sorted() == Array(0..<100))
    }
}
