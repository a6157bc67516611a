// SPDX-License-Identifier: MIT
import AgentAPI
import FoundationEssentials
import JSONCoding
import KubernetesAPI
import StructuralSchema
import Testing
import YAMLCoding

/// Holds the Swift types to the definitions in `crds/`, which are what is installed.
@Suite struct DefinitionTests {
    /// One definition, read from its file.
    struct Definition {
        let json: JSONValue
        let definition: ResourceDefinition

        init(_ plural: String) throws {
            var path = #filePath.split(separator: "/", omittingEmptySubsequences: false)
            path.removeLast(3)
            let file = path.joined(separator: "/") + "/crds/\(plural).codex-k8s.dev.yaml"
            json = try YAMLParser.document(try String(contentsOf: URL(filePath: file), encoding: .utf8))
            definition = try ResourceDefinition(crd: json)
        }

        var openAPI: JSONValue { json.at("spec", "versions")?[0]?.at("schema", "openAPIV3Schema") ?? .null }
        var schema: StructuralSchema? { definition.versions.first?.schema }

        /// The schema found by following property names; `[]` goes to the elements.
        func at(_ path: String...) -> JSONValue? {
            path.reduce(openAPI) { schema, name in
                name == "[]" ? schema?["items"] : schema?["properties"]?[name]
            }
        }

        func allowed(_ path: [String]) -> [String] {
            let schema = path.reduce(Optional(openAPI)) { schema, name in
                name == "[]" ? schema?["items"] : schema?["properties"]?[name]
            }
            return (schema?["enum"]?.arrayValue ?? []).compactMap(\.stringValue)
        }
    }

    // MARK: Values with every field set

    static let sha: JSONValue = .string(String(repeating: "a1", count: 20))

    static let fullRun: JSONValue = [
        "apiVersion": "codex-k8s.dev/v1alpha1", "kind": "AgentRun",
        "metadata": ["name": "shop-42", "namespace": "codex-k8s"],
        "spec": [
            "repository": "acme/shop", "repositoryID": 7, "issue": 42,
            "trigger": [
                "kind": "dev", "revise": true, "label": "run:dev:revise", "actor": "octocat",
                "deliveryID": "72d3162e-cc78",
                "labelledAt": "2026-11-22T21:00:00Z", "correlationID": "c-1", "labelEventID": 9, "pullRequest": 3,
                "reviewID": 5,
            ],
            "agent": [
                "key": "dev", "mode": "FullEnv", "model": "gpt-5.1-codex", "reasoningEffort": "xhigh",
                "image": "ghcr.io/codex-k8s/agent:1", "timeout": "5h",
            ],
            "attempts": 2, "cancel": false, "ttlSecondsAfterFinished": 600,
        ],
        "status": [
            "phase": "Running", "observedGeneration": 2, "conditions": [condition],
            "namespace": "codex-issue-42-dev-abc",
            "job": "run-abc-1", "branch": "codex/issue-42", "attempt": 1, "labelEventID": 9, "repositoryID": 7,
            "attempts": [
                [
                    "number": 1, "baseSHA": sha, "headBefore": sha, "headAfter": sha,
                    "startTime": "2026-11-22T21:00:00Z",
                    "completionTime": "2026-11-22T21:10:00Z", "reason": "Completed", "message": "done", "pausedSeconds": 5,
                    "resumptions": 1,
                    "usage": ["inputTokens": 4, "cachedInputTokens": 3, "outputTokens": 2, "reasoningTokens": 1],
                ]
            ],
            "pullRequest": ["number": 7, "url": "https://github.com/acme/shop/pull/7", "headSHA": sha],
            "session": ["id": "0193", "resumed": true, "savedBytes": 12, "message": "m"],
            "effective": [
                "kind": "dev", "kindSource": "last-run", "agent": "dev", "mode": "FullEnv", "image": "i",
                "discussion": true, "model": ["value": "m", "source": "issue-label"],
                "reasoningEffort": ["value": "low", "source": "system-default"],
                "template": ["source": "built-in", "version": "1", "hash": "h", "locale": "en"],
            ],
            "usage": ["inputTokens": 4, "cachedInputTokens": 3, "outputTokens": 2, "reasoningTokens": 1],
            "wait": [
                "state": "WaitingRateLimit", "reason": "r", "since": "2026-11-22T21:00:00Z", "remaining": 60,
                "until": "2026-11-22T21:30:00Z",
            ],
            "stopping": ["reason": "Cancelled", "message": "m", "since": "2026-11-22T21:00:00Z"],
            "progress": ["line": "reads", "heartbeatTime": "2026-11-22T21:00:00Z"],
            "startTime": "2026-11-22T21:00:00Z", "completionTime": "2026-11-22T21:10:00Z", "statusCommentID": 11,
        ],
    ]

    static let condition: JSONValue = [
        "type": "Ready", "status": "True", "reason": "Succeeded", "message": "done", "observedGeneration": 2,
        "lastTransitionTime": "2026-11-22T21:00:00Z",
    ]

    static let fullPlace: JSONValue = [
        "apiVersion": "codex-k8s.dev/v1alpha1", "kind": "IssueNamespace",
        "metadata": ["name": "codex-issue-42-dev-abcdefghij"],
        "spec": [
            "repository": "acme/shop", "repositoryID": 7, "issue": 42, "agent": "dev", "mode": "FullEnv",
            "readOnly": false,
            "profile": "large", "ttlSeconds": 3600, "holders": ["0b2c"],
        ],
        "status": [
            "phase": "Active", "observedGeneration": 1, "conditions": [condition],
            "namespaces": ["run": "codex-issue-42-dev-abcdefghij", "environment": "codex-issue-42-dev-abcdefghij-env"],
            "expiresAt": "2026-11-23T21:00:00Z",
        ],
    ]

    /// The type keeps every field of the value, none of its own is unset, and the schema keeps and takes it all.
    private func check<R: Resource & Hashable>(_ type: R.Type, _ full: JSONValue, _ definition: Definition) throws {
        let value = try full.decode(R.self)
        #expect(try JSONValue(encoding: value) == full, "the Swift type loses a field")
        let unset = Self.unset(value, "").filter { !$0.hasPrefix(".metadata") && !$0.hasSuffix(".requestedBy") }
        #expect(unset == [], "the Swift type has fields that the value above does not set")
        let schema = try #require(definition.schema)
        #expect(schema.prune(full) == full, "the schema does not know a field")
        #expect(schema.validate(full) == [])
        let missing = Self.properties(definition.openAPI).filter { path in
            !path.starts(with: ["metadata"]) && path.last != "requestedBy" && Self.follow(full, path) == nil
        }
        #expect(missing == [], "the schema has fields that the Swift type does not")
    }

    @Test func agentRunIsItsDefinition() throws {
        let definition = try Definition("agentruns")
        try check(AgentRun.self, Self.fullRun, definition)
        // requestedBy and actor exclude each other, so that one comes alone.
        var byPerson = Self.fullRun
        byPerson.setValue(["kind": "dev", "requestedBy": "alice", "revise": false], at: ["spec", "trigger"])
        #expect(try JSONValue(encoding: byPerson.decode(AgentRun.self)) == byPerson)
        #expect(definition.schema?.prune(byPerson) == byPerson)
        #expect(definition.schema?.validate(byPerson) == [])
    }

    @Test func issueNamespaceIsItsDefinition() throws {
        try check(IssueNamespace.self, Self.fullPlace, try Definition("issuenamespaces"))
    }

    /// Every path of properties in a schema.
    private static func properties(_ schema: JSONValue) -> [[String]] {
        var result: [[String]] = []
        for (name, child) in schema["properties"]?.objectValue ?? [:] {
            result.append([name])
            let inner = child["items"].map { properties($0).map { ["[]"] + $0 } } ?? properties(child)
            result += inner.map { [name] + $0 }
        }
        return result
    }

    private static func follow(_ value: JSONValue, _ path: [String]) -> JSONValue? {
        path.reduce(Optional(value)) { value, name in name == "[]" ? value?[0] : value?[name] }
    }

    /// Paths of stored properties that are `nil`.
    private static func unset(_ value: Any, _ path: String) -> [String] {
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional {
            guard let wrapped = mirror.children.first else { return [path] }
            return unset(wrapped.value, path)
        }
        guard mirror.displayStyle == .struct || mirror.displayStyle == .collection else { return [] }
        return mirror.children.enumerated().flatMap { index, child in
            unset(child.value, "\(path).\(child.label ?? "\(index)")")
        }
    }

    // MARK: Names, kinds, words

    @Test func resourceTypesAreTheDefinitions() throws {
        for (type, plural) in [(AgentRun.resourceType, "agentruns"), (IssueNamespace.resourceType, "issuenamespaces")] {
            let definition = try Definition(plural).definition
            #expect(type.group == definition.group)
            #expect(type.kind == definition.names.kind)
            #expect(type.plural == definition.names.plural)
            #expect(type.isNamespaced == definition.isNamespaced)
            #expect(definition.versions.map(\.name) == [type.version])
        }
    }

    @Test func wordsAreTheSame() throws {
        let runs = try Definition("agentruns")
        let places = try Definition("issuenamespaces")
        #expect(runs.allowed(["spec", "trigger", "kind"]) == TriggerKind.allCases.map(\.rawValue))
        #expect(runs.allowed(["spec", "agent", "mode"]) == AgentMode.allCases.map(\.rawValue))
        #expect(runs.allowed(["status", "effective", "kind"]) == TriggerKind.allCases.map(\.rawValue))
        #expect(runs.allowed(["status", "effective", "mode"]) == AgentMode.allCases.map(\.rawValue))
        #expect(places.allowed(["spec", "mode"]) == AgentMode.allCases.map(\.rawValue))
        #expect(runs.allowed(["status", "phase"]) == RunPhase.allCases.map(\.rawValue))
        #expect(places.allowed(["status", "phase"]) == IssueNamespace.Phase.allCases.map(\.rawValue))
        let efforts = Set(LabelCatalogue.default.reasoningEfforts.values)
        #expect(efforts == Set(OperatorConfiguration.reasoningEfforts))
        #expect(Set(runs.allowed(["spec", "agent", "reasoningEffort"])) == efforts)
        #expect(Set(runs.allowed(["status", "effective", "reasoningEffort", "value"])) == efforts)
    }

    @Test func everyConditionAndReasonFits() throws {
        let schema = try #require(try Definition("agentruns").schema)
        for type in RunCondition.allCases {
            for reason in Reason.allCases {
                var run = Self.fullRun
                run.setValue(
                    [
                        [
                            "type": .string(type.rawValue), "status": "Unknown", "reason": .string(reason.rawValue),
                            "message": "", "lastTransitionTime": "2026-11-22T21:00:00Z",
                        ]
                    ], at: ["status", "conditions"])
                #expect(schema.validate(run) == [])
            }
        }
    }

    @Test func namesFit() throws {
        let longest = Names.runNamespace(
            repositoryID: .max, issue: Int(Int32.max), agent: String(repeating: "a", count: 16))
        var place = Self.fullPlace
        place.setValue(.string(longest), at: ["metadata", "name"])
        place.setValue(.string(String(repeating: "a", count: 16)), at: ["spec", "agent"])
        #expect(try Definition("issuenamespaces").schema?.validate(place) == [])
        #expect(Names.environmentNamespace(of: longest).utf8.count <= 63)
        let names = [
            Names.run(repositoryID: .max, issue: Int(Int32.max), label: "run:dev", updatedAt: "2026-11-22T21:00:00Z"),
            Names.run(repositoryID: .max, issue: Int(Int32.max), labelEventID: .max),
            Names.run(repositoryID: .max, pullRequest: Int(Int32.max), reviewID: .max),
            Names.job(runUID: "0b2c", attempt: 20),
        ]
        for name in names { #expect(name.utf8.count <= 52) }
    }

    @Test func theSmallestRunIsReadable() throws {
        let schema = try #require(try Definition("agentruns").schema)
        let applied: JSONValue = [
            "apiVersion": "codex-k8s.dev/v1alpha1", "kind": "AgentRun",
            "metadata": ["name": "shop-42", "namespace": "codex-k8s"],
            "spec": ["repository": "acme/shop", "issue": 42, "trigger": ["kind": "dev"]],
        ]
        let stored = schema.applyDefaults(schema.prune(applied))
        #expect(schema.validate(stored) == [])
        let run = try stored.decode(AgentRun.self)
        #expect(run.spec.attempts == 1)
        #expect(run.spec.cancel == false)
        #expect(run.spec.trigger.revise == false)
        #expect(run.phase == .pending)
    }

    @Test(arguments: ["agentruns", "issuenamespaces"]) func everyFieldIsDescribed(_ plural: String) throws {
        func undescribed(_ schema: JSONValue, _ path: String) -> [String] {
            let isOwn = path != ".metadata" && (schema["description"]?.stringValue ?? "").utf8.count < 10
            let inner = (schema["properties"]?.objectValue ?? [:]).flatMap {
                undescribed($0.value, "\(path).\($0.key)")
            }
            return (isOwn ? [path] : []) + inner + (schema["items"].map { undescribed($0, "\(path)[]") } ?? [])
        }
        #expect(undescribed(try Definition(plural).openAPI, "") == [])
    }

    /// The API server refuses rules over values without bounds, and a status has to stay small.
    @Test(arguments: ["agentruns", "issuenamespaces"]) func everythingIsBounded(_ plural: String) throws {
        func unbounded(_ schema: JSONValue, _ path: String) -> [String] {
            let isBounded =
                switch schema["type"] {
                case "string": schema["maxLength"] != nil || schema["enum"] != nil
                case "array": schema["maxItems"] != nil
                case "object": schema["additionalProperties"] == nil || schema["maxProperties"] != nil
                default: true
                }
            let inner = (schema["properties"]?.objectValue ?? [:]).flatMap { unbounded($0.value, "\(path).\($0.key)") }
            return (isBounded ? [] : [path]) + inner + (schema["items"].map { unbounded($0, "\(path)[]") } ?? [])
        }
        #expect(unbounded(try Definition(plural).openAPI, "") == [".apiVersion", ".kind"])
    }
}
