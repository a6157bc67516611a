// SPDX-License-Identifier: MIT

/// What may stand where English is promised: titles of pull requests and subjects of commits.
package enum EnglishLine {
    /// The text as one line, where it may be English: it has letters, and all of them are ASCII; `nil` otherwise.
    ///
    /// Which language a text is in cannot be computed; what certainly is not English is not passed off as such.
    package static func of(_ text: String) -> String? {
        let line = text.split { $0.isWhitespace || $0.isNewline }.joined(separator: " ")
        let letters = line.filter(\.isLetter)
        guard !letters.isEmpty, letters.allSatisfy(\.isASCII) else { return nil }
        return line
    }
}
