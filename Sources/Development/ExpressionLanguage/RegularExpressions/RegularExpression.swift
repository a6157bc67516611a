// SPDX-License-Identifier: MIT

/// A regular expression in the syntax of RE2, which Go and so Kubernetes use for `pattern` and `matches()`.
///
/// It runs in time proportional to the text times the pattern, whatever both are: the pattern is compiled to a small
/// program whose states are followed side by side. Swift's own `Regex` backtracks, which hostile input turns into
/// hours, and matches grapheme clusters where RE2 matches code points.
package struct RegularExpression: Sendable {
    private let program: RegexProgram

    /// Compiles a pattern.
    ///
    /// - Throws: `RegularExpressionError` for what RE2 refuses, and for the rare parts that are not known here
    ///   (Unicode classes such as `\pL`).
    package init(_ pattern: String) throws(RegularExpressionError) {
        var parser = RegexParser(pattern)
        program = try RegexProgram(try parser.parse())
    }

    /// Whether the expression matches anywhere in the text.
    package func matches(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        return program.run(scalars, from: 0, wantsSpan: false) != nil
    }

    /// The leftmost match at or behind the start.
    package func firstMatch(in scalars: [Unicode.Scalar], from start: Int) -> Range<Int>? {
        program.run(scalars, from: start, wantsSpan: true)
    }
}

/// Why a pattern was refused.
package struct RegularExpressionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, with the part of the pattern that is.
    package let description: String
}
