// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import RunPolicy
import SourceProvider

/// Agent, mode, image, model and reasoning effort of a run, fixed at admission.
enum AdmissionSettings {
    static func resolve(
        _ input: AdmissionInput, kind: TriggerKind, revise: Bool, issue: SourceIssue, pullRequest: PullRequest?,
        repository: SourceRepository, requester: AuditActor
    ) -> Result<AdmittedRun, AdmissionPlan.Refusal> {
        func refuse(_ message: String) -> Result<AdmittedRun, AdmissionPlan.Refusal> {
            .failure(.init(rejection: Rejection(reason: .notAllowed, message: message)))
        }
        let configuration = input.configuration
        let selection = input.run.spec.agent
        let key = selection?.key ?? kind.defaultAgent
        guard let agent = configuration.agents[key] else {
            return refuse(
                "there is no agent \"\(key)\"; configured: \(configuration.agents.keys.sorted().joined(separator: ", "))")
        }
        let image = selection?.image ?? agent.image
        guard image == agent.image || configuration.images.contains(image) else {
            return refuse("the image \(image) is not in the configured list")
        }
        // A run may ask for less than its agent has, never for more.
        let mode = agent.mode == .codeOnly ? AgentMode.codeOnly : selection?.mode ?? agent.mode
        if selection?.mode == .fullEnv, agent.mode == .codeOnly {
            return refuse("agent \(key) works in CodeOnly; it cannot be given an environment")
        }
        if let timeout = selection?.timeout, KubernetesDuration.parse(timeout) == nil {
            return refuse("\"\(timeout)\" is no duration such as 90m or 5h")
        }

        let catalogue = configuration.labels
        let pullRequestLabels = pullRequest?.labels ?? []
        let model = SettingsResolution.resolve(
            .init(
                spec: selection?.model, issueLabel: catalogue.models(in: issue.labels).first,
                pullRequestLabel: catalogue.models(in: pullRequestLabels).first,
                lastRun: revise ? input.lastRun?.model : nil, agent: agent.model))
        if let model, model.value != agent.model, model.source != "last-run", !configuration.models.contains(model.value) {
            let known = configuration.models.isEmpty ? "none is configured" : configuration.models.joined(separator: ", ")
            return refuse("the model \(model.value) is not in the configured list (\(known))")
        }
        let effort = SettingsResolution.resolve(
            .init(
                spec: selection?.reasoningEffort, issueLabel: catalogue.reasoningEfforts(in: issue.labels).first,
                pullRequestLabel: catalogue.reasoningEfforts(in: pullRequestLabels).first,
                lastRun: revise ? input.lastRun?.reasoningEffort : nil, agent: agent.reasoningEffort))
        return .success(
            AdmittedRun(
                kind: kind, revise: revise, agent: agent, mode: mode, image: image, model: model,
                reasoningEffort: effort, branch: kind.branch(issue: input.run.spec.issue),
                repositoryID: repository.id, labelEventID: input.labelEvent?.id, pullRequest: pullRequest,
                requester: requester, byKubernetes: input.isAppliedByHand))
    }
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
