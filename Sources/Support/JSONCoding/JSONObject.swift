// SPDX-License-Identifier: MIT

/// The members of a JSON object, in the order in which they were written.
///
/// Kubernetes objects have few members a level, so members are found by walking a short array, which is smaller and
/// faster than a dictionary; from `indexThreshold` members on an index is kept, so that a hostile object with many
/// members costs no quadratic time. Equality and hash ignore the order.
package struct JSONObject: Sendable {
    private static let indexThreshold = 16

    package private(set) var members: [Member] = []
    private var index: [String: Int] = [:]

    /// A name and its value.
    package struct Member: Sendable, Hashable {
        package var key: String
        package var value: JSONValue
    }

    /// An empty object.
    package init() {}

    /// An empty object with room for so many members.
    init(minimumCapacity: Int) { members.reserveCapacity(minimumCapacity) }

    /// An object from pairs; the last of equal keys wins.
    package init(_ pairs: some Sequence<(String, JSONValue)>) {
        for (key, value) in pairs { self[key] = value }
    }

    /// How many members there are.
    package var count: Int { members.count }

    /// Whether there are no members.
    package var isEmpty: Bool { members.isEmpty }

    /// The names, in order.
    package var keys: [String] { members.map(\.key) }

    /// The values, in order.
    package var values: [JSONValue] { members.map(\.value) }

    private func position(of key: String) -> Int? {
        if members.count >= Self.indexThreshold { return index[key] }
        return members.firstIndex { $0.key == key }
    }

    /// The value of a member; setting `nil` removes it.
    package subscript(key: String) -> JSONValue? {
        get { position(of: key).map { members[$0].value } }
        set {
            guard let newValue else {
                removeValue(forKey: key)
                return
            }
            if let position = position(of: key) {
                members[position].value = newValue
            } else {
                append(Member(key: key, value: newValue))
            }
        }
    }

    /// The value of a member, or a default.
    package subscript(key: String, default fallback: @autoclosure () -> JSONValue) -> JSONValue {
        get { self[key] ?? fallback() }
        set { self[key] = newValue }
    }

    private mutating func append(_ member: Member) {
        members.append(member)
        if members.count > Self.indexThreshold {
            index[member.key] = members.count - 1
        } else if members.count == Self.indexThreshold {
            reindex()
        }
    }

    private mutating func reindex() {
        index.removeAll(keepingCapacity: true)
        guard members.count >= Self.indexThreshold else { return }
        for (position, member) in members.enumerated() { index[member.key] = position }
    }

    /// Adds a member without looking for an earlier one of that name; used by the parser, which has looked.
    mutating func appendUnchecked(_ key: String, _ value: JSONValue) { append(Member(key: key, value: value)) }

    /// Removes a member and returns what it held.
    @discardableResult
    package mutating func removeValue(forKey key: String) -> JSONValue? {
        guard let position = position(of: key) else { return nil }
        let removed = members.remove(at: position).value
        reindex()
        return removed
    }

    /// Removes every member for which the predicate holds.
    package mutating func removeAll(where predicate: (String, JSONValue) throws -> Bool) rethrows {
        try members.removeAll { try predicate($0.key, $0.value) }
        reindex()
    }

    /// The same names with changed values.
    package func mapValues(_ transform: (JSONValue) throws -> JSONValue) rethrows -> JSONObject {
        var copy = self
        for position in copy.members.indices {
            copy.members[position].value = try transform(copy.members[position].value)
        }
        return copy
    }
}

extension JSONObject: Sequence {
    /// Walks the members in order.
    package func makeIterator() -> AnyIterator<(key: String, value: JSONValue)> {
        var iterator = members.makeIterator()
        return AnyIterator { iterator.next().map { ($0.key, $0.value) } }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// An object from a literal; the last of equal keys wins.
    package init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}

extension JSONObject: Hashable {
    /// Equal when both have the same members, in whatever order.
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.count == right.count else { return false }
        if left.members == right.members { return true }
        return left.members.allSatisfy { right[$0.key] == $0.value }
    }

    /// Hashes the members without regard to their order.
    package func hash(into hasher: inout Hasher) {
        var combined = 0
        for member in members { combined ^= member.hashValue }
        hasher.combine(combined)
        hasher.combine(count)
    }
}
