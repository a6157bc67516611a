// SPDX-License-Identifier: MIT

/// Splits the text of an expression into tokens (CEL language definition, "Syntax").
struct Lexer {
    private let source: SourceText
    private var position = 0

    init(_ source: SourceText) { self.source = source }

    /// All tokens, the last one being the end.
    static func tokens(of source: SourceText) throws(CELCompileError) -> [Token] {
        var lexer = Lexer(source)
        var tokens: [Token] = []
        while true {
            let token = try lexer.next()
            tokens.append(token)
            if token.kind == .end { return tokens }
        }
    }

    private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
        let index = position + ahead
        return index < source.scalars.count ? source.scalars[index] : nil
    }

    private mutating func next() throws(CELCompileError) -> Token {
        skipBlanks()
        let start = position
        guard let first = peek() else { return Token(kind: .end, offset: start) }
        if let prefixed = try prefixedString(first, start) { return prefixed }
        if first.isIdentifierStart { return word(start) }
        if first.isDigit || (first == "." && peek(1)?.isDigit == true) { return try number(start) }
        if first == "\"" || first == "'" { return try string(start, raw: false, bytes: false) }
        if first == "`" {
            throw source.error(.unsupported, at: start, "quoted identifiers (`name`) are not supported")
        }
        return try symbol(start)
    }

    private mutating func skipBlanks() {
        while let scalar = peek() {
            if scalar == "/" && peek(1) == "/" {
                while let scalar = peek(), scalar != "\n" {
                    _ = scalar
                    position += 1
                }
            } else if scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r" || scalar == "\u{0C}" {
                position += 1
            } else {
                return
            }
        }
    }

    private mutating func word(_ start: Int) -> Token {
        while let scalar = peek(), scalar.isIdentifierStart || scalar.isDigit { position += 1 }
        let text = source.text(start..<position)
        switch text {
        case "in", "true", "false", "null": return Token(kind: .symbol(text), offset: start)
        default: return Token(kind: .identifier(text), offset: start)
        }
    }

    private mutating func symbol(_ start: Int) throws(CELCompileError) -> Token {
        if let second = peek(1) {
            let pair = source.text(start..<start + 2)
            _ = second
            if ["==", "!=", "<=", ">=", "&&", "||"].contains(pair) {
                position += 2
                return Token(kind: .symbol(pair), offset: start)
            }
        }
        let single = source.text(start..<start + 1)
        guard "+-*/%<>!?:.,()[]{}".contains(single) else {
            throw source.error(.syntax, at: start, "Syntax error: token recognition error at: '\(single)'")
        }
        position += 1
        return Token(kind: .symbol(single), offset: start)
    }

    // MARK: Numbers

    private mutating func number(_ start: Int) throws(CELCompileError) -> Token {
        if peek() == "0", peek(1) == "x" || peek(1) == "X" {
            position += 2
            let digits = position
            while let scalar = peek(), scalar.isHexDigit { position += 1 }
            return try whole(source.text(digits..<position), radix: 16, start)
        }
        while let scalar = peek(), scalar.isDigit { position += 1 }
        var isDouble = false
        if peek() == ".", peek(1)?.isDigit == true {
            isDouble = true
            position += 1
            while let scalar = peek(), scalar.isDigit { position += 1 }
        }
        if peek() == "e" || peek() == "E" {
            let signed = peek(1) == "+" || peek(1) == "-"
            if peek(signed ? 2 : 1)?.isDigit == true {
                isDouble = true
                position += signed ? 2 : 1
                while let scalar = peek(), scalar.isDigit { position += 1 }
            }
        }
        let text = source.text(start..<position)
        if isDouble {
            guard let value = Double(text.hasPrefix(".") ? "0" + text : text) else {
                throw source.error(.syntax, at: start, "invalid double literal")
            }
            return Token(kind: .double(value), offset: start)
        }
        return try whole(text, radix: 10, start)
    }

    private mutating func whole(_ digits: String, radix: Int, _ start: Int) throws(CELCompileError) -> Token {
        let isUnsigned = peek() == "u" || peek() == "U"
        guard let value = UInt64(digits, radix: radix) else {
            throw source.error(.syntax, at: start, isUnsigned ? "invalid uint literal" : "invalid int literal")
        }
        if isUnsigned { position += 1 }
        return Token(kind: isUnsigned ? .unsigned(value) : .integer(value), offset: start)
    }

    // MARK: Strings

    /// A string with the prefix r, b, br or rb; `nil` when the word is no such prefix.
    private mutating func prefixedString(
        _ first: Unicode.Scalar, _ start: Int
    ) throws(CELCompileError) -> Token? {
        var raw = false
        var bytes = false
        var length = 0
        while length < 2, let scalar = peek(length) {
            if (scalar == "r" || scalar == "R") && !raw {
                raw = true
            } else if (scalar == "b" || scalar == "B") && !bytes {
                bytes = true
            } else {
                break
            }
            length += 1
        }
        guard length > 0, let quote = peek(length), quote == "\"" || quote == "'" else { return nil }
        position += length
        return try string(start, raw: raw, bytes: bytes)
    }

    private mutating func string(_ start: Int, raw: Bool, bytes: Bool) throws(CELCompileError) -> Token {
        guard let quote = peek() else { throw source.error(.syntax, at: start, "unterminated string") }
        let isTriple = peek(1) == quote && peek(2) == quote
        position += isTriple ? 3 : 1
        var content: [UInt8] = []
        while true {
            guard let scalar = peek() else { throw source.error(.syntax, at: start, "unterminated string") }
            if scalar == quote {
                if !isTriple {
                    position += 1
                    break
                }
                if peek(1) == quote && peek(2) == quote {
                    position += 3
                    break
                }
            }
            if scalar == "\n" && !isTriple { throw source.error(.syntax, at: start, "unterminated string") }
            if scalar == "\\" && !raw {
                try escape(into: &content, bytes: bytes)
            } else {
                content.append(contentsOf: Array(String(scalar).utf8))
                position += 1
            }
        }
        if bytes { return Token(kind: .bytes(content), offset: start) }
        return Token(kind: .string(String(decoding: content, as: UTF8.self)), offset: start)
    }

    private mutating func escape(into content: inout [UInt8], bytes: Bool) throws(CELCompileError) {
        let start = position
        position += 1
        guard let letter = peek() else { throw source.error(.syntax, at: start, "unterminated escape sequence") }
        position += 1
        switch letter {
        case "a": content.append(7)
        case "b": content.append(8)
        case "f": content.append(12)
        case "n": content.append(10)
        case "r": content.append(13)
        case "t": content.append(9)
        case "v": content.append(11)
        case "\\", "?", "\"", "'", "`": content.append(UInt8(truncatingIfNeeded: letter.value))
        case "x", "X": try code(digits: 2, radix: 16, start, into: &content, bytes: bytes)
        case "u": try code(digits: 4, radix: 16, start, into: &content, bytes: false)
        case "U": try code(digits: 8, radix: 16, start, into: &content, bytes: false)
        case "0"..."3":
            position -= 1
            try code(digits: 3, radix: 8, start, into: &content, bytes: bytes)
        default: throw source.error(.syntax, at: start, "unknown escape sequence \\\(letter)")
        }
    }

    private mutating func code(
        digits: Int, radix: Int, _ start: Int, into content: inout [UInt8], bytes: Bool
    ) throws(CELCompileError) {
        let end = position + digits
        guard end <= source.scalars.count, let value = UInt32(source.text(position..<end), radix: radix) else {
            throw source.error(.syntax, at: start, "the escape sequence needs \(digits) digits")
        }
        position = end
        if bytes {
            content.append(UInt8(truncatingIfNeeded: value))
        } else if let scalar = Unicode.Scalar(value) {
            content.append(contentsOf: Array(String(scalar).utf8))
        } else {
            throw source.error(.syntax, at: start, "the escape sequence is no Unicode character")
        }
    }
}

extension Unicode.Scalar {
    var isDigit: Bool { self >= "0" && self <= "9" }
    var isHexDigit: Bool { isDigit || (self >= "a" && self <= "f") || (self >= "A" && self <= "F") }
    var isIdentifierStart: Bool {
        (self >= "a" && self <= "z") || (self >= "A" && self <= "Z") || self == "_"
    }
}
