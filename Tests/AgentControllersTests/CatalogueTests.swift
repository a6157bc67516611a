// SPDX-License-Identifier: MIT
import AgentAPI
import KubernetesAPI
import RunPolicy
import SourceProvider
import Testing

@testable import AgentControllers

/// Every kind of the catalogue, with and without `:revise`, through admission and publication: the table of
/// `docs/labels.md`.
@Suite struct CatalogueTests {
    /// What is the kind's own: the agent and its mode, the branch of issue 42, what its pull request says of the issue,
    /// and what it may write.
    struct Row: Sendable, CustomTestStringConvertible {
        var kind: TriggerKind
        var agent: String
        var mode: AgentMode
        var revise: Bool
        var branch: String
        var reference: String
        var allowed: [String]
        var refused: [String]

        var testDescription: String { kind.rawValue }
    }

    private static func markdown(
        _ kind: TriggerKind, _ agent: String, _ mode: AgentMode, revise: Bool, branch: String
    ) -> Row {
        Row(
            kind: kind, agent: agent, mode: mode, revise: revise, branch: branch, reference: "Refs",
            allowed: ["README.md", "docs/deep/NOTES.MD"],
            refused: ["src/main.swift", "prompts/dev/work.en.txt", ".github/workflows/ci.yml", "x.md:100755", "x.md:120000"])
    }

    static let rows: [Row] = [
        markdown(.intake, "pm", .codeOnly, revise: true, branch: "codex/issue-42-intake"),
        markdown(.vision, "pm", .codeOnly, revise: true, branch: "codex/issue-42-vision"),
        markdown(.prd, "pm", .codeOnly, revise: true, branch: "codex/issue-42-prd"),
        markdown(.arch, "sa", .fullEnv, revise: true, branch: "codex/issue-42-arch"),
        markdown(.design, "sa", .fullEnv, revise: true, branch: "codex/issue-42-design"),
        markdown(.plan, "em", .fullEnv, revise: true, branch: "codex/issue-42-plan"),
        Row(
            kind: .dev, agent: "dev", mode: .fullEnv, revise: true, branch: "codex/issue-42", reference: "Closes",
            allowed: ["src/main.swift", "README.md", "run.sh:100755", "link:120000", ".github/dependabot.yml"],
            refused: [".github/workflows/ci.yml", ".github/actions/a/action.yml", "lib:160000"]),
        markdown(.docAudit, "km", .codeOnly, revise: false, branch: "codex/issue-42-doc-audit"),
        markdown(.qa, "qa", .fullEnv, revise: false, branch: "codex/issue-42-qa"),
        markdown(.release, "sre", .fullEnv, revise: false, branch: "codex/issue-42-release"),
        markdown(.postdeploy, "sre", .fullEnv, revise: false, branch: "codex/issue-42-postdeploy"),
        markdown(.ops, "sre", .fullEnv, revise: false, branch: "codex/issue-42-ops"),
        Row(
            kind: .selfImprove, agent: "km", mode: .codeOnly, revise: false, branch: "codex/issue-42-self-improve",
            reference: "Refs", allowed: ["prompts/dev/work.en.md", "prompts/km/revise.ru.txt", "AGENTS.md"],
            refused: ["src/main.swift", "prompts/run.sh:100755", ".github/workflows/ci.yml", "lib/prompts/x.txt"]),
        markdown(.rethink, "em", .fullEnv, revise: false, branch: "codex/issue-42-rethink"),
    ]

    @Test func everyKindIsInTheTable() { #expect(Self.rows.map(\.kind) == TriggerKind.allCases) }

    @Test(arguments: rows) func theLabelStartsIt(row: Row) throws {
        let label = "run:\(row.kind.rawValue)"
        #expect(LabelCatalogue.default.trigger(for: label) == .init(label: label, kind: row.kind, revise: false))
        let input = try AdmissionPlanTests.input(
            run: AdmissionPlanTests.run(label: label, kind: row.kind.rawValue), labels: [label],
            events: [AdmissionPlanTests.event(10, label)])
        guard case .admit(let admitted) = AdmissionPlan.decide(input) else {
            Issue.record("not admitted")
            return
        }
        #expect(admitted.agent.key == row.agent && admitted.mode == row.mode && admitted.branch == row.branch)
        #expect(!admitted.revise && !admitted.discussion && admitted.kindSource == nil)
    }

    @Test(arguments: rows) func theReviseLabelIsThereOrNot(row: Row) throws {
        let label = "run:\(row.kind.rawValue):revise"
        #expect((LabelCatalogue.default.trigger(for: label) != nil) == row.revise)
        let input = try AdmissionPlanTests.input(
            run: AdmissionPlanTests.run(label: label, kind: row.kind.rawValue, revise: true), labels: [label],
            events: [AdmissionPlanTests.event(10, label)], open: AdmissionPlanTests.pullRequest(head: row.branch))
        switch AdmissionPlan.decide(input) {
        case .admit(let admitted):
            #expect(row.revise && admitted.revise && admitted.branch == row.branch && admitted.pullRequest?.number == 5)
        case .reject(let rejection): #expect(!row.revise && rejection.reason == .notAllowed)
        case let other: Issue.record("\(other)")
        }
        #expect(LabelCatalogue.default.stages(in: ["run:\(row.kind.rawValue)", label]) == (row.revise ? [row.kind] : []))
    }

    @Test(arguments: rows) func publicationHoldsItToItsScope(row: Row) {
        for (paths, isAllowed) in [(row.allowed, true), (row.refused, false)] {
            for path in paths {
                let plan = PublicationPlan.decide(
                    PublicationPlanTests.input(
                        kind: row.kind, agent: row.agent, after: PublicationPlanTests.tree(["a", path])))
                #expect((plan == .create) == isAllowed, "\(path): \(plan)")
            }
        }
    }

    @Test(arguments: rows) func textsSayWhatItIs(row: Row) {
        let issue = SourceIssue(
            number: 42, title: "Add a file", body: "", isOpen: true, labels: [], author: AdmissionPlanTests.person, url: "")
        let input = PullRequestText.Input(issue: issue, kind: row.kind, runs: [])
        #expect(PullRequestText.body(input).hasPrefix("\(row.reference) #42\n"))
        #expect(PullRequestText.title(input).hasSuffix("Add a file (#42)"))
        #expect(TriggerKind.owning(branch: row.branch, issue: 42) == row.kind)
        #expect(TriggerKind.owning(branch: row.branch, issue: 4) == nil)
    }

    /// A review may ask another kind to revise a pull request: what the pull request says of the issue stays.
    @Test func thePullRequestKeepsItsKind() throws {
        let dev = try #require(AgentDefinition.defaults.first { $0.key == "dev" })
        let settings = AdmittedSettings(
            kind: .dev, revise: true, agent: dev, mode: .codeOnly, image: "i", model: nil, reasoningEffort: nil,
            branch: "codex/issue-42-arch", timeout: .seconds(1))
        #expect(settings.publishedKind(issue: 42) == .arch)
    }

    @Test(arguments: [
        ("Add a file\nwith lines", "Add a file with lines"), ("  v2:  faster\tstart ", "v2: faster start"),
        ("\u{201C}Quoted\u{201D} \u{2014} and dashed", "\u{201C}Quoted\u{201D} \u{2014} and dashed"),
        ("closes #7, GH-8 and acme/other#9", "closes 7, GH 8 and acme/other9"), ("C# and F#", "C# and F#"),
        ("@octo: mail a@b.c", "octo: mail a@b.c"), ("fixes https://x.y/a/b/issues/7", "fixes https://x.y/a/b/issues 7"),
        ("see /pull/9 of a-1", "see /pull 9 of a-1"), ("fix ##7, #@7, @@octo", "fix 7, 7, octo"),
        ("Добавить файл", nil), ("Fix кириллица in path", nil), ("修复", nil), ("café", nil), ("12 !?", nil), ("", nil),
    ] as [(String, String?)])
    func onlyWhatMayBeEnglishIsPassedOn(title: String, english: String?) {
        #expect(EnglishLine.of(title) == english)
        for kind in TriggerKind.allCases {
            let text = WorkTitle.pullRequest(issue: 42, title: title, kind: kind)
            #expect(text.hasSuffix(" (#42)") && !text.contains("\n"))
            let foreign = text.contains { $0.isLetter && !$0.isASCII }
            #expect(!foreign)
        }
        for revise in [false, true] {
            let subject = WorkTitle.commitSubject(issue: 42, title: title, revise: revise)
            let foreign = subject.contains { $0.isLetter && !$0.isASCII }
            #expect(subject.hasSuffix(" (#42)") && !foreign)
        }
    }

    @Test func longTitlesAreCutNotTheirReference() {
        let long = String(repeating: "word ", count: 100)
        for kind in TriggerKind.allCases {
            let title = WorkTitle.pullRequest(issue: 1_234_567, title: long, kind: kind)
            #expect(title.count == 256 && title.hasSuffix("… (#1234567)"))
        }
        let subject = WorkTitle.commitSubject(issue: 1_234_567, title: long, revise: true)
        #expect(subject.count == 72 && subject.hasSuffix("… (#1234567)"))
    }

    @Test(arguments: [
        ("hi @all", "@all"), ("closes #7", "#7"), ("fixes gh-7", "gh-7"), ("Closes GH-7", "GH-7"),
        ("closes acme/other#7", "#7"), ("closes https://github.com/a/b/issues/7", "issues/7"),
        ("see https://github.com/a/b/pull/9", "pull/9"), ("<!-- hidden --> <b>", "<"),
    ])
    func whatTheHostWouldActOnIsInert(text: String, acting: String) {
        #expect(!InertText.make(text).contains(acting))
        // Read aloud it is the same text.
        let visible = String(InertText.make(text).filter { $0 != "\u{200B}" })
        #expect(visible == text.split(separator: "<", omittingEmptySubsequences: false).joined(separator: "&lt;"))
    }

    @Test func ordinaryMarkdownStaysAsItIs() {
        let text = "# Result\n\n- a-1, x/2, high-7, issues/none\n1. done"
        #expect(InertText.make(text) == text)
        #expect(InertText.quote("one\n\ntwo", lines: 2) == "> one\n> ")
    }

    @Test func talkIsFoundAgainByRunAndAttempt() {
        let talk = TalkComment.Talk(runUID: "u", runName: "r", attempt: 2, agent: "dev", words: "ask @octo\n<!-- x -->")
        let body = TalkComment.body(talk)
        #expect(body == TalkComment.body(talk) && body.hasPrefix(TalkComment.marker(runUID: "u", attempt: 2)))
        #expect(!body.contains(TalkComment.marker(runUID: "u", attempt: 1)))
        #expect(!body.contains("@octo") && !body.contains("<!-- x"))
        let superseded = TalkComment.superseded(runUID: "u", runName: "r", kind: "rethink", by: 9)
        #expect(superseded.contains("`r`") && superseded.contains("#9"))
        #expect(superseded.hasPrefix(TalkComment.supersededMarker(runUID: "u")))
    }
}
