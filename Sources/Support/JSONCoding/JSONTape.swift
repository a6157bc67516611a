// SPDX-License-Identifier: MIT

/// One value or member name of a tokenized text: where its bytes are.
struct JSONToken: Sendable {
    enum Kind: UInt8, Sendable {
        case null
        case `true`
        case `false`
        case number
        /// Between the quotes are the characters themselves, all ASCII.
        case plainString
        /// Between the quotes are escapes or bytes beyond ASCII.
        case string
        case array
        case object
    }

    var kind: Kind
    /// The first byte; of a string the one after the quote.
    var start: UInt32
    /// The byte after the last; of a string that of the closing quote.
    var end: UInt32
    /// The token after this value and everything in it; of a member's name that of its value.
    var next: UInt32
}

/// A text cut into tokens in one pass, without making a value: what is never asked for costs no memory.
///
/// Never changes; nodes of it share it.
final class JSONTape: Sendable {
    let bytes: [UInt8]
    let tokens: [JSONToken]

    init(bytes: [UInt8], tokens: [JSONToken]) {
        self.bytes = bytes
        self.tokens = tokens
    }

    /// Whether this text stands there.
    func holds(_ text: String, at start: Int) -> Bool {
        var position = start
        for byte in text.utf8 {
            guard bytes[position] == byte else { return false }
            position += 1
        }
        return true
    }
}

/// Cuts a value into tokens: strict grammar and bounded depth, as `JSONParser`; member names may repeat, and the last
/// one counts. Bytes beyond ASCII are checked when a string is asked for.
struct JSONTokenizer {
    let bytes: [UInt8]
    let limits: JSONLimits
    var position: Int
    private(set) var tokens: [JSONToken] = []

    private static let metadata = Array("metadata".utf8)
    private static let managedFields = Array("managedFields".utf8)

    init(bytes: [UInt8], limits: JSONLimits, position: Int = 0, expectedTokens: Int = 64) {
        self.bytes = bytes
        self.limits = limits
        self.position = position
        tokens.reserveCapacity(expectedTokens)
    }

    func failure(_ problem: String) -> JSONParseError { JSONParseError(problem: problem, offset: position) }

    mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    /// Passes over what some editors put before UTF-8, as `JSONParser` does.
    mutating func skipByteOrderMark() {
        if position == 0, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// Reads one value with everything in it.
    mutating func readValue(depth: Int = 0, isMetadata: Bool = false) throws(JSONParseError) {
        skipSpace()
        guard position < bytes.count else { throw failure("the text ends where a value should be") }
        switch bytes[position] {
        case UInt8(ascii: "\""): try readString()
        case UInt8(ascii: "{"): try readObject(depth: depth + 1, isMetadata: isMetadata)
        case UInt8(ascii: "["): try readArray(depth: depth + 1)
        case UInt8(ascii: "t"): try readWord([0x74, 0x72, 0x75, 0x65], .true)
        case UInt8(ascii: "f"): try readWord([0x66, 0x61, 0x6C, 0x73, 0x65], .false)
        case UInt8(ascii: "n"): try readWord([0x6E, 0x75, 0x6C, 0x6C], .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try readNumber()
        default: throw failure("a value should start here")
        }
    }

    private mutating func append(_ kind: JSONToken.Kind, from start: Int, to end: Int) {
        tokens.append(
            JSONToken(
                kind: kind, start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end),
                next: UInt32(truncatingIfNeeded: tokens.count + 1)))
    }

    private mutating func readWord(_ word: [UInt8], _ kind: JSONToken.Kind) throws(JSONParseError) {
        guard bytes.count - position >= word.count, bytes[position..<position + word.count].elementsEqual(word) else {
            throw failure("unknown word")
        }
        append(kind, from: position, to: position + word.count)
        position += word.count
    }

    private mutating func readString() throws(JSONParseError) {
        let start = position + 1
        var isPlain = true
        var index = start
        while true {
            index = bytes.endOfPlainText(from: index)
            guard index < bytes.count else { break }
            switch bytes[index] {
            case UInt8(ascii: "\""):
                append(isPlain ? .plainString : .string, from: start, to: index)
                position = index + 1
                return
            case UInt8(ascii: "\\"):
                isPlain = false
                index += 2
            case 0..<0x20:
                position = index
                throw failure("a control character inside a string")
            default:
                isPlain = false
                index += 1
            }
        }
        position = bytes.count
        throw failure("the string is not closed")
    }

    private mutating func readNumber() throws(JSONParseError) {
        var scanner = JSONParser(bytes: bytes, limits: limits)
        scanner.position = position
        _ = try scanner.scanNumber()
        append(.number, from: position, to: scanner.position)
        position = scanner.position
    }

    private mutating func readArray(depth: Int) throws(JSONParseError) {
        let token = try open(.array, depth: depth)
        if try close(token, with: UInt8(ascii: "]"), isFirst: true) { return }
        repeat { try readValue(depth: depth) } while try !close(token, with: UInt8(ascii: "]"), isFirst: false)
    }

    private mutating func readObject(depth: Int, isMetadata: Bool) throws(JSONParseError) {
        let token = try open(.object, depth: depth)
        if try close(token, with: UInt8(ascii: "}"), isFirst: true) { return }
        repeat {
            let name = tokens.count
            try readName()
            if limits.skipsManagedFields, tokens[name].kind == .plainString {
                if isMetadata, isName(name, Self.managedFields) {
                    tokens.removeLast()
                    try skipValue(depth: depth)
                    continue
                }
                try readValue(depth: depth, isMetadata: isName(name, Self.metadata))
            } else {
                try readValue(depth: depth)
            }
        } while try !close(token, with: UInt8(ascii: "}"), isFirst: false)
    }

    /// Reads a member's name and the colon after it.
    mutating func readName() throws(JSONParseError) {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            throw failure("a member's name should be here")
        }
        try readString()
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else {
            throw failure("a colon should be here")
        }
        position += 1
    }

    private func isName(_ token: Int, _ name: [UInt8]) -> Bool {
        let (start, end) = (Int(tokens[token].start), Int(tokens[token].end))
        return end - start == name.count && bytes[start..<end].elementsEqual(name)
    }

    private mutating func open(_ kind: JSONToken.Kind, depth: Int) throws(JSONParseError) -> Int {
        guard depth <= limits.maximumDepth else { throw failure("nested deeper than \(limits.maximumDepth)") }
        let token = tokens.count
        append(kind, from: position, to: position)
        position += 1
        return token
    }

    /// Passes a comma (false) or the end of a container (true).
    private mutating func close(
        _ token: Int, with bracket: UInt8, isFirst: Bool
    ) throws(JSONParseError) -> Bool {
        skipSpace()
        guard position < bytes.count else { throw failure("an array or object is not closed") }
        if bytes[position] == bracket {
            position += 1
            tokens[token].end = UInt32(truncatingIfNeeded: position)
            tokens[token].next = UInt32(truncatingIfNeeded: tokens.count)
            return true
        }
        if isFirst { return false }
        guard bytes[position] == UInt8(ascii: ",") else { throw failure("a comma or the end should be here") }
        position += 1
        return false
    }

    /// Passes over one value without keeping anything of it.
    private mutating func skipValue(depth: Int) throws(JSONParseError) {
        var scanner = JSONParser(bytes: bytes, limits: limits)
        scanner.position = position
        try scanner.skipValue(depth: depth)
        position = scanner.position
    }

    /// What was read, as a tape of its own; the next value begins an empty one.
    mutating func takeTape() -> JSONTape {
        let expected = tokens.count
        let tape = JSONTape(bytes: bytes, tokens: tokens)
        tokens = []
        tokens.reserveCapacity(expected)
        return tape
    }
}
