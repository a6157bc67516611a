// SPDX-License-Identifier: MIT
import JSONCoding

/// A set of fields of an object, as `metadata.managedFields` writes it (fieldsV1).
struct FieldSet: Sendable, Equatable {
    /// One step of a path.
    enum Element: Sendable, Hashable, Comparable {
        /// A member of an object: `f:name`.
        case field(String)
        /// An element of a list that is a map, by its key members: `k:{"name":"x"}`.
        case key(String)
        /// An element of a list that is a set: `v:"x"`.
        case value(String)

        var text: String {
            switch self {
            case .field(let name): "f:" + name
            case .key(let json): "k:" + json
            case .value(let json): "v:" + json
            }
        }

        init?(_ text: String) {
            let rest = String(text.dropFirst(2))
            if text.hasPrefix("f:") {
                self = .field(rest)
            } else if text.hasPrefix("k:") {
                // Written in one order of members, so that equal keys are equal text.
                guard let key = try? JSONValue.parse(rest) else { return nil }
                self = .key(key.canonical().encodedString())
            } else if text.hasPrefix("v:") {
                self = .value(rest)
            } else {
                return nil
            }
        }
    }

    /// Whether the place itself belongs to the set (written as `.` where it has members of its own).
    var isMember = false
    var children: [Element: FieldSet] = [:]

    var isEmpty: Bool { !isMember && children.isEmpty }

    /// The set with what both hold.
    func intersection(_ other: FieldSet) -> FieldSet {
        combine(other, member: { $0 && $1 })
    }

    /// The set with what this holds and the other does not.
    func subtracting(_ other: FieldSet) -> FieldSet {
        combine(other, member: { $0 && !$1 })
    }

    /// The set with what either holds.
    func union(_ other: FieldSet) -> FieldSet {
        combine(other, member: { $0 || $1 })
    }

    private func combine(_ other: FieldSet, member: (Bool, Bool) -> Bool) -> FieldSet {
        var result = FieldSet(isMember: member(isMember, other.isMember))
        let none = FieldSet()
        for (element, child) in children {
            let combined = child.combine(other.children[element] ?? none, member: member)
            if !combined.isEmpty { result.children[element] = combined }
        }
        for (element, child) in other.children where children[element] == nil {
            let combined = none.combine(child, member: member)
            if !combined.isEmpty { result.children[element] = combined }
        }
        return result
    }

    /// The set without a path and all that lies below it.
    mutating func remove(_ path: some Collection<String>) {
        guard let head = path.first else { return }
        let element = Element.field(head)
        if path.count == 1 {
            children[element] = nil
        } else if var child = children[element] {
            child.remove(path.dropFirst())
            children[element] = child.isEmpty ? nil : child
        }
    }

    /// The paths of all members, as people read them: `.spec.containers[name="a"].image`.
    var paths: [String] {
        var found: [String] = []
        collect("", into: &found)
        return found.sorted()
    }

    private func collect(_ prefix: String, into found: inout [String]) {
        if isMember, !prefix.isEmpty { found.append(prefix) }
        for (element, child) in children { child.collect(prefix + Self.step(element), into: &found) }
    }

    static func step(_ element: Element) -> String {
        switch element {
        case .field(let name): return "." + name
        case .value(let json): return "[=\(json)]"
        case .key(let json):
            guard let object = (try? JSONValue.parse(json))?.objectValue else { return "[\(json)]" }
            return "[" + object.map { "\($0.key)=\($0.value.encodedString())" }.joined(separator: ",") + "]"
        }
    }
}

// MARK: - fieldsV1

extension FieldSet {
    /// Reads fieldsV1; what is not understood is left out.
    init(fieldsV1: JSONValue) {
        guard let object = fieldsV1.objectValue else { return }
        for (key, value) in object {
            if key == "." {
                isMember = true
                continue
            }
            guard let element = Element(key) else { continue }
            var child = FieldSet(fieldsV1: value)
            if child.children.isEmpty { child.isMember = true }
            children[element] = child
        }
    }

    /// As fieldsV1.
    var fieldsV1: JSONValue {
        var object = JSONObject()
        if isMember, !children.isEmpty { object["."] = .object([:]) }
        for (element, child) in children.sorted(by: { $0.key < $1.key }) { object[element.text] = child.fieldsV1 }
        return .object(object)
    }
}

// MARK: - From values

extension FieldSet {
    /// The element that identifies an item of a list.
    static func element(for item: JSONValue, in shape: MergeShape) -> Element? {
        switch shape.list {
        case .atomic: return nil
        case .set: return .value(item.encodedString())
        case .map(let keys):
            guard item.objectValue != nil else { return nil }
            var key = JSONObject()
            for name in keys.sorted() {
                guard let value = item[name] ?? shape.keyDefault(name) else { continue }
                key[name] = value
            }
            return key.isEmpty ? nil : .key(JSONValue.object(key).encodedString())
        }
    }

    /// Every field that a value has.
    ///
    /// - Parameter containers: whether maps and lists belong to the set themselves, as they do for who made them by an
    ///   update: they then stay when what they hold is taken over by others and goes.
    init(of value: JSONValue, shape: MergeShape, containers: Bool = false) {
        switch value {
        case .object(let object) where !object.isEmpty && !shape.isAtomicMap:
            isMember = containers && shape.isContainer
            for (name, member) in object {
                children[.field(name)] = FieldSet(of: member, shape: shape.member(name), containers: containers)
            }
        case .array(let items) where !items.isEmpty && shape.list != .atomic:
            isMember = containers && shape.ownsList
            for item in items {
                guard let element = Self.element(for: item, in: shape) else { continue }
                var child = FieldSet(of: item, shape: shape.element, containers: containers)
                child.isMember = true
                children[element] = child
            }
        default: isMember = true
        }
    }
}
