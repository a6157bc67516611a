// SPDX-License-Identifier: MIT
import AgentAPI
import Testing

/// Bounds that hold for every text: what Swift counts as one character may be as long as it likes.
@Suite struct BoundedTextTests {
    /// One character of so many code points: a syllable that never ends.
    private static let endless = String(repeating: "\u{1100}", count: 20_000)

    @Test func aMessageFitsWhateverItsTextsAre() throws {
        #expect(Self.endless.count == 1)
        var message = RunResultMessage(
            outcome: .failed, attempt: 1, branch: "b", summary: Self.endless, error: "e" + Self.endless)
        message.resumeProblem = Self.endless
        message.sessionProblem = Self.endless
        let bytes = try message.encoded()
        #expect(bytes.count <= RunResultMessage.maximumBytes)
        #expect(RunResultMessage.read(String(decoding: bytes, as: UTF8.self))?.outcome == .failed)
    }

    @Test(arguments: [("a\n b\u{2028}c\u{7}d", "a b c d"), ("", ""), ("abcdefghijk", "abcdefghi…"), ("abcdefghij", "abcdefghij")])
    func aLineIsCut(text: String, line: String) { #expect(OneLine.of(text, limit: 10) == line) }

    @Test func aLineHasABound() {
        #expect(OneLine.of(Self.endless, limit: 100).unicodeScalars.count == 100)
    }
}
