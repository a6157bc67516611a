// SPDX-License-Identifier: MIT
import ExpressionLanguage
import JSONCoding

/// Turns an OpenAPI v3 schema into nodes and collects everything that makes it not structural.
///
/// Source: "Extend the Kubernetes API with CustomResourceDefinitions", section "Specifying a structural schema".
struct SchemaReader {
    private(set) var problems: [FieldError] = []
    private var depth = 0
    /// What rules may use of the language.
    private let subset: CELSubset

    init(subset: CELSubset) { self.subset = subset }

    /// Reads one level.
    ///
    /// - Parameters:
    ///   - isRoot: the level of a whole object, with `apiVersion`, `kind` and `metadata`.
    ///   - isStructural: false inside `allOf` and its like, which may restrict values but not describe shapes.
    ///   - isCorrelatable: whether an old value can be told for each new one; not so in lists without keys.
    mutating func node(
        _ schema: JSONValue, _ path: FieldPath, isRoot: Bool = false, isStructural: Bool = true,
        isCorrelatable: Bool = true
    ) -> SchemaNode {
        depth += 1
        defer { depth -= 1 }
        guard case .object(let members) = schema, depth <= 100 else {
            problems.append(FieldError(.invalid, at: path.text, "must be a schema no deeper than 100 levels"))
            return emptyNode()
        }
        refuseUnknownWords(members, path, isStructural)
        let isIntOrString = flag(members, "x-kubernetes-int-or-string", path)
        let preserves = flag(members, "x-kubernetes-preserve-unknown-fields", path)
        let type = valueType(members, path, isOptional: !isStructural || isIntOrString || preserves)
        let properties = properties(members, path, isStructural, isCorrelatable)
        let listType = self.listType(members, path)
        let keys = (members["x-kubernetes-list-map-keys"]?.arrayValue ?? []).compactMap(\.stringValue)
        let items = members["items"].map {
            node(
                $0, path.child("items"), isStructural: isStructural,
                isCorrelatable: isCorrelatable && listType == .map)
        }
        if isStructural, type == .array, items == nil {
            problems.append(FieldError(.required, at: path.child("items").text, "must be specified"))
        }
        checkListType(listType, keys, type, items, path)
        let constraints = constraints(members, path)
        let shape = SchemaNode(
            type: type, isNullable: flag(members, "nullable", path), properties: properties,
            additionalProperties: additionalProperties(members, path, isStructural, isCorrelatable), items: items,
            defaultValue: members["default"], preservesUnknownFields: preserves,
            isEmbeddedResource: flag(members, "x-kubernetes-embedded-resource", path), isIntOrString: isIntOrString,
            listType: listType, listMapKeys: keys, rules: [], constraints: constraints)
        let rules = rules(members, shape, path, isRoot: isRoot, isCorrelatable: isCorrelatable)
        let result = rules.isEmpty ? shape : shape.with(rules)
        checkDefault(result, path)
        return result
    }

    private func emptyNode() -> SchemaNode {
        SchemaNode(
            type: .object, isNullable: false, properties: [], additionalProperties: .none, items: nil,
            defaultValue: nil, preservesUnknownFields: false, isEmbeddedResource: false, isIntOrString: false,
            listType: .atomic, listMapKeys: [], rules: [], constraints: ValueConstraints())
    }

    // MARK: Words

    private static let structuralWords: Set<String> = [
        "type", "nullable", "properties", "additionalProperties", "items", "default", "description", "title",
        "example", "externalDocs", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource",
        "x-kubernetes-int-or-string", "x-kubernetes-list-type", "x-kubernetes-list-map-keys",
        "x-kubernetes-map-type", "x-kubernetes-validations",
    ]
    private static let valueWords: Set<String> = [
        "required", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
        "maxLength", "pattern", "format", "minItems", "maxItems", "minProperties", "maxProperties", "uniqueItems",
        "allOf", "anyOf", "oneOf", "not",
    ]
    /// Words that may describe a shape inside `allOf` and its like, because they only lead to values.
    private static let junctorWords: Set<String> = ["properties", "items", "additionalProperties"]

    private mutating func refuseUnknownWords(_ members: JSONObject, _ path: FieldPath, _ isStructural: Bool) {
        for word in members.keys {
            let place = path.child(word).text
            if Self.valueWords.contains(word) {
                if word == "uniqueItems", members[word]?.boolValue == true {
                    problems.append(FieldError(.forbidden, at: place, "uniqueItems cannot be set to true"))
                }
            } else if !Self.structuralWords.contains(word) {
                problems.append(FieldError(.forbidden, at: place, "\(word) is not supported"))
            } else if !isStructural, !Self.junctorWords.contains(word) {
                let isJunctorType = members["x-kubernetes-int-or-string"] == nil && word == "type"
                if !isJunctorType || !["integer", "string"].contains(members["type"]?.stringValue ?? "") {
                    problems.append(FieldError(.forbidden, at: place, "must be empty to be structural"))
                }
            }
        }
    }

    private mutating func flag(_ members: JSONObject, _ word: String, _ path: FieldPath) -> Bool {
        guard let value = members[word] else { return false }
        guard let flag = value.boolValue else {
            problems.append(FieldError(.typeInvalid, at: path.child(word).text, badValue: value, "must be boolean"))
            return false
        }
        return flag
    }

    private mutating func valueType(
        _ members: JSONObject, _ path: FieldPath, isOptional: Bool
    ) -> SchemaNode.ValueType? {
        guard let text = members["type"]?.stringValue, !text.isEmpty else {
            if !isOptional {
                problems.append(FieldError(.required, at: path.child("type").text, "must not be empty"))
            }
            return nil
        }
        guard let type = SchemaNode.ValueType(rawValue: text) else {
            problems.append(
                FieldError(
                    .notSupported, at: path.child("type").text, badValue: .string(text),
                    "supported values: \"array\", \"boolean\", \"integer\", \"number\", \"object\", \"string\""))
            return nil
        }
        return type
    }

    // MARK: Shape

    private mutating func properties(
        _ members: JSONObject, _ path: FieldPath, _ isStructural: Bool, _ isCorrelatable: Bool
    ) -> [(name: String, schema: SchemaNode)] {
        guard let properties = members["properties"]?.objectValue else { return [] }
        var result: [(name: String, schema: SchemaNode)] = []
        for (name, schema) in properties {
            let place = FieldPath(text: path.child("properties").text).key(name)
            let node = node(schema, place, isStructural: isStructural, isCorrelatable: isCorrelatable)
            result.append((name, node))
        }
        return result
    }

    private mutating func additionalProperties(
        _ members: JSONObject, _ path: FieldPath, _ isStructural: Bool, _ isCorrelatable: Bool
    ) -> SchemaNode.AdditionalProperties {
        let place = path.child("additionalProperties")
        switch members["additionalProperties"] {
        case nil: return .none
        case .bool(true): return .any
        case .bool(false):
            problems.append(FieldError(.forbidden, at: place.text, "additionalProperties cannot be set to false"))
            return .none
        case .some(let schema):
            if members["properties"] != nil {
                problems.append(
                    FieldError(.forbidden, at: place.text, "additionalProperties and properties are mutual exclusive"))
            }
            return .schema(node(schema, place, isStructural: isStructural, isCorrelatable: isCorrelatable))
        }
    }

    private mutating func listType(_ members: JSONObject, _ path: FieldPath) -> SchemaNode.ListType {
        guard let text = members["x-kubernetes-list-type"]?.stringValue else { return .atomic }
        guard let type = SchemaNode.ListType(rawValue: text) else {
            problems.append(
                FieldError(
                    .notSupported, at: path.child("x-kubernetes-list-type").text, badValue: .string(text),
                    "supported values: \"atomic\", \"map\", \"set\""))
            return .atomic
        }
        return type
    }

    private mutating func checkListType(
        _ listType: SchemaNode.ListType, _ keys: [String], _ type: SchemaNode.ValueType?, _ items: SchemaNode?,
        _ path: FieldPath
    ) {
        let place = path.child("x-kubernetes-list-map-keys").text
        guard listType == .map else {
            if !keys.isEmpty {
                problems.append(
                    FieldError(.invalid, at: place, badValue: .array(keys.map { .string($0) }), "needs list type map"))
            }
            return
        }
        if keys.isEmpty { problems.append(FieldError(.required, at: place, "must not be empty if list type is map")) }
        for key in keys {
            guard let property = items?.property(key) else {
                problems.append(
                    FieldError(
                        .invalid, at: place, badValue: .string(key), "entries must all be names of item properties"))
                continue
            }
            let isRequired = items?.constraints.required.contains(key) ?? false
            if property.defaultValue == nil, !isRequired {
                problems.append(
                    FieldError(
                        .required, at: path.text,
                        "this property is in x-kubernetes-list-map-keys, so it must have a default or "
                            + "be a required property"))
            }
        }
    }

    /// A default must itself be a value that the schema takes, or every object would be refused.
    private mutating func checkDefault(_ node: SchemaNode, _ path: FieldPath) {
        guard let value = node.defaultValue else { return }
        let place = path.child("default").text
        var validator = ValueValidator()
        validator.validate(value, nil, node, FieldPath(text: place))
        problems += validator.errors
    }

    // MARK: Values

    private mutating func constraints(_ members: JSONObject, _ path: FieldPath) -> ValueConstraints {
        var result = ValueConstraints()
        result.required = (members["required"]?.arrayValue ?? []).compactMap(\.stringValue)
        result.allowed = members["enum"]?.arrayValue
        result.minimum = members["minimum"]?.doubleValue
        result.maximum = members["maximum"]?.doubleValue
        result.exclusiveMinimum = members["exclusiveMinimum"]?.boolValue ?? false
        result.exclusiveMaximum = members["exclusiveMaximum"]?.boolValue ?? false
        result.multipleOf = members["multipleOf"]?.doubleValue
        result.minLength = count(members, "minLength", path)
        result.maxLength = count(members, "maxLength", path)
        result.minItems = count(members, "minItems", path)
        result.maxItems = count(members, "maxItems", path)
        result.minProperties = count(members, "minProperties", path)
        result.maxProperties = count(members, "maxProperties", path)
        result.format = members["format"]?.stringValue
        if let text = members["pattern"]?.stringValue, !text.isEmpty {
            do {
                result.pattern = (text, try RegularExpression(text))
            } catch {
                problems.append(
                    FieldError(
                        .invalid, at: path.child("pattern").text, badValue: .string(text),
                        "must be a valid regular expression, but isn't: \(error)"))
            }
        }
        result.allOf = junctors(members, "allOf", path)
        result.anyOf = junctors(members, "anyOf", path)
        result.oneOf = junctors(members, "oneOf", path)
        result.not = members["not"].map { node($0, path.child("not"), isStructural: false) }
        return result
    }

    private mutating func junctors(_ members: JSONObject, _ word: String, _ path: FieldPath) -> [SchemaNode] {
        var result: [SchemaNode] = []
        for (index, schema) in (members[word]?.arrayValue ?? []).enumerated() {
            result.append(node(schema, path.child(word).element(index), isStructural: false))
        }
        return result
    }

    private mutating func count(_ members: JSONObject, _ word: String, _ path: FieldPath) -> Int? {
        guard let value = members[word] else { return nil }
        guard let number = value.integerValue, number >= 0 else {
            problems.append(
                FieldError(.invalid, at: path.child(word).text, badValue: value, "must be a whole number from 0"))
            return nil
        }
        return Int(number)
    }

    // MARK: Rules

    private mutating func rules(
        _ members: JSONObject, _ node: SchemaNode, _ path: FieldPath, isRoot: Bool, isCorrelatable: Bool
    ) -> [ValidationRule] {
        guard let entries = members["x-kubernetes-validations"]?.arrayValue, !entries.isEmpty else { return [] }
        let selfType = node.celType(path.text.isEmpty ? "self" : path.text, isRoot: isRoot)
        var result: [ValidationRule] = []
        for (index, entry) in entries.enumerated() {
            let place = path.child("x-kubernetes-validations").element(index)
            if let rule = rule(entry, selfType, place, isCorrelatable) { result.append(rule) }
        }
        return result
    }

    private mutating func rule(
        _ entry: JSONValue, _ selfType: CELType, _ path: FieldPath, _ isCorrelatable: Bool
    ) -> ValidationRule? {
        guard let text = entry["rule"]?.stringValue, !text.isEmpty else {
            problems.append(FieldError(.required, at: path.child("rule").text, "rule is not specified"))
            return nil
        }
        // What no rule of this product uses is not evaluated, so it is refused rather than ignored.
        for option in ["optionalOldSelf", "messageExpression"] {
            guard let value = entry[option], !value.isNull, value != false, value != "" else { continue }
            problems.append(
                FieldError(.forbidden, at: path.child(option).text, "\(option) is not supported by this cluster"))
        }
        var variables = ["self": selfType]
        var isTransition = false
        let program: CELProgram
        do {
            // Only a rule that needs the old value is a transition rule: try without it first.
            program = try CELProgram(parse: text, environment: CELEnvironment(variables: variables, subset: subset))
        } catch let first {
            variables["oldSelf"] = selfType
            do {
                program = try CELProgram(parse: text, environment: CELEnvironment(variables: variables, subset: subset))
                isTransition = true
            } catch {
                let cause = first.message.contains("'oldSelf'") ? error : first
                problems.append(
                    FieldError(
                        .invalid, at: path.child("rule").text, badValue: .string(text),
                        "compilation failed: \(cause)"))
                return nil
            }
        }
        if program.resultType != .bool, program.resultType != .dyn {
            problems.append(
                FieldError(
                    .invalid, at: path.child("rule").text, badValue: .string(text),
                    "compilation failed: must evaluate to a bool"))
        }
        if isTransition, !isCorrelatable {
            problems.append(
                FieldError(
                    .invalid, at: path.child("rule").text, badValue: .string(text),
                    "oldSelf cannot be used on the uncorrelatable portion of the schema"))
        }
        return ValidationRule(
            rule: text, program: program, message: entry["message"]?.stringValue,
            reason: reason(entry, path), fieldPath: entry["fieldPath"]?.stringValue, isTransition: isTransition)
    }

    private mutating func reason(_ entry: JSONValue, _ path: FieldPath) -> FieldError.Reason {
        guard let text = entry["reason"]?.stringValue else { return .invalid }
        let known: [FieldError.Reason] = [.required, .invalid, .forbidden, .duplicate]
        if let reason = FieldError.Reason(rawValue: text), known.contains(reason) { return reason }
        problems.append(
            FieldError(
                .notSupported, at: path.child("reason").text, badValue: .string(text),
                "supported values: " + known.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")))
        return .invalid
    }
}

extension SchemaNode {
    fileprivate func with(_ rules: [ValidationRule]) -> SchemaNode {
        SchemaNode(
            type: type, isNullable: isNullable, properties: properties, additionalProperties: additionalProperties,
            items: items, defaultValue: defaultValue, preservesUnknownFields: preservesUnknownFields,
            isEmbeddedResource: isEmbeddedResource, isIntOrString: isIntOrString, listType: listType,
            listMapKeys: listMapKeys, rules: rules, constraints: constraints)
    }
}
