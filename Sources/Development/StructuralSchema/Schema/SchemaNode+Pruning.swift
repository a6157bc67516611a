// SPDX-License-Identifier: MIT
import JSONCoding

extension SchemaNode {
    /// The value without unknown fields, and whole numbers written as such where they are wanted.
    ///
    /// - Parameter keepsObjectFields: keeps `apiVersion`, `kind` and `metadata` whatever the schema says of them.
    func pruned(_ value: JSONValue, keepsObjectFields: Bool = false) -> JSONValue {
        switch value {
        case .double where type == .integer: return value.integerValue.map { .integer($0) } ?? value
        case .array(let elements):
            guard let items else { return value }
            return .array(elements.map { items.pruned($0) })
        case .object(let object):
            let keepsObjectFields = keepsObjectFields || isEmbeddedResource
            var result: [(String, JSONValue)] = []
            for (key, child) in object {
                if keepsObjectFields, ["apiVersion", "kind", "metadata"].contains(key) {
                    result.append((key, child))
                } else if let schema = property(key) {
                    result.append((key, schema.pruned(child)))
                } else if case .schema(let schema) = additionalProperties {
                    result.append((key, schema.pruned(child)))
                } else if case .any = additionalProperties {
                    result.append((key, child))
                } else if preservesUnknownFields {
                    result.append((key, child))
                }
            }
            return .object(JSONObject(result))
        default: return value
        }
    }

    /// The value with defaults, and without `null` where the schema does not allow it.
    func defaulted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements):
            guard let items else { return value }
            return .array(elements.map { items.defaulted($0) })
        case .object(var object):
            for (name, schema) in properties {
                if let child = object[name], !(child.isNull && !schema.isNullable) {
                    object[name] = schema.defaulted(child)
                } else if let fallback = schema.defaultValue {
                    object[name] = schema.defaulted(fallback)
                } else {
                    object.removeValue(forKey: name)
                }
            }
            if case .schema(let schema) = additionalProperties {
                for (key, child) in object {
                    if child.isNull, !schema.isNullable {
                        if let fallback = schema.defaultValue {
                            object[key] = fallback
                        } else {
                            object.removeValue(forKey: key)
                        }
                    } else {
                        object[key] = schema.defaulted(child)
                    }
                }
            }
            return .object(object)
        default: return value
        }
    }
}
