// SPDX-License-Identifier: MIT

/// Texts that people see in one line of a log, a status or a comment.
package enum OneLine {
    /// The text with its white space and control characters as single spaces, cut to so many code points: what counts as
    /// one character has no bound.
    ///
    /// Marks that turn the direction of writing (Unicode Standard Annex 9) go: they would reach beyond the line.
    package static func of(_ text: String, limit: Int) -> String {
        let words = text.unicodeScalars.lazy.filter { !turnsDirection($0) }.split { scalar in
            scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
                || scalar.properties.generalCategory == .lineSeparator
        }
        let line = words.map { String(String.UnicodeScalarView($0)) }.joined(separator: " ")
        return line.unicodeScalars.count <= limit ? line : String(line.unicodeScalars.prefix(limit - 1)) + "…"
    }

    private static func turnsDirection(_ scalar: Unicode.Scalar) -> Bool {
        (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    }
}
