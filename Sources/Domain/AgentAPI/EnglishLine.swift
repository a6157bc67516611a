// SPDX-License-Identifier: MIT

/// What may stand where English is promised: titles of pull requests and subjects of commits.
package enum EnglishLine {
    /// The text as one line, where it may be English: it has letters, and all of them are ASCII; `nil` otherwise.
    ///
    /// Which language a text is in cannot be computed; what certainly is not English is not passed off as such. People
    /// and agents write these texts, and the code host acts on what stands in a commit: a mention tells somebody, and
    /// `closes #7` closes another issue once it is merged. So `@name`, `#7`, `GH-7` and addresses of issues and pull
    /// requests lose the sign that makes them more than words.
    package static func of(_ text: String) -> String? {
        let line = text.split { $0.isWhitespace || $0.isNewline }.joined(separator: " ")
        let letters = line.filter(\.isLetter)
        guard !letters.isEmpty, letters.allSatisfy(\.isASCII) else { return nil }
        var text = line
        // What is taken out can bring together what was apart, as in `#@7`.
        while true {
            let plainer = plain(text)
            if plainer == text { return text }
            text = plainer
        }
    }

    private static func plain(_ line: String) -> String {
        var result = ""
        var rest = Substring(line)
        while let character = rest.popFirst() {
            let before = result.last.map { $0.isLetter || $0.isNumber } ?? false
            let isNumbered = rest.first?.isNumber ?? false
            switch character {
            case "@" where !before && (rest.first?.isLetter ?? false || isNumbered): continue
            case "#" where isNumbered: continue
            case "-" where isNumbered && endsWithWord(result, ["gh"]): result.append(" ")
            case "/" where isNumbered && endsWithWord(result, ["issues", "pull"]): result.append(" ")
            default: result.append(character)
            }
        }
        return result
    }

    private static func endsWithWord(_ text: String, _ words: Set<String>) -> Bool {
        words.contains(String(text.reversed().prefix { $0.isLetter || $0.isNumber }.reversed()).lowercased())
    }
}
