// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import Prompts
import SourceProvider
import Testing

@testable import AgentControllers

@Suite struct PromptAssemblyTests {
    private func assembly(_ change: (inout PromptAssembly) -> Void = { _ in }) throws -> PromptAssembly {
        let configuration = try OperatorConfiguration([
            "repositories": [["name": "acme/shop", "locale": "ru"], ["name": "acme/plain"]], "locale": "en",
        ])
        var assembly = PromptAssembly(
            run: AdmissionPlanTests.run(uid: "a", name: "first", phase: .preparing, created: 1),
            configuration: configuration, configured: configuration.repositories[0], kind: .dev, revise: false,
            isDiscussion: false, agent: try #require(configuration.agents["dev"]), mode: .fullEnv, model: "gpt-5",
            reasoningEffort: nil, timeLimit: .seconds(3600), branch: "codex/issue-42", baseBranch: "main",
            environment: "place-env", issue: TextTests.issue, pullRequest: nil, comments: [], candidates: [])
        change(&assembly)
        return assembly
    }

    @Test func theRepositoryDecidesTheLanguage() throws {
        let russian = try assembly().assemble()
        #expect(russian.text.hasPrefix("# Правила\n") && russian.template.locale == .ru)
        let english = try assembly { $0.configured = $0.configuration.repositories[1] }.assemble()
        #expect(english.text.hasPrefix("# Policy\n") && english.template.locale == .en)
        #expect(try assembly().assemble(locales: [.en]).text.hasPrefix("# Policy\n"))
    }

    @Test func whatIsStoredInEnglishStandsInARussianPrompt() throws {
        let prompt = try assembly {
            $0.candidates = [
                TemplateCandidate(source: .globalOverride, locale: .en, version: "4", body: "Do {{issue}}.")
            ]
        }.assemble()
        #expect(prompt.text.hasPrefix("# Правила\n") && prompt.text.contains("# Задание\n\nDo #42.\n"))
        let record = prompt.record
        #expect(record.template.source == "global-override" && record.template.version == "4")
        #expect(record.template.locale == "en" && record.template.hash.utf8.count == 64)
        #expect(record.bytes == prompt.text.utf8.count && record.passedOver.isEmpty)
    }

    @Test func theRecordIsWhatTheAnnotationSays() throws {
        let prompt = try assembly {
            $0.candidates = [TemplateCandidate(source: .repositorySeed, locale: .ru, version: "c1", body: "{{no}}")]
        }.assemble()
        let record = prompt.record
        #expect(record.passedOver.count == 1 && record.passedOver[0].contains("{{no}}"))
        #expect(PromptRecord(annotation: record.json.encodedString()) == record)
        #expect(!record.json.encodedString().contains("create A"), "nothing that people wrote is kept")
        for text in ["", "{}", "[]", "{\"source\":1}"] { #expect(PromptRecord(annotation: text) == nil) }
    }

    @Test func peopleAndPlacesAreCarriedOver() throws {
        let feedback = ReviewFeedback(
            id: 1, author: AdmissionPlanTests.person, body: "b", path: "src/x", line: 3,
            createdAt: .init(microseconds: 0))
        let login = AdmissionPlanTests.person.login
        #expect(PromptComment(feedback) == PromptComment(author: login, body: "b", place: "src/x:3"))
        var whole = feedback
        whole.path = nil
        #expect(PromptComment(whole).place == nil)
        let comment = IssueComment(
            id: 1, author: AdmissionPlanTests.person, body: "c", createdAt: .init(microseconds: 0))
        #expect(PromptComment(comment) == PromptComment(author: AdmissionPlanTests.person.login, body: "c"))
        let text = try assembly {
            $0.isDiscussion = true
            $0.comments = [PromptComment(comment)]
        }.assemble(locales: [.en]).text
        #expect(text.contains("This run is a discussion.") && text.contains("Comments on the issue, oldest first:"))
    }
}
