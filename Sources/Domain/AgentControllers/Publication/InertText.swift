// SPDX-License-Identifier: MIT

/// Makes what an agent wrote safe to show on the code host: nobody is mentioned, no issue is referred to or closed, and
/// no markup hides anything. Pure.
enum InertText {
    /// Stands between what must not be read together, and is not seen.
    private static let separator: Character = "\u{200B}"

    /// The text with everything in it made inert that the host would act on: `@name`, `#7`, `GH-7`, addresses of issues
    /// and pull requests (which `closes` in front of them would close as well), and HTML.
    static func make(_ text: String) -> String {
        var result = ""
        var rest = Substring(text)
        while let character = rest.popFirst() {
            switch character {
            case "<": result += "&lt;"
            case "@":
                result.append(character)
                result.append(separator)
            case "#", "-", "/":
                result.append(character)
                let isReference = switch character {
                case "#": true
                case "-": endsWithWord(result.dropLast(), "gh")
                default: endsWithWord(result.dropLast(), "issues") || endsWithWord(result.dropLast(), "pull")
                }
                if isReference, let next = rest.first, next.isNumber { result.append(separator) }
            default: result.append(character)
            }
        }
        return result
    }

    /// The inert text as a quotation of at most so many lines.
    static func quote(_ text: String, lines: Int = 20) -> String {
        make(text).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).prefix(lines).map { "> \($0)" }
            .joined(separator: "\n")
    }

    private static func endsWithWord(_ text: Substring, _ word: String) -> Bool {
        guard text.suffix(word.count).lowercased() == word else { return false }
        guard let before = text.dropLast(word.count).last else { return true }
        return !before.isLetter && !before.isNumber
    }
}
