// SPDX-License-Identifier: MIT
import JSONCoding
import StructuralSchema
import Testing

@Suite struct StructuralSchemaTests {
    static func schema(_ spec: JSONValue) throws -> StructuralSchema {
        try StructuralSchema(openAPI: ["type": "object", "properties": ["spec": spec]])
    }

    static func errors(_ spec: JSONValue, _ new: JSONValue, old: JSONValue? = nil) throws -> [String] {
        try schema(spec).validate(["spec": new], old: old.map { ["spec": $0] }).map(\.description)
    }

    // MARK: Pruning and defaults

    @Test func pruningKeepsWhatTheSchemaKnows() throws {
        let schema = try Self.schema([
            "type": "object",
            "properties": [
                "a": ["type": "string"],
                "list": ["type": "array", "items": ["type": "object", "properties": ["k": ["type": "string"]]]],
                "any": [
                    "type": "object", "x-kubernetes-preserve-unknown-fields": true,
                    "properties": ["o": ["type": "object"]],
                ],
                "map": [
                    "type": "object",
                    "additionalProperties": ["type": "object", "properties": ["v": ["type": "integer"]]],
                ],
                "free": ["type": "object", "additionalProperties": true],
                "embedded": [
                    "type": "object", "x-kubernetes-embedded-resource": true,
                    "properties": ["spec": ["type": "object"]],
                ],
            ],
        ])
        let pruned = schema.prune([
            "apiVersion": "v1", "kind": "K", "metadata": ["name": "n", "x": 1], "other": 1,
            "spec": [
                "a": "x", "b": 1, "list": [["k": "v", "z": 1]], "any": ["q": [1], "o": ["r": 1]],
                "map": ["x": ["v": 1, "w": 2]], "free": ["q": ["r": 1]],
                "embedded": ["apiVersion": "v1", "kind": "P", "metadata": ["name": "e"], "spec": ["x": 1], "z": 1],
            ],
        ])
        #expect(
            pruned == [
                "apiVersion": "v1", "kind": "K", "metadata": ["name": "n", "x": 1],
                "spec": [
                    "a": "x", "list": [["k": "v"]], "any": ["q": [1], "o": [:]], "map": ["x": ["v": 1]],
                    "free": ["q": ["r": 1]],
                    "embedded": ["apiVersion": "v1", "kind": "P", "metadata": ["name": "e"], "spec": [:]],
                ],
            ])
    }

    @Test func defaultsFillWhatIsMissingOrNull() throws {
        let schema = try Self.schema([
            "type": "object",
            "properties": [
                "a": ["type": "integer", "default": 1], "n": ["type": "string", "nullable": true, "default": "x"],
                "o": ["type": "object", "default": [:], "properties": ["p": ["type": "string", "default": "deep"]]],
                "absent": ["type": "object", "properties": ["p": ["type": "string", "default": "deep"]]],
                "s": ["type": "string"],
                "list": [
                    "type": "array",
                    "items": ["type": "object", "properties": ["d": ["type": "boolean", "default": true]]],
                ],
                "map": [
                    "type": "object",
                    "additionalProperties": [
                        "type": "object", "properties": ["d": ["type": "integer", "default": 2]],
                    ],
                ],
            ],
        ])
        #expect(
            schema.applyDefaults(["spec": ["a": nil, "n": nil, "s": nil, "list": [[:]], "map": ["k": [:]]]])
                == ["spec": ["a": 1, "n": nil, "o": ["p": "deep"], "list": [["d": true]], "map": ["k": ["d": 2]]]])
        #expect(schema.applyDefaults(["spec": [:]]) == ["spec": ["a": 1, "n": "x", "o": ["p": "deep"]]])
    }

    // MARK: Values

    static let values: [(JSONValue, JSONValue, String?)] = [
        (["type": "string"], "a", nil), (["type": "string"], 1, "must be of type string"),
        (["type": "integer"], 1.5, "must be of type integer"),
        (["type": "integer"], 2.0, nil), (["type": "number"], 1, nil),
        (["type": "number"], "1", "must be of type number"),
        (["type": "boolean"], true, nil), (["type": "boolean"], 0, "must be of type boolean"),
        (["type": "string", "nullable": true], nil, nil),
        (["type": "string"], nil, "must be of type string"), (["x-kubernetes-int-or-string": true], 1, nil),
        (["x-kubernetes-int-or-string": true], "1", nil),
        (["x-kubernetes-int-or-string": true], 1.5, "must be of type integer,string"),
        (["type": "string", "enum": ["a", "b"]], "c", "supported values: \"a\", \"b\""),
        (["type": "string", "maxLength": 2], "éé", nil),
        (["type": "string", "maxLength": 2], "abc", "Too long: may not be more than 2 bytes"),
        (["type": "string", "minLength": 2], "a", "should be at least 2 chars long"),
        (["type": "string", "pattern": "^a+$"], "ab", "should match '^a+$'"),
        (["type": "integer", "minimum": 2], 1, "greater than or equal to 2"),
        (["type": "integer", "maximum": 2, "exclusiveMaximum": true], 2, "should be less than 2"),
        (["type": "number", "multipleOf": 0.5], 0.75, "multiple of 0.5"),
        (["type": "array", "items": ["type": "string"], "minItems": 1], [], "should have at least 1 items"),
        (
            ["type": "array", "items": ["type": "string"], "maxItems": 1], ["a", "b"],
            "Too many: 2: must have at most 1 items"
        ),
        (
            ["type": "array", "items": ["type": "string"], "x-kubernetes-list-type": "set"], ["a", "a"],
            "spec[1]: Duplicate value: \"a\""
        ),
        (
            [
                "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
                "items": [
                    "type": "object", "required": ["k"],
                    "properties": ["k": ["type": "string"], "v": ["type": "integer"]],
                ],
            ],
            [["k": "a", "v": 1], ["k": "a", "v": 2]], "spec[1]: Duplicate value: {\"k\":\"a\"}"
        ),
        (
            ["type": "object", "required": ["a"], "properties": ["a": ["type": "string"]]], [:],
            "spec.a: Required value"
        ),
        (
            ["type": "object", "additionalProperties": ["type": "string"], "maxProperties": 1], ["a": "", "b": ""],
            "Too many"
        ),
        (["type": "object", "additionalProperties": ["type": "string"]], ["a": 1], "spec.a: Invalid value"),
        (["type": "string", "format": "date-time"], "2026-11-22T21:00:00Z", nil),
        (["type": "string", "format": "date-time"], "2026-11-22", "must be of type date-time"),
        (["type": "string", "format": "date"], "2026-11-22", nil),
        (["type": "string", "format": "date"], "2026-13-22", "must be of type date"),
        (["type": "string", "format": "byte"], "YWI=", nil),
        (["type": "string", "format": "byte"], "Y!", "must be of type byte"),
        (["type": "string", "format": "uuid"], "72d3162e-cc78-11e3-81ab-4c9367dc0958", nil),
        (["type": "string", "format": "uuid"], "x", "must be of type uuid"),
        (["type": "string", "format": "ipv4"], "10.0.0.256", "must be of type ipv4"),
        (["type": "string", "format": "duration"], "1 day", nil),
        (["type": "string", "format": "made-up"], "x", nil),
        (["type": "string", "anyOf": [["pattern": "^a"], ["pattern": "^b"]]], "c", "anyOf"),
        (["type": "string", "anyOf": [["pattern": "^a"], ["pattern": "^b"]]], "b", nil),
        (["type": "string", "oneOf": [["maxLength": 2], ["maxLength": 3]]], "ab", "oneOf"),
        (["type": "string", "not": ["pattern": "^x"]], "xy", "not"),
        (["type": "string", "allOf": [["maxLength": 3], ["pattern": "^a"]]], "b", "should match"),
    ]

    @Test(arguments: values) func judgesValues(_ schema: JSONValue, _ value: JSONValue, _ words: String?) throws {
        let errors = try Self.errors(schema, value)
        if let words {
            #expect(errors.contains { $0.contains(words) }, "\(errors)")
        } else {
            #expect(errors == [])
        }
    }

    @Test func whatWasThereBeforeIsNotComplainedAbout() throws {
        let schema: JSONValue = [
            "type": "object",
            "properties": ["a": ["type": "string", "maxLength": 1], "b": ["type": "string", "maxLength": 1]],
        ]
        #expect(try Self.errors(schema, ["a": "long", "b": "x"], old: ["a": "long"]) == [])
        #expect(try Self.errors(schema, ["a": "long", "b": "long"], old: ["a": "long"]).count == 1)
    }

    // MARK: Rules

    static let rules: [(JSONValue, JSONValue, JSONValue?, String?)] = [
        (["rule": "self.a == 1"], ["a": 1], nil, nil),
        (["rule": "self.a == 1"], ["a": 2], nil, "spec: Invalid value: failed rule: self.a == 1"),
        (
            ["rule": "self.a == 1", "message": "must be one"], ["a": 2], nil,
            "spec: Invalid value: must be one"
        ),
        (
            ["rule": "self.a == 1", "fieldPath": ".a", "reason": "FieldValueForbidden", "message": "no"], ["a": 2], nil,
            "spec.a: Forbidden: no"
        ),
        (["rule": "self.a == oldSelf.a"], ["a": 2], nil, nil),
        (["rule": "self.a == oldSelf.a"], ["a": 2], ["a": 1], "failed rule"),
        (["rule": "self.a == oldSelf.a"], ["a": 1], ["a": 1], nil),
        (["rule": "self.b == 1"], ["a": 1], nil, "no such key: b evaluating rule"),
        (["rule": "has(self.b) || self.a == 1"], ["a": 1], nil, nil),
        (["rule": "self.__namespace__ == 'x'"], ["namespace": "y"], nil, "failed rule"),
        (["rule": "self.a__dash__b == 'x'"], ["a-b": "x"], nil, nil),
        (["rule": "self.when > self.when"], ["when": "2027-01-01T00:00:00Z"], nil, "failed rule"),
        (["rule": "self.set == ['b', 'a']"], ["set": ["a", "b"]], nil, nil),
        (["rule": "self.ratio > 1.0"], ["ratio": 2], nil, nil),
        (["rule": "self.ios == 'x' || self.ios == 1"], ["ios": 1], nil, nil),
        (["rule": "self.map.all(k, self.map[k] > 0)"], ["map": ["a": 0]], nil, "failed rule"),
    ]

    static let ruleProperties: JSONValue = [
        "a": ["type": "integer"], "b": ["type": "integer"], "namespace": ["type": "string"], "a-b": ["type": "string"],
        "when": ["type": "string", "format": "date-time"], "ratio": ["type": "number"],
        "ios": ["x-kubernetes-int-or-string": true],
        "set": ["type": "array", "items": ["type": "string"], "x-kubernetes-list-type": "set"],
        "map": ["type": "object", "additionalProperties": ["type": "integer"]],
    ]

    @Test(arguments: rules) func runsRules(_ rule: JSONValue, _ new: JSONValue, _ old: JSONValue?, _ words: String?)
        throws
    {
        let schema: JSONValue = [
            "type": "object", "properties": Self.ruleProperties, "x-kubernetes-validations": [rule],
        ]
        let errors = try Self.errors(schema, new, old: old)
        if let words {
            #expect(errors.contains { $0.contains(words) }, "\(errors)")
        } else {
            #expect(errors == [])
        }
    }

    @Test func rulesOfListElementsFindTheOldElementByKey() throws {
        let schema: JSONValue = [
            "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
            "items": [
                "type": "object", "required": ["k"], "properties": ["k": ["type": "string"], "v": ["type": "integer"]],
                "x-kubernetes-validations": [["rule": "self.v >= oldSelf.v", "message": "may not shrink"]],
            ],
        ]
        let old: JSONValue = [["k": "a", "v": 5], ["k": "b", "v": 1]]
        #expect(
            try Self.errors(schema, [["k": "b", "v": 1], ["k": "a", "v": 6], ["k": "c", "v": 0]], old: old) == [])
        #expect(
            try Self.errors(schema, [["k": "b", "v": 1], ["k": "a", "v": 4]], old: old)
                == ["spec[1]: Invalid value: may not shrink"])
    }

    @Test(.timeLimit(.minutes(1))) func aRuleThatCostsTooMuchEnds() throws {
        let schema: JSONValue = [
            "type": "array", "items": ["type": "integer"],
            "x-kubernetes-validations": [["rule": "self.all(a, self.all(b, self.all(c, a + b + c >= 0)))"]],
        ]
        let errors = try Self.errors(schema, .array((0..<500).map { .integer($0) }))
        #expect(errors.count == 1)
        #expect(
            errors.first?.contains("no further validation rules will be run due to call cost exceeds limit") == true)
    }

    // MARK: Schemas that are refused

    static let refused: [(JSONValue, String)] = [
        ([:], "spec].type: Required value"), (["type": "strin"], "supported values"),
        (["type": "object", "properties": ["a": [:]]], "must not be empty"),
        (["type": "object", "additionalProperties": false], "cannot be set to false"),
        (["type": "object", "additionalProperties": ["type": "string"], "properties": [:]], "mutual exclusive"),
        (["type": "array"], "items"),
        (["type": "array", "items": ["type": "string"], "uniqueItems": true], "uniqueItems"),
        (["type": "string", "$ref": "#/x"], "$ref is not supported"),
        (["type": "object", "patternProperties": [:]], "patternProperties is not supported"),
        (["type": "string", "pattern": "("], "valid regular expression"),
        (["type": "string", "default": 1], "must be of type string"),
        (["type": "string", "enum": ["a"], "default": "b"], "Unsupported value"),
        (["type": "string", "allOf": [["default": "x"]]], "must be empty to be structural"),
        (["type": "array", "items": ["type": "string"], "x-kubernetes-list-type": "bag"], "supported values"),
        (
            ["type": "array", "items": ["type": "object"], "x-kubernetes-list-type": "map"],
            "must not be empty if list type is map"
        ),
        (
            [
                "type": "array", "items": ["type": "object", "properties": ["k": ["type": "string"]]],
                "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
            ], "must have a default or be a required property"
        ),
        (["type": "string", "maxLength": -1], "whole number"),
        (["type": "string", "x-kubernetes-validations": [["rule": "self.size() >"]]], "compilation failed"),
        (["type": "string", "x-kubernetes-validations": [["rule": "self.nope"]]], "does not support field selection"),
        (["type": "string", "x-kubernetes-validations": [["rule": "size(self)"]]], "must evaluate to a bool"),
        (["type": "string", "x-kubernetes-validations": [["rule": ""]]], "rule is not specified"),
        (
            ["type": "string", "x-kubernetes-validations": [["rule": "quantity(self).isInteger()"]]],
            "quantity() is not supported"
        ),
        (["type": "string", "x-kubernetes-validations": [["rule": "true", "reason": "Because"]]], "supported values"),
        (
            ["type": "string", "x-kubernetes-validations": [["rule": "true", "messageExpression": "'no'"]]],
            "messageExpression is not supported"
        ),
        (
            ["type": "string", "x-kubernetes-validations": [["rule": "true", "optionalOldSelf": true]]],
            "optionalOldSelf is not supported"
        ),
        (["type": "string", "x-kubernetes-validations": [["rule": "self.matches('a')"]]], "matches is not supported"),
        (["type": "integer", "x-kubernetes-validations": [["rule": "self < 2"]]], "_<_ is not supported"),
        (
            [
                "type": "array", "items": ["type": "integer"],
                "x-kubernetes-validations": [["rule": "self.exists(i, i == 1)"]],
            ], "exists is not supported"
        ),
        (
            ["type": "array", "items": ["type": "string", "x-kubernetes-validations": [["rule": "self == oldSelf"]]]],
            "uncorrelatable"
        ),
    ]

    @Test(arguments: refused) func isRefused(_ schema: JSONValue, _ words: String) {
        let error = #expect(throws: SchemaError.self) { try Self.schema(schema) }
        #expect(error?.description.contains(words) == true, "\(error.map(\.description) ?? "")")
    }

    @Test func definitionsAreReadWithTheirColumns() throws {
        let runs = try Fixture.definition("agentruns")
        #expect(runs.names.shortNames == ["ar"] && runs.names.categories == ["codex"] && runs.isNamespaced)
        #expect(runs.versions.map(\.name) == ["v1alpha1"])
        #expect(
            runs.versions.first?.columns.map(\.name)
                == ["Repository", "Issue", "Kind", "Phase", "PR", "Namespace", "Model", "Age"])
        #expect(runs.versions.first?.columns.filter { $0.priority > 0 }.map(\.name) == ["Namespace", "Model"])
        #expect(runs.versions.first?.hasStatus == true)
        let places = try Fixture.definition("issuenamespaces")
        #expect(places.names.shortNames == ["ins"] && !places.isNamespaced)
        #expect(
            places.versions.first?.columns.map(\.name)
                == ["Repository", "Issue", "Agent", "Phase", "Namespace", "Expires", "Age"])
    }

    @Test func aDefinitionNamesEveryProblem() {
        let error = #expect(throws: SchemaError.self) {
            try ResourceDefinition(crd: [
                "metadata": ["name": "x"],
                "spec": [
                    "group": "g", "names": ["plural": "xs"], "scope": "World",
                    "versions": [
                        ["name": "v1", "schema": ["openAPIV3Schema": ["type": "object", "properties": ["a": [:]]]]]
                    ],
                ],
            ])
        }
        let paths = error?.problems.map(\.path) ?? []
        #expect(paths.contains("spec.names.kind"))
        #expect(paths.contains("spec.scope"))
        #expect(paths.contains("metadata.name"))
        #expect(paths.contains("spec.versions[0].schema.openAPIV3Schema.properties[a].type"))
    }
}
