// SPDX-License-Identifier: MIT
import Cryptography
import JSONCoding

/// Reads an object of a built-in kind as a typed server does: fields that the type does not have are dropped and named,
/// values of the wrong type refused, nulls mean absence.
struct BuiltInDecoder {
    /// Paths of fields that the type does not have, such as `spec.containers[0].bogus`.
    private(set) var unknown: [String] = []

    private let kind: String
    private let version: String

    /// The object without what its type does not have, and the paths of that.
    ///
    /// - Throws: 400 for a value of the wrong type.
    static func decode(
        _ object: JSONValue, as definition: BuiltInTypes.Definition, kind: String, version: String
    ) throws(StatusError) -> (object: JSONValue, unknown: [String]) {
        var decoder = BuiltInDecoder(kind: kind, version: version)
        let result = try decoder.members(of: object, definition, path: "", fields: "")
        return (result, decoder.unknown)
    }

    private init(kind: String, version: String) {
        self.kind = kind
        self.version = version
    }

    private mutating func members(
        of value: JSONValue, _ definition: BuiltInTypes.Definition, path: String, fields: String
    ) throws(StatusError) -> JSONValue {
        guard !definition.isOpaque, let object = value.objectValue else { return value }
        var result = JSONObject()
        for (key, member) in object {
            let memberPath = path.isEmpty ? key : "\(path).\(key)"
            guard let field = definition.byName[key] else {
                unknown.append(memberPath)
                continue
            }
            guard !member.isNull else { continue }
            let memberFields = fields.isEmpty ? key : "\(fields).\(key)"
            result[key] = try read(
                member, field.shape, path: memberPath, fields: memberFields, owner: definition.name)
        }
        return .object(result)
    }

    private mutating func read(
        _ value: JSONValue, _ shape: BuiltInTypes.Shape, path: String, fields: String, owner: String
    ) throws(StatusError) -> JSONValue {
        switch (shape, value) {
        case (.any, _): return value
        case (.type(let name), _):
            guard let definition = BuiltInTypes.all[name] else { return value }
            guard definition.isOpaque || value.objectValue != nil else { break }
            return try members(of: value, definition, path: path, fields: fields)
        case (.list(let element), .array(let items)):
            var result: [JSONValue] = []
            result.reserveCapacity(items.count)
            for (index, item) in items.enumerated() {
                result.append(try read(item, element, path: "\(path)[\(index)]", fields: fields, owner: owner))
            }
            return .array(result)
        case (.map(let element), .object(let members)):
            var result = JSONObject()
            for (key, member) in members {
                result[key] =
                    member.isNull
                    ? member : try read(member, element, path: "\(path).\(key)", fields: fields, owner: owner)
            }
            return .object(result)
        // A quantity may be written as a number, and is a string ever after.
        case (.quantity, .integer(let number)): return .string(String(number))
        case (.quantity, .double(let number)): return .string("\(number)")
        case (.quantity, .string), (.string, .string), (.int64, .integer), (.bool, .bool),
            (.intOrString, .integer), (.intOrString, .string), (.double, .integer),
            (.double, .double):
            return value
        case (.int32, .integer(let number)) where Int32(exactly: number) != nil: return value
        case (.bytes, .string(let text)):
            guard Base64Text.decode(text) != nil else {
                let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
                let position = Array(text.utf8).firstIndex { !alphabet.contains($0) } ?? text.utf8.count
                throw refusal("illegal base64 data at input byte \(position)")
            }
            return value
        case (.time, .string(let text)), (.microTime, .string(let text)):
            guard Timestamp(text) != nil else {
                throw refusal("parsing time \"\(text)\": a time is written as in 2006-01-02T15:04:05Z")
            }
            return value
        case (_, .null): return value
        default: break
        }
        throw refusal(
            "json: cannot unmarshal \(Self.word(value)) into Go struct field "
                + "\(owner.split(separator: ".").last ?? "").\(fields) of type \(Self.word(shape))")
    }

    private func refusal(_ problem: String) -> StatusError {
        .badRequest("\(kind) in version \"\(version)\" cannot be handled as a \(kind): \(problem)")
    }

    /// The value's type as the message of Kubernetes names it.
    private static func word(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "bool"
        case .integer, .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    private static func word(_ shape: BuiltInTypes.Shape) -> String {
        switch shape {
        case .string: "string"
        case .bytes: "[]uint8"
        case .time: "v1.Time"
        case .microTime: "v1.MicroTime"
        case .int32: "int32"
        case .int64: "int64"
        case .double: "float64"
        case .bool: "bool"
        case .quantity: "resource.Quantity"
        case .intOrString: "intstr.IntOrString"
        case .any: "interface {}"
        case .list(let element): "[]" + word(element)
        case .map(let element): "map[string]" + word(element)
        case .type(let name): "v1." + (name.split(separator: ".").last ?? "")
        }
    }
}
