// SPDX-License-Identifier: MIT
import ChildProcesses
import JSONCoding
import ServiceRuntime
import SystemCalls
import Testing

@testable import DevCluster

/// Real `kubectl` against the embedded server, over TLS, with its token.
struct Kubectl: Sendable {
    static let path = try? ExecutableSearch.find("kubectl", path: ExecutableSearch.defaultPath)
    static let isMissing = path == nil

    let kubeconfig: String
    let home: String

    /// What a command wrote; it must end as expected.
    @discardableResult
    func callAsFunction(
        _ arguments: String..., input: String? = nil, exits code: Int32 = 0,
        at location: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let result = try await run(arguments, input: input)
        let text = result.outputText + result.errorText
        if result.exitCode != code {
            Issue.record(
                "kubectl \(arguments.joined(separator: " ")) ended \(result.exitCode): \(text)",
                sourceLocation: location)
        }
        return text
    }

    /// - Parameter editor: what `kubectl edit` opens the object in.
    func run(
        _ arguments: [String], input: String? = nil, editor: String? = nil
    ) async throws -> ChildProcess.Result {
        var configuration = try configuration(arguments, input: input)
        if let editor { configuration.environment["KUBE_EDITOR"] = editor }
        return try await ChildProcess.run(configuration, timeout: .seconds(40))
    }

    func configuration(_ arguments: [String], input: String? = nil) throws -> ChildProcess.Configuration {
        ChildProcess.Configuration(
            executable: try #require(Self.path), arguments: arguments,
            environment: ["KUBECONFIG": kubeconfig, "HOME": home, "PATH": ExecutableSearch.defaultPath],
            standardInput: input.map { .bytes(Array($0.utf8)) } ?? .null)
    }

    /// Runs a server, with the node that runs pods, while the closure runs.
    static func withServer(
        _ body: @escaping @Sendable (Kubectl, DevAPIServer) async throws -> Void
    ) async throws {
        let directory = try Files.temporaryDirectory(prefix: "kubectl-test")
        defer { try? Files.remove(directory) }
        let server = try DevAPIServer(configuration: .init(directory: directory + "/cluster"), logger: .disabled)
        let node = DevNode(server: server, stateDirectory: directory + "/kubelet", logger: .disabled)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            group.addTask { try await node.run() }
            let access = try await server.waitUntilReady()
            try Files.createDirectory(directory + "/home")
            try await body(Kubectl(kubeconfig: access.kubeconfig, home: directory + "/home"), server)
            group.cancelAll()
            while await group.nextResult() != nil {}
        }
    }
}
