// SPDX-License-Identifier: MIT
package import AgentAPI
import GitHubEvents
import JSONCoding
import KubernetesAPI

/// Decides what a delivery means: nothing, or one AgentRun. Pure.
///
/// Only what is certain from the payload is decided here; who may start runs, what labels say and whether the issue is
/// open is the controller's to decide, from what GitHub says at that time.
package struct RunIntake: Sendable {
    /// What to do with a delivery.
    package enum Decision: Sendable, Hashable {
        case ignore(IgnoreReason)
        case create(AgentRun)
    }

    /// Why nothing is done; a word of a small set, because it is the label of a metric.
    package enum IgnoreReason: String, Sendable, Hashable, CaseIterable {
        /// An event of another kind.
        case event
        /// A new hook says hello.
        case ping
        /// Something else was done than labelling or reviewing.
        case action
        /// The repository is not configured.
        case repository
        /// The label is no trigger.
        case label
        /// The label was set on a pull request; triggers are set on issues.
        case pullRequest
        /// The review does not ask for changes.
        case review
        /// The reviewed branch is not one that runs work on.
        case branch
        /// The reviewed branch is in another repository.
        case fork
        /// The pull request is closed.
        case closed
    }

    private let configuration: OperatorConfiguration

    /// Decides by `configuration`: repositories, labels, namespace.
    package init(configuration: OperatorConfiguration) {
        self.configuration = configuration
    }

    /// What `delivery` means.
    package func decide(_ delivery: Delivery) -> Decision {
        switch delivery.event {
        case .issues(let event): decide(event, delivery)
        case .pullRequestReview(let event): decide(event, delivery)
        case .ping: .ignore(.ping)
        case .issueComment, .pullRequest, .other: .ignore(.event)
        }
    }

    private func decide(_ event: IssuesEvent, _ delivery: Delivery) -> Decision {
        guard event.action == "labeled", let label = event.label else { return .ignore(.action) }
        guard let repository = configured(event.repository) else { return .ignore(.repository) }
        guard let trigger = configuration.labels.trigger(for: label) else { return .ignore(.label) }
        guard !event.issue.isPullRequest else { return .ignore(.pullRequest) }
        let name = Names.run(
            repositoryID: event.repository.id, issue: event.issue.number, label: label,
            updatedAt: event.issue.updatedAt.text)
        return .create(
            run(
                named: name, repository, event.repository, issue: event.issue.number, delivery,
                AgentRunSpec.Trigger(
                    kind: trigger.kind.rawValue, revise: trigger.revise ? true : nil, label: label,
                    actor: Self.login(event.sender), deliveryID: delivery.id,
                    labelledAt: event.issue.updatedAt.timestamp, correlationID: delivery.id)))
    }

    private func decide(_ event: PullRequestReviewEvent, _ delivery: Delivery) -> Decision {
        guard event.action == "submitted" else { return .ignore(.action) }
        guard event.state == .changesRequested else { return .ignore(.review) }
        guard let repository = configured(event.repository) else { return .ignore(.repository) }
        guard !event.pullRequest.isClosed else { return .ignore(.closed) }
        // A branch of this name in a fork is anybody's: it must not even make an object.
        guard event.pullRequest.head.repositoryID == event.repository.id else { return .ignore(.fork) }
        // Whether that kind can be revised, and whether the review means another, the controller says, with words.
        guard let work = WorkBranch(event.pullRequest.head.name) else { return .ignore(.branch) }
        let name = Names.run(
            repositoryID: event.repository.id, pullRequest: event.pullRequest.number, reviewID: event.reviewID)
        return .create(
            run(
                named: name, repository, event.repository, issue: work.issue, delivery,
                AgentRunSpec.Trigger(
                    kind: work.kind.rawValue, revise: true, actor: Self.login(event.reviewer), deliveryID: delivery.id,
                    labelledAt: event.submittedAt?.timestamp, correlationID: delivery.id,
                    pullRequest: event.pullRequest.number, reviewID: event.reviewID)))
    }

    /// The configured repository that the payload means. An id that is configured decides: names can be taken over.
    private func configured(_ reference: RepositoryReference) -> OperatorConfiguration.Repository? {
        if let known = configuration.repositories.first(where: { $0.id == reference.id }) { return known }
        guard let name = RepositoryName(reference.fullName), let known = configuration.repository(named: name),
            known.id == nil
        else { return nil }
        return known
    }

    private func run(
        named name: String, _ repository: OperatorConfiguration.Repository, _ reference: RepositoryReference,
        issue: Int, _ delivery: Delivery, _ trigger: AgentRunSpec.Trigger
    ) -> AgentRun {
        AgentRun(
            metadata: ObjectMeta(
                name: name, namespace: configuration.namespace,
                labels: [Keys.repositoryID: String(reference.id), Keys.issue: String(issue)],
                annotations: [Keys.receivedAt: delivery.receivedAt.microDescription]),
            spec: AgentRunSpec(
                repository: repository.name.description, repositoryID: reference.id, issue: issue, trigger: trigger))
    }

    /// The login as the custom resource takes it; nil for anything else, because it only informs: whom to trust is
    /// decided by what GitHub's API says of the labelling.
    private static func login(_ account: AccountReference?) -> String? {
        guard let login = account?.login, login.utf8.count <= 64 else { return nil }
        let plain = login.hasSuffix("[bot]") ? login.dropLast(5) : Substring(login)
        let isPlain = plain.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
            default: false
            }
        }
        guard isPlain, let first = plain.first, first.isLetter || first.isNumber else { return nil }
        return login
    }
}
