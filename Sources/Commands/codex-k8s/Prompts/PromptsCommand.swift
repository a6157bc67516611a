// SPDX-License-Identifier: MIT
import AgentAPI
import AuditStore
import CommandLineInterface
import HTTPTransport
import OperatorParts
import Postgres
import Prompts
import ServiceRuntime
import SourceProvider
import SystemCalls

/// `codex-k8s prompts`: looks at prompts, and stores templates that take the place of the built-in ones.
enum PromptsCommand {
    static let command = Command(
        "prompts", summary: "Shows prompts, and stores templates for them.",
        subcommands: [
            PromptsRenderCommand.command, PromptTemplateCommands.list, PromptTemplateCommands.show,
            PromptTemplateCommands.set, PromptTemplateCommands.activate, PromptTemplateCommands.deactivate,
            PromptTemplateCommands.history,
        ])

    static func run(_ parsed: ParsedCommand) async throws {
        switch parsed.path.last {
        case "render": try await PromptsRenderCommand.run(parsed)
        case "list": try await PromptTemplateCommands.runList(parsed)
        case "show": try await PromptTemplateCommands.runShow(parsed)
        case "set": try await PromptTemplateCommands.runSet(parsed)
        case "activate": try await PromptTemplateCommands.runActivate(parsed)
        case "deactivate": try await PromptTemplateCommands.runDeactivate(parsed)
        case "history": try await PromptTemplateCommands.runHistory(parsed)
        default: throw UsageError("codex-k8s prompts", "unknown command; see codex-k8s prompts --help")
        }
    }

    /// The database, where it need not be there.
    static let databaseURL = Option<String?>.optional(
        "database-url", .text("URL", expectation: "a Postgres URL"), environment: "CODEXK8S_DATABASE_URL",
        sensitive: true, help: "The database, for stored templates; without it they are not looked at.")
    /// The configuration, where it need not be there.
    static let config = Option<String?>.optional(
        "config", .file, environment: "CODEXK8S_CONFIG",
        help: "The operator's configuration: agents beside the catalogue, and the ids of repositories.")

    /// Does something with the stored templates of a database.
    static func withStore<T>(
        _ url: String, _ body: (PostgresPromptTemplates) async throws -> T
    ) async throws -> T {
        let client = PostgresClient(url: Secret(url), configuration: .service, logger: .disabled)
        defer { client.shutdown() }
        return try await body(PostgresPromptTemplates(client: client))
    }

    /// Does something with the code host that the configuration names.
    static func withSource<T>(
        _ configuration: OperatorConfiguration, _ body: (any SourceProvider) async throws -> T
    ) async throws -> T {
        let http = HTTPClient(configuration: .init())
        defer { http.shutdown() }
        return try await body(try CommonOptions.provider(configuration, http: http, logger: .disabled))
    }

    /// Prints a text that may or may not end its last line.
    static func print(_ text: String) {
        StandardStreams.writeOutput(Array((text.hasSuffix("\n") ? text : text + "\n").utf8))
    }
}
