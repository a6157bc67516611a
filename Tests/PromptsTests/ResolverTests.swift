// SPDX-License-Identifier: MIT
import Prompts
import Testing

@Suite struct ResolverTests {
    @Test(
        arguments: [
            (nil, nil, [.en]), (nil, "en", [.en]), (nil, "ru", [.ru, .en]), ("ru", nil, [.ru, .en]),
            ("ru", "en", [.ru, .en]), ("en", "ru", [.en, .ru]), ("ru", "ru", [.ru, .en]), ("de", "ru", [.ru, .en]),
            ("en", "en", [.en]),
        ] as [(String?, String?, [PromptLocale])])
    func languagesGoFromTheRepositoryToEnglish(_ repository: String?, _ system: String?, _ chain: [PromptLocale]) {
        #expect(PromptLocale.chain(repository: repository, system: system) == chain)
    }

    /// Every set of what can be there for a repository in Russian: the first of the order that is there is chosen.
    @Test func theSourceDecidesBeforeTheLanguage() {
        let order = TemplateSource.allCases.filter { $0 != .builtIn }.flatMap { source in
            [PromptLocale.ru, .en].map { (source, $0) }
        }
        #expect(order.map { "\($0.0.rawValue).\($0.1)" } == [
            "repository-override.ru", "repository-override.en", "global-override.ru", "global-override.en",
            "repository-seed.ru", "repository-seed.en",
        ])
        for set in 0..<(1 << order.count) {
            let there = order.indices.filter { set & (1 << $0) != 0 }
            // The order in which they were found means nothing.
            let candidates = there.reversed().map {
                TemplateCandidate(source: order[$0].0, locale: order[$0].1, version: "\($0)", body: "body \($0)")
            }
            let chosen = TemplateResolver.choose(agent: "dev", kind: .work, locales: [.ru, .en], candidates: candidates)
            #expect(chosen.passedOver.isEmpty)
            if let first = there.first {
                #expect(chosen.source == order[first].0 && chosen.locale == order[first].1)
                #expect(chosen.version == "\(first)" && chosen.template.body == "body \(first)")
            } else {
                #expect(chosen.source == .builtIn && chosen.locale == .ru)
                #expect(chosen.version == BuiltInTemplates.version)
                #expect(chosen.template == BuiltInTemplates.template(agent: "dev", kind: .work, locale: .ru))
            }
        }
    }

    @Test func aLanguageThatNobodyAskedForIsNotChosen() {
        let russian = TemplateCandidate(source: .globalOverride, locale: .ru, version: "1", body: "текст")
        let chosen = TemplateResolver.choose(agent: "pm", kind: .revise, locales: [.en], candidates: [russian])
        #expect(chosen.source == .builtIn && chosen.locale == .en)
        #expect(chosen.template == BuiltInTemplates.template(agent: "pm", kind: .revise, locale: .en))
    }

    @Test func whatCannotBeUsedIsPassedOverWithItsReason() {
        let candidates = [
            TemplateCandidate(source: .repositorySeed, locale: .en, version: "abc", body: "{{nothing}}"),
            TemplateCandidate(source: .globalOverride, locale: .en, version: "4", body: "{{issue"),
            TemplateCandidate(
                source: .repositorySeed, locale: .ru, version: "abc", body: "", problem: "it is too large"),
        ]
        let chosen = TemplateResolver.choose(agent: "qa", kind: .work, locales: [.en], candidates: candidates)
        #expect(chosen.source == .builtIn)
        #expect(chosen.passedOver.map(\.source) == [.globalOverride, .repositorySeed])
        #expect(chosen.passedOver.map(\.version) == ["4", "abc"])
        #expect(chosen.passedOver[0].reason.contains("qa/work.en (global-override, version 4)"))
        #expect(chosen.passedOver[1].reason.contains("{{nothing}}"))
        let unread = TemplateResolver.choose(agent: "qa", kind: .work, locales: [.ru], candidates: candidates)
        #expect(
            unread.passedOver.map(\.reason) == ["template qa/work.ru (repository-seed, version abc): it is too large"])
        // The next one that can be used is, in whatever language of the chain.
        let next = TemplateResolver.choose(
            agent: "qa", kind: .work, locales: [.en, .ru],
            candidates: candidates.prefix(2) + [
                TemplateCandidate(source: .repositorySeed, locale: .ru, version: "abc", body: "Проверьте.")
            ])
        #expect(next.source == .repositorySeed && next.locale == .ru && next.passedOver.count == 2)
    }

    @Test func anAgentWithoutTemplatesGetsTheGeneralOne() {
        for locale in PromptLocale.allCases {
            let chosen = TemplateResolver.choose(agent: "helper", kind: .work, locales: [locale], candidates: [])
            #expect(chosen.source == .builtIn && chosen.template.body.contains("{{role}}"))
        }
        #expect(BuiltInTemplates.seedPath(agent: "dev", kind: .revise, locale: .ru) == "prompts/dev/revise.ru.md")
    }
}
