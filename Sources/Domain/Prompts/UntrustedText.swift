// SPDX-License-Identifier: MIT
import Cryptography

/// Text that people wrote, cut at a bound and fenced.
///
/// The marker holds the text's own digest, so that no text can hold the line that ends its fence: whoever wrote one
/// would have changed the digest by it.
struct UntrustedText {
    private let text: String
    private let size: Int
    private let shown: Int

    /// How many bytes before the bound a cut between two characters is looked for. No character that anybody reads is
    /// longer, and finding where one of a hundred thousand combining marks begins takes that many steps, each time.
    private static let longestCharacter = 256

    /// - Parameter limit: the most bytes that are shown; the cut is made between characters.
    init(_ text: String, limit: Int) {
        size = text.utf8.count
        var shown = text
        if size > limit {
            // A piece that holds the cut, so that nothing is looked at but what is near it.
            let bound = Self.scalarBoundary(in: text, at: limit)
            let start = Self.scalarBoundary(in: text, at: max(0, limit - Self.longestCharacter))
            let next = Self.scalarBoundary(in: text, at: min(size, limit + Self.longestCharacter))
            let piece = String(text[start..<next])
            var end = piece.utf8.index(piece.startIndex, offsetBy: text.utf8.distance(from: start, to: bound))
            while end > piece.startIndex, end.samePosition(in: piece) == nil { end = piece.utf8.index(before: end) }
            // Without a place between two characters there, one between two code points.
            let kept = end > piece.startIndex ? piece.utf8.distance(from: piece.startIndex, to: end) : 0
            let cut = kept > 0 ? text.utf8.index(start, offsetBy: kept) : bound
            shown = String(text[..<cut])
        }
        self.text = shown
        self.shown = shown.utf8.count
    }

    /// The last place at or before so many bytes where a code point begins.
    private static func scalarBoundary(in text: String, at offset: Int) -> String.Index {
        var index = text.utf8.index(text.startIndex, offsetBy: offset)
        while index.samePosition(in: text.unicodeScalars) == nil { index = text.utf8.index(before: index) }
        return index
    }

    /// How many bytes of the text are shown.
    var byteCount: Int { shown }

    /// The fenced text.
    ///
    /// - Parameters:
    ///   - what: says what it is; one line, and nothing of it decides anything.
    ///   - note: what is said below a text that was cut, with the bytes shown and the bytes there are.
    func fenced(_ what: String, note: (_ shown: Int, _ size: Int) -> String) -> String {
        let marker = Hex.encode(SHA256.digest(text).prefix(16))
        var lines = "BEGIN UNTRUSTED \(marker) (\(what.oneLine()))\n"
        if !text.isEmpty { lines += text.hasSuffix("\n") ? text : text + "\n" }
        lines += "END UNTRUSTED \(marker)"
        if shown < size { lines += "\n" + note(shown, size) }
        return lines
    }
}

extension String {
    /// The text as it can stand in a line of ours: no line ends or other control characters, of bounded length.
    func oneLine(limit: Int = 200) -> String {
        let line = String(unicodeScalars.lazy.prefix(limit).map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: " "
            default: Character(scalar)
            }
        })
        return unicodeScalars.count > limit ? line + "…" : line
    }
}
