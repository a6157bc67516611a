// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import KubernetesAPI
import KubernetesClient
import ServiceRuntime
import SourceProvider
import Synchronization

/// Finds reviews that ask for changes and that nobody heard of, because their webhook was lost.
///
/// It costs one request a pass and repository, and one more for each pull request of ours that changed since the pass
/// before: a review is a change, and what did not change has no new review.
final class ReviewHealing: Sendable {
    private struct Subject: Hashable {
        var repository: Int64
        var number: Int
    }

    private let context: ControllerContext
    /// The change of a pull request up to which its reviews are dealt with.
    private let seen = Mutex<[Subject: Timestamp]>([:])

    init(context: ControllerContext) { self.context = context }

    /// Looks at the open pull requests of one repository.
    func heal(_ repository: SourceRepository, as configured: OperatorConfiguration.Repository) async throws {
        let source = context.source
        let identity = try await source.identity()
        let open = try await source.recentPullRequests(in: configured.name)
        forget(all: repository.id, but: open)
        for pull in open where pull.author.id == identity.id && pull.headRepositoryID == repository.id {
            guard let work = WorkBranch(pull.headBranch) else { continue }
            let subject = Subject(repository: repository.id, number: pull.number)
            guard pull.updatedAt == nil || seen.withLock({ $0[subject] }) != pull.updatedAt else { continue }
            let reviews = try await source.reviews(pullRequest: pull.number, in: configured.name)
            if let review = Self.unanswered(reviews, head: pull.headSHA) {
                let answers = try await context.history.runs(
                    answering: [review.id], repositoryID: repository.id, issue: work.issue)
                if answers.isEmpty { try await create(repository, work, pull, review) }
            }
            seen.withLock { $0[subject] = pull.updatedAt }
        }
    }

    /// The newest review that asks for changes of what the branch holds now: pure.
    ///
    /// Of each reviewer the last word counts; a comment takes nothing back. A review of an older commit was answered by
    /// whoever pushed since, a run or a person.
    static func unanswered(_ reviews: [PullRequestReview], head: String) -> PullRequestReview? {
        var lastWords: [Int64: PullRequestReview] = [:]
        for review in reviews.sorted(by: { $0.id < $1.id }) where review.submittedAt != nil {
            if review.state.uppercased() == "COMMENTED" { continue }
            lastWords[review.author.id] = review
        }
        return lastWords.values.filter { $0.asksForChanges && $0.commit == head }.max { $0.id < $1.id }
    }

    /// The run that the webhook would have made, under the name that the edge would have given it.
    private func create(
        _ repository: SourceRepository, _ work: WorkBranch, _ pull: PullRequest, _ review: PullRequestReview
    ) async throws {
        let name = Names.run(repositoryID: repository.id, pullRequest: pull.number, reviewID: review.id)
        let run = AgentRun(
            metadata: ObjectMeta(
                name: name, namespace: context.configuration.namespace,
                labels: [
                    Keys.managedBy: Keys.manager, Keys.repositoryID: String(repository.id),
                    Keys.issue: String(work.issue),
                ]),
            spec: AgentRunSpec(
                repository: repository.name.description, repositoryID: repository.id, issue: work.issue,
                trigger: .init(
                    kind: work.kind.rawValue, revise: true, actor: review.author.login, labelledAt: review.submittedAt,
                    correlationID: name, pullRequest: pull.number, reviewID: review.id)))
        try await tolerating(.alreadyExists) {
            _ = try await context.api.resource(AgentRun.self, namespace: context.configuration.namespace).create(run)
            context.logger.info("a lost review became a run", ["run": name, "review": "\(review.id)"])
        }
    }

    /// What is closed needs no memory.
    private func forget(all repository: Int64, but open: [PullRequest]) {
        let numbers = Set(open.map(\.number))
        seen.withLock { seen in
            seen = seen.filter { $0.key.repository != repository || numbers.contains($0.key.number) }
        }
    }
}
