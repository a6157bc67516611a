// SPDX-License-Identifier: MIT

/// Header fields (RFC 9110 §6.3): names compare without case, a name may be there several times, order is kept.
package struct HTTPHeaders: Sendable, Hashable, ExpressibleByDictionaryLiteral, Sequence {
    private var fields: [Field] = []

    fileprivate struct Field: Sendable, Hashable {
        var name: String
        var value: String
    }

    /// No fields.
    package init() {}

    /// Fields from pairs, in order.
    package init(_ pairs: some Sequence<(String, String)>) {
        fields = pairs.map { Field(name: $0.0, value: $0.1) }
    }

    package init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }

    /// How many fields there are.
    package var count: Int { fields.count }

    /// The first value of a name; setting replaces every field of that name, `nil` removes them.
    package subscript(name: String) -> String? {
        get { fields.first { Self.same($0.name, name) }?.value }
        set {
            fields.removeAll { Self.same($0.name, name) }
            if let newValue { fields.append(Field(name: name, value: newValue)) }
        }
    }

    /// Every value of a name, in order.
    package func values(for name: String) -> [String] {
        fields.filter { Self.same($0.name, name) }.map(\.value)
    }

    /// Adds a field beside those of the same name.
    package mutating func add(name: String, value: String) { fields.append(Field(name: name, value: value)) }

    package func makeIterator() -> Iterator { Iterator(fields: fields.makeIterator()) }

    /// Goes through the fields in order.
    package struct Iterator: IteratorProtocol {
        fileprivate var fields: IndexingIterator<[Field]>

        /// The next field.
        package mutating func next() -> (name: String, value: String)? {
            fields.next().map { ($0.name, $0.value) }
        }
    }

    /// Field names are ASCII tokens, so folding the bytes is enough.
    private static func same(_ left: String, _ right: String) -> Bool {
        func folded(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
        guard left.utf8.count == right.utf8.count else { return false }
        return left == right || zip(left.utf8, right.utf8).allSatisfy { folded($0) == folded($1) }
    }
}
