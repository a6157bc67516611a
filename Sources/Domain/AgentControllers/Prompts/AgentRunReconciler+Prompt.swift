// SPDX-License-Identifier: MIT
import AgentAPI
import ControllerRuntime
import JSONCoding
import KubernetesAPI
import Prompts
import ServiceRuntime
import SourceProvider

extension AgentRunReconciler {
    /// The templates that a run may get, found while its place is made.
    ///
    /// - Parameter baseSHA: the commit whose seeds count.
    func templates(
        _ walk: RunWalk, agent: AgentDefinition, kind: PromptKind, repositoryID: Int64?, baseSHA: String?,
        _ configured: OperatorConfiguration.Repository
    ) async throws -> [TemplateCandidate] {
        if let found = walk.takeTemplates() { return found }
        return try await context.prompts.candidates(
            agent: agent.key, kind: kind, locales: PromptAssembly.locales(context.configuration, configured),
            repository: configured.name, repositoryID: repositoryID, commit: baseSHA)
    }

    /// The pull request of a revision with what people said of it; in a discussion, what they said below the issue.
    func conversation(
        _ run: AgentRun, _ settings: AdmittedSettings, _ repository: RepositoryName
    ) async throws -> (PullRequest?, [PromptComment]) {
        guard settings.revise, let number = run.status?.pullRequest?.number else {
            guard settings.discussion else { return (nil, []) }
            let comments = try await context.source.conversation(issue: run.spec.issue, in: repository)
            return (nil, comments.map { PromptComment($0) })
        }
        async let pullRequest = context.source.pullRequest(number, in: repository)
        let feedback = try await context.source.feedback(pullRequest: number, in: repository)
        return (try await pullRequest, feedback.map { PromptComment($0) })
    }

    /// The ConfigMap with the prompt. One that an earlier process made stays as it is, whatever has been changed since.
    ///
    /// - Returns: what is true of the prompt that is there.
    func createTask(
        _ run: AgentRun, _ prompt: AssembledPrompt, namespace: String, labels: [String: String]
    ) async throws -> PromptRecord {
        let record = prompt.record
        let existing = try await createOurs(
            .configMap, namespace: namespace, name: run.taskName, run: run,
            [
                "metadata": [
                    "labels": JSONValue(labels), "annotations": [Keys.prompt: .string(record.json.encodedString())],
                ],
                "data": ["prompt.md": .string(prompt.text)],
            ])
        guard let existing else {
            for reason in record.passedOver {
                context.logger.warning("a template was passed over", ["run": run.metadata.name, "reason": reason])
                context.events?.record(
                    EventNote(
                        regarding: ObjectReference(run), isWarning: true, reason: "TemplatePassedOver",
                        action: "Assemble", message: reason))
            }
            return record
        }
        let annotation = existing.at("metadata", "annotations", Keys.prompt)?.stringValue
        return annotation.flatMap { PromptRecord(annotation: $0) } ?? record
    }
}
