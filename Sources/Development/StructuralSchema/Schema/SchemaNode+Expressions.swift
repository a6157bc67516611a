// SPDX-License-Identifier: MIT
import ExpressionLanguage
import JSONCoding

/// How the rules of a schema see its values.
extension SchemaNode {
    /// The type that rules know. Fields without a schema are not visible to rules.
    ///
    /// - Parameter name: tells this level from the others in error messages.
    func celType(_ name: String, isRoot: Bool = false) -> CELType {
        if isIntOrString { return .dyn }
        switch type {
        case .string:
            switch constraints.format {
            case "byte": return .bytes
            case "date", "date-time": return .timestamp
            case "duration": return .duration
            default: return .string
            }
        case .integer: return .int
        case .number: return .double
        case .boolean: return .bool
        case .array: return .list(items?.celType("\(name)[]") ?? .dyn)
        case .object:
            switch additionalProperties {
            case .any: return .map(.string, .dyn)
            case .schema(let schema): return .map(.string, schema.celType("\(name)[]"))
            case .none:
                var fields: [String: CELType] = [:]
                for (field, schema) in properties {
                    guard let escaped = FieldName.escape(field) else { continue }
                    fields[escaped] = schema.celType("\(name).\(field)")
                }
                if isRoot || isEmbeddedResource {
                    fields["apiVersion"] = .string
                    fields["kind"] = .string
                    fields["metadata"] = .object(
                        CELObjectType(
                            name: "\(name).metadata", fields: ["name": .string, "generateName": .string]))
                }
                return .object(CELObjectType(name: name, fields: fields))
            }
        case nil: return .dyn
        }
    }

    /// The value that rules work with.
    func celValue(_ json: JSONValue, isRoot: Bool = false) -> CELValue {
        if isIntOrString || type == nil { return CELValue(json) }
        switch (type, json) {
        case (.string, .string(let text)):
            switch constraints.format {
            case "byte": return Base64.decode(text).map { .bytes($0) } ?? .string(text)
            case "date": return CELTimestamp("\(text)T00:00:00Z").map { .timestamp($0) } ?? .string(text)
            case "date-time": return CELTimestamp(text).map { .timestamp($0) } ?? .string(text)
            case "duration": return StringFormat.duration(text).map { .duration($0) } ?? .string(text)
            default: return .string(text)
            }
        case (.number, _): return json.doubleValue.map { .double($0) } ?? CELValue(json)
        case (.integer, _): return json.integerValue.map { .int($0) } ?? CELValue(json)
        case (.array, .array(let elements)):
            let kind: CELList.Kind =
                switch listType {
                case .atomic: .atomic
                case .set: .set
                case .map: .map(keys: listMapKeys)
                }
            return .list(CELList(elements.map { items?.celValue($0) ?? CELValue($0) }, kind: kind))
        case (.object, .object(let object)):
            var map = CELMap()
            for (key, value) in object {
                switch additionalProperties {
                case .any: map.insert(CELValue(value), for: .string(key))
                case .schema(let schema): map.insert(schema.celValue(value), for: .string(key))
                case .none:
                    let isOwn = (isRoot || isEmbeddedResource) && ["apiVersion", "kind", "metadata"].contains(key)
                    if isOwn {
                        map.insert(CELValue(value), for: .string(key))
                    } else if let schema = property(key), let name = FieldName.escape(key) {
                        map.insert(schema.celValue(value), for: .string(name))
                    }
                }
            }
            return .map(map)
        default: return CELValue(json)
        }
    }
}

/// Names of fields as rules write them.
enum FieldName {
    private static let keywords: Set<String> = [
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
        "let", "loop", "package", "namespace", "return", "var", "void", "while",
    ]

    /// The name with what no identifier may hold written as words; `nil` when it cannot be written at all.
    ///
    /// Source: "Common Expression Language in Kubernetes", section "Escaping".
    static func escape(_ name: String) -> String? {
        if keywords.contains(name) { return "__\(name)__" }
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return nil }
        var result = ""
        var scalars = Array(name.unicodeScalars)[...]
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "_" where scalars.first == "_":
                scalars.removeFirst()
                result += "__underscores__"
            case ".": result += "__dot__"
            case "-": result += "__dash__"
            case "/": result += "__slash__"
            case "a"..."z", "A"..."Z", "0"..."9", "_": result.unicodeScalars.append(scalar)
            default: return nil
            }
        }
        return result
    }
}

/// RFC 4648 with padding.
enum Base64 {
    static func decode(_ text: String) -> [UInt8]? {
        var result: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        var padding = 0
        let bytes = Array(text.utf8)
        guard bytes.count % 4 == 0 else { return nil }
        for byte in bytes {
            let value: UInt32
            switch byte {
            case 0x41...0x5A: value = UInt32(byte) - 0x41
            case 0x61...0x7A: value = UInt32(byte) - 0x61 + 26
            case 0x30...0x39: value = UInt32(byte) - 0x30 + 52
            case 0x2B: value = 62
            case 0x2F: value = 63
            case 0x3D:
                padding += 1
                continue
            default: return nil
            }
            guard padding == 0 else { return nil }
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return padding <= 2 ? result : nil
    }
}
