// SPDX-License-Identifier: MIT
import Cryptography
import Prompts
import SystemCalls
import Testing

/// Every built-in template, rendered from one fixed input, as it is kept in `Golden/`.
///
/// After a change of the texts that is meant:
///
///     CODEXK8S_RENEW_GOLDEN=1 swift test --filter GoldenTests
///
/// writes the files anew, and fails, so that nobody takes it for a test; look at the difference and commit it.
@Suite(.timeLimit(.minutes(1)))
struct GoldenTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var agent: String
        var kind: PromptKind
        var locale: PromptLocale
        var isDiscussion = false
        var testDescription: String { name }
        var input: PromptInput { Fixture.input(agent, kind, locale, discussion: isDiscussion) }
    }

    static let cases: [Case] = {
        var cases: [Case] = []
        for locale in PromptLocale.allCases {
            for kind in PromptKind.allCases {
                for agent in BuiltInTemplates.agents {
                    cases.append(Case(name: "\(agent)-\(kind).\(locale).md", agent: agent, kind: kind, locale: locale))
                }
                cases.append(Case(name: "general-\(kind).\(locale).md", agent: "helper", kind: kind, locale: locale))
            }
            cases.append(
                Case(
                    name: "discussion.\(locale).md", agent: "dev", kind: .work, locale: locale, isDiscussion: true))
        }
        return cases
    }()

    static let folder = Files.directory(of: #filePath) + "/Golden"
    static let renews = ProcessIdentity.environment["CODEXK8S_RENEW_GOLDEN"] == "1"

    @Test(arguments: cases)
    func theTextIsWhatWasAgreed(_ golden: Case) throws {
        let path = "\(Self.folder)/\(golden.name)"
        let text = PromptRenderer.render(golden.input)
        if Self.renews {
            try Files.writeAtomically(path, Array(text.utf8), durable: false)
            Issue.record("\(golden.name) was written anew; run again without CODEXK8S_RENEW_GOLDEN")
            return
        }
        let kept = try Files.readText(path)
        let (want, got) = (kept.split(separator: "\n", omittingEmptySubsequences: false), text.split(
            separator: "\n", omittingEmptySubsequences: false))
        let difference = zip(want, got).enumerated().first { $0.element.0 != $0.element.1 }
        #expect(
            kept == text,
            """
            \(golden.name) differs\(difference.map { " in line \($0.offset + 1): \"\($0.element.1)\"" } ?? ""); \
            if that is meant, see the comment of GoldenTests
            """)
    }

    @Test func theFolderHoldsNothingElse() throws {
        let files = Set(try Files.list(Self.folder))
        #expect(files == Set(Self.cases.map(\.name)))
        // Eight agents, work and revise, two languages; the general one; discussion.
        #expect(files.count == 8 * 2 * 2 + 2 * 2 + 2)
    }

    @Test func theVersionIsThatOfTheTexts() {
        var digest = SHA256.Incremental()
        for agent in BuiltInTemplates.agents + ["helper"] {
            for kind in PromptKind.allCases {
                for locale in PromptLocale.allCases {
                    let template = BuiltInTemplates.template(agent: agent, kind: kind, locale: locale)
                    digest.update(template.hash.utf8)
                }
            }
        }
        #expect(
            "\(BuiltInTemplates.version) \(Hex.encode(digest.finish().prefix(8).map(\.self)))" == "1 02b22c619963772f",
            "built-in templates changed: renew this, and raise BuiltInTemplates.version where they were released")
    }
}
