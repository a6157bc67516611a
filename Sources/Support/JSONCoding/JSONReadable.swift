// SPDX-License-Identifier: MIT

/// A type that reads itself out of a tokenized text.
///
/// For objects that are read by the thousand: keyed containers of `Decodable` are generic over the type of the keys, so
/// the runtime looks up type metadata for every field. Types that are read now and then are plainly `Decodable`; one of
/// these is that as well, out of this package's decoder. What is generic here can be inlined, so that it is made for each
/// type when compiling.
@usableFromInline
package protocol JSONReadable: Decodable {
    /// Reads the value; throws `DecodingError` whose coding path leads to the offending field.
    init(node: JSONNode) throws
}

extension JSONReadable {
    /// Reads the value where a `Decodable` type holds it; throws `DecodingError`.
    package init(from decoder: any Decoder) throws {
        self = try Self(node: JSONNode(of: decoder))
    }
}

extension JSONReadable where Self: RawRepresentable, RawValue == String {
    /// Reads an enumeration of strings; throws `DecodingError` for a string that is none of them.
    @usableFromInline
    package init(node: JSONNode) throws {
        let text = try String(node: node)
        guard let value = Self(rawValue: text) else {
            throw node.corrupted("\"\(text)\" is no \(Self.self)")
        }
        self = value
    }

    /// Reads the value where a `Decodable` type holds it; throws `DecodingError`.
    package init(from decoder: any Decoder) throws {
        self = try Self(node: JSONNode(of: decoder))
    }
}

extension JSONNode {
    /// What a decoder of this package stands at.
    init(of decoder: any Decoder) throws {
        guard let decoder = decoder as? JSONNodeDecoder else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "only JSONNode and JSONValue are read from"))
        }
        self = decoder.node
    }

    /// The member's value when it is there and is not `null`.
    @usableFromInline
    package func present(_ member: String) -> JSONNode? {
        guard let value = self.member(member), tape.tokens[value].kind != .null else { return nil }
        return node(value)
    }

    /// Reads a member; nil when it is missing or `null`. Throws `DecodingError`.
    @inlinable
    package func read<T: JSONReadable>(_ member: String) throws -> T? {
        guard let value = try object().present(member) else { return nil }
        return try T(node: value)
    }

    /// Reads a member that has to be there; throws `DecodingError`.
    @inlinable
    package func require<T: JSONReadable>(_ member: String) throws -> T {
        try T(node: required(member))
    }

    /// The member's value, which has to be there; throws `DecodingError`.
    @usableFromInline
    package func required(_ member: String) throws -> JSONNode {
        guard let value = try object().member(member) else {
            throw DecodingError.keyNotFound(
                JSONCodingKey(member), .init(codingPath: path, debugDescription: "the field is missing"))
        }
        return node(value)
    }

    /// This value; throws `DecodingError` when it is no object.
    @usableFromInline
    package func object() throws -> JSONNode {
        guard isObject else { throw mismatch(JSONObject.self, "an object") }
        return self
    }

    /// Reads every element of an array; throws `DecodingError`. Takes no more memory than there are elements.
    @inlinable
    package func elements<T>(_ read: (JSONNode) throws -> T) throws -> [T] {
        let count = try elementCount()
        var elements: [T] = []
        elements.reserveCapacity(count)
        var next = firstChild
        for _ in 0..<count {
            elements.append(try read(next))
            next = next.sibling
        }
        return elements
    }

    /// How many elements the array has; throws `DecodingError` when this is none.
    @usableFromInline
    package func elementCount() throws -> Int {
        let own = token
        guard own.kind == .array else { throw mismatch([JSONValue].self, "an array") }
        var count = 0
        var next = index + 1
        while next < own.next {
            count += 1
            next = Int(tape.tokens[next].next)
        }
        return count
    }

    /// What begins right after this token: an array's first element.
    @usableFromInline
    package var firstChild: JSONNode { node(index + 1) }

    /// What follows this value and everything in it: the next element.
    @usableFromInline
    package var sibling: JSONNode { node(Int(token.next)) }

    /// The error of a value of another kind.
    package func mismatch(_ type: Any.Type, _ expected: String) -> DecodingError {
        .typeMismatch(type, .init(codingPath: path, debugDescription: "expected \(expected), found \(typeName)"))
    }

    /// The error of a value of the right kind that makes no sense.
    package func corrupted(_ problem: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: path, debugDescription: problem))
    }

    /// The number; nil when this is none. Throws `DecodingError` when no double can hold it.
    func numberIfAny() throws -> JSONValue? {
        guard token.kind == .number else { return nil }
        do { return try number() } catch { throw corrupted(error.description) }
    }

    /// The number as an integer of a type; throws `DecodingError` when it is none or does not fit.
    func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
        guard let wide = try numberIfAny()?.integerValue else { throw mismatch(type, "an integer") }
        guard let exact = T(exactly: wide) else { throw corrupted("\(wide) does not fit \(type)") }
        return exact
    }
}

extension String: JSONReadable {
    /// Reads a string; throws `DecodingError`.
    @usableFromInline
    package init(node: JSONNode) throws {
        let token = node.token
        guard token.kind == .plainString || token.kind == .string else {
            throw node.mismatch(String.self, "a string")
        }
        do { self = try node.text(token) } catch { throw node.corrupted(error.description) }
    }
}

extension Bool: JSONReadable {
    /// Reads a truth value; throws `DecodingError`.
    @usableFromInline
    package init(node: JSONNode) throws {
        switch node.token.kind {
        case .true: self = true
        case .false: self = false
        default: throw node.mismatch(Bool.self, "a boolean")
        }
    }
}

extension Int: JSONReadable {
    /// Reads an integer; throws `DecodingError`.
    @usableFromInline
    package init(node: JSONNode) throws { self = try node.integer(Int.self) }
}

extension Int64: JSONReadable {
    /// Reads an integer; throws `DecodingError`.
    @usableFromInline
    package init(node: JSONNode) throws { self = try node.integer(Int64.self) }
}

extension JSONValue: JSONReadable {
    /// Reads any value; throws `DecodingError` when a string in it is not valid UTF-8.
    @usableFromInline
    package init(node: JSONNode) throws {
        do { self = try node.value() } catch { throw node.corrupted(error.description) }
    }
}

extension Timestamp: JSONReadable {
    /// Reads an RFC 3339 time; throws `DecodingError`.
    @usableFromInline
    package init(node: JSONNode) throws {
        let text = try String(node: node)
        guard let value = Timestamp(text) else { throw node.corrupted("\"\(text)\" is not an RFC 3339 time") }
        self = value
    }
}

extension Array: JSONReadable where Element: JSONReadable {
    /// Reads an array; throws `DecodingError`.
    @inlinable
    package init(node: JSONNode) throws { self = try node.elements { try Element(node: $0) } }
}

extension Dictionary: JSONReadable where Key == String, Value: JSONReadable {
    /// Reads an object of values alike, such as labels; throws `DecodingError`.
    @usableFromInline
    package init(node: JSONNode) throws {
        let children = try node.object().children
        var map = [String: Value](minimumCapacity: children.count)
        for child in children {
            let name = node.name(ofChild: child)
            map[name] = try Value(node: node.node(child))
        }
        self = map
    }
}
