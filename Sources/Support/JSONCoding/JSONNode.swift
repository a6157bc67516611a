// SPDX-License-Identifier: MIT

/// One value inside a tokenized text: what is asked for is made then, and nothing else ever.
///
/// For reading many objects of which few fields are used. Where a value is to be kept or changed, use `JSONValue`.
@usableFromInline
package struct JSONNode {
    let tape: JSONTape
    let index: Int
    let pool: JSONStringPool?

    init(tape: JSONTape, index: Int = 0, pool: JSONStringPool? = nil) {
        self.tape = tape
        self.index = index
        self.pool = pool
    }

    /// Cuts one JSON text (RFC 8259) into tokens: strict grammar, bounded depth and size.
    ///
    /// - Parameter pool: gives equal texts one storage.
    /// - Throws: ``JSONParseError`` with the byte offset.
    package static func tokenize(
        _ bytes: [UInt8], limits: JSONLimits = .default, pool: JSONStringPool? = nil
    ) throws(JSONParseError) -> JSONNode {
        try limits.check(bytes)
        var tokenizer = JSONTokenizer(bytes: bytes, limits: limits, expectedTokens: min(bytes.count / 24 + 4, 512))
        tokenizer.skipByteOrderMark()
        try tokenizer.readValue()
        tokenizer.skipSpace()
        guard tokenizer.position == bytes.count else { throw tokenizer.failure("text after the value") }
        return JSONNode(tape: tokenizer.takeTape(), pool: pool)
    }

    var token: JSONToken { tape.tokens[index] }

    func node(_ index: Int) -> JSONNode { JSONNode(tape: tape, index: index, pool: pool) }

    /// The member of an object; nil when this is no object or has no such member.
    package subscript(key: String) -> JSONNode? { member(key).map(node) }

    /// The token of a member's value.
    func member(_ key: String) -> Int? {
        let tokens = tape.tokens
        let own = tokens[index]
        guard own.kind == .object else { return nil }
        let length = key.utf8.count
        var found: Int?
        var name = index + 1
        while name < own.next {
            let candidate = tokens[name]
            if candidate.kind == .plainString {
                let start = Int(candidate.start)
                if Int(candidate.end) - start == length, tape.holds(key, at: start) { found = name + 1 }
            } else if (try? text(candidate)) == key {
                found = name + 1
            }
            name = Int(tokens[name + 1].next)
        }
        return found
    }

    /// The values of an array, or the member values of an object, by their tokens.
    var children: [Int] {
        let own = token
        guard own.kind == .array || own.kind == .object else { return [] }
        let step = own.kind == .object ? 1 : 0
        var children: [Int] = []
        var next = index + 1
        while next < own.next {
            children.append(next + step)
            next = Int(tape.tokens[next + step].next)
        }
        return children
    }

    /// The name of a member, given its value's token.
    func name(ofChild child: Int) -> String { (try? text(tape.tokens[child - 1])) ?? "" }

    /// The string, when the value is one and is valid UTF-8.
    package var stringValue: String? {
        switch token.kind {
        case .plainString, .string: try? text(token)
        default: nil
        }
    }

    /// Whether the value is `null`.
    package var isNull: Bool { token.kind == .null }

    /// Whether the value is an object.
    package var isObject: Bool { token.kind == .object }

    /// The whole value.
    ///
    /// - Throws: ``JSONParseError`` when a string in it is not valid UTF-8.
    package func value() throws(JSONParseError) -> JSONValue {
        let own = token
        switch own.kind {
        case .null: return .null
        case .true: return .bool(true)
        case .false: return .bool(false)
        case .number: return try number()
        case .plainString, .string: return .string(try text(own))
        case .array:
            var elements: [JSONValue] = []
            for child in children { elements.append(try node(child).value()) }
            return .array(elements)
        case .object:
            let children = children
            var object = JSONObject(minimumCapacity: children.count)
            for child in children { object[try text(tape.tokens[child - 1])] = try node(child).value() }
            return .object(object)
        }
    }

    /// The text of a string token.
    func text(_ token: JSONToken) throws(JSONParseError) -> String {
        let (start, end) = (Int(token.start), Int(token.end))
        if token.kind == .plainString {
            let bytes = tape.bytes[start..<end]
            return pool?.string(bytes) ?? String(decoding: bytes, as: UTF8.self)
        }
        var parser = JSONParser(bytes: tape.bytes, limits: .default)
        parser.position = start - 1
        return try parser.parseString()
    }

    /// The value of a number token.
    func number() throws(JSONParseError) -> JSONValue {
        let own = token
        var value: Int64 = 0
        var position = Int(own.start)
        let end = Int(own.end)
        let isNegative = tape.bytes[position] == UInt8(ascii: "-")
        if isNegative { position += 1 }
        // Eighteen digits fit for certain; everything else takes the long way.
        if end - position <= 18 {
            while position < end {
                let digit = tape.bytes[position]
                guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { break }
                value = value * 10 + Int64(digit - UInt8(ascii: "0"))
                position += 1
            }
            if position == end { return .integer(isNegative ? -value : value) }
        }
        var parser = JSONParser(bytes: tape.bytes, limits: .default)
        parser.position = Int(own.start)
        return try parser.parseNumber()
    }

    /// The JSON type's name, as error messages say it.
    package var typeName: String {
        switch token.kind {
        case .null: "null"
        case .true, .false: "boolean"
        case .number: ((try? number())?.typeName) ?? "number"
        case .plainString, .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension JSONLimits {
    /// Throws when a text is longer than allowed, or than offsets of tokens reach.
    func check(_ bytes: [UInt8]) throws(JSONParseError) {
        let longest = min(maximumBytes, Int(UInt32.max) - 1)
        guard bytes.count <= longest else {
            throw JSONParseError(problem: "longer than \(longest) bytes", offset: longest)
        }
    }
}
