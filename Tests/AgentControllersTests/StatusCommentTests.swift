// SPDX-License-Identifier: MIT
import AgentAPI
import Foundation
import JSONCoding
import KubernetesAPI
import Testing

@testable import AgentControllers

@Suite struct StatusCommentTests {
    static let english = StatusComment(text: .english, labels: .default)

    static func run(_ phase: RunPhase, name: String = "shop-42", change: (inout AgentRunStatus) -> Void = { _ in }) -> AgentRun {
        var run = AdmissionPlanTests.run(uid: name, name: name, phase: phase)
        if var status = run.status {
            change(&status)
            run.status = status
        }
        return run
    }

    /// Everything that a run may say.
    static func full(_ phase: RunPhase = .waiting) -> AgentRun {
        run(phase) { status in
            status.attempt = 2
            status.effective?.model = .init(value: "gpt-5", source: "issue-label")
            status.effective?.reasoningEffort = .init(value: "high", source: "system-default")
            status.session = .init(id: "0193-ab", resumed: true, savedBytes: 12_345, message: "not saved: #7 is too large")
            status.progress = .init(line: "asks @ada about #3", heartbeatTime: at(1000))
            status.wait = .init(
                state: "WaitingRateLimit", reason: "429 <slow>", since: at(1_795_381_200), remaining: 10, until: at(1_795_384_800))
            status.usage = .init(inputTokens: 1200, cachedInputTokens: 1000, outputTokens: 34, reasoningTokens: 5)
            status.pullRequest = .init(number: 7, url: "u", headSHA: nil)
            status.conditions = [Condition(type: "Ready", status: .false, reason: "r", message: "pushed by @ada")]
        }
    }

    func body(_ runs: [AgentRun], _ comment: StatusComment = english) throws -> String {
        try #require(comment.body(repositoryID: 1, issue: 42, runs: runs))
    }

    @Test func `runs are shown in order, and those that say nothing are not`() throws {
        let first = AdmissionPlanTests.run(uid: "a", name: "first", phase: .succeeded, created: 1)
        let second = AdmissionPlanTests.run(uid: "b", name: "second", phase: .running, created: 2)
        var duplicate = AdmissionPlanTests.run(uid: "c", name: "third", phase: .rejected, created: 3)
        duplicate.status?.conditions = [Condition(type: "Accepted", status: .false, reason: "Duplicate")]
        let body = try body([second, duplicate, first])
        #expect(body.hasPrefix(StatusComment.marker(repositoryID: 1, issue: 42)))
        let one = try #require(body.range(of: "`first`"))
        let two = try #require(body.range(of: "`second`"))
        #expect(one.lowerBound < two.lowerBound)
        #expect(!body.contains("third"))
        #expect(Self.english.body(repositoryID: 1, issue: 42, runs: [duplicate]) == nil)
    }

    @Test func `a section says who works, with what, and how far it is`() throws {
        let text = try body([Self.full()])
        let expected = """
            ### `run:dev` — waiting

            > asks @\u{200B}ada about #\u{200B}3

            - run `shop-42`, attempt 2
            - agent `dev`
            - model `gpt-5` (issue-label)
            - reasoning `high` (system-default)
            - session `0193-ab`, resumed, saved: 12 kB, not saved: #\u{200B}7 is too large
            - waits for room below a rate limit: 429 &lt;slow>, since 2026-11-22 21:00 UTC, until 2026-11-22 22:00 UTC
            - tokens: 1200 read (1000 cached), 34 written (5 for reasoning)
            - pull request #7
            """
        #expect(text == StatusComment.marker(repositoryID: 1, issue: 42) + "\n" + expected)
    }

    @Test func `a run that is deleted is shown as cancelled, one that had ended as what it was`() throws {
        for (phase, headline) in [(RunPhase.running, "cancelled"), (.queued, "cancelled"), (.succeeded, "done")] {
            var run = Self.run(phase) { $0.stopping = .init(reason: "Cancelled", message: "the AgentRun was deleted", since: at(1)) }
            run.metadata.deletionTimestamp = at(1)
            #expect(try body([run]).contains("### `run:dev` — \(headline)\n"))
        }
    }

    @Test func `the same in Russian`() throws {
        let text = try body([Self.full()], StatusComment(text: .of(locale: "ru"), labels: .default))
        for words in ["— ожидание", "модель `gpt-5` (issue-label)", "сессия `0193-ab`, продолжена", "до 2026-11-22 22:00 UTC"] {
            #expect(text.contains(words), "\(words)")
        }
        #expect(FeedbackText.of(locale: "xx").run == "run")
        for phase in RunPhase.allCases {
            #expect(FeedbackText.english.phases[phase] != nil && FeedbackText.russian.phases[phase] != nil, "\(phase)")
        }
        for state in WaitState.allCases {
            #expect(FeedbackText.english.waitStates[state] != nil && FeedbackText.russian.waitStates[state] != nil)
        }
    }

    @Test func `what went wrong is said, inert, and what is said otherwise is not said twice`() throws {
        #expect(try body([Self.full(.failed)]).contains("pushed by @\u{200B}ada"))
        #expect(try !body([Self.full(.failed)]).contains("asks"))
        #expect(try !body([Self.full(.running)]).contains("pushed by"))
        var stopping = Self.full(.running)
        stopping.status?.stopping = .init(reason: "Cancelled", message: nil, since: at(1))
        #expect(try body([stopping]).contains("— ending its pod"))
        #expect(try body([stopping]).contains("pushed by"))
    }

    @Test func `the outline changes only where there is something to hurry for`() throws {
        let outline = StatusComment(text: .english, labels: .default, isOutline: true)
        var later = Self.full()
        later.status?.progress?.line = "reads"
        later.status?.usage?.inputTokens = 9999
        later.status?.session?.savedBytes = 1
        #expect(try body([Self.full()]) != body([later]))
        #expect(try body([Self.full()], outline) == body([later], outline))
        later.status?.wait = nil
        #expect(try body([Self.full()], outline) != body([later], outline))
    }

    @Test(arguments: [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1500, "2 kB"), (64 << 20, "67 MB")])
    func `sizes are short`(bytes: Int, text: String) { #expect(StatusComment.size(bytes) == text) }
}

@Suite struct NextStepsTests {
    struct Row: Sendable {
        var kind: TriggerKind
        var revise = false
        var phase: RunPhase
        var hasPullRequest = false
        var isDiscussion = false
        var steps: NextSteps?
    }

    @Test(arguments: [
        Row(
            kind: .dev, phase: .succeeded, hasPullRequest: true,
            steps: .init(occasion: .review, again: "run:dev:revise", next: "run:qa")),
        Row(
            kind: .dev, revise: true, phase: .succeeded, hasPullRequest: true,
            steps: .init(occasion: .review, again: "run:dev:revise", next: "run:qa")),
        Row(
            kind: .prd, phase: .succeeded, hasPullRequest: true,
            steps: .init(occasion: .review, again: "run:prd:revise", next: "run:arch")),
        Row(
            kind: .qa, phase: .succeeded, hasPullRequest: true,
            steps: .init(occasion: .review, again: nil, next: "run:release")),
        Row(kind: .dev, phase: .succeeded, steps: .init(occasion: .unchanged, again: "run:dev", next: "run:qa")),
        Row(
            kind: .dev, revise: true, phase: .succeeded, hasPullRequest: true, isDiscussion: true,
            steps: .init(occasion: .talked, again: "run:dev:revise", next: "mode:discussion")),
        Row(
            kind: .dev, revise: true, phase: .failed, hasPullRequest: true,
            steps: .init(occasion: .failed, again: "run:dev:revise", next: nil)),
        Row(kind: .ops, phase: .cancelled, steps: .init(occasion: .cancelled, again: "run:ops", next: nil)),
        Row(kind: .dev, phase: .rejected, steps: nil), Row(kind: .dev, phase: .running, steps: nil),
    ])
    func `the next labels follow from kind and end`(row: Row) {
        let steps = NextSteps.after(
            kind: row.kind, revise: row.revise, phase: row.phase, hasPullRequest: row.hasPullRequest,
            isDiscussion: row.isDiscussion, labels: .default)
        #expect(steps == row.steps)
    }

    @Test func `every stage leads to an end`() {
        for kind in TriggerKind.allCases {
            var stage: TriggerKind? = kind
            var steps = 0
            while let current = stage, steps < 20 {
                stage = NextSteps.nextStage(after: current)
                steps += 1
            }
            #expect(stage == nil, "\(kind)")
        }
    }

    @Test func `a catalogue of other names is suggested by its names`() {
        var labels = LabelCatalogue.default
        labels.triggers = ["go": "dev", "again": "dev:revise"]
        let steps = NextSteps.after(kind: .dev, revise: false, phase: .succeeded, hasPullRequest: true, labels: labels)
        #expect(steps == NextSteps(occasion: .review, again: "again", next: nil))
        #expect(
            steps.flatMap { FeedbackText.english.sentence($0) }
                == "Review the pull request and comment what should be different; then set `again`.")
        #expect(FeedbackText.russian.sentence(.init(occasion: .review, again: nil, next: "run:qa")) == "Если всё как надо, поставьте `run:qa`.")
    }
}
