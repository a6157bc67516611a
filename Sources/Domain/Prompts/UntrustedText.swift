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

    /// - Parameter limit: the most bytes that are shown; the cut is made between characters.
    init(_ text: String, limit: Int) {
        size = text.utf8.count
        var shown = text
        if size > limit {
            var end = text.utf8.index(text.startIndex, offsetBy: limit)
            // A place between two characters, as people see them.
            while end > text.startIndex, end.samePosition(in: text) == nil { end = text.utf8.index(before: end) }
            shown = String(text[..<end])
        }
        self.text = shown
        self.shown = shown.utf8.count
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
