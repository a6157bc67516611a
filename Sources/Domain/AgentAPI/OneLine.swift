// SPDX-License-Identifier: MIT

/// Texts that people see in one line of a log, a status or a comment.
package enum OneLine {
    /// The text with its white space and control characters as single spaces, cut to so many code points: what counts as
    /// one character has no bound.
    package static func of(_ text: String, limit: Int) -> String {
        let words = text.unicodeScalars.split { scalar in
            scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
                || scalar.properties.generalCategory == .lineSeparator
        }
        let line = words.map { String(String.UnicodeScalarView($0)) }.joined(separator: " ")
        return line.unicodeScalars.count <= limit ? line : String(line.unicodeScalars.prefix(limit - 1)) + "…"
    }
}
