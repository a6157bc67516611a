// SPDX-License-Identifier: MIT
import CommandLineInterface
import ServiceRuntime
import SystemCalls

/// `codex-k8s dev`: everything on one machine, without a cluster.
enum DevCommand {
    static let state = Option<String>.optional(
        "state", .folder, default: ".codex-k8s-dev", environment: "CODEXK8S_DEV_STATE",
        help: "The folder that everything is kept in; starting again on it goes on where it was.")
    static let crds = Option<String?>.optional("crds", .folder, help: "The custom resource definitions; by default those that came with the program.")
    static let manifests = Option<String?>.optional("manifests", .folder, help: "The install manifests; by default those that came with the program.")
    static let apiPort = Option<Int>.optional("api-port", .integer(0...65535), default: "0", help: "Port of the API server; 0 takes a free one.")
    static let edgePort = Option<Int>.optional("edge-port", .integer(0...65535), default: "0", help: "Port of the webhook edge; 0 takes a free one.")
    static let forgePort = Option<Int>.optional("forge-port", .integer(0...65535), default: "0", help: "Port of the forge stand-in; 0 takes a free one.")

    static let command = Command(
        "dev", summary: "Runs the whole system on this machine: cluster, forge, database, controllers, edge.",
        discussion: """
            The API server and the forge are stand-ins on loopback and say so; controllers, edge, custom resources and \
            Postgres are the real ones. FOLDER/env.sh tells how to reach them once everything is ready, and \
            FOLDER/dev.pid holds the process id.
            """,
        options: [
            state.definition, crds.definition, manifests.definition, CommonOptions.migrations.definition,
            apiPort.definition, edgePort.definition, forgePort.definition, CommonOptions.logLevel.definition,
        ])

    static func run(_ parsed: ParsedCommand) async throws {
        let folder = try absolute(try parsed[state])
        try Files.createDirectory(folder, mode: 0o755)
        let environment = try await DevEnvironment(
            settings: DevEnvironment.Settings(
                folder: folder,
                crds: try resources("crds", try parsed[crds]),
                manifests: try resources("manifests", try parsed[manifests]),
                migrations: try CommonOptions.migrationSource(try parsed[CommonOptions.migrations]),
                apiPort: try parsed[apiPort], edgePort: try parsed[edgePort], forgePort: try parsed[forgePort]),
            logger: try CommonOptions.logger(parsed, "dev"))
        try await environment.run()
    }

    /// The folder that came with the program: beside it, in its prefix's `share`, or in its checkout.
    private static func resources(_ name: String, _ given: String?) throws -> String {
        if let given {
            guard Files.isDirectory(given) else { throw UnusableInput("\(given) is no folder") }
            return given
        }
        var folder = Files.directory(of: try Files.executablePath())
        var candidates = ["\(folder)/\(name)", "\(Files.directory(of: folder))/share/codex-k8s/\(name)"]
        while folder.count > 1 {
            folder = Files.directory(of: folder)
            if Files.exists("\(folder)/Package.swift") { candidates.append("\(folder)/\(name)") }
        }
        guard let found = candidates.first(where: Files.isDirectory) else {
            throw UnusableInput("no \(name) came with this program; name their folder by --\(name)")
        }
        return found
    }

    private static func absolute(_ path: String) throws -> String {
        path.hasPrefix("/") ? path : "\(try Files.resolve("."))/\(path)"
    }
}
