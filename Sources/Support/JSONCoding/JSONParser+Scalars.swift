// SPDX-License-Identifier: MIT

extension [UInt8] {
    /// The first byte from here on that ends a JSON string or needs a look in it: a quote, a backslash, a control
    /// character, or one beyond ASCII; else the end. Most bytes of most texts are passed here.
    func endOfPlainText(from start: Int) -> Int {
        let bytes = span
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            // Below 0x20 or from 0x80 on, in one comparison.
            if byte &- 0x20 >= 0x60 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
            index += 1
        }
        return index
    }
}

extension JSONParser {
    /// Parses a string; the common case without escapes is one copy of the bytes.
    mutating func parseString() throws(JSONParseError) -> String {
        position += 1
        let start = position
        var isASCII = true
        while true {
            position = bytes.endOfPlainText(from: position)
            guard position < bytes.count else { throw failure("the string is not closed") }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                let slice = bytes[start..<position]
                position += 1
                return try text(slice, isASCII: isASCII, at: start)
            case UInt8(ascii: "\\"): return try parseEscapedString(from: start)
            case 0..<0x20: throw failure("a control character inside a string")
            default:
                isASCII = false
                position += 1
            }
        }
    }

    func text(_ slice: ArraySlice<UInt8>, isASCII: Bool, at start: Int) throws(JSONParseError) -> String {
        if isASCII { return String(decoding: slice, as: UTF8.self) }
        guard let text = String(validating: slice, as: UTF8.self) else {
            throw JSONParseError(problem: "the string is not valid UTF-8", offset: start)
        }
        guard !CombiningMarks.areTooMany(in: text) else {
            throw JSONParseError(problem: "more than \(CombiningMarks.limit) combining marks in a row", offset: start)
        }
        return text
    }

    private mutating func parseEscapedString(from start: Int) throws(JSONParseError) -> String {
        var buffer = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return try text(buffer[...], isASCII: false, at: start)
            case UInt8(ascii: "\\"):
                position += 1
                try parseEscape(into: &buffer)
            case 0..<0x20: throw failure("a control character inside a string")
            default:
                buffer.append(byte)
                position += 1
            }
        }
        throw failure("the string is not closed")
    }

    mutating func parseEscape(into buffer: inout [UInt8]) throws(JSONParseError) {
        guard position < bytes.count else { throw failure("the string is not closed") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(byte)
        case UInt8(ascii: "b"): buffer.append(0x08)
        case UInt8(ascii: "f"): buffer.append(0x0C)
        case UInt8(ascii: "n"): buffer.append(0x0A)
        case UInt8(ascii: "r"): buffer.append(0x0D)
        case UInt8(ascii: "t"): buffer.append(0x09)
        case UInt8(ascii: "u"):
            let unit = try parseHexUnit()
            var scalar = UInt32(unit)
            if (0xD800...0xDBFF).contains(unit) {
                guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                    bytes[position + 1] == UInt8(ascii: "u")
                else { throw failure("half of a surrogate pair") }
                position += 2
                let low = try parseHexUnit()
                guard (0xDC00...0xDFFF).contains(low) else { throw failure("half of a surrogate pair") }
                scalar = 0x10000 + (UInt32(unit - 0xD800) << 10) + UInt32(low - 0xDC00)
            }
            guard let character = Unicode.Scalar(scalar) else { throw failure("half of a surrogate pair") }
            buffer.append(contentsOf: String(Character(character)).utf8)
        default:
            position -= 1
            throw failure("unknown escape in a string")
        }
    }

    private mutating func parseHexUnit() throws(JSONParseError) -> UInt16 {
        guard position + 4 <= bytes.count else { throw failure("four hexadecimal digits should be here") }
        var unit: UInt16 = 0
        for _ in 0..<4 {
            let byte = bytes[position]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw failure("four hexadecimal digits should be here")
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }

    /// Parses a number: an integer where it fits 64 bits and has neither fraction nor exponent, else a double.
    mutating func parseNumber() throws(JSONParseError) -> JSONValue {
        let start = position
        let isInteger = try scanNumber()
        let literal = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let integer = Int64(literal) { return .integer(integer) }
        guard let number = Double(literal), number.isFinite else {
            throw JSONParseError(problem: "a number that no double can hold", offset: start)
        }
        return .double(number)
    }

    /// Passes over a number; answers whether it has neither fraction nor exponent.
    mutating func scanNumber() throws(JSONParseError) -> Bool {
        var isInteger = true
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        guard position < bytes.count, isDigit(bytes[position]) else { throw failure("a digit should be here") }
        if bytes[position] == UInt8(ascii: "0") {
            position += 1
            if position < bytes.count, isDigit(bytes[position]) { throw failure("a number with a leading zero") }
        } else {
            skipDigits()
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            guard position < bytes.count, isDigit(bytes[position]) else { throw failure("a digit should be here") }
            skipDigits()
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            guard position < bytes.count, isDigit(bytes[position]) else { throw failure("a digit should be here") }
            skipDigits()
        }
        return isInteger
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private mutating func skipDigits() {
        while position < bytes.count, isDigit(bytes[position]) { position += 1 }
    }
}
