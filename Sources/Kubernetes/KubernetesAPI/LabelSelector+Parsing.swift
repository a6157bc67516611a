// SPDX-License-Identifier: MIT

/// A selector's text that does not follow the grammar.
package struct SelectorError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The whole selector.
    package let text: String
    /// What is wrong with it, and where.
    package let problem: String

    /// A problem of a selector.
    package init(text: String, problem: String) {
        self.text = text
        self.problem = problem
    }

    /// One line, as servers answer it.
    package var description: String { "unable to parse selector '\(text)': \(problem)" }
}

extension LabelSelector {
    /// Reads the query form: `a=b,c!=d,e in (x,y),f notin (z),g,!h,n>1`.
    ///
    /// All requirements become expressions except equalities, which become `matchLabels` (two different ones for one
    /// label stay two requirements, which nothing can satisfy).
    package init(parsing text: String) throws(SelectorError) {
        self.init()
        for piece in Self.pieces(of: text) {
            let requirement = try Self.requirement(piece, in: text)
            if requirement.operator == .in, requirement.values.count == 1, matchLabels[requirement.key] == nil {
                matchLabels[requirement.key] = requirement.values[0]
            } else {
                matchExpressions.append(requirement)
            }
        }
    }

    /// Splits at commas outside parentheses.
    private static func pieces(of text: String) -> [String] {
        var pieces: [String] = []
        var piece = ""
        var depth = 0
        for character in text {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if character == ",", depth <= 0 {
                pieces.append(piece)
                piece = ""
            } else {
                piece.append(character)
            }
        }
        pieces.append(piece)
        return pieces.map(trimmed).filter { !$0.isEmpty }
    }

    private static func requirement(_ piece: String, in text: String) throws(SelectorError) -> LabelRequirement {
        if piece.hasPrefix("!") {
            return LabelRequirement(key: try key(piece.dropFirst(), in: text), operator: .doesNotExist)
        }
        for (sign, negated) in [("!=", true), ("==", false), ("=", false)] {
            guard let parts = split(piece, at: sign) else { continue }
            return LabelRequirement(
                key: try key(parts.0, in: text), operator: negated ? .notIn : .in,
                values: [try value(parts.1, in: text)])
        }
        for (sign, operation) in [(">", LabelRequirement.Operator.greaterThan), ("<", .lessThan)] {
            guard let parts = split(piece, at: sign) else { continue }
            guard Int64(trimmed(parts.1)) != nil else {
                throw SelectorError(text: text, problem: "'\(parts.1)' is not an integer")
            }
            return LabelRequirement(key: try key(parts.0, in: text), operator: operation, values: [trimmed(parts.1)])
        }
        if piece.hasSuffix(")"), let opening = piece.firstIndex(of: "(") {
            let head = piece[..<opening].split(separator: " ")
            let values = piece[piece.index(after: opening)..<piece.index(before: piece.endIndex)]
                .split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard head.count == 2, head[1] == "in" || head[1] == "notin" else {
                throw SelectorError(text: text, problem: "expected 'LABEL in (…)' or 'LABEL notin (…)' at '\(piece)'")
            }
            var checked: [String] = []
            for item in values { checked.append(try value(item[...], in: text)) }
            return LabelRequirement(
                key: try key(head[0], in: text), operator: head[1] == "in" ? .in : .notIn, values: checked)
        }
        return LabelRequirement(key: try key(piece[...], in: text), operator: .exists)
    }

    private static func split(_ piece: String, at sign: String) -> (Substring, Substring)? {
        var index = piece.startIndex
        while index < piece.endIndex {
            let rest = piece[index...]
            if rest.first == "(" { return nil }
            if rest.hasPrefix(sign) { return (piece[..<index], rest.dropFirst(sign.count)) }
            index = piece.index(after: index)
        }
        return nil
    }

    private static func key(_ text: Substring, in whole: String) throws(SelectorError) -> String {
        let key = trimmed(text)
        let prefixAndName = key.split(separator: "/", omittingEmptySubsequences: false)
        let name = prefixAndName.last ?? ""
        let isAllowed = key.utf8.allSatisfy { isWordByte($0) || $0 == UInt8(ascii: "/") }
        guard prefixAndName.count <= 2, prefixAndName.allSatisfy({ !$0.isEmpty }), !name.isEmpty, name.utf8.count <= 63,
            key.utf8.count <= 317, isAllowed
        else {
            throw SelectorError(text: whole, problem: "'\(key)' is not a label's name")
        }
        return key
    }

    private static func value(_ text: Substring, in whole: String) throws(SelectorError) -> String {
        let value = trimmed(text)
        guard value.utf8.count <= 63, value.utf8.allSatisfy(isWordByte) else {
            throw SelectorError(text: whole, problem: "'\(value)' is not a label's value")
        }
        return value
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
