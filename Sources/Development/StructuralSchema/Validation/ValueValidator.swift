// SPDX-License-Identifier: MIT
import ExpressionLanguage
import JSONCoding

/// Checks a value against everything in its schema but the rules.
///
/// Every error, its order and its words are those of the API server, odd ones included; a table of its verdicts is
/// among the tests.
struct ValueValidator {
    private(set) var errors: [FieldError] = []
    /// What messages leave out at the beginning of a path: a status is validated on its own, and they show it.
    private let hiddenPrefix: String

    init(hiding prefix: String = "") { hiddenPrefix = prefix }

    private func name(_ path: FieldPath) -> String {
        path.text.hasPrefix(hiddenPrefix) ? String(path.text.dropFirst(hiddenPrefix.count)) : path.text
    }

    mutating func validate(_ value: JSONValue, _ old: JSONValue?, _ schema: SchemaNode, _ path: FieldPath) {
        // A value that was there before is not complained about again ("ratcheting"): old objects stay editable.
        if let old, old == value { return }
        if value.isNull {
            if !schema.isNullable, schema.type != nil || schema.isIntOrString { invalidType(value, schema, path) }
            return
        }
        guard hasType(value, schema) else {
            invalidType(value, schema, path)
            enumerate(value, schema.constraints, path)
            return
        }
        constrain(value, schema.constraints, path)
        switch value {
        case .object(let object): members(object, old?.objectValue, schema, path)
        case .array(let elements): self.elements(elements, old, schema, path)
        default: break
        }
        junctions(value, schema.constraints, path)
    }

    // MARK: Type

    private func hasType(_ value: JSONValue, _ schema: SchemaNode) -> Bool {
        if schema.isIntOrString {
            if case .string = value { return true }
            return value.integerValue != nil
        }
        return switch (schema.type, value) {
        case (nil, _), (.object, .object), (.array, .array), (.string, .string), (.boolean, .bool): true
        case (.integer, _): value.integerValue != nil && value.boolValue == nil
        case (.number, .integer), (.number, .double): true
        default: false
        }
    }

    private mutating func invalidType(_ value: JSONValue, _ schema: SchemaNode, _ path: FieldPath) {
        var expected = schema.isIntOrString ? "integer,string" : schema.type?.rawValue ?? ""
        var found =
            switch value {
            case .bool: "boolean"
            case .integer: "integer"
            case .double: "number"
            default: value.typeName
            }
        // With a format the server speaks of that, and finds words for few values.
        if let format = schema.constraints.format, ["int32", "int64"].contains(format) {
            switch value {
            case .bool, .object: (expected, found) = (format, "")
            case .double: (expected, found) = (format, "float64")
            default: break
            }
        }
        errors.append(
            FieldError(
                .typeInvalid, at: path.text, badValue: .string(found),
                "\(name(path)) in body must be of type \(expected): \"\(found)\""))
        if case .double = value { checkWidth(value, schema.constraints, path) }
    }

    private mutating func checkWidth(_ value: JSONValue, _ constraints: ValueConstraints, _ path: FieldPath) {
        guard let format = constraints.format, ["int32", "int64"].contains(format) else { return }
        if let whole = value.integerValue, format == "int64" || Int32(exactly: whole) != nil { return }
        errors.append(
            FieldError(
                .invalid, at: "", badValue: "",
                "Checked value must be of type integer with format \(format) in \(name(path))"))
    }

    // MARK: Values

    private mutating func enumerate(_ value: JSONValue, _ constraints: ValueConstraints, _ path: FieldPath) {
        guard let allowed = constraints.allowed, !allowed.contains(value) else { return }
        let values = allowed.map { $0.encodedString() }.joined(separator: ", ")
        errors.append(FieldError(.notSupported, at: path.text, badValue: value, "supported values: \(values)"))
    }

    private mutating func constrain(_ value: JSONValue, _ constraints: ValueConstraints, _ path: FieldPath) {
        enumerate(value, constraints, path)
        switch value {
        case .string(let text): string(text, constraints, path)
        case .integer, .double: number(value, constraints, path)
        case .array(let elements): count(elements.count, constraints, path)
        case .object(let object): self.object(object, constraints, path)
        default: break
        }
    }

    private mutating func invalid(_ value: JSONValue, _ path: FieldPath, _ what: String) {
        errors.append(FieldError(.invalid, at: path.text, badValue: value, "\(name(path)) in body \(what)"))
    }

    private mutating func string(_ text: String, _ constraints: ValueConstraints, _ path: FieldPath) {
        let length = text.unicodeScalars.count
        // One of these is enough: the server stops at the first.
        if let maximum = constraints.maxLength, length > maximum {
            errors.append(FieldError(.tooLong, at: path.text, "may not be more than \(maximum) bytes"))
        } else if let minimum = constraints.minLength, length < minimum {
            invalid(.string(text), path, "should be at least \(minimum) chars long")
        } else if let pattern = constraints.pattern, !pattern.expression.matches(text) {
            invalid(.string(text), path, "should match '\(pattern.text)'")
        }
        if let format = constraints.format, !StringFormat.accepts(text, format: format) {
            errors.append(
                FieldError(
                    .typeInvalid, at: path.text, badValue: .string(text),
                    "\(name(path)) in body must be of type \(format): \(JSONValue.string(text).encodedString())"))
        }
    }

    private mutating func number(_ value: JSONValue, _ constraints: ValueConstraints, _ path: FieldPath) {
        guard let number = value.doubleValue else { return }
        checkWidth(value, constraints, path)
        func text(_ bound: Double) -> String { Int64(exactly: bound).map { "\($0)" } ?? "\(bound)" }
        if let minimum = constraints.minimum, constraints.exclusiveMinimum ? number <= minimum : number < minimum {
            invalid(
                value, path,
                constraints.exclusiveMinimum
                    ? "should be greater than \(text(minimum))"
                    : "should be greater than or equal to \(text(minimum))")
        }
        if let maximum = constraints.maximum, constraints.exclusiveMaximum ? number >= maximum : number > maximum {
            invalid(
                value, path,
                constraints.exclusiveMaximum
                    ? "should be less than \(text(maximum))" : "should be less than or equal to \(text(maximum))")
        }
        if let factor = constraints.multipleOf, factor > 0 {
            let quotient = number / factor
            if quotient != quotient.rounded() { invalid(value, path, "should be a multiple of \(text(factor))") }
        }
    }

    private mutating func count(
        _ count: Int, _ constraints: ValueConstraints, _ path: FieldPath
    ) {
        if let maximum = constraints.maxItems, count > maximum {
            errors.append(
                FieldError(
                    .tooMany, at: path.text, badValue: .integer(Int64(count)), "must have at most \(maximum) items"))
        }
        if let minimum = constraints.minItems, count < minimum {
            invalid(.integer(Int64(count)), path, "should have at least \(minimum) items")
        }
    }

    private mutating func object(
        _ object: JSONObject, _ constraints: ValueConstraints, _ path: FieldPath
    ) {
        for name in constraints.required where object[name] == nil {
            errors.append(FieldError(.required, at: path.child(name).text))
        }
        if let maximum = constraints.maxProperties, object.count > maximum {
            errors.append(
                FieldError(
                    .tooMany, at: path.text, badValue: .integer(Int64(object.count)),
                    "must have at most \(maximum) items"))
        }
        if let minimum = constraints.minProperties, object.count < minimum {
            invalid(.integer(Int64(object.count)), path, "should have at least \(minimum) properties")
        }
    }

    // MARK: Members

    private mutating func members(
        _ object: JSONObject, _ old: JSONObject?, _ schema: SchemaNode, _ path: FieldPath
    ) {
        for (name, child) in object {
            if let property = schema.property(name) {
                validate(child, old?[name], property, path.child(name))
            } else if case .schema(let additional) = schema.additionalProperties {
                validate(child, old?[name], additional, path.child(name))
            }
        }
    }

    private mutating func elements(
        _ elements: [JSONValue], _ old: JSONValue?, _ schema: SchemaNode, _ path: FieldPath
    ) {
        let correlation = ListCorrelation(old, schema)
        if let items = schema.items {
            for (index, element) in elements.enumerated() {
                validate(element, correlation.old(of: element), items, path.element(index))
            }
        }
        switch schema.listType {
        case .atomic: break
        case .set:
            var seen: Set<JSONValue> = []
            for (index, element) in elements.enumerated() where !seen.insert(element).inserted {
                errors.append(FieldError(.duplicate, at: path.element(index).text, badValue: element))
            }
        case .map:
            var seen: Set<JSONValue> = []
            for (index, element) in elements.enumerated() {
                let key = schema.listKey(of: element)
                if !seen.insert(key).inserted {
                    errors.append(FieldError(.duplicate, at: path.element(index).text, badValue: key))
                }
            }
        }
    }

    // MARK: Junctions

    private mutating func junctions(_ value: JSONValue, _ constraints: ValueConstraints, _ path: FieldPath) {
        func holds(_ schema: SchemaNode) -> Bool {
            var validator = ValueValidator()
            validator.validate(value, nil, schema, path)
            return validator.errors.isEmpty
        }
        for schema in constraints.allOf { validate(value, nil, schema, path) }
        if !constraints.anyOf.isEmpty, !constraints.anyOf.contains(where: holds) {
            invalid(value, path, "must validate at least one schema (anyOf)")
        }
        if !constraints.oneOf.isEmpty {
            let count = constraints.oneOf.count(where: holds)
            if count != 1 { invalid(value, path, "must validate one and only one schema (oneOf)") }
        }
        if let not = constraints.not, holds(not) { invalid(value, path, "must not validate the schema (not)") }
    }
}

/// Finds the old element of a new one in a list whose elements have keys.
struct ListCorrelation {
    private var byKey: [JSONValue: JSONValue] = [:]
    private let schema: SchemaNode

    init(_ old: JSONValue?, _ schema: SchemaNode) {
        self.schema = schema
        guard schema.listType == .map else { return }
        for element in old?.arrayValue ?? [] { byKey[schema.listKey(of: element)] = element }
    }

    func old(of element: JSONValue) -> JSONValue? {
        byKey.isEmpty ? nil : byKey[schema.listKey(of: element)]
    }
}

extension SchemaNode {
    /// What tells an element of a map list from the others.
    func listKey(of element: JSONValue) -> JSONValue {
        .object(
            JSONObject(
                listMapKeys.compactMap { key in
                    (element[key] ?? items?.property(key)?.defaultValue).map { (key, $0) }
                }))
    }
}
