// SPDX-License-Identifier: MIT

extension JSONNode {
    /// Reads an object with one large array member, an element at a time: never more than one element exists as tokens.
    ///
    /// - Parameters:
    ///   - member: the array's name, such as `items`; `null` reads as an empty array.
    ///   - pool: gives equal texts one storage.
    ///   - each: is given every element, in order.
    /// - Returns: the object without that member.
    /// - Throws: ``JSONParseError``; what `each` was given before stays true.
    package static func readItems(
        _ bytes: [UInt8], member: String = "items", limits: JSONLimits = .default, pool: JSONStringPool? = nil,
        each: (JSONNode) -> Void
    ) throws(JSONParseError) -> JSONObject {
        try limits.check(bytes)
        var tokenizer = JSONTokenizer(bytes: bytes, limits: limits, expectedTokens: 128)
        var rest = JSONObject()
        tokenizer.skipByteOrderMark()
        tokenizer.skipSpace()
        guard tokenizer.pass(UInt8(ascii: "{")) else { throw tokenizer.failure("an object should start here") }
        tokenizer.skipSpace()
        var isOpen = !tokenizer.pass(UInt8(ascii: "}"))
        while isOpen {
            try tokenizer.readName()
            let nameNode = JSONNode(tape: tokenizer.takeTape())
            let name = try nameNode.text(nameNode.token)
            tokenizer.skipSpace()
            if name == member, tokenizer.pass(UInt8(ascii: "[")) {
                try readElements(&tokenizer, pool: pool, each: each)
            } else {
                try tokenizer.readValue(depth: 1, isMetadata: name == "metadata")
                let node = JSONNode(tape: tokenizer.takeTape(), pool: pool)
                if name != member || !node.isNull { rest[name] = try node.value() }
            }
            tokenizer.skipSpace()
            if tokenizer.pass(UInt8(ascii: ",")) { continue }
            guard tokenizer.pass(UInt8(ascii: "}")) else { throw tokenizer.failure("a comma or } should be here") }
            isOpen = false
        }
        tokenizer.skipSpace()
        guard tokenizer.position == bytes.count else { throw tokenizer.failure("text after the value") }
        return rest
    }

    private static func readElements(
        _ tokenizer: inout JSONTokenizer, pool: JSONStringPool?, each: (JSONNode) -> Void
    ) throws(JSONParseError) {
        tokenizer.skipSpace()
        if tokenizer.pass(UInt8(ascii: "]")) { return }
        while true {
            try tokenizer.readValue(depth: 2)
            each(JSONNode(tape: tokenizer.takeTape(), pool: pool))
            tokenizer.skipSpace()
            if tokenizer.pass(UInt8(ascii: ",")) { continue }
            guard tokenizer.pass(UInt8(ascii: "]")) else { throw tokenizer.failure("a comma or ] should be here") }
            return
        }
    }
}

extension JSONTokenizer {
    /// Passes over the byte if it is next.
    mutating func pass(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }
}
