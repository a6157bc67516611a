// SPDX-License-Identifier: MIT

/// The one sentence that the stand-in understands: `create FILE with TEXT`.
struct Instruction: Sendable, Equatable {
    /// A path below the checkout.
    let file: String
    let text: String

    /// All instructions of a prompt, in order. One stands on a line of its own; what Markdown puts before it (a list's
    /// dash, a quote's arrow, a heading, `Title:`) and around the text (quotes, backticks) does not count.
    static func all(in prompt: String) -> [Instruction] {
        prompt.split(whereSeparator: \.isNewline).compactMap { Instruction(line: $0) }
    }

    /// nil when the line says something else.
    init?(line: Substring) {
        var rest = line.drop { " \t#>*-`\"".contains($0) }
        if let colon = rest.firstIndex(of: ":"), !rest[..<colon].contains(" ") {
            rest = rest[rest.index(after: colon)...].drop { " \t`\"".contains($0) }
        }
        guard rest.prefix(7).lowercased() == "create " else { return nil }
        let words = rest.dropFirst(7).drop { $0 == " " }
        guard let end = words.firstIndex(of: " ") else { return nil }
        let after = words[end...].drop { $0 == " " }
        guard after.hasPrefix("with ") else { return nil }
        file = Self.unquoted(String(words[..<end]))
        text = Self.unquoted(String(after.dropFirst(5)))
        if file.isEmpty || text.isEmpty { return nil }
    }

    private static func unquoted(_ text: String) -> String {
        var text = Substring(text)
        while text.last?.isWhitespace == true { text.removeLast() }
        while text.first?.isWhitespace == true { text.removeFirst() }
        for quote: Character in ["`", "\"", "'"] where text.count >= 2 && text.first == quote && text.last == quote {
            return String(text.dropFirst().dropLast())
        }
        // A backtick around the whole instruction ends with the text.
        if text.last == "`", text.filter({ $0 == "`" }).count == 1 { text.removeLast() }
        return String(text)
    }
}
