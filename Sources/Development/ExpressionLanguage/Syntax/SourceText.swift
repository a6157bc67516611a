// SPDX-License-Identifier: MIT

/// The text of an expression, with what is needed to point into it.
struct SourceText: Sendable {
    let scalars: [Unicode.Scalar]

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    /// An error at the offset (in scalars) of what is wrong.
    func error(_ code: CELCompileError.Code, at offset: Int, _ message: String) -> CELCompileError {
        var line = 1
        var start = 0
        for index in 0..<min(offset, scalars.count) where scalars[index] == "\n" {
            line += 1
            start = index + 1
        }
        var end = start
        while end < scalars.count, scalars[end] != "\n" { end += 1 }
        return CELCompileError(
            code: code, message: message, line: line, column: offset - start + 1, sourceLine: text(start..<end))
    }

    func text(_ range: Range<Int>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars[range])
        return String(view)
    }
}
