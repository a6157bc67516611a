// SPDX-License-Identifier: MIT

extension JSONParser {
    /// Passes over one value without building it, by the same grammar: what is not JSON is refused here as well.
    ///
    /// What matters to built values alone is not looked at: members of the same name, whether a double can hold a number,
    /// and combining marks.
    mutating func skipValue(depth: Int) throws(JSONParseError) {
        skipSpace()
        guard position < bytes.count else { throw failure("the text ends where a value should be") }
        switch bytes[position] {
        case UInt8(ascii: "{"): try skipList(until: UInt8(ascii: "}"), hasNames: true, depth: depth + 1)
        case UInt8(ascii: "["): try skipList(until: UInt8(ascii: "]"), hasNames: false, depth: depth + 1)
        case UInt8(ascii: "\""): try skipString()
        case UInt8(ascii: "t"): _ = try parseLiteral("true", .null)
        case UInt8(ascii: "f"): _ = try parseLiteral("false", .null)
        case UInt8(ascii: "n"): _ = try parseLiteral("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): _ = try scanNumber()
        default: throw failure("a value should start here")
        }
    }

    private mutating func skipList(until end: UInt8, hasNames: Bool, depth: Int) throws(JSONParseError) {
        guard depth <= limits.maximumDepth else { throw failure("nested deeper than \(limits.maximumDepth)") }
        position += 1
        skipSpace()
        if position < bytes.count, bytes[position] == end {
            position += 1
            return
        }
        while true {
            if hasNames { try skipName() }
            try skipValue(depth: depth)
            skipSpace()
            guard position < bytes.count else { throw failure("the array or object is not closed") }
            let byte = bytes[position]
            guard byte == UInt8(ascii: ",") || byte == end else { throw failure("a comma or an end should be here") }
            position += 1
            if byte == end { return }
        }
    }

    private mutating func skipName() throws(JSONParseError) {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            throw failure("a member's name should be here")
        }
        try skipString()
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else {
            throw failure("a colon should be here")
        }
        position += 1
    }

    private mutating func skipString() throws(JSONParseError) {
        position += 1
        let start = position
        var isASCII = true
        while true {
            position = bytes.endOfPlainText(from: position)
            guard position < bytes.count else { break }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                guard isASCII || String(validating: bytes[start..<position], as: UTF8.self) != nil else {
                    throw JSONParseError(problem: "the string is not valid UTF-8", offset: start)
                }
                position += 1
                return
            case UInt8(ascii: "\\"):
                position += 1
                var unread: [UInt8] = []
                try parseEscape(into: &unread)
            case 0..<0x20: throw failure("a control character inside a string")
            default:
                isASCII = false
                position += 1
            }
        }
        throw failure("the string is not closed")
    }
}
