// SPDX-License-Identifier: MIT
import CommandLineInterface
import JSONCoding
import OperatorParts
import Postgres
import ServiceRuntime
import SystemCalls
import YAMLCoding

/// The laptop mode, which `codex-k8s dev` becomes: the operator with stand-ins for cluster, code host and database server.
@main
struct DevProgram {
    static func main() async {
        await DevOptions.command(named: "codex-k8s-dev").runAsProgram(title: "codex-k8s dev") { parsed in
            try await run(parsed)
            return 0
        }
    }

    private static func run(_ parsed: ParsedCommand) async throws {
        let folder = try absolute(try parsed[DevOptions.state])
        try Files.createDirectory(folder, mode: 0o755)
        try checkThatNobodyRuns(in: folder)
        let environment = try await DevEnvironment(
            settings: DevEnvironment.Settings(
                folder: folder,
                crds: try resources("crds", try parsed[DevOptions.crds]),
                manifests: try resources("manifests", try parsed[DevOptions.manifests]),
                migrations: try CommonOptions.migrationSource(try parsed[CommonOptions.migrations]),
                agent: try DevAgent(parsed), overlay: try overlay(try parsed[DevOptions.overlay]), apiPort: try parsed[DevOptions.apiPort], edgePort: try parsed[DevOptions.edgePort], forgePort: try parsed[DevOptions.forgePort]),
            logger: try CommonOptions.logger(parsed, "dev"))
        try await environment.run()
    }

    /// Says in words what the locks of the parts would say by an error of their own: they are what keeps two apart.
    private static func checkThatNobodyRuns(in folder: String) throws {
        guard let text = try? Files.readText("\(folder)/dev.pid", limit: 32),
            let id = Int32(text.prefix { $0.isNumber }), id != ProcessIdentity.processID
        else { return }
        do { _ = try Files.lock("\(folder)/forge/lock") } catch {
            throw UnusableInput(
                "\(folder): process \(id) is a codex-k8s dev on this folder; stop it, or name another by --state")
        }
    }

    /// What the user wants configured otherwise; whether it makes sense is checked with the whole.
    private static func overlay(_ path: String?) throws -> JSONValue {
        guard let path else { return [:] }
        let value: JSONValue
        do { value = try YAMLParser.document(Files.readText(path, limit: 1 << 20)) } catch {
            throw UnusableInput("\(path): \(error)")
        }
        guard case .object = value else { throw UnusableInput("\(path): expected a mapping, found \(value.typeName)") }
        return value
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
