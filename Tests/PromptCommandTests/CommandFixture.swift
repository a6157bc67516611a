// SPDX-License-Identifier: MIT
import ChildProcesses
import SystemCalls
import Testing

/// A folder with what `codex-k8s prompts` is given, and the program that was built with the tests.
struct CommandFixture: Sendable {
    let folder: String

    struct Outcome {
        var code: Int32
        var output: String
        var errors: String
    }

    static func with(_ body: (CommandFixture) async throws -> Void) async throws {
        let folder = try Files.temporaryDirectory(prefix: "codex-k8s-prompts-test")
        defer { try? Files.remove(folder) }
        let fixture = CommandFixture(folder: folder)
        try fixture.write(
            "config.yaml",
            """
            repositories: [{name: acme/shop, id: 7, baseBranch: main}, {name: acme/laden, locale: ru}]
            models: [gpt-5]
            agents: {helper: {role: helper of all}}
            """)
        try fixture.write(
            "run.yaml",
            """
            apiVersion: codex-k8s.dev/v1alpha1
            kind: AgentRun
            metadata: {name: shop-42, namespace: codex-k8s}
            spec: {repository: acme/shop, issue: 42, trigger: {kind: dev}}
            """)
        try fixture.write(
            "issue.yaml",
            """
            title: Totals lose cents
            body: |
              Round once.
            labels: [bug, "[ai-model-gpt-5]"]
            author: ada
            """)
        try await body(fixture)
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let path = "\(folder)/\(name)"
        try Files.createDirectory(Files.directory(of: path))
        try Files.writeAtomically(path, Array(text.utf8), durable: false)
        return path
    }

    /// Runs `codex-k8s prompts` in an environment that says nothing; `@NAME` is a file of the folder.
    func prompts(_ arguments: [String]) async throws -> Outcome {
        let program = Files.directory(of: try Files.executablePath()) + "/codex-k8s"
        let arguments = arguments.map { $0.hasPrefix("@") ? "\(folder)/\($0.dropFirst())" : $0 }
        let result = try await ChildProcess.run(
            ChildProcess.Configuration(
                executable: program, arguments: ["prompts"] + arguments, environment: ["PATH": "/usr/bin:/bin"]),
            timeout: .seconds(20))
        return Outcome(
            code: result.exitCode, output: String(decoding: result.stdout, as: UTF8.self),
            errors: String(decoding: result.stderr, as: UTF8.self))
    }

    /// Writes an AgentRun of issue 1 with this spec beside its issue.
    func writeRun(_ name: String, _ spec: String) throws {
        try write(name, "{kind: AgentRun, metadata: {name: a}, spec: {issue: 1, \(spec)}}")
    }

    /// As ``prompts(_:)``, for what is to succeed.
    func done(_ arguments: [String]) async throws -> Outcome {
        let outcome = try await prompts(arguments)
        try #require(outcome.code == 0, "\(arguments): \(outcome.errors)")
        return outcome
    }
}
