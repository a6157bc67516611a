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
        "issue", .file,
        help: "The issue instead of the code host's: title, body, labels, author, comments, pullRequest.")
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
        let run = try PromptFiles.run(at: path)
        let file = try parsed[config]
        let configuration = try file.map(CommonOptions.configuration) ?? defaults(for: run)
        do {
            let preview = try PromptPreview(run: run, configuration: configuration)
            let surroundings = PromptSurroundings(
                preview: preview, issue: try parsed[issue], checkout: try parsed[checkout],
                databaseURL: try parsed[PromptsCommand.databaseURL], locale: try parsed[locale])
            let notes = file == nil ? ["there is no --config: everything has its default"] : []
            let (facts, more) = try await surroundings.facts()
            print(try preview.assemble(facts), notes: notes + surroundings.notes + more)
        } catch let error as PreviewError {
            throw UnusableInput("\(path): \(error)")
        }
    }

    /// The configuration of somebody who has configured nothing but the run's repository.
    private static func defaults(for run: AgentRun) throws -> OperatorConfiguration {
        do {
            return try OperatorConfiguration(["repositories": [["name": .string(run.spec.repository)]]])
        } catch {
            throw UnusableInput("spec.repository: \(error)")
        }
    }

    private static func print(_ prompt: AssembledPrompt, notes: [String]) {
        PromptsCommand.print(prompt.text)
        for note in notes { StandardStreams.writeErrorLine("note: \(note)") }
        let template = prompt.template
        for other in template.passedOver { StandardStreams.writeErrorLine("passed over: \(other.reason)") }
        StandardStreams.writeErrorLine(
            "template: source=\(template.source.rawValue) version=\(template.version ?? "-") "
                + "sha256=\(template.template.hash) locale=\(template.locale)")
        StandardStreams.writeErrorLine(
            "prompt: sha256=\(PromptRenderer.digest(of: prompt.text)) bytes=\(prompt.text.utf8.count)")
    }
}

/// Where what a prompt is made of comes from, when it is looked at.
private struct PromptSurroundings {
    private enum Origin {
        case file(String)
        case codeHost
        /// Nobody can be asked.
        case placeholder
    }

    private let preview: PromptPreview
    private let origin: Origin
    private let checkout: String?
    private let databaseURL: String?
    /// The languages to look for where they are not the configured ones.
    private let locales: [PromptLocale]?

    init(preview: PromptPreview, issue: String?, checkout: String?, databaseURL: String?, locale: PromptLocale?) {
        self.preview = preview
        self.checkout = checkout
        self.databaseURL = databaseURL
        let (configuration, github) = (preview.configuration, preview.configuration.github)
        locales = locale.map { PromptLocale.chain(repository: $0.rawValue, system: configuration.locale) }
        origin = if let issue {
            .file(issue)
        } else {
            github.appID != nil && github.privateKeyFile != nil ? .codeHost : .placeholder
        }
    }

    /// What was not looked at.
    var notes: [String] {
        var notes: [String] = []
        switch origin {
        case .file(let path): notes.append("the code host was not asked: the issue is that of \(path)")
        case .codeHost: break
        case .placeholder:
            notes.append("there is no --issue, and no credentials of the code host: the issue's text is a placeholder")
        }
        if databaseURL == nil { notes.append("stored templates were not looked at: there is no --database-url") }
        if case .codeHost = origin { return notes }
        if checkout == nil { notes.append("the repository's own templates were not looked at: there is no --checkout") }
        return notes
    }

    /// What is known, and what of a file was not used or is not in it.
    func facts() async throws -> (PromptPreview.Facts, notes: [String]) {
        switch origin {
        case .file(let path):
            var facts = try PromptFiles.issue(at: path, for: preview)
            let notes = keepToTheRun(&facts, path)
            return (try await complete(facts, nil), notes)
        case .placeholder: return (try await complete(PromptFiles.placeholder(for: preview), nil), [])
        case .codeHost:
            return try await PromptsCommand.withSource(preview.configuration) { source in
                (try await complete(try await ask(source), source), [])
            }
        }
    }

    /// Leaves out what the controller would not ask for, so that the prompt is the run's.
    private func keepToTheRun(_ facts: inout PromptPreview.Facts, _ path: String) -> [String] {
        var notes: [String] = []
        if preview.revise {
            if facts.pullRequest == nil {
                notes.append("\(path) has no pullRequest, and a run that finds none to revise is rejected")
            }
            return notes
        }
        if facts.pullRequest != nil {
            facts.pullRequest = nil
            notes.append("pullRequest of \(path) is left out: the run revises none")
        }
        if !facts.comments.isEmpty, !preview.isDiscussion(facts.issue) {
            facts.comments = []
            notes.append("comments of \(path) are left out: revisions and discussions alone are told of them")
        }
        return notes
    }

    /// What the controller would ask for.
    private func ask(_ source: any SourceProvider) async throws -> PromptPreview.Facts {
        let (name, number) = (preview.configured.name, preview.run.spec.issue)
        let issue: SourceIssue
        do { issue = try await source.issue(number, in: name) } catch {
            guard error.code == .notFound else { throw error }
            throw UnusableInput("\(name) has no issue \(number) that can be read; --issue FILE takes its place")
        }
        var facts = PromptPreview.Facts(
            repository: try await source.repository(name), issue: issue, pullRequest: nil, comments: [], candidates: [],
            locales: nil)
        if preview.revise {
            let known = preview.run.status?.pullRequest?.number ?? preview.run.spec.trigger.pullRequest
            facts.pullRequest =
                if let known {
                    try await source.pullRequest(known, in: name)
                } else {
                    try await source.openPullRequest(head: preview.branch, in: name)
                }
            guard let pullRequest = facts.pullRequest else {
                throw UnusableInput(
                    "\(name) has no open pull request from \(preview.branch), which the run would revise")
            }
            facts.comments = try await source.feedback(pullRequest: pullRequest.number, in: name).map {
                PromptComment($0)
            }
        } else if preview.isDiscussion(issue) {
            facts.comments = try await source.conversation(issue: number, in: name).map { PromptComment($0) }
        }
        return facts
    }

    /// Adds the languages and the templates that were found.
    ///
    /// - Parameter source: where seeds are read, unless a checkout takes its place.
    private func complete(
        _ facts: PromptPreview.Facts, _ source: (any SourceProvider)?
    ) async throws -> PromptPreview.Facts {
        var facts = facts
        facts.locales = locales
        facts.candidates =
            if let databaseURL {
                try await PromptsCommand.withStore(databaseURL) { store in try await candidates(facts, source, store) }
            } else {
                try await candidates(facts, source, nil)
            }
        return facts
    }

    private func candidates(
        _ facts: PromptPreview.Facts, _ source: (any SourceProvider)?, _ store: (any PromptTemplateStore)?
    ) async throws -> [TemplateCandidate] {
        var readFile: PromptLibrary.FileReader?
        var commit: String?
        if let checkout {
            readFile = { path, _, _, limit throws(ProviderError) in
                try PromptFiles.seed("\(checkout)/\(path)", limit: limit)
            }
            commit = "checkout"
        } else if let source, let repository = facts.repository {
            readFile = { path, commit, repository, limit throws(ProviderError) in
                try await source.file(path, commit: commit, in: repository, limit: limit)
            }
            commit = preview.run.status?.currentAttempt?.baseSHA
            if commit == nil {
                let base = preview.configured.baseBranch ?? repository.defaultBranch
                commit = try await source.branchHead(base, in: preview.configured.name)
            }
        }
        let configured = PromptLocale.chain(
            repository: preview.configured.locale, system: preview.configuration.locale)
        return try await PromptLibrary(readFile: readFile, store: store, now: { .now }).candidates(
            agent: preview.agent.key, kind: PromptKind(revise: preview.revise), locales: locales ?? configured,
            repository: preview.configured.name, repositoryID: preview.repositoryID ?? facts.repository?.id,
            commit: commit)
    }
}
