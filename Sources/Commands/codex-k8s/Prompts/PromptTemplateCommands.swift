// SPDX-License-Identifier: MIT
import AgentAPI
import AuditStore
import AuditTrail
import CommandLineInterface
import JSONCoding
import OperatorParts
import Prompts
import SourceProvider
import SystemCalls

/// `codex-k8s prompts list|show|set|activate|deactivate|history`: the templates.
enum PromptTemplateCommands {
    private static let agent = Option<String>.required("agent", .text("KEY"), help: "The agent's key, such as dev.")
    private static let kind = Option<PromptKind>.optional(
        "kind", .choice("KIND"), default: "work", help: "Work that begins, or the revision of a pull request.")
    private static let locale = Option<PromptLocale>.optional(
        "locale", .choice("LOCALE"), default: "en", help: "The template's language.")
    private static let repository = Option<String?>.optional(
        "repository", .text("OWNER/NAME"),
        help: "For this repository alone; its id is the configuration's, or the code host is asked. By default: for all.")
    private static let repositoryID = Option<Int?>.optional(
        "repository-id", .integer(1...Int.max), help: "For the repository with this numeric id alone.")
    private static let version = Option<Int>.required("version", .integer(1...Int.max), help: "The version.")
    private static let anyVersion = Option<Int?>.optional(
        "version", .integer(1...Int.max), help: "The version; by default the one that is used.")
    private static let builtIn = Option<Bool>.flag("built-in", help: "The one that is part of the program.")
    private static let file = Option<String>.required("file", .file, help: "The template's text.")
    private static let author = Option<String>.optional(
        "by", .text("NAME"), default: "unknown", environment: "USER", help: "Who does it, for the history.")
    private static let draft = Option<Bool>.flag("draft", help: "Stores the version without using it.")
    private static let limit = Option<Int>.optional(
        "limit", .integer(1...1000), default: "50", help: "The most versions, and the most changes.")

    private static let slotOptions = [
        agent.definition, kind.definition, locale.definition, repository.definition, repositoryID.definition,
        PromptsCommand.config.definition,
    ]
    private static let storeOptions = slotOptions + [CommonOptions.databaseURL.definition]

    static let list = Command(
        "list", summary: "Lists the built-in templates and, with a database, those that were stored.",
        discussion: "Of what was stored: the newest version of each template, and the one that is used.",
        options: [PromptsCommand.databaseURL.definition])
    static let show = Command(
        "show", summary: "Prints the text of a template.",
        options: slotOptions + [PromptsCommand.databaseURL.definition, anyVersion.definition, builtIn.definition])
    static let set = Command(
        "set", summary: "Stores the next version of a template, and uses it from now on.",
        discussion: """
            A placeholder that is not known is refused. Runs that begin two seconds later get the new version; an \
            earlier version is never changed.
            """, options: storeOptions + [file.definition, author.definition, draft.definition])
    static let activate = Command(
        "activate", summary: "Uses a stored version from now on.",
        options: storeOptions + [version.definition, author.definition])
    static let deactivate = Command(
        "deactivate", summary: "Uses no stored version: the next source has its turn.",
        options: storeOptions + [author.definition])
    static let history = Command(
        "history", summary: "Lists the versions of a template, and who stored, activated and deactivated them.",
        discussion: "First the versions, then the changes, each the newest first. Neither can be rewritten.",
        options: storeOptions + [limit.definition])

    // MARK: Running

    static func runList(_ parsed: ParsedCommand) async throws {
        for agent in BuiltInTemplates.agents {
            for kind in PromptKind.allCases {
                for locale in PromptLocale.allCases {
                    let template = BuiltInTemplates.template(agent: agent, kind: kind, locale: locale)
                    StandardStreams.writeOutputLine(
                        "built-in \(agent)/\(kind.rawValue).\(locale) version=\(BuiltInTemplates.version) "
                            + "sha256=\(template.hash.prefix(12))")
                }
            }
        }
        guard let url = try parsed[PromptsCommand.databaseURL] else {
            StandardStreams.writeErrorLine("note: stored templates were not looked at: there is no --database-url")
            return
        }
        let stored = try await PromptsCommand.withStore(url) { store in try await store.templates() }
        for template in stored { StandardStreams.writeOutputLine(line(template)) }
    }

    static func runShow(_ parsed: ParsedCommand) async throws {
        let slot = try await slot(parsed)
        if try parsed[builtIn] {
            let template = BuiltInTemplates.template(agent: slot.agent, kind: slot.kind, locale: slot.locale)
            return PromptsCommand.print(template.body)
        }
        guard let url = try parsed[PromptsCommand.databaseURL] else {
            throw UsageError(
                "codex-k8s prompts show",
                "--database-url is required for a stored template; --built-in shows the program's")
        }
        let versions = try await PromptsCommand.withStore(url) { store in
            try await store.templateHistory(slot, limit: Int(Int32.max))
        }
        let wanted = try parsed[anyVersion]
        guard let found = versions.first(where: { version in
            wanted.map { $0 == version.key.version } ?? version.isActive
        }) else {
            let what = wanted.map { "no version \($0)" } ?? "no version in use"
            throw UnusableInput("\(slot) has \(what); stored: \(numbers(versions)); --built-in shows the program's own")
        }
        PromptsCommand.print(found.body)
        StandardStreams.writeErrorLine(line(found))
    }

    static func runSet(_ parsed: ParsedCommand) async throws {
        let slot = try await slot(parsed)
        let template = try PromptFiles.template(at: try parsed[file], name: slot.description)
        let (author, isDraft) = (try parsed[author], try parsed[draft])
        let stored = try await PromptsCommand.withStore(try parsed[CommonOptions.databaseURL]) { store in
            try await store.addTemplate(template, to: slot, by: author, activate: !isDraft)
        }
        StandardStreams.writeOutputLine(line(stored))
    }

    static func runActivate(_ parsed: ParsedCommand) async throws {
        let key = TemplateKey(slot: try await slot(parsed), version: try parsed[version])
        let author = try parsed[author]
        let (isThere, versions) = try await PromptsCommand.withStore(try parsed[CommonOptions.databaseURL]) { store in
            (
                try await store.activateTemplate(key, by: author),
                try await store.templateHistory(key.slot, limit: 10)
            )
        }
        guard isThere else {
            throw UnusableInput("\(key.slot) has no version \(key.version); stored: \(numbers(versions))")
        }
        StandardStreams.writeOutputLine("\(key) is used from now on")
    }

    static func runDeactivate(_ parsed: ParsedCommand) async throws {
        let (slot, author) = (try await slot(parsed), try parsed[author])
        let was = try await PromptsCommand.withStore(try parsed[CommonOptions.databaseURL]) { store in
            try await store.deactivateTemplate(slot, by: author)
        }
        StandardStreams.writeOutputLine(was ? "\(slot): no version is used any more" : "\(slot): no version was used")
    }

    static func runHistory(_ parsed: ParsedCommand) async throws {
        let (slot, limit) = (try await slot(parsed), try parsed[limit])
        let (versions, changes) = try await PromptsCommand.withStore(try parsed[CommonOptions.databaseURL]) { store in
            (
                try await store.templateHistory(slot, limit: limit),
                try await store.templateChanges(slot, limit: limit)
            )
        }
        for version in versions { StandardStreams.writeOutputLine(line(version)) }
        for change in changes { StandardStreams.writeOutputLine(line(change, of: slot)) }
        if versions.isEmpty { throw UnusableInput("\(slot) has no stored version") }
    }

    // MARK: What is named

    private static func line(_ change: TemplateChange, of slot: TemplateSlot) -> String {
        let replaced = change.replaced.map { " replaced=\($0)" } ?? ""
        return "\(slot) \(change.action.rawValue) version=\(change.version)\(replaced) by=\(plain(change.by)) "
            + "at=\(change.at)"
    }

    /// A name as it can stand in a line: whoever chose it may have put anything in.
    private static func plain(_ name: String) -> String { OneLine.of(name, limit: 100) }

    private static func line(_ template: StoredTemplate) -> String {
        "\(template.key.slot) version=\(template.key.version) \(template.isActive ? "active" : "inactive") "
            + "sha256=\(template.hash.prefix(12)) by=\(plain(template.createdBy)) at=\(template.createdAt)"
    }

    private static func numbers(_ versions: [StoredTemplate]) -> String {
        versions.isEmpty ? "none" : versions.prefix(10).map { String($0.key.version) }.joined(separator: ", ")
    }

    /// The slot that the options name.
    private static func slot(_ parsed: ParsedCommand) async throws -> TemplateSlot {
        let configuration = try parsed[PromptsCommand.config].map { try CommonOptions.configuration(at: $0) }
        let key = try parsed[agent]
        let known = configuration.map { $0.agents.keys.sorted() } ?? BuiltInTemplates.agents
        guard known.contains(key) else {
            let hint = configuration == nil ? "; --config knows the agents that are configured besides" : ""
            throw UnusableInput("there is no agent \"\(key)\"; known: \(known.joined(separator: ", "))\(hint)")
        }
        return TemplateSlot(
            scope: try await scope(parsed, configuration), agent: key, kind: try parsed[kind],
            locale: try parsed[locale])
    }

    private static func scope(
        _ parsed: ParsedCommand, _ configuration: OperatorConfiguration?
    ) async throws -> TemplateScope {
        let id = try parsed[repositoryID].map { Int64($0) }
        guard let text = try parsed[repository] else { return id.map { .repository($0) } ?? .global }
        guard id == nil else {
            throw UsageError("codex-k8s prompts", "--repository and --repository-id were given; one is enough")
        }
        guard let name = RepositoryName(text) else {
            throw UnusableInput("--repository: \"\(text)\" is not owner/name")
        }
        guard let configuration else {
            throw UnusableInput("--repository needs --config to know the id of \(name); or give --repository-id")
        }
        guard let configured = configuration.repository(named: name) else {
            let known = configuration.repositories.map(\.name.description).joined(separator: ", ")
            throw UnusableInput("\(name) is not configured; configured: \(known)")
        }
        if let id = configured.id { return .repository(id) }
        let found = try await PromptsCommand.withSource(configuration) { source in try await source.repository(name) }
        return .repository(found.id)
    }
}
