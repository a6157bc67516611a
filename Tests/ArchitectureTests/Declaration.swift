// SPDX-License-Identifier: MIT

/// A type or a function that is visible in other modules.
struct Declaration {
    let keyword: String
    let name: String
    let place: String
    let isDocumented: Bool

    private static let types: Set<Substring> = ["struct", "enum", "class", "actor", "protocol"]

    /// Requirements of protocols of the standard library: their comments are Apple's.
    static let standardRequirements: Set<String> = [
        "encode", "hash", "next", "makeIterator", "makeAsyncIterator", "Iterator", "AsyncIterator", "<", "==",
    ]

    /// The `package` types and functions of a file.
    static func read(_ file: SourceTree.File) -> [Declaration] {
        file.lines.indices.compactMap { index in
            guard let (keyword, name) = head(file.lines[index]) else { return nil }
            return Declaration(
                keyword: keyword, name: name, place: "\(file.path):\(index + 1)",
                isDocumented: isDocumented(index, in: file.lines))
        }
    }

    /// Names of the functions that the protocols of a file ask for, where they are described.
    static func requirements(_ file: SourceTree.File) -> [String] {
        var names: [String] = []
        var end: Int?
        for (index, line) in file.lines.enumerated() {
            let indentation = line.prefix { $0 == " " }.count
            if let column = end {
                if line.drop(while: { $0 == " " }) == "}", indentation == column { end = nil }
                let words = line.split { $0 == " " || $0 == "(" || $0 == "<" }
                if let keyword = words.firstIndex(of: "func"), keyword < 3, keyword + 1 < words.count,
                    isDocumented(index, in: file.lines) {
                    names.append(String(words[keyword + 1]))
                }
            } else if let (keyword, _) = head(line), keyword == "protocol", !line.hasSuffix("}") {
                end = indentation
            }
        }
        return names
    }

    /// Keyword and name of a `package` type or function; nil for any other line.
    static func head(_ line: Substring) -> (keyword: String, name: String)? {
        var words = line.split(separator: " ")[...]
        var isVisible = false
        let modifiers: Set<Substring> = [
            "static", "final", "mutating", "nonmutating", "nonisolated", "indirect", "consuming", "borrowing", "class",
            "override", "prefix", "postfix",
        ]
        while let word = words.first, words.count > 1 {
            let isClass = word == "class" && words.dropFirst().first != "func"
            if word == "package" {
                isVisible = true
            } else if isVisible, types.contains(word), word != "class" || isClass {
                return (String(word), name(words.dropFirst().first))
            } else if isVisible, word == "func" {
                return ("func", name(words.dropFirst().first))
            } else if !modifiers.contains(word), !word.hasPrefix("@") {
                return nil
            }
            words.removeFirst()
        }
        return nil
    }

    private static func name(_ word: Substring?) -> String {
        let text = word ?? ""
        guard let first = text.first, first.isLetter || first == "_" else { return String(text.prefix { $0 != "(" }) }
        return String(text.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
    }

    /// True when the lines above, past attributes, end a documentation comment.
    private static func isDocumented(_ index: Int, in lines: [Substring]) -> Bool {
        for line in lines[..<index].reversed() {
            let text = line.drop { $0 == " " }
            if text.hasPrefix("@") || text.hasPrefix("#if") { continue }
            return text.hasPrefix("///")
        }
        return false
    }
}
