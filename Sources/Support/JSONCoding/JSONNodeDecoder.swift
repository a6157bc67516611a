// SPDX-License-Identifier: MIT

extension JSONNode {
    /// Makes a typed value straight out of the bytes: only what the type asks for is ever made.
    ///
    /// - Throws: `DecodingError` whose coding path leads to the offending field.
    package func decode<T: Decodable>(_ type: T.Type = T.self) throws -> T {
        try JSONNodeDecoder(node: self).unbox(type)
    }

    /// The names and positions that lead from the text's beginning to this value; found only when an error asks.
    var path: [any CodingKey] {
        var path: [any CodingKey] = []
        var current = node(0)
        while current.index != index {
            guard let step = current.children.enumerated().last(where: { $0.element <= index }) else { break }
            path.append(
                current.token.kind == .object
                    ? JSONCodingKey(current.name(ofChild: step.element)) : JSONCodingKey(index: step.offset))
            current = node(step.element)
        }
        return path
    }
}

/// `Decodable` out of a tokenized text.
struct JSONNodeDecoder: Decoder {
    let node: JSONNode
    var codingPath: [any CodingKey] { node.path }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard node.isObject else { throw node.mismatch(type, "an object") }
        return KeyedDecodingContainer(JSONNodeKeyedDecoding<Key>(node: node))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard node.token.kind == .array else { throw node.mismatch([JSONValue].self, "an array") }
        return JSONNodeUnkeyedDecoding(node)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func unbox<T: Decodable>(_ type: T.Type) throws -> T {
        if type == String.self, let text = try String(node: node) as? T { return text }
        if type == [String: String].self, let map = try [String: String](node: node) as? T { return map }
        return try T(from: self)
    }
}

extension JSONNodeDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { node.isNull }
    func decode(_ type: Bool.Type) throws -> Bool { try Bool(node: node) }
    func decode(_ type: String.Type) throws -> String { try String(node: node) }
    func decode(_ type: Double.Type) throws -> Double {
        guard let number = try node.numberIfAny()?.doubleValue else { throw node.mismatch(type, "a number") }
        return number
    }
    func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }
    func decode(_ type: Int.Type) throws -> Int { try node.integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try node.integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try node.integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try node.integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try node.integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try node.integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try node.integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try node.integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try node.integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try node.integer(type) }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try unbox(type) }
}

/// The members of an object.
struct JSONNodeKeyedDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let node: JSONNode

    var codingPath: [any CodingKey] { node.path }
    var allKeys: [Key] { node.children.compactMap { Key(stringValue: node.name(ofChild: $0)) } }
    func contains(_ key: Key) -> Bool { node.member(key.stringValue) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try member(key).node.isNull }

    private func member(_ key: some CodingKey) throws -> JSONNodeDecoder {
        JSONNodeDecoder(node: try node.required(key.stringValue))
    }

    /// Nil when the field is missing or null: one look where the default takes three.
    private func present(_ key: Key) -> JSONNodeDecoder? { node.present(key.stringValue).map(JSONNodeDecoder.init) }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try member(key).unbox(type) }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try member(key).decode(type) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try member(key).decode(type) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try member(key).decode(type) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try member(key).decode(type) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try member(key).decode(type) }

    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? { try present(key)?.unbox(type) }
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try present(key)?.decode(type) }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { try present(key)?.decode(type) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try present(key)?.decode(type) }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? { try present(key)?.decode(type) }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? { try present(key)?.decode(type) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { try member(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try member(key).unkeyedContainer()
    }
    func superDecoder() throws -> any Decoder { try member(JSONCodingKey("super")) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try member(key) }
}

/// The elements of an array.
struct JSONNodeUnkeyedDecoding: UnkeyedDecodingContainer {
    private let node: JSONNode
    private let elements: [Int]
    var currentIndex = 0

    init(_ node: JSONNode) {
        self.node = node
        elements = node.children
    }

    var codingPath: [any CodingKey] { node.path }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    private mutating func next() throws -> JSONNodeDecoder {
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                JSONValue.self, .init(codingPath: codingPath, debugDescription: "the array has no more elements"))
        }
        defer { currentIndex += 1 }
        return JSONNodeDecoder(node: node.node(elements[currentIndex]))
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, node.node(elements[currentIndex]).isNull else { return false }
        currentIndex += 1
        return true
    }
    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().unbox(type) }
    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> { try next().container(keyedBy: type) }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try next() }
}
