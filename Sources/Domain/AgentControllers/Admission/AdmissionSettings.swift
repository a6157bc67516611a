// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import RunPolicy
import SourceProvider

/// Agent, mode, image, model and reasoning effort of a run, fixed at admission.
enum AdmissionSettings {
    static func resolve(
        _ input: AdmissionInput, _ subject: RunSubject, issue: SourceIssue, repository: SourceRepository,
        configured: OperatorConfiguration.Repository, requester: AuditActor
    ) throws(AdmissionPlan.Refusal) -> AdmittedRun {
        let configuration = input.configuration
        let selection = input.run.spec.agent
        let key = selection?.key ?? subject.kind.defaultAgent
        guard let agent = configuration.agents[key] else {
            let known = configuration.agents.keys.sorted().joined(separator: ", ")
            throw refusal("there is no agent \"\(key)\"; configured: \(known)")
        }
        let image = selection?.image ?? agent.image
        guard image == agent.image || configuration.images.contains(image) else {
            throw refusal("the image \(image) is not in the configured list")
        }
        // A run may ask for less than its agent has, never for more.
        let mode = agent.mode == .codeOnly ? AgentMode.codeOnly : selection?.mode ?? agent.mode
        if selection?.mode == .fullEnv, agent.mode == .codeOnly {
            throw refusal("agent \(key) works in CodeOnly; it cannot be given an environment")
        }
        if let timeout = selection?.timeout, KubernetesDuration.parse(timeout) == nil {
            throw refusal("\"\(timeout)\" is no duration such as 90m or 5h")
        }
        let context = ChainContext(input: input, subject: subject, issue: issue, agent: agent, configured: configured)
        return AdmittedRun(
            kind: subject.kind, kindSource: subject.kindSource, revise: subject.revise,
            discussion: issue.labels.hasLabel(configuration.labels.discussion), agent: agent, mode: mode, image: image,
            model: try model(context), reasoningEffort: try effort(context), branch: subject.branch,
            repositoryID: repository.id, labelEventID: input.labelEvent?.id, pullRequest: subject.pullRequest,
            requester: requester, byKubernetes: input.isAppliedByHand)
    }

    /// What the resolution chains look at.
    private struct ChainContext {
        var input: AdmissionInput
        var subject: RunSubject
        var issue: SourceIssue
        var agent: AgentDefinition
        var configured: OperatorConfiguration.Repository

        var pullRequestLabels: [String] { subject.pullRequest?.labels ?? [] }

        /// The last run on the branch: its choice is carried on by a revision alone. A run that begins anew begins with
        /// what is set now.
        var lastRun: RunRecord? {
            subject.revise ? input.history.first { $0.branch == subject.branch } : nil
        }
    }

    private static func model(_ context: ChainContext) throws(AdmissionPlan.Refusal) -> AgentRunStatus.Resolved? {
        let configuration = context.input.configuration
        let allowed = configuration.allowedModels
        var sources: SettingsResolution.Sources = [:]
        sources[.spec] = context.input.run.spec.agent?.model
        sources[.issueLabel] = configuration.labels.models(in: context.issue.labels).first
        sources[.pullRequestLabel] = configuration.labels.models(in: context.pullRequestLabels).first
        sources[.lastRun] = context.lastRun?.model
        sources[.agent] = context.agent.model
        sources[.repository] = context.configured.model
        sources[.systemDefault] = configuration.model.name
        guard let model = SettingsResolution.resolve(sources, isAllowed: { allowed.contains($0) }) else { return nil }
        guard allowed.contains(model.value) else {
            let known = allowed.isEmpty ? "none is configured" : allowed.sorted().joined(separator: ", ")
            throw refusal("the model \(model.value) (\(model.source)) is not among those that may be used (\(known))")
        }
        return model
    }

    private static func effort(_ context: ChainContext) throws(AdmissionPlan.Refusal) -> AgentRunStatus.Resolved? {
        let configuration = context.input.configuration
        let allowed = OperatorConfiguration.reasoningEfforts
        var sources: SettingsResolution.Sources = [:]
        sources[.spec] = context.input.run.spec.agent?.reasoningEffort
        sources[.issueLabel] = configuration.labels.reasoningEfforts(in: context.issue.labels).first
        sources[.pullRequestLabel] = configuration.labels.reasoningEfforts(in: context.pullRequestLabels).first
        sources[.lastRun] = context.lastRun?.reasoningEffort
        sources[.agent] = context.agent.reasoningEffort
        sources[.repository] = context.configured.reasoningEffort
        sources[.systemDefault] = configuration.model.reasoningEffort
        guard let effort = SettingsResolution.resolve(sources, isAllowed: { allowed.contains($0) }) else { return nil }
        guard allowed.contains(effort.value) else {
            let known = allowed.joined(separator: ", ")
            throw refusal("\"\(effort.value)\" (\(effort.source)) is no reasoning effort; known: \(known)")
        }
        return effort
    }

    private static func refusal(_ message: String) -> AdmissionPlan.Refusal { .reject(.notAllowed, message) }
}

extension RepositoryPermission {
    /// The word that ``ActorPolicy`` compares.
    var word: String {
        switch self {
        case .none: "none"
        case .read: "read"
        case .triage: "triage"
        case .write: "write"
        case .maintain: "maintain"
        case .admin: "admin"
        }
    }
}
