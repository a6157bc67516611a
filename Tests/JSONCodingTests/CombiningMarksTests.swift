// SPDX-License-Identifier: MIT
import Testing

@testable import JSONCoding

@Suite(.timeLimit(.minutes(1))) struct CombiningMarksTests {
    private static let texts: [(String, Bool)] = [
        ("", false),
        (String(repeating: "a", count: 10_000), false),
        (String(repeating: "é", count: 10_000), false),
        (String(repeating: "e\u{301}", count: 10_000), false),
        (marks(256), false),
        (marks(257), true),
        ("a\(marks(200))b\(marks(200))", false),
        ("\(marks(200))\u{323}\(marks(56))x", true),
    ]

    @Test("Marks are counted while they follow one another", arguments: texts)
    func counting(text: String, expected: Bool) {
        #expect(CombiningMarks.areTooMany(in: text) == expected)
    }

    @Test("A name that would stop whoever compares it is refused, whether written out or as escapes")
    func names() {
        let escaped = String(repeating: #"\u0323\u0301"#, count: 100_000)
        for text in [#"{"m\#(Self.marks(200_000))":1}"#, #"{"m\#(escaped)":1}"#] {
            let error = #expect(throws: JSONParseError.self) { try JSONValue.parse(text) }
            #expect(error?.problem == "more than 256 combining marks in a row")
        }
    }

    private static func marks(_ count: Int) -> String { String(repeating: "\u{301}", count: count) }
}
