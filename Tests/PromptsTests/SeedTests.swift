// SPDX-License-Identifier: MIT
import AgentAPI
import Prompts
import StandInLanguage
import Testing

/// What every built-in template has to be, whatever it says.
@Suite struct SeedTests {
    @Test func everyAgentOfTheCatalogueHasItsOwn() {
        #expect(BuiltInTemplates.agents == AgentDefinition.defaults.map(\.key).sorted())
        var bodies: Set<String> = []
        for agent in BuiltInTemplates.agents {
            for kind in PromptKind.allCases {
                for locale in PromptLocale.allCases {
                    bodies.insert(BuiltInTemplates.template(agent: agent, kind: kind, locale: locale).body)
                }
            }
        }
        #expect(bodies.count == 32)
        let general = BuiltInTemplates.template(agent: "helper", kind: .work, locale: .en)
        #expect(!bodies.contains(general.body))
    }

    @Test(arguments: GoldenTests.cases)
    func theTextIsInItsLanguageAndNamesItsTask(_ golden: GoldenTests.Case) {
        let body = golden.input.template.body
        let letters = body.unicodeScalars.filter(\.properties.isAlphabetic)
        let cyrillic = letters.count { (0x400...0x4FF).contains($0.value) }
        // Names of files, branches and placeholders stay as they are in either language.
        #expect(golden.locale == .ru ? cyrillic * 10 > letters.count * 7 : cyrillic == 0)
        #expect(body.contains(golden.kind == .work || golden.agent == "helper" ? "{{" : "{{pull_request}}"))
        #expect(golden.kind == .revise || body.contains("{{issue}}"))
        #expect(body.utf8.count > 600 && body.utf8.count < 16_000)
        #expect(!body.contains("\t") && body.hasSuffix("\n") && !body.hasSuffix("\n\n"))
    }

    /// The stand-ins for an agent and for a model do what such a line says, wherever in the prompt it stands.
    @Test(arguments: GoldenTests.cases)
    func noLineOfOursIsAnInstructionForStandIns(_ golden: GoldenTests.Case) {
        #expect(Instruction.all(in: PromptRenderer.render(golden.input)) == [])
    }
}
