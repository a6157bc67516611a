// SPDX-License-Identifier: MIT
import JSONCoding

/// Which fields differ between two values.
struct FieldComparison: Sendable {
    /// Fields that only the new value has.
    var added = FieldSet()
    /// Fields that both have, with different values.
    var modified = FieldSet()
    /// Fields that only the old value has.
    var removed = FieldSet()

    /// What the new value sets differently.
    var changed: FieldSet { added.union(modified) }

    init(from old: JSONValue?, to new: JSONValue?, shape: MergeShape) {
        switch (old, new) {
        case (nil, nil): break
        case (nil, let new?): added = FieldSet(of: new, shape: shape, containers: true)
        case (let old?, nil): removed = FieldSet(of: old, shape: shape, containers: true)
        case (let old?, let new?) where old == new: break
        case (.object(let old)?, .object(let new)?) where !shape.isAtomicMap:
            for name in Set(old.keys).union(new.keys) {
                add(.field(name), FieldComparison(from: old[name], to: new[name], shape: shape.member(name)))
            }
        case (.array(let old)?, .array(let new)?) where shape.list != .atomic:
            let before = Self.items(old, shape)
            let after = Self.items(new, shape)
            for element in Set(before.keys).union(after.keys) {
                var item = FieldComparison(from: before[element], to: after[element], shape: shape.element)
                if before[element] == nil { item.added.isMember = true }
                if after[element] == nil { item.removed.isMember = true }
                add(element, item)
            }
        default: modified = FieldSet(isMember: true)
        }
    }

    private static func items(_ list: [JSONValue], _ shape: MergeShape) -> [FieldSet.Element: JSONValue] {
        var items: [FieldSet.Element: JSONValue] = [:]
        for item in list {
            if let element = FieldSet.element(for: item, in: shape) { items[element] = item }
        }
        return items
    }

    private mutating func add(_ element: FieldSet.Element, _ child: FieldComparison) {
        if !child.added.isEmpty { added.children[element] = child.added }
        if !child.modified.isEmpty { modified.children[element] = child.modified }
        if !child.removed.isEmpty { removed.children[element] = child.removed }
    }
}
