// SPDX-License-Identifier: MIT
import JSONCoding

/// Merging an applied configuration into an object, and taking away what is no longer applied.
enum StructuralMerge {
    /// The object with the configuration's fields set.
    static func merge(_ configuration: JSONValue, into live: JSONValue?, shape: MergeShape) -> JSONValue {
        switch (live, configuration) {
        case (.object(var object)?, .object(let applied)) where !shape.isAtomicMap:
            for (name, value) in applied {
                object[name] = merge(value, into: object[name], shape: shape.member(name))
            }
            return .object(object)
        case (.array(let items)?, .array(let applied)) where shape.list != .atomic:
            return .array(mergeList(applied, into: items, shape: shape))
        default: return configuration
        }
    }

    private static func mergeList(_ applied: [JSONValue], into items: [JSONValue], shape: MergeShape) -> [JSONValue] {
        var result = items
        var positions: [FieldSet.Element: Int] = [:]
        for (index, item) in items.enumerated() {
            if let element = FieldSet.element(for: item, in: shape) { positions[element] = index }
        }
        for item in applied {
            guard let element = FieldSet.element(for: item, in: shape) else { continue }
            if let index = positions[element] {
                result[index] = merge(item, into: result[index], shape: shape.element)
            } else {
                positions[element] = result.count
                result.append(item)
            }
        }
        return result
    }

    /// The object without the given fields. A place that becomes empty because of it goes too, unless it is kept.
    ///
    /// - Parameters:
    ///   - fields: what to take away.
    ///   - kept: what others own or what is applied now; nothing of it, nor what holds it, is taken away.
    static func removing(_ fields: FieldSet, kept: FieldSet, from value: JSONValue, shape: MergeShape) -> JSONValue? {
        if fields.isMember, kept.isEmpty { return nil }
        switch value {
        case .object(var object) where !shape.isAtomicMap:
            for (element, child) in fields.children {
                guard case .field(let name) = element, let member = object[name] else { continue }
                object[name] = removing(
                    child, kept: kept.children[element] ?? FieldSet(), from: member, shape: shape.member(name))
            }
            return object.isEmpty && kept.isEmpty && !fields.children.isEmpty ? nil : .object(object)
        case .array(let items) where shape.list != .atomic:
            let left = items.compactMap { item -> JSONValue? in
                guard let element = FieldSet.element(for: item, in: shape), let child = fields.children[element] else {
                    return item
                }
                return removing(
                    child, kept: kept.children[element] ?? FieldSet(), from: item, shape: shape.element)
            }
            return left.isEmpty && kept.isEmpty && !fields.children.isEmpty ? nil : .array(left)
        default: return value
        }
    }
}
