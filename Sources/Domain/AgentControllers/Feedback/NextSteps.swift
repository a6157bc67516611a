// SPDX-License-Identifier: MIT
import AgentAPI

/// The labels that make sense after a run has ended, most likely first: pure. They are suggestions; people set them.
struct NextSteps: Equatable {
    /// What a person would do with the result, which decides the words around the labels.
    enum Occasion: Equatable {
        /// There is a pull request to review.
        case review
        /// The agent was to talk, and did.
        case talked
        /// There is nothing new.
        case unchanged
        /// The run failed; another attempt goes on from what is there.
        case failed
        /// Somebody ended the run.
        case cancelled
    }

    var occasion: Occasion
    /// Has the same work go on: `run:KIND:revise` where there is a pull request, else `run:KIND`.
    var again: String?
    /// Begins the next stage; after a discussion, the label that keeps it one.
    var next: String?

    /// - Returns: `nil` where there is nothing to suggest: the run goes on, or its refusal says itself what to do.
    static func after(
        kind: TriggerKind, revise: Bool, phase: RunPhase, hasPullRequest: Bool, isDiscussion: Bool = false,
        labels: LabelCatalogue
    ) -> NextSteps? {
        let same = labels.label(kind: kind, revise: revise) ?? labels.label(kind: kind, revise: false)
        switch phase {
        case .succeeded where isDiscussion: return NextSteps(occasion: .talked, again: same, next: labels.discussion)
        case .succeeded where hasPullRequest:
            return NextSteps(
                occasion: .review, again: kind.allowsRevise ? labels.label(kind: kind, revise: true) : nil,
                next: nextStage(after: kind).flatMap { labels.label(kind: $0, revise: false) })
        case .succeeded:
            return NextSteps(
                occasion: .unchanged, again: same,
                next: nextStage(after: kind).flatMap { labels.label(kind: $0, revise: false) })
        case .failed: return NextSteps(occasion: .failed, again: same, next: nil)
        case .cancelled: return NextSteps(occasion: .cancelled, again: same, next: nil)
        default: return nil
        }
    }

    /// What usually follows a kind of work; `nil` where nothing does.
    static func nextStage(after kind: TriggerKind) -> TriggerKind? {
        switch kind {
        case .intake: .vision
        case .vision: .prd
        case .prd: .arch
        case .arch: .design
        case .design: .plan
        case .plan, .rethink, .docAudit: .dev
        case .dev: .qa
        case .qa: .release
        case .release: .postdeploy
        case .postdeploy: .ops
        case .ops, .selfImprove: nil
        }
    }
}
