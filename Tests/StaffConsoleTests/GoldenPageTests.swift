// SPDX-License-Identifier: MIT
import AgentAPI
import HTTPTypes
import JSONCoding
import KubernetesClient
import SystemCalls
import Testing

@testable import StaffConsole

/// Every page from one fixed input, as it is kept in `Golden/`.
///
/// After a change of the pages that is meant:
///
///     CODEXK8S_RENEW_GOLDEN=1 swift test --filter GoldenPageTests
///
/// writes the files anew, and fails, so that nobody takes it for a test; look at the difference and commit it.
@Suite(.timeLimit(.minutes(1))) struct GoldenPageTests {
    static let folder = Files.directory(of: #filePath) + "/Golden"
    static let renews = ProcessIdentity.environment["CODEXK8S_RENEW_GOLDEN"] == "1"

    static func pages() throws -> [(name: String, page: Page)] {
        let facts = Timeline.facts(
            [
                Sample.fact(1, "webhook.received", ["delivery": "d-1", "size": 12]),
                Sample.fact(
                    2, "run.agent.status_reported", ["line": "<b>bold</b>", "list": ["a", ["x": 1]], "none": .null]),
            ], next: 2)
        func runPage(_ json: JSONValue, _ timeline: Timeline, after: Int64 = 0) throws -> Page {
            RunPage(run: try Sample.run(json), timeline: timeline, after: after).page
        }
        var filter = RunFilter()
        filter.phase = .running
        filter.namespace = "codex-k8s"
        let table = try #require(
            RunTable(
                Sample.table(
                    [
                        ("codex-k8s", "run-42-abc", "2026-11-23T09:00:00Z", "Running"),
                        ("codex-k8s", "run-41-abc", "2026-11-22T09:00:00Z", "Running"),
                    ], continue: "mark/of+the=next")))
        let forbidden = ConsoleProblem(
            .init(
                reason: .forbidden, status: 403,
                message: "agentruns.codex-k8s.dev is forbidden: User \"jane\" cannot list resource \"agentruns\""),
            about: "the runs in all namespaces")
        let away = ConsoleProblem(.init(reason: .transport, message: "refused"), about: "the run a/b")
        return [
            ("run-working.html", try runPage(Sample.working, facts)),
            ("run-waiting.html", try runPage(Sample.waiting, .away)),
            (
                "run-ended.html",
                try runPage(Sample.ended, .facts([Sample.fact(9, "run.succeeded")], next: nil), after: 8)
            ),
            ("run-fresh.html", try runPage(Sample.fresh, .facts([], next: nil))),
            ("runs.html", RunListPage(filter: filter, table: table).page),
            ("runs-none.html", RunListPage(filter: RunFilter(), table: RunTable()).page),
            ("sign-in.html", SignInPage(words: ["The token has expired."], next: ConsoleRoute.place("/runs/a/b")).page),
            ("forbidden.html", ProblemPage(problem: forbidden, isSignedIn: true, refused: RunFilter()).page),
            ("away.html", ProblemPage(problem: away, isSignedIn: true).page),
            ("threshold.html", ThresholdPage(next: .runs).page),
        ]
    }

    @Test func thePagesAreWhatWasAgreed() throws {
        let pages = try Self.pages()
        for (name, page) in pages {
            let (path, text) = ("\(Self.folder)/\(name)", page.html.markup)
            if Self.renews {
                try Files.writeAtomically(path, Array(text.utf8), durable: false)
                Issue.record("\(name) was written anew; run again without CODEXK8S_RENEW_GOLDEN")
                continue
            }
            let (want, got) = (
                try Files.readText(path).split(separator: "\n", omittingEmptySubsequences: false),
                text.split(separator: "\n", omittingEmptySubsequences: false)
            )
            let line = zip(want, got).enumerated().first { $0.element.0 != $0.element.1 }
            let isSame = want == got
            #expect(
                isSame,
                """
                \(name) differs\(line.map { " in line \($0.offset + 1): \"\($0.element.1)\"" } ?? " in length"); \
                if that is meant, see the comment of GoldenPageTests
                """)
        }
        #expect(Set(try Files.list(Self.folder)) == Set(pages.map(\.name)))
    }

    /// What the pages promise beside their words.
    @Test func thePagesNeedNoScriptAndTellTheirLanguage() throws {
        for (name, page) in try Self.pages() {
            let text = page.html.markup
            let isPlain = !text.contains("<script") && !text.contains(" style=") && !text.contains("javascript:")
            #expect(isPlain, "\(name)")
            let isWhole = text.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">") && text.hasSuffix("</html>\n")
            #expect(isWhole, "\(name)")
            #expect(text.components(of: "<h1>") == 1, "\(name)")
            #expect(text.components(of: "<table>") == text.components(of: "<caption>"), "\(name)")
            #expect(
                text.components(of: "<input id=") == text.components(of: "<label for=")
                    - text.components(of: "<select"), "\(name)")
        }
        let refresh = try Self.pages().map { ($0.name, $0.page.refresh?.seconds) }
        let expected = [
            "run-working.html": 5, "run-waiting.html": 5, "run-fresh.html": 5, "away.html": 10, "threshold.html": 0,
        ]
        for (name, seconds) in refresh { #expect(seconds == expected[name], "\(name)") }
    }
}

extension String {
    /// How often a text is in this one.
    fileprivate func components(of text: String) -> Int {
        var (count, rest) = (0, self[...])
        while let found = rest.firstRange(of: text) {
            count += 1
            rest = rest[found.upperBound...]
        }
        return count
    }
}
