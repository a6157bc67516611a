// SPDX-License-Identifier: MIT
import ExpressionLanguage
import Testing

@Suite struct RegularExpressionTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let pattern: String
        let text: String
        let matched: String?
        var testDescription: String { "/\(pattern)/ on \"\(text)\"" }

        init(_ pattern: String, _ text: String, _ matched: String?) {
            self.pattern = pattern
            self.text = text
            self.matched = matched
        }
    }

    static let rows: [Row] = [
        Row("", "abc", ""), Row("b", "abc", "b"), Row("^b", "abc", nil), Row("c$", "abc", "c"),
        Row("^abc$", "abc\n", nil),
        Row("a|ab", "ab", "a"), Row("ab|a", "ab", "ab"), Row("a*", "aaa", "aaa"), Row("a*?", "aaa", ""),
        Row("a+", "baa", "aa"),
        Row("a{2}", "aaa", "aa"), Row("a{2,}", "aaaa", "aaaa"), Row("a{1,2}", "aaa", "aa"), Row("a{1,2}?", "aaa", "a"),
        Row("a{,2}", "a{,2}", "a{,2}"), Row("x{", "x{", "x{"), Row(".", "\n", nil), Row("(?s).", "\n", "\n"),
        Row("[a-c]+", "xbcay", "bca"),
        Row("[^a-c]+", "abxyc", "xy"), Row("[]a]+", "]a", "]a"), Row("[a-]+", "a-", "a-"),
        Row("[\\d.]+", "v1.2", "1.2"),
        Row("[[:alpha:]]+", "12ab", "ab"), Row("[^[:space:]]+", " ab ", "ab"), Row("\\bcat\\b", "a cat!", "cat"),
        Row("\\bcat\\b", "concat", nil),
        Row("\\w+\\s\\w+", "one two", "one two"), Row("\\D", "1a", "a"), Row("(?i)HeLLo", "hello", "hello"),
        Row("(?i:a)b", "AB", nil),
        Row("(?i:a)b", "Ab", "Ab"), Row("(?P<x>a)(?:b)", "ab", "ab"), Row("(a|b)*c", "ababc", "ababc"),
        Row("\\x41\\x{42}", "AB", "AB"),
        Row("\\Qa.b\\E+", "a.bb", "a.bb"), Row("(?m)^b$", "a\nb\nc", "b"), Row("\\Aa", "ba", nil),
        Row("a\\z", "ab", nil), Row("é", "é", "é"),
        Row("^.$", "😀", "😀"), Row("\\.", "a.b", "."),
        Row("(a?){30}a{30}", String(repeating: "a", count: 30), String(repeating: "a", count: 30)),
        Row("(?U)a+", "aaa", "a"), Row("()*", "a", ""), Row("(a*)*", "b", ""), Row("x*y*$", "xxyyz", ""),
    ]

    @Test(arguments: rows) func matches(_ row: Row) throws {
        let expression = try RegularExpression(row.pattern)
        let scalars = Array(row.text.unicodeScalars)
        let found = expression.firstMatch(in: scalars, from: 0).map { range in
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars[range])
            return String(view)
        }
        #expect(found == row.matched)
        #expect(expression.matches(row.text) == (row.matched != nil))
    }

    @Test(arguments: [
        "(", ")", "[", "a**", "*", "a{2,1}", "a{1001}", "\\", "\\8", "(?<=a)b", "(?=a)", "(?!a)", "\\1", "[z-a]",
        "(?z)", "\\pL", "[[:nope:]]", "(?P<>a)",
        "((((a{100}){100}){100}){100})", "\\xZ",
    ])
    func isRefused(_ pattern: String) {
        #expect(throws: RegularExpressionError.self) { try RegularExpression(pattern) }
    }

    @Test(.timeLimit(.minutes(1))) func staysLinearOnHostileInput() throws {
        let text = String(repeating: "a", count: 5000)
        #expect(try !RegularExpression("(a*)*b").matches(text))
        #expect(try !RegularExpression("(a|aa)+$b").matches(text))
        #expect(try !RegularExpression("(.*)(.*)(.*)(.*)(.*)x").matches(text))
    }
}
