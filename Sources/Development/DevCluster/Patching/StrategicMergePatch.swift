// SPDX-License-Identifier: MIT
import JSONCoding

/// Kubernetes' strategic merge patch: a merge patch in which lists of objects merge by key.
enum StrategicMergePatch {
    /// The document with the patch applied.
    static func apply(_ patch: JSONValue, to document: JSONValue, shape: MergeShape) -> JSONValue {
        guard case .object(let changes) = patch, case .object(let original) = document else {
            return withoutDirectives(patch)
        }
        switch changes["$patch"]?.stringValue {
        case "replace": return withoutDirectives(patch)
        case "delete": return .object([:])
        default: break
        }
        var result = original
        for (key, value) in changes where !key.hasPrefix("$") {
            let member = shape.member(key)
            let order = changes["$setElementOrder/" + key]?.arrayValue
            switch (result[key], value) {
            case (_, .null): result.removeValue(forKey: key)
            case (.object(let old)?, .object(let new)) where new["$patch"]?.stringValue == "delete":
                _ = old
                result.removeValue(forKey: key)
            case (.object?, .object): result[key] = apply(value, to: result[key] ?? [:], shape: member)
            case (.array(let old)?, .array(let new)):
                result[key] = .array(mergeList(new, into: old, order: order, shape: member))
            default: result[key] = withoutDirectives(value)
            }
        }
        for (key, value) in changes {
            if key.hasPrefix("$deleteFromPrimitiveList/") {
                let name = String(key.dropFirst("$deleteFromPrimitiveList/".count))
                let gone = Set(value.arrayValue ?? [])
                if let items = result[name]?.arrayValue { result[name] = .array(items.filter { !gone.contains($0) }) }
            } else if key.hasPrefix("$setElementOrder/") {
                let name = String(key.dropFirst("$setElementOrder/".count))
                if let items = result[name]?.arrayValue, let order = value.arrayValue {
                    result[name] = .array(sorted(items, by: order, shape: shape.member(name)))
                }
            } else if key == "$retainKeys" {
                let keep = Set(value.strings)
                result.removeAll { name, _ in !keep.contains(name) }
            }
        }
        return .object(result)
    }

    private static func mergeList(
        _ patch: [JSONValue], into items: [JSONValue], order: [JSONValue]?, shape: MergeShape
    ) -> [JSONValue] {
        switch shape.list {
        case .atomic: return patch.map(withoutDirectives)
        case .set: return items + patch.filter { !items.contains($0) }
        case .map(let keys):
            if patch.contains(where: { $0["$patch"]?.stringValue == "replace" }) {
                return patch.filter { $0["$patch"] == nil }.map(withoutDirectives)
            }
            // The strategic merge key is the first of the keys that the published API names.
            let key = keys[0]
            var result = items
            for change in patch {
                let index = result.firstIndex { $0[key] != nil && $0[key] == change[key] }
                if change["$patch"]?.stringValue == "delete" {
                    if let index { result.remove(at: index) }
                } else if let index {
                    result[index] = apply(change, to: result[index], shape: shape.element)
                } else {
                    result.append(withoutDirectives(change))
                }
            }
            return result
        }
    }

    private static func sorted(_ items: [JSONValue], by order: [JSONValue], shape: MergeShape) -> [JSONValue] {
        func rank(_ item: JSONValue) -> Int {
            switch shape.list {
            case .map(let keys): order.firstIndex { $0[keys[0]] == item[keys[0]] } ?? order.count
            default: order.firstIndex(of: item) ?? order.count
            }
        }
        return items.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }.map(
            \.element)
    }

    private static func withoutDirectives(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object):
            var copy = JSONObject()
            for (key, member) in object where !key.hasPrefix("$") && !member.isNull {
                copy[key] = withoutDirectives(member)
            }
            return .object(copy)
        case .array(let items):
            return .array(items.filter { $0["$patch"]?.stringValue != "delete" }.map(withoutDirectives))
        default: return value
        }
    }
}
