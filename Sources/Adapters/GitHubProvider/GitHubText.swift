// SPDX-License-Identifier: MIT

/// Texts as GitHub takes them: what is longer is refused as a whole (422, "body is too long").
enum GitHubText {
    /// The most characters of a comment or of a pull request's text.
    static let longestBody = 65_536
    private static let note = "\n\n…"

    /// The text, or the whole lines of its beginning that fit and a sign that it was cut.
    ///
    /// Counted as UTF-16 does, which is never less than what GitHub may count: code points.
    static func body(_ text: String) -> String {
        guard text.utf16.count > longestBody else { return text }
        let room = text.utf16.index(text.startIndex, offsetBy: longestBody - note.utf16.count)
        // Between two code points; a line is not cut where there is one.
        let end = room.samePosition(in: text.unicodeScalars) ?? text.utf16.index(before: room)
        let shown = text[..<end]
        let lines = shown.utf8.lastIndex(of: UInt8(ascii: "\n")).map { shown[..<$0] } ?? shown
        return String(lines.utf8.count * 2 > shown.utf8.count ? lines : shown) + note
    }
}
