// SPDX-License-Identifier: MIT
@testable import GitHubProvider
import Testing

@Suite struct GitHubTextTests {
    @Test(arguments: ["", "a", String(repeating: "я", count: 65_536), String(repeating: "😀", count: 32_768)])
    func whatFitsStays(text: String) { #expect(GitHubText.body(text) == text) }

    @Test(arguments: ["a", "я", "😀", "e\u{301}", "some words in a line\n", "\r\n"])
    func whatDoesNotIsCut(piece: String) {
        let text = GitHubText.body(String(repeating: "first\n" + piece, count: 70_000))
        #expect(text.utf16.count <= 65_536 && text.utf16.count > 65_000)
        #expect(text.hasPrefix("first\n") && text.hasSuffix("…"))
        let whole = GitHubText.body(String(repeating: piece == "\r\n" ? "x" : piece, count: 70_000))
        #expect(whole.utf16.count <= 65_536 && whole.hasSuffix("…"))
        #expect(!whole.unicodeScalars.contains("\u{FFFD}"))
    }
}
