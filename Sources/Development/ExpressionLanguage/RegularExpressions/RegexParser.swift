// SPDX-License-Identifier: MIT

/// Reads RE2's syntax (github.com/google/re2/wiki/Syntax).
struct RegexParser {
    private struct Flags {
        var ignoresCase = false
        var isMultiline = false
        var dotMatchesNewline = false
        var swapsGreed = false
    }

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0
    private var flags = Flags()
    /// Between `\Q` and `\E` every character stands for itself.
    private var isQuoting = false

    init(_ pattern: String) { scalars = Array(pattern.unicodeScalars) }

    mutating func parse() throws(RegularExpressionError) -> RegexNode {
        guard scalars.count <= 4096 else { throw error("expression too long") }
        let node = try alternatives()
        guard position == scalars.count else { throw error("unexpected ): `\(text(0))`") }
        return node
    }

    private func error(_ message: String) -> RegularExpressionError { .init(description: message) }

    private func text(_ start: Int) -> String { String(scalars[start..<min(scalars.count, start + 40)]) }

    private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
        position + ahead < scalars.count ? scalars[position + ahead] : nil
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek() == scalar else { return false }
        position += 1
        return true
    }

    private mutating func alternatives() throws(RegularExpressionError) -> RegexNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 100 else { throw error("expression nests too deeply") }
        let outer = flags
        defer { flags = outer }
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence() throws(RegularExpressionError) -> RegexNode {
        var items: [RegexNode] = []
        while let scalar = peek(), isQuoting || (scalar != "|" && scalar != ")") {
            let start = position
            if isQuoting {
                if scalar == "\\", peek(1) == "E" {
                    position += 2
                    isQuoting = false
                    if let last = items.popLast() { items.append(try repetition(of: last, from: start)) }
                } else {
                    position += 1
                    items.append(.characters(folded(.single(scalar))))
                }
            } else if let atom = try atom(scalar) {
                items.append(try repetition(of: atom, from: start))
            }
        }
        return items.count == 1 ? items[0] : items.isEmpty ? .empty : .sequence(items)
    }

    /// One item; `nil` for what only changes how the rest is read.
    private mutating func atom(_ scalar: Unicode.Scalar) throws(RegularExpressionError) -> RegexNode? {
        position += 1
        switch scalar {
        case "(": return try group()
        case "[": return .characters(try characterClass())
        case ".": return .characters(flags.dotMatchesNewline ? .any : .notNewline)
        case "^": return .assertion(flags.isMultiline ? .lineStart : .textStart)
        case "$": return .assertion(flags.isMultiline ? .lineEnd : .textEnd)
        case "*", "+", "?": throw error("missing argument to repetition operator: `\(scalar)`")
        case "\\": return try escape()
        default: return .characters(folded(.single(scalar)))
        }
    }

    private func folded(_ characters: RegexClass) -> RegexClass {
        flags.ignoresCase ? characters.foldingCase : characters
    }

    // MARK: Groups

    private mutating func group() throws(RegularExpressionError) -> RegexNode? {
        let outer = flags
        if take("?") {
            if peek() == "P" || peek() == "<" {
                try groupName()
            } else if try !groupFlags() {
                return nil
            }
        }
        let inner = try alternatives()
        flags = outer
        guard take(")") else { throw error("missing closing ): `\(text(0))`") }
        return inner
    }

    private mutating func groupName() throws(RegularExpressionError) {
        _ = take("P")
        guard take("<"), peek() != "=", peek() != "!" else {
            throw error("invalid or unsupported Perl syntax: `(?\(text(max(0, position - 1)))`")
        }
        let start = position
        while let scalar = peek(), scalar != ">" {
            guard scalar.isIdentifierStart || scalar.isDigit else { throw error("invalid named capture") }
            position += 1
        }
        guard position > start, take(">") else { throw error("invalid named capture") }
    }

    /// Reads `i`, `-s:` and so on; false when the group ends here and the flags hold for what follows.
    private mutating func groupFlags() throws(RegularExpressionError) -> Bool {
        var changed = flags
        var value = true
        while let scalar = peek() {
            position += 1
            switch scalar {
            case "i": changed.ignoresCase = value
            case "m": changed.isMultiline = value
            case "s": changed.dotMatchesNewline = value
            case "U": changed.swapsGreed = value
            case "-" where value: value = false
            case ")", ":":
                flags = changed
                return scalar == ":"
            default: throw error("invalid or unsupported Perl syntax: `(?\(scalar)`")
            }
        }
        throw error("missing closing ): `\(text(0))`")
    }

    // MARK: Repetitions

    private mutating func repetition(
        of atom: RegexNode, from start: Int
    ) throws(RegularExpressionError) -> RegexNode {
        var result = atom
        var isRepeated = false
        while let bounds = try bounds() {
            guard !isRepeated else {
                throw error("invalid nested repetition operator: `\(text(start))`")
            }
            isRepeated = true
            let isLazy = take("?") != flags.swapsGreed
            result = .repetition(result, minimum: bounds.minimum, maximum: bounds.maximum, isLazy: isLazy)
        }
        return result
    }

    private mutating func bounds() throws(RegularExpressionError) -> (minimum: Int, maximum: Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard peek() == "{" else { return nil }
        let start = position
        position += 1
        let minimum = number()
        var maximum = minimum
        if take(",") { maximum = number() }
        let isOpen = position > start + 1 && scalars[position - 1] == ","
        guard let minimum, take("}") else {
            position = start  // no repetition: the brace stands for itself
            return nil
        }
        if isOpen { maximum = nil }
        guard minimum <= 1000, maximum ?? 0 <= 1000, maximum.map({ $0 >= minimum }) ?? true else {
            throw error("invalid repeat count: `\(text(start))`")
        }
        return (minimum, maximum)
    }

    private mutating func number() -> Int? {
        let start = position
        while let scalar = peek(), scalar.isDigit, position - start < 6 { position += 1 }
        return Int(String(scalars[start..<position]))
    }

    // MARK: Escapes

    private mutating func escape() throws(RegularExpressionError) -> RegexNode? {
        guard let scalar = peek() else { throw error("trailing backslash at end of expression") }
        switch scalar {
        case "A":
            position += 1
            return .assertion(.textStart)
        case "z":
            position += 1
            return .assertion(.textEnd)
        case "b":
            position += 1
            return .assertion(.wordBoundary)
        case "B":
            position += 1
            return .assertion(.noWordBoundary)
        case "Q":
            position += 1
            isQuoting = true
            return nil
        default: return .characters(folded(try escapedClass()))
        }
    }

    /// What a backslash stands for, inside and outside brackets; the backslash is read already.
    private mutating func escapedClass() throws(RegularExpressionError) -> RegexClass {
        guard let scalar = peek() else { throw error("trailing backslash at end of expression") }
        position += 1
        switch scalar {
        case "d": return .digit
        case "D": return RegexClass(ranges: RegexClass.digit.ranges, isNegated: true)
        case "w": return .word
        case "W": return RegexClass(ranges: RegexClass.word.ranges, isNegated: true)
        case "s": return .space
        case "S": return RegexClass(ranges: RegexClass.space.ranges, isNegated: true)
        case "n": return .single("\n")
        case "t": return .single("\t")
        case "r": return .single("\r")
        case "f": return .single("\u{0C}")
        case "v": return .single("\u{0B}")
        case "a": return .single("\u{07}")
        case "x": return .single(try hexadecimal())
        case "p", "P": throw error("Unicode classes (\\p) are not supported")
        case "0"..."9", "A"..."Z", "a"..."z": throw error("invalid escape sequence: `\\\(scalar)`")
        default: return .single(scalar)
        }
    }

    private mutating func hexadecimal() throws(RegularExpressionError) -> Unicode.Scalar {
        let isBraced = take("{")
        let start = position
        while let scalar = peek(), scalar.isHexDigit, position - start < (isBraced ? 6 : 2) { position += 1 }
        let digits = String(scalars[start..<position])
        guard isBraced ? take("}") : digits.utf8.count == 2, let code = UInt32(digits, radix: 16),
            let scalar = Unicode.Scalar(code)
        else { throw error("invalid escape sequence: `\\x\(digits)`") }
        return scalar
    }

    // MARK: Bracket expressions

    private mutating func characterClass() throws(RegularExpressionError) -> RegexClass {
        let start = position - 1
        let isNegated = take("^")
        var result = RegexClass(ranges: [])
        var isFirst = true
        while true {
            guard let scalar = peek() else { throw error("missing closing ]: `\(text(start))`") }
            if scalar == "]", !isFirst { break }
            isFirst = false
            if scalar == "[", peek(1) == ":" {
                result.ranges += try namedClass(start)
                continue
            }
            let low = try classItem()
            guard peek() == "-", let next = peek(1), next != "]" else {
                result.ranges += low.positiveRanges
                continue
            }
            position += 1
            let high = try classItem()
            guard let from = low.ranges.first, low.ranges.count == 1, from.count == 1, let to = high.ranges.first,
                high.ranges.count == 1, to.count == 1, from.lowerBound <= to.lowerBound
            else { throw error("invalid character class range: `\(text(start))`") }
            result.ranges.append(from.lowerBound...to.lowerBound)
        }
        position += 1
        result = folded(result)
        result.isNegated = isNegated
        return result
    }

    private mutating func classItem() throws(RegularExpressionError) -> RegexClass {
        guard let scalar = peek() else { throw error("missing closing ]") }
        position += 1
        return scalar == "\\" ? try escapedClass() : .single(scalar)
    }

    private mutating func namedClass(_ start: Int) throws(RegularExpressionError) -> [ClosedRange<UInt32>] {
        position += 2
        let isNegated = take("^")
        let nameStart = position
        while let scalar = peek(), scalar != ":" {
            _ = scalar
            position += 1
        }
        guard let named = RegexClass.named[String(scalars[nameStart..<position])], take(":"), take("]") else {
            throw error("invalid character class range: `\(text(start))`")
        }
        return isNegated ? RegexClass(ranges: named.ranges, isNegated: true).positiveRanges : named.ranges
    }
}
