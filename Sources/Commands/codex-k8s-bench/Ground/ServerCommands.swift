// SPDX-License-Identifier: MIT
import CommandLineInterface
import DevCluster
import DevForge
import JSONCoding
import ServiceRuntime
import SystemCalls

/// `codex-k8s-bench cluster`: the embedded API server in a process of its own, without node and Job controller, as a bare
/// control plane is.
enum ClusterCommand {
    static let state = Option<String>.required("state", .folder, help: "The folder of everything.")
    static let command = Command(
        "cluster", summary: "Serves the embedded cluster until it is told to stop.",
        discussion: "FOLDER/ready holds the path of the administrator's kubeconfig once it serves.",
        options: [state.definition])

    static func run(_ parsed: ParsedCommand) async throws {
        let folder = try parsed[state]
        let logger = Logger(label: "cluster", level: .warning)
        let server = try DevAPIServer(configuration: .init(directory: folder), logger: logger)
        let announcement = ClosureService {
            let access = try await server.waitUntilReady()
            try Files.writeAtomically("\(folder)/ready", Array(access.kubeconfig.utf8), mode: 0o644)
        }
        try await ServiceGroup([("cluster", server), ("announcement", announcement)], logger: logger).run()
    }
}

/// `codex-k8s-bench forge`: the stand-in for the code host in a process of its own.
enum ForgeCommand {
    static let state = Option<String>.required("state", .folder, help: "The folder of everything.")
    static let command = Command(
        "forge", summary: "Serves the forge stand-in until it is told to stop.",
        discussion: "FOLDER/ready holds address and credentials once it serves.", options: [state.definition])

    static func run(_ parsed: ParsedCommand) async throws {
        let folder = try parsed[state]
        let logger = Logger(label: "forge", level: .warning)
        var configuration = ForgeConfiguration(directory: folder, webhookSecret: Secret("bench"))
        configuration.hourlyLimit = 1_000_000
        let server = try await ForgeServer.open(configuration, logger: logger)
        let announcement = ClosureService {
            let url = try await server.waitUntilListening()
            let credentials = server.credentials
            let ready: JSONValue = [
                "url": .string(url), "appID": .integer(credentials.appID),
                "privateKeyFile": .string(credentials.privateKeyFile), "owner": .string(credentials.ownerLogin),
                "token": .string(credentials.ownerToken.reveal()), "repository": .string(credentials.repository),
                "repositoryID": .integer(credentials.repositoryID),
            ]
            try Files.writeAtomically("\(folder)/ready", ready.encoded(), mode: 0o600)
        }
        try await ServiceGroup([("forge", server), ("announcement", announcement)], logger: logger).run()
    }
}
