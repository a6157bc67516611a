// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import ControllerRuntime
import JSONCoding
import KubernetesAPI
import KubernetesClient
import ServiceRuntime
import SourceProvider

/// Finds labels, and reviews that ask for changes, whose webhook was lost: GitHub does not deliver twice by itself.
///
/// A labelling that history knows is never started again, whether or not its AgentRun still exists; with Postgres away
/// nothing is known, so nothing is done.
package final class HealingService: Service {
    let context: ControllerContext
    private let reviews: ReviewHealing

    package init(context: ControllerContext) {
        self.context = context
        reviews = ReviewHealing(context: context)
    }

    package func run() async throws {
        while !Task.isCancelled {
            await pass()
            try? await Task.sleep(for: context.configuration.healingInterval)
        }
    }

    /// Looks at every configured repository once.
    package func pass() async {
        for repository in context.configuration.repositories {
            do {
                try await heal(repository)
            } catch {
                context.logger.warning(
                    "looking for lost labels and reviews failed", ["repository": repository.name.description, "error": "\(error)"])
            }
        }
    }

    private func heal(_ configured: OperatorConfiguration.Repository) async throws {
        let repository = try await context.source.repository(configured.name)
        for label in context.configuration.labels.triggers.keys.sorted() {
            guard let trigger = context.configuration.labels.trigger(for: label) else { continue }
            for issue in try await context.source.openIssues(labelled: label, in: configured.name) {
                let events = try await context.source.labelEvents(issue: issue.number, in: configured.name)
                guard let event = Self.unanswered(label: label, in: events) else { continue }
                guard try await context.history.knownLabelEvents([event.id], repositoryID: repository.id).isEmpty else {
                    continue
                }
                let waits = context.runs.list().contains {
                    $0.spec.issue == issue.number && RunIndex.repository($0) == configured.name.description.lowercased()
                        && $0.spec.trigger.label?.isLabel(label) == true && $0.phase == .pending
                }
                if !waits { try await create(repository, issue.number, trigger, event) }
            }
        }
        try await reviews.heal(repository, as: configured)
    }

    /// The newest labelling that no removal followed: pure.
    static func unanswered(label: String, in events: [LabelEvent]) -> LabelEvent? {
        guard let last = events.filter({ $0.label.isLabel(label) }).max(by: { $0.id < $1.id }), last.isSet else { return nil }
        return last
    }

    private func create(
        _ repository: SourceRepository, _ issue: Int, _ trigger: TriggerLabel, _ event: LabelEvent
    ) async throws {
        let name = Names.run(repositoryID: repository.id, issue: issue, labelEventID: event.id)
        let run = AgentRun(
            metadata: ObjectMeta(
                name: name, namespace: context.configuration.namespace,
                labels: [
                    Keys.managedBy: Keys.manager, Keys.repositoryID: String(repository.id), Keys.issue: String(issue),
                ]),
            spec: AgentRunSpec(
                repository: repository.name.description, repositoryID: repository.id, issue: issue,
                trigger: .init(
                    kind: trigger.kind.rawValue, revise: trigger.revise, label: trigger.label, actor: event.actor.login,
                    labelledAt: event.createdAt, correlationID: name, labelEventID: event.id)))
        try await tolerating(.alreadyExists) {
            _ = try await context.api.resource(AgentRun.self, namespace: context.configuration.namespace).create(run)
            context.logger.info("a lost label became a run", ["run": name, "label": trigger.label])
        }
    }
}
