// SPDX-License-Identifier: MIT
import AgentAPI
import AgentControllers
import AuditTrail
import CommandLineInterface
import JSONCoding
import OperatorParts
import Prompts
import ServiceRuntime
import SourceProvider
import SystemCalls

/// `codex-k8s prompts render`: the prompt that a run would get, and which template it was made from.
enum PromptsRenderCommand {
    private static let run = Option<String>.required("run", .file, help: "An AgentRun, as kubectl writes or takes it.")
    private static let config = Option<String?>.optional(
        "config", .file, environment: "CODEXK8S_CONFIG",
        help: "The operator's configuration; without it the defaults, for the run's repository.")
    private static let issue = Option<String?>.optional(
        "issue", .file, help: "The issue instead of the code host's: title, body, labels, author, comments, pullRequest.")
    private static let checkout = Option<String?>.optional(
        "checkout", .folder, help: "Reads the repository's own templates from this folder instead of the code host.")
    private static let locale = Option<PromptLocale?>.optional(
        "locale", .choice("LOCALE"), help: "The language to begin with, instead of the configured one.")

    static let command = Command(
        "render", summary: "Prints the prompt that a run would get, without running it.",
        discussion: """
            The prompt is on standard output; which template it was made from, and what was not looked at, on standard \
            error. Without --issue the code host is asked, where the configuration has its credentials.
            """,
        options: [
            run.definition, config.definition, issue.definition, checkout.definition,
            PromptsCommand.databaseURL.definition, locale.definition,
        ])

    static func run(_ parsed: ParsedCommand) async throws {
        let path = try parsed[run]
        let agentRun = try PromptFiles.run(at: path)
        var notes: [String] = []
        let file = try parsed[config]
        let configuration = try file.map(CommonOptions.configuration) ?? defaults(for: agentRun)
        if file == nil { notes.append("there is no --config: everything has its default") }
        let preview: PromptPreview
        do {
            preview = try PromptPreview(run: agentRun, configuration: configuration)
        } catch {
            throw UnusableInput("\(path): \(error)")
        }
        var facts: PromptPreview.Facts
        var commit = preview.run.status?.currentAttempt?.baseSHA
        let folder = try parsed[checkout]
        var readFolder: PromptLibrary.FileReader?
        if let folder {
            readFolder = { path, _, _, limit throws(ProviderError) in
                try PromptFiles.seed("\(folder)/\(path)", limit: limit)
            }
            commit = "checkout"
        }
        let locales = try parsed[locale].map { PromptLocale.chain(repository: $0.rawValue, system: configuration.locale) }
        let url = try parsed[PromptsCommand.databaseURL]
        if url == nil { notes.append("stored templates were not looked at: there is no --database-url") }

        func candidates(_ readFile: PromptLibrary.FileReader?, repositoryID: Int64?) async throws -> [TemplateCandidate] {
            func find(_ store: (any PromptTemplateStore)?) async throws -> [TemplateCandidate] {
                try await PromptLibrary(readFile: readFolder ?? readFile, store: store, now: { .now }).candidates(
                    agent: preview.agent.key, kind: PromptKind(revise: preview.revise),
                    locales: locales
                        ?? PromptLocale.chain(repository: preview.configured.locale, system: configuration.locale),
                    repository: preview.configured.name, repositoryID: repositoryID, commit: commit)
            }
            guard let url else { return try await find(nil) }
            return try await PromptsCommand.withStore(url) { try await find($0) }
        }

        if let issuePath = try parsed[issue] {
            facts = try PromptFiles.issue(at: issuePath, for: preview)
            notes.append("the code host was not asked: the issue is that of \(issuePath)")
            facts.candidates = try await candidates(nil, repositoryID: preview.repositoryID)
        } else if configuration.github.appID != nil, configuration.github.privateKeyFile != nil {
            facts = try await PromptsCommand.withSource(configuration) { source in
                var facts = try await ask(source, preview)
                if commit == nil, let repository = facts.repository {
                    let base = preview.configured.baseBranch ?? repository.defaultBranch
                    commit = try await source.branchHead(base, in: preview.configured.name)
                }
                facts.candidates = try await candidates(
                    { path, commit, repository, limit throws(ProviderError) in
                        try await source.file(path, commit: commit, in: repository, limit: limit)
                    }, repositoryID: preview.repositoryID ?? facts.repository?.id)
                return facts
            }
        } else {
            facts = PromptFiles.placeholder(for: preview)
            notes.append("there is no --issue, and no credentials of the code host: the issue's text is a placeholder")
            facts.candidates = try await candidates(nil, repositoryID: preview.repositoryID)
        }
        if folder == nil, facts.repository == nil { notes.append("the repository's own templates were not looked at") }
        facts.locales = locales
        let prompt: AssembledPrompt
        do {
            prompt = try preview.assemble(facts)
        } catch {
            throw UnusableInput("\(path): \(error)")
        }
        PromptsCommand.print(prompt.text)
        for note in notes { StandardStreams.writeErrorLine("note: \(note)") }
        for template in prompt.template.passedOver { StandardStreams.writeErrorLine("passed over: \(template.reason)") }
        let template = prompt.template
        StandardStreams.writeErrorLine(
            "template: source=\(template.source.rawValue) version=\(template.version ?? "-") "
                + "sha256=\(template.template.hash) locale=\(template.locale)")
        StandardStreams.writeErrorLine(
            "prompt: sha256=\(PromptRenderer.digest(of: prompt.text)) bytes=\(prompt.text.utf8.count)")
    }

    /// The configuration of somebody who has configured nothing but the run's repository.
    private static func defaults(for run: AgentRun) throws -> OperatorConfiguration {
        do {
            return try OperatorConfiguration(["repositories": [["name": .string(run.spec.repository)]]])
        } catch {
            throw UnusableInput("spec.repository: \(error)")
        }
    }

    /// What the controller would ask for.
    private static func ask(_ source: any SourceProvider, _ preview: PromptPreview) async throws -> PromptPreview.Facts {
        let (name, number) = (preview.configured.name, preview.run.spec.issue)
        let repository = try await source.repository(name)
        let issue = try await source.issue(number, in: name)
        var facts = PromptPreview.Facts(
            repository: repository, issue: issue, pullRequest: nil, comments: [], candidates: [], locales: nil)
        if preview.revise {
            facts.pullRequest =
                if let known = preview.run.status?.pullRequest?.number ?? preview.run.spec.trigger.pullRequest {
                    try await source.pullRequest(known, in: name)
                } else {
                    try await source.openPullRequest(head: preview.branch, in: name)
                }
            guard let pullRequest = facts.pullRequest else {
                throw UnusableInput("\(name) has no open pull request from \(preview.branch), which the run would revise")
            }
            facts.comments = try await source.feedback(pullRequest: pullRequest.number, in: name).map { PromptComment($0) }
        } else if preview.isDiscussion(issue) {
            facts.comments = try await source.conversation(issue: number, in: name).map { PromptComment($0) }
        }
        return facts
    }
}
