// SPDX-License-Identifier: MIT
import AgentAPI
import Testing

@Suite struct OneLineTests {
    @Test(
        arguments: [
            ("  a\n b\t\u{0}c \u{2028}d ", "a b c d"), ("", ""), (" \u{1}\n", ""), ("1234567890", "1234567890"),
            ("12345678901", "123456789…"), ("a\u{202E}b\u{2066}c", "abc"), ("\u{202E}", ""),
            ("👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"),
        ])
    func oneLineComesOut(text: String, line: String) { #expect(OneLine.of(text, limit: 10) == line) }
}
