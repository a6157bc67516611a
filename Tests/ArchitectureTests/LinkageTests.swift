// SPDX-License-Identifier: MIT
import ChildProcesses
import SystemCalls
import Testing

/// Looks at the built programs: what the dynamic linker would load for them.
@Suite(.timeLimit(.minutes(1))) struct LinkageTests {
    /// Names of the shared libraries that the program beside this test asks for.
    static func libraries(of program: String) async throws -> Set<String> {
        let path = Files.directory(of: try Files.executablePath()) + "/" + program
        try #require(Files.exists(path), "\(path) is not built; `swift build --build-tests` builds every program")
        let result = try await ChildProcess.run(
            .init(
                executable: "objdump", arguments: ["-p", path],
                environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"]),
            timeout: .seconds(30))
        try #require(result.exitCode == 0, "objdump (package binutils) cannot read \(path): \(result.errorText)")
        return Set(
            result.outputText.split(separator: "\n").compactMap { line in
                let words = line.split(separator: " ")
                return words.count == 2 && words[0] == "NEEDED" ? String(words[1]) : nil
            })
    }

    @Test("The edge and the runner do without libpq", arguments: ["codex-k8s-edge", "agent-runner"])
    func withoutPostgres(program: String) async throws {
        let libraries = try await Self.libraries(of: program)
        #expect(libraries.contains { $0.hasPrefix("libcurl") }, "the list was not read: \(libraries.sorted())")
        #expect(!libraries.contains { $0.hasPrefix("libpq") }, "\(program) needs \(libraries.sorted())")
    }

    /// The other half of the check above: libpq would be seen.
    @Test("The operator needs libpq")
    func withPostgres() async throws {
        let libraries = try await Self.libraries(of: "codex-k8s")
        #expect(libraries.contains { $0.hasPrefix("libpq") }, "\(libraries.sorted())")
    }

    @Test("No program loads Foundation", arguments: ["codex-k8s", "codex-k8s-edge", "agent-runner"])
    func withoutFoundation(program: String) async throws {
        let libraries = try await Self.libraries(of: program)
        #expect(!libraries.contains("libFoundation.so"), "\(program) needs \(libraries.sorted())")
    }
}
