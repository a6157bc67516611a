// SPDX-License-Identifier: MIT

/// A place that an encoding container fills.
final class JSONBox {
    var value: JSONValue?
    init(_ value: JSONValue? = nil) { self.value = value }
}

/// `Encodable` into a value, without going through text.
struct JSONValueEncoder: Encoder {
    let codingPath: [any CodingKey]
    let box: JSONBox
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(codingPath: [any CodingKey], box: JSONBox = JSONBox()) {
        self.codingPath = codingPath
        self.box = box
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if box.value?.objectValue == nil { box.value = .object([:]) }
        return KeyedEncodingContainer(
            JSONKeyedEncoding<Key>(codingPath: codingPath) { [box] key, value in box.value?[key] = value })
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if box.value?.arrayValue == nil { box.value = .array([]) }
        return JSONUnkeyedEncoding(codingPath: codingPath, box: box)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    /// Encodes a nested value; one that writes nothing is an empty object.
    func wrap<T: Encodable>(_ value: T) throws -> JSONValue {
        if T.self == JSONValue.self, let same = value as? JSONValue { return same }
        if T.self == [String: String].self, let map = value as? [String: String] { return JSONValue(map) }
        let encoder = JSONValueEncoder(codingPath: codingPath)
        try value.encode(to: encoder)
        return encoder.box.value ?? .object([:])
    }

    func integer(_ value: some FixedWidthInteger) throws -> JSONValue {
        guard let exact = Int64(exactly: value) else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: codingPath, debugDescription: "the integer does not fit 64 bits"))
        }
        return .integer(exact)
    }
}

extension JSONValueEncoder: SingleValueEncodingContainer {
    func encodeNil() throws { box.value = .null }
    func encode(_ value: Bool) throws { box.value = .bool(value) }
    func encode(_ value: String) throws { box.value = .string(value) }
    func encode(_ value: Double) throws { box.value = .double(value) }
    func encode(_ value: Float) throws { box.value = .double(Double(value)) }
    func encode(_ value: Int) throws { box.value = try integer(value) }
    func encode(_ value: Int8) throws { box.value = try integer(value) }
    func encode(_ value: Int16) throws { box.value = try integer(value) }
    func encode(_ value: Int32) throws { box.value = try integer(value) }
    func encode(_ value: Int64) throws { box.value = try integer(value) }
    func encode(_ value: UInt) throws { box.value = try integer(value) }
    func encode(_ value: UInt8) throws { box.value = try integer(value) }
    func encode(_ value: UInt16) throws { box.value = try integer(value) }
    func encode(_ value: UInt32) throws { box.value = try integer(value) }
    func encode(_ value: UInt64) throws { box.value = try integer(value) }
    func encode<T: Encodable>(_ value: T) throws { box.value = try wrap(value) }
}

/// Fills an object.
struct JSONKeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let codingPath: [any CodingKey]
    let store: (String, JSONValue) -> Void

    init(codingPath: [any CodingKey], store: @escaping (String, JSONValue) -> Void) {
        self.codingPath = codingPath
        self.store = store
    }

    func encodeNil(forKey key: Key) throws { store(key.stringValue, .null) }
    // What most fields are, without an encoder of their own.
    func encode(_ value: Bool, forKey key: Key) throws { store(key.stringValue, .bool(value)) }
    func encode(_ value: String, forKey key: Key) throws { store(key.stringValue, .string(value)) }
    func encode(_ value: Int, forKey key: Key) throws { store(key.stringValue, .integer(Int64(value))) }
    func encode(_ value: Int64, forKey key: Key) throws { store(key.stringValue, .integer(value)) }
    func encode(_ value: Double, forKey key: Key) throws { store(key.stringValue, .double(value)) }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        store(key.stringValue, try JSONValueEncoder(codingPath: codingPath + [key]).wrap(value))
    }
    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        let box = JSONBox(.object([:]))
        let store = store
        store(key.stringValue, .object([:]))
        return KeyedEncodingContainer(
            JSONKeyedEncoding<Nested>(codingPath: codingPath + [key]) { name, value in
                box.value?[name] = value
                if let value = box.value { store(key.stringValue, value) }
            })
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        let store = store
        store(key.stringValue, .array([]))
        return JSONUnkeyedEncoding(codingPath: codingPath + [key], box: JSONBox(.array([]))) { value in
            store(key.stringValue, value)
        }
    }
    func superEncoder() -> any Encoder { JSONValueEncoder(codingPath: codingPath) }
    func superEncoder(forKey key: Key) -> any Encoder { JSONValueEncoder(codingPath: codingPath + [key]) }
}

/// Fills an array.
struct JSONUnkeyedEncoding: UnkeyedEncodingContainer {
    let codingPath: [any CodingKey]
    let box: JSONBox
    let changed: (JSONValue) -> Void

    init(codingPath: [any CodingKey], box: JSONBox, changed: @escaping (JSONValue) -> Void = { _ in }) {
        self.codingPath = codingPath
        self.box = box
        self.changed = changed
    }

    var count: Int { box.value?.arrayValue?.count ?? 0 }

    private func append(_ value: JSONValue) {
        var elements = box.value?.arrayValue ?? []
        box.value = nil
        elements.append(value)
        box.value = .array(elements)
        changed(.array(elements))
    }

    func encodeNil() throws { append(.null) }
    func encode<T: Encodable>(_ value: T) throws {
        append(try JSONValueEncoder(codingPath: codingPath + [JSONCodingKey(index: count)]).wrap(value))
    }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        let position = count
        append(.object([:]))
        let box = box
        let changed = changed
        return KeyedEncodingContainer(
            JSONKeyedEncoding<Nested>(codingPath: codingPath + [JSONCodingKey(index: position)]) { name, value in
                var element = box.value?[position] ?? .object([:])
                element[name] = value
                box.value?[position] = element
                if let value = box.value { changed(value) }
            })
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        let position = count
        append(.array([]))
        let box = box
        let changed = changed
        return JSONUnkeyedEncoding(
            codingPath: codingPath + [JSONCodingKey(index: position)], box: JSONBox(.array([]))
        ) { value in
            box.value?[position] = value
            if let value = box.value { changed(value) }
        }
    }
    func superEncoder() -> any Encoder { JSONValueEncoder(codingPath: codingPath) }
}
