// SPDX-License-Identifier: MIT
package import AgentAPI
import AuditTrail
package import Prompts
import RunPolicy
package import SourceProvider

/// Why a run's prompt cannot be shown: what is wrong with the run, for the configuration that it is looked at with.
package struct PreviewError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
}

/// The prompt that a run would get, without running it: settings, template and text are found by the code that runs
/// use.
///
/// A run with a status is shown with what admission has fixed; one without is resolved as admission would do it, except
/// for what the last run on the branch used, which the history alone knows.
package struct PromptPreview: Sendable {
    /// What was found out about the run's surroundings.
    package struct Facts: Sendable {
        /// Nil where the code host was not asked.
        package var repository: SourceRepository?
        package var issue: SourceIssue
        package var pullRequest: PullRequest?
        /// Oldest first.
        package var comments: [PromptComment]
        package var candidates: [TemplateCandidate]
        /// Other languages than the configured ones, the preferred one first.
        package var locales: [PromptLocale]?

        /// All of it.
        package init(
            repository: SourceRepository?, issue: SourceIssue, pullRequest: PullRequest?, comments: [PromptComment],
            candidates: [TemplateCandidate], locales: [PromptLocale]?
        ) {
            self.repository = repository
            self.issue = issue
            self.pullRequest = pullRequest
            self.comments = comments
            self.candidates = candidates
            self.locales = locales
        }
    }

    package let run: AgentRun
    package let configuration: OperatorConfiguration
    /// The run's repository.
    package let configured: OperatorConfiguration.Repository
    package let kind: TriggerKind
    package let agent: AgentDefinition

    /// Looks at a run.
    ///
    /// - Throws: ``PreviewError`` for a repository, kind or agent that is not known.
    package init(run: AgentRun, configuration: OperatorConfiguration) throws(PreviewError) {
        self.run = run
        self.configuration = configuration
        guard let name = RepositoryName(run.spec.repository), let configured = configuration.repository(named: name)
        else {
            let known = configuration.repositories.map(\.name.description).joined(separator: ", ")
            throw PreviewError(
                description: "spec.repository \"\(run.spec.repository)\" is not configured; configured: \(known)")
        }
        guard let kind = run.triggerKind else {
            let known = TriggerKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw PreviewError(
                description: "spec.trigger.kind \"\(run.spec.trigger.kind)\" is not known; known: \(known)")
        }
        let key = run.status?.effective?.agent ?? run.spec.agent?.key ?? kind.defaultAgent
        guard let agent = configuration.agents[key] else {
            let known = configuration.agents.keys.sorted().joined(separator: ", ")
            throw PreviewError(description: "there is no agent \"\(key)\"; configured: \(known)")
        }
        self.configured = configured
        self.kind = kind
        self.agent = agent
    }

    /// Whether the run revises a pull request.
    package var revise: Bool { run.spec.trigger.revise ?? false }
    /// The run's branch.
    package var branch: String { run.status?.branch ?? kind.branch(issue: run.spec.issue) }
    /// The repository's numeric id, where run or configuration say it.
    package var repositoryID: Int64? { run.status?.repositoryID ?? run.spec.repositoryID ?? configured.id }

    /// Whether the run only talks.
    package func isDiscussion(_ issue: SourceIssue) -> Bool {
        if run.status?.effective?.agent != nil { return run.status?.effective?.discussion ?? false }
        return issue.labels.contains(configuration.labels.discussion)
    }

    /// The prompt.
    ///
    /// - Throws: ``PreviewError`` where admission would not let the run in with these settings.
    package func assemble(_ facts: Facts) throws(PreviewError) -> AssembledPrompt {
        let settings = try settings(facts)
        let place = (repositoryID ?? facts.repository?.id).map {
            Names.runNamespace(repositoryID: $0, issue: run.spec.issue, agent: agent.key)
        }
        let environment = place.map { Names.environmentNamespace(of: $0) } ?? "(named when the run starts)"
        return PromptAssembly(
            run: run, configuration: configuration, configured: configured, kind: kind, revise: revise,
            isDiscussion: isDiscussion(facts.issue), agent: agent, mode: settings.mode, model: settings.model,
            reasoningEffort: settings.effort,
            timeLimit: run.spec.agent?.timeout.flatMap { KubernetesDuration.parse($0) } ?? agent.timeout,
            branch: branch,
            baseBranch: configured.baseBranch ?? facts.repository?.defaultBranch ?? "(the repository's default branch)",
            environment: settings.mode == .fullEnv ? environment : nil, issue: facts.issue,
            pullRequest: facts.pullRequest, comments: facts.comments, candidates: facts.candidates
        ).assemble(locales: facts.locales)
    }

    private func settings(
        _ facts: Facts
    ) throws(PreviewError) -> (mode: AgentMode, model: String?, effort: String?) {
        if let effective = run.status?.effective, effective.agent != nil {
            return (effective.mode ?? agent.mode, effective.model?.value, effective.reasoningEffort?.value)
        }
        let repository = facts.repository
            ?? SourceRepository(
                id: repositoryID ?? 0, name: configured.name, defaultBranch: configured.baseBranch ?? "")
        let input = AdmissionInput(
            run: run, configuration: configuration, configured: configured, repository: repository, issue: facts.issue,
            labelEvents: [], permission: nil, review: nil, reviewAnsweredBy: nil, namedPullRequest: nil,
            openPullRequest: facts.pullRequest, identity: SourceActor(id: 0, login: "", isBot: true), others: [],
            history: [], lastStage: nil, confined: true)
        let subject = RunSubject(
            kind: kind, kindSource: nil, revise: revise, pullRequest: facts.pullRequest, branch: branch)
        do throws(AdmissionPlan.Refusal) {
            let admitted = try AdmissionSettings.resolve(
                input, subject, issue: facts.issue, repository: repository, configured: configured,
                requester: .controller)
            return (admitted.mode, admitted.model?.value, admitted.reasoningEffort?.value)
        } catch {
            guard case .reject(let rejection) = error.decision else {
                throw PreviewError(description: "the run would not be admitted")
            }
            throw PreviewError(description: "the run would be rejected: \(rejection.message)")
        }
    }
}
