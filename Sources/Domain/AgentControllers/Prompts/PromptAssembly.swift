// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
package import Prompts
import RunPolicy
package import SourceProvider

/// What the prompt of a run is made of, as the controller knows it: shared by what runs get and what people look at.
struct PromptAssembly: Sendable {
    var run: AgentRun
    var configuration: OperatorConfiguration
    var configured: OperatorConfiguration.Repository
    var kind: TriggerKind
    var revise: Bool
    var isDiscussion: Bool
    var agent: AgentDefinition
    var mode: AgentMode
    var model: String?
    var reasoningEffort: String?
    var timeLimit: Duration
    var branch: String
    var baseBranch: String
    var environment: String?
    var issue: SourceIssue
    var pullRequest: PullRequest?
    var comments: [PromptComment]
    var candidates: [TemplateCandidate]

    /// The languages to look for, the repository's first.
    static func locales(
        _ configuration: OperatorConfiguration, _ configured: OperatorConfiguration.Repository
    ) -> [PromptLocale] {
        PromptLocale.chain(repository: configured.locale, system: configuration.locale)
    }

    /// Chooses the template and renders the prompt. Pure.
    ///
    /// - Parameter locales: other languages than the configured ones, the preferred one first.
    func assemble(locales: [PromptLocale]? = nil) -> AssembledPrompt {
        let locales = locales ?? Self.locales(configuration, configured)
        let chosen = TemplateResolver.choose(
            agent: agent.key, kind: PromptKind(revise: revise), locales: locales, candidates: candidates)
        var facts = PromptRun(
            repository: run.spec.repository, issue: run.spec.issue, kind: kind, revise: revise,
            isDiscussion: isDiscussion, branch: branch, baseBranch: baseBranch, agent: agent.key, role: agent.role,
            model: model, reasoningEffort: reasoningEffort, mode: mode, environment: environment,
            isReadOnly: agent.readOnly,
            writeScope: .of(kind: kind, agent: agent.key, allowsWorkflows: configured.allowWorkflowFiles),
            timeLimit: timeLimit)
        facts.attempt = run.currentAttemptNumber
        facts.goesOn = run.resumption > 0
        let input = PromptInput(
            run: facts,
            tools: configuration.runAPI.url == nil ? [] : [.statusReport],
            issue: PromptIssue(
                title: issue.title, body: issue.body, labels: issue.labels,
                author: issue.author.login.isEmpty ? nil : issue.author.login),
            pullRequest: pullRequest.map { PromptPullRequest(number: $0.number, title: $0.title, body: $0.body) },
            comments: comments, locale: locales.first ?? .en, template: chosen.template)
        return AssembledPrompt(text: PromptRenderer.render(input), template: chosen)
    }
}

/// A prompt with the template that it was made from.
package struct AssembledPrompt: Sendable, Hashable {
    package var text: String
    package var template: ChosenTemplate

    /// What is kept of it: which template and which text, and why others were not used. Nothing that people wrote.
    var record: PromptRecord {
        PromptRecord(
            template: .init(
                source: template.source.rawValue, version: template.version, hash: template.template.hash,
                locale: template.locale.rawValue),
            sha256: PromptRenderer.digest(of: text), bytes: text.utf8.count,
            passedOver: template.passedOver.map { String($0.reason.prefix(500)) })
    }
}

/// What status and audit keep of a prompt. It stands beside the prompt itself, so that whoever finds a task that was
/// made earlier says of it what is true of it.
struct PromptRecord: Sendable, Hashable {
    var template: AgentRunStatus.Template
    /// Of the whole prompt.
    var sha256: String
    var bytes: Int
    /// Why templates that stood before the chosen one were not used.
    var passedOver: [String]

    init(template: AgentRunStatus.Template, sha256: String, bytes: Int, passedOver: [String]) {
        self.template = template
        self.sha256 = sha256
        self.bytes = bytes
        self.passedOver = passedOver
    }

    /// Reads the text of an annotation; nil when it is none of ours.
    init?(annotation: String) {
        guard let value = try? JSONValue.parse(annotation), let source = value["source"]?.stringValue,
            let hash = value["template_sha256"]?.stringValue, let locale = value["locale"]?.stringValue,
            let sha256 = value["sha256"]?.stringValue, let bytes = value["bytes"]?.integerValue
        else { return nil }
        self.init(
            template: .init(source: source, version: value["version"]?.stringValue, hash: hash, locale: locale),
            sha256: sha256, bytes: Int(bytes),
            passedOver: (value["passed_over"]?.arrayValue ?? []).compactMap(\.stringValue))
    }

    /// As the annotation and the record have it.
    var json: JSONValue {
        var value: JSONValue = [
            "source": .string(template.source), "template_sha256": .string(template.hash),
            "locale": .string(template.locale), "sha256": .string(sha256), "bytes": .integer(Int64(bytes)),
        ]
        if let version = template.version { value["version"] = .string(version) }
        if !passedOver.isEmpty { value["passed_over"] = .array(passedOver.map { .string($0) }) }
        return value
    }
}

extension PromptComment {
    /// What somebody said of a pull request.
    package init(_ feedback: ReviewFeedback) {
        let place = feedback.path.map { path in path + (feedback.line.map { ":\($0)" } ?? "") }
        self.init(author: feedback.author.login, body: feedback.body, place: place)
    }

    /// What somebody said below an issue.
    package init(_ comment: IssueComment) {
        self.init(author: comment.author.login, body: comment.body)
    }
}
