// SPDX-License-Identifier: MIT
import Cryptography
import Prompts
import Testing

@Suite struct TemplateTests {
    @Test func valuesTakeThePlaceOfPlaceholdersOnce() throws {
        let template = try PromptTemplate("{{issue}}: \\{{issue}} {a} {{kind}}{{kind}} \\x }} — ё", name: "t")
        let text = template.text { $0 == .issue ? "{{kind}}" : "<\($0.rawValue)>" }
        #expect(text == "{{kind}}: {{issue}} {a} <kind><kind> \\x }} — ё")
        #expect(template.hash == SHA256.hexDigest(Array(template.body.utf8)))
    }

    @Test func everyPlaceholderIsRead() throws {
        for placeholder in PromptPlaceholder.allCases {
            let template = try PromptTemplate("a{{\(placeholder.rawValue)}}b", name: "t")
            #expect(template.text { "<\($0.rawValue)>" } == "a<\(placeholder.rawValue)>b")
        }
    }

    @Test(
        arguments: [
            ("one\n{{branhc}}", ["dev/work.en", "line 2", "{{branhc}}", "base_branch, branch", "\\{{"]),
            ("{{ issue }}", ["{{ issue }}", "known are agent"]), ("{{Issue}}", ["{{Issue}}"]), ("{{}}", ["{{}}"]),
            ("a {{issue", ["line 1", "not closed"]), ("{{issue}", ["not closed"]), ("{{issue\n}}", ["not closed"]),
            ("{{a{{issue}}", ["not closed"]), ("{{", ["not closed"]), ("", ["empty"]), (" \n\t", ["empty"]),
            ("a\0b", ["zero"]), (String(repeating: "a", count: 262_145), ["262145", "262144"]),
            (String(repeating: "{{issue}}", count: 201), ["200 placeholders"]),
        ] as [(String, [String])])
    func whatIsNoTemplateIsRefusedWithTheReason(_ body: String, _ words: [String]) {
        let error = #expect(throws: TemplateError.self) { try PromptTemplate(body, name: "dev/work.en") }
        for word in words + ["dev/work.en"] {
            #expect(error?.description.contains(word) == true, "\(error?.description ?? "") lacks \(word)")
        }
    }

    @Test func theLargestIsTaken() throws {
        #expect(try PromptTemplate(String(repeating: "a", count: 262_144), name: "t").body.utf8.count == 262_144)
        #expect(try PromptTemplate(String(repeating: "{{issue}}", count: 200), name: "t").text { _ in "" } == "")
    }
}
