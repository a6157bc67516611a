// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import RunPolicy
import SourceProvider

/// What a run is to work on: a kind of work and, where it goes on with one, a pull request.
struct RunSubject: Equatable {
    var kind: TriggerKind
    /// What decided the kind, where a review left it open.
    var kindSource: StageResolution.Level?
    var revise: Bool
    /// The open pull request that is revised.
    var pullRequest: PullRequest?
    var branch: String
}

extension AdmissionPlan {
    /// A review counts once, and as long as it asks for changes.
    static func checkReview(_ input: AdmissionInput) throws(Refusal) {
        let trigger = input.run.spec.trigger
        guard let id = trigger.reviewID else { return }
        if let other = input.reviewAnsweredBy {
            throw .reject(.duplicate, "run \(other) answers this review already", notice: .silent)
        }
        guard let review = input.review else {
            throw .reject(
                .pullRequestNotFound, "pull request \(trigger.pullRequest ?? 0) has no review \(id)",
                event: .runRevisePRNotFound)
        }
        guard review.asksForChanges else {
            throw .cancel("the review does not ask for changes any more (\(review.state))")
        }
    }

    /// What the run works on. A new run has the branch of its kind; a revision has the branch of its pull request.
    static func subject(
        _ input: AdmissionInput, _ asked: TriggerKind, _ issue: SourceIssue
    ) throws(Refusal) -> RunSubject {
        let trigger = input.run.spec.trigger
        guard trigger.revise ?? false else {
            return RunSubject(kind: asked, revise: false, branch: asked.branch(issue: issue.number))
        }
        if trigger.reviewID != nil { return try reviewedSubject(input, issue) }
        guard asked.allowsRevise else {
            throw .reject(.notAllowed, "a run of kind \(asked.rawValue) cannot be revised")
        }
        let branch = asked.branch(issue: issue.number)
        guard let found = trigger.pullRequest == nil ? input.openPullRequest : input.namedPullRequest else {
            let what =
                trigger.pullRequest.map { "there is no pull request \($0)" }
                ?? "there is no open pull request from \(branch)"
            throw pullRequestNotFound("\(what); set \(label(input, asked, revise: false)) to make one")
        }
        try checkOurs(found, input)
        guard found.headBranch == branch else {
            throw pullRequestNotFound("pull request \(found.number) comes from \(found.headBranch), not from \(branch)")
        }
        return RunSubject(kind: asked, revise: true, pullRequest: found, branch: branch)
    }

    /// A review says that something is to be changed, not by which kind of run: that is looked up, and where it cannot
    /// be told, people are asked.
    private static func reviewedSubject(
        _ input: AdmissionInput, _ issue: SourceIssue
    ) throws(Refusal) -> RunSubject {
        guard let pullRequest = input.namedPullRequest else {
            throw pullRequestNotFound("there is no pull request \(input.run.spec.trigger.pullRequest ?? 0)")
        }
        try checkOurs(pullRequest, input)
        guard TriggerKind.owning(branch: pullRequest.headBranch, issue: issue.number) != nil else {
            throw pullRequestNotFound(
                """
                pull request \(pullRequest.number) comes from \(pullRequest.headBranch), which is no branch of \
                issue \(issue.number)
                """)
        }
        let catalogue = input.configuration.labels
        let lastRun = input.history.first { $0.pullRequest == pullRequest.number }
        let candidates: StageResolution.Candidates = [
            .pullRequestLabel: catalogue.stages(in: pullRequest.labels),
            .issueLabel: catalogue.stages(in: issue.labels),
            .lastRun: (lastRun.flatMap { TriggerKind(rawValue: $0.kind) }).map { [$0] } ?? [],
            .audit: (input.lastStage.flatMap { TriggerKind(rawValue: $0) }).map { [$0] } ?? [],
        ]
        switch StageResolution.resolve(candidates) {
        case .resolved(let kind, let level):
            guard kind.allowsRevise else {
                throw .reject(
                    .notAllowed,
                    """
                    pull request \(pullRequest.number) is of run:\(kind.rawValue), which has no revision; set \
                    \(label(input, kind, revise: false)) to run it anew
                    """)
            }
            return RunSubject(
                kind: kind, kindSource: level, revise: true, pullRequest: pullRequest, branch: pullRequest.headBranch)
        case .ambiguous(let kinds, let level):
            let place = level == .pullRequestLabel ? "pull request \(pullRequest.number)" : "issue \(issue.number)"
            let names = kinds.map(\.rawValue).joined(separator: ", ")
            throw ambiguous(
                """
                the labels of \(place) name several stages (\(names)), so it is not known which one is to be revised; \
                leave one of them there and submit the review again, or set the label of the stage, such as \
                \(label(input, kinds[0], revise: true)), on the issue
                """,
                ["level": .string(level.rawValue), "candidates": .array(kinds.map { .string($0.rawValue) })])
        case .unknown:
            throw ambiguous(
                """
                nothing says which stage pull request \(pullRequest.number) belongs to; set the label of the stage, \
                such as \(label(input, .dev, revise: true)), on the issue
                """,
                ["candidates": []])
        }
    }

    /// Only an open pull request of ours, within one repository, is worked on.
    private static func checkOurs(_ found: PullRequest, _ input: AdmissionInput) throws(Refusal) {
        guard found.isOpen else { throw pullRequestNotFound("pull request \(found.number) is not open") }
        guard found.headRepositoryID == found.baseRepositoryID else {
            throw pullRequestNotFound("pull request \(found.number) comes from another repository")
        }
        guard found.author.id == input.identity.id else {
            throw pullRequestNotFound("pull request \(found.number) was not opened by \(input.identity.login)")
        }
    }

    private static func pullRequestNotFound(_ message: String) -> Refusal {
        .reject(.pullRequestNotFound, message, event: .runRevisePRNotFound)
    }

    private static func ambiguous(_ message: String, _ particulars: JSONObject) -> Refusal {
        .reject(.stageAmbiguous, message, needsInput: true, event: .runReviseStageAmbiguous, particulars)
    }

    private static func label(_ input: AdmissionInput, _ kind: TriggerKind, revise: Bool) -> String {
        input.configuration.labels.label(kind: kind, revise: revise) ?? kind.rawValue
    }
}
