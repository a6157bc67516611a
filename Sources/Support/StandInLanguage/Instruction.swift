// SPDX-License-Identifier: MIT

/// The one sentence that the stand-ins for an agent and for a model understand: `create FILE with TEXT`.
package struct Instruction: Sendable, Equatable {
    /// A path, meant to be below the checkout: see ``isInsideCheckout``.
    package let file: String
    /// The file's content, without the line feed at its end.
    package let text: String

    /// All instructions of a prompt, in order. One stands on a line of its own; what Markdown puts before it (a list's
    /// dash, a quote's arrow, a heading, `Title:`) and around the text (quotes, backticks) does not count.
    package static func all(in prompt: String) -> [Instruction] {
        prompt.split(whereSeparator: \.isNewline).compactMap { Instruction(line: $0) }
    }

    /// nil when the line says something else.
    package init?(line: Substring) {
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

    /// True for a plain path below the checkout, outside of git's own folder. Links on the way are another matter.
    package var isInsideCheckout: Bool {
        let parts = file.split(separator: "/", omittingEmptySubsequences: false)
        return !file.hasPrefix("/") && !parts.contains("..") && !parts.contains("") && parts.first != ".git"
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
