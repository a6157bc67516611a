// SPDX-License-Identifier: MIT
import JSONCoding
import StructuralSchema
import Testing
import YAMLCoding

/// The installed policies, one request a row; every verdict here was also that of kube-apiserver 1.36.
@Suite struct InstalledPolicyTests {
    static let controller = "system:serviceaccount:codex-k8s-system:codex-k8s-controller"
    static let edge = "system:serviceaccount:codex-k8s-system:codex-k8s-edge"
    static let purpose = "codex-k8s.dev/namespace-purpose"

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let request: AdmissionRequest
        /// Words of the refusal; `nil` when the request passes.
        let refusal: String?

        init(_ name: String, _ request: AdmissionRequest, refused refusal: String? = nil) {
            testDescription = name
            self.request = request
            self.refusal = refusal
        }
    }

    static func policies() throws -> AdmissionPolicies {
        var policies: [AdmissionPolicy] = []
        var bindings: [AdmissionPolicyBinding] = []
        for file in ["policy-agentrun-provenance", "policy-controller-fence"] {
            for document in try YAMLParser.documents(try Fixture.text("manifests/\(file).yaml")) {
                if document["kind"] == "ValidatingAdmissionPolicy" {
                    policies.append(try AdmissionPolicy(document))
                } else {
                    bindings.append(try AdmissionPolicyBinding(document))
                }
            }
        }
        #expect(Set(policies.map(\.name)) == Set(bindings.map(\.policyName)))
        return AdmissionPolicies(policies: policies, bindings: bindings)
    }

    /// The namespaces that exist.
    static let namespaces: [String: JSONValue] = {
        func namespace(_ name: String, _ labels: JSONValue) -> (String, JSONValue) {
            (name, ["metadata": ["name": .string(name), "labels": labels]])
        }
        let all: [(String, JSONValue)] = [
            namespace("codex-k8s", [:]), namespace("codex-k8s-system", [:]), namespace("default", [:]),
            namespace("team", [:]), namespace("codex-issue-1-dev-x", [purpose: "run"]),
            namespace("codex-issue-1-dev-x-env", [purpose: "env"]), namespace("codex-issue-2-foreign", [:]),
            namespace("labelled", [purpose: "run"]), ("bare", ["metadata": ["name": "bare"]]),
        ]
        return Dictionary(uniqueKeysWithValues: all)
    }()

    @Test(arguments: provenance + namespaceFence + objectFence + bindingFence) func decides(_ row: Row) throws {
        let decision = try Self.policies().decide(row.request, namespaceObject: Self.namespaces[row.request.namespace])
        switch (decision, row.refusal) {
        case (.allowed(let warnings), nil): #expect(warnings.isEmpty)
        case (.denied(let message, let reason, let code), let refusal?):
            #expect(message.contains(refusal), "\(message)")
            #expect(message.contains(" is forbidden: ValidatingAdmissionPolicy 'codex-k8s-"))
            #expect(reason == "Forbidden")
            #expect(code == 403)
        default: Issue.record("\(decision), expected \(row.refusal ?? "to pass")")
        }
    }

    // MARK: Provenance

    static func run(_ user: String, _ trigger: JSONValue, in namespace: String = "codex-k8s") -> AdmissionRequest {
        AdmissionRequest(
            operation: .create, group: "codex-k8s.dev", version: "v1alpha1", kind: "AgentRun", resource: "agentruns",
            namespace: namespace, name: "r", userInfo: .init(username: user),
            object: ["metadata": ["name": "r"], "spec": ["repository": "a/b", "issue": 1, "trigger": trigger]])
    }

    static let provenance: [Row] = [
        Row("a person applies the smallest run", run("alice", ["kind": "dev"])),
        Row("a person names themselves", run("alice", ["kind": "dev", "requestedBy": "alice"])),
        Row(
            "a person names another", run("alice", ["kind": "dev", "requestedBy": "bob"]),
            refused: "must be your own user name, alice"),
        Row(
            "a person makes an actor up", run("alice", ["kind": "dev", "actor": "bob"]),
            refused: "spec.trigger.actor says"),
        Row(
            "a person makes a label up", run("alice", ["kind": "dev", "label": "run:dev"]),
            refused: "spec.trigger.label says"),
        Row(
            "a person makes a delivery up", run("alice", ["kind": "dev", "deliveryID": "1"]),
            refused: "spec.trigger.deliveryID says"),
        Row(
            "a person makes a time up", run("alice", ["kind": "dev", "labelledAt": "2026-11-22T21:00:00Z"]),
            refused: "spec.trigger.labelledAt"),
        Row(
            "a person makes a trace up", run("alice", ["kind": "dev", "correlationID": "1"]),
            refused: "spec.trigger.correlationID"),
        Row(
            "a person makes an event up", run("alice", ["kind": "dev", "labelEventID": 1]),
            refused: "spec.trigger.labelEventID"),
        Row(
            "a person makes a review up", run("alice", ["kind": "dev", "reviewID": 1]), refused: "spec.trigger.reviewID"
        ),
        Row(
            "an administrator too", run("kubernetes-admin", ["kind": "dev", "actor": "bob"]),
            refused: "spec.trigger.actor"),
        Row(
            "another service account",
            run("system:serviceaccount:team:codex-k8s-edge", ["kind": "dev", "actor": "bob"]),
            refused: "spec.trigger.actor"),
        Row("the edge says who", run(edge, ["kind": "dev", "actor": "bob", "label": "run:dev", "deliveryID": "1"])),
        Row("the controller heals", run(controller, ["kind": "dev", "actor": "bob", "labelEventID": 4])),
        Row("a team's own namespace", run("alice", ["kind": "dev"], in: "team")),
        Row(
            "the operator's namespace", run("alice", ["kind": "dev"], in: "codex-k8s-system"),
            refused: "no run may live"),
        Row(
            "the operator's namespace by the edge", run(edge, ["kind": "dev"], in: "codex-k8s-system"),
            refused: "no run may live"),
    ]

    // MARK: Namespaces

    static func namespace(
        _ operation: AdmissionRequest.Operation, _ name: String, before: JSONValue? = nil, after: JSONValue? = nil,
        user: String = controller, subresource: String = ""
    ) -> AdmissionRequest {
        func object(_ labels: JSONValue?) -> JSONValue? {
            labels.map {
                $0.isNull ? ["metadata": ["name": .string(name)]] : ["metadata": ["name": .string(name), "labels": $0]]
            }
        }
        return AdmissionRequest(
            operation: operation, group: "", version: "v1", kind: "Namespace", resource: "namespaces",
            subresource: subresource, namespace: operation == .create ? "" : name, name: name,
            userInfo: .init(username: user), object: object(after), oldObject: object(before))
    }

    static let namespaceFence: [Row] = [
        Row("make a run namespace", namespace(.create, "codex-issue-1-dev-x", after: [purpose: "run"])),
        Row("make an environment", namespace(.create, "codex-issue-1-dev-x-env", after: [purpose: "env"])),
        Row(
            "make one of another name", namespace(.create, "evil", after: [purpose: "run"]),
            refused: "named codex-issue-*"),
        Row(
            "make one without purpose", namespace(.create, "codex-issue-1", after: ["a": "b"]),
            refused: "may only make namespaces"),
        Row(
            "make one without labels", namespace(.create, "codex-issue-1", after: .some(.null)),
            refused: "may only make namespaces"),
        Row(
            "make one of another purpose", namespace(.create, "codex-issue-1", after: [purpose: "all"]),
            refused: "may only make namespaces"),
        Row(
            "annotate its own",
            namespace(.update, "codex-issue-1", before: [purpose: "run"], after: [purpose: "run", "a": "b"])),
        Row(
            "adopt a stranger's", namespace(.update, "codex-issue-1", before: .some(.null), after: [purpose: "run"]),
            refused: "may only touch namespaces that carry"),
        Row(
            "take the purpose off", namespace(.update, "codex-issue-1", before: [purpose: "run"], after: [:]),
            refused: "what a namespace is for"),
        Row(
            "change the purpose",
            namespace(.update, "codex-issue-1", before: [purpose: "env"], after: [purpose: "run"]),
            refused: "what a namespace is for"),
        Row("delete its own", namespace(.delete, "codex-issue-1", before: [purpose: "run"])),
        Row(
            "delete a stranger's", namespace(.delete, "codex-issue-1", before: [:]),
            refused: "may only touch namespaces that carry"),
        Row("delete kube-system", namespace(.delete, "kube-system", before: [:]), refused: "named codex-issue-*"),
        Row(
            "finalize a stranger's", namespace(.update, "team", before: [:], after: [:], subresource: "finalize"),
            refused: "named codex-issue-*"),
        Row("an administrator may", namespace(.delete, "team", before: [:], user: "admin")),
    ]

    // MARK: Objects

    static func object(
        _ group: String, _ resource: String, in namespace: String, user: String = controller,
        operation: AdmissionRequest.Operation = .create, subresource: String = ""
    ) -> AdmissionRequest {
        let object: JSONValue = ["metadata": ["name": "o"]]
        return AdmissionRequest(
            operation: operation, group: group, version: "v1", kind: "Kind", resource: resource,
            subresource: subresource,
            namespace: namespace, name: "o", userInfo: .init(username: user),
            object: operation == .delete ? nil : object, oldObject: operation == .create ? nil : object)
    }

    static let objectFence: [Row] = [
        Row("secret in a run namespace", object("", "secrets", in: "codex-issue-1-dev-x")),
        Row("quota in an environment", object("", "resourcequotas", in: "codex-issue-1-dev-x-env")),
        Row("Job in a run namespace", object("batch", "jobs", in: "codex-issue-1-dev-x")),
        Row(
            "lease in its own namespace",
            object("coordination.k8s.io", "leases", in: "codex-k8s-system", operation: .update)),
        Row(
            "service account in default", object("", "serviceaccounts", in: "default"),
            refused: "may only write in its own namespaces"),
        Row(
            "Job in a team's namespace", object("batch", "jobs", in: "team"),
            refused: "may only write in its own namespaces"),
        Row(
            "in a namespace that only has the name", object("", "secrets", in: "codex-issue-2-foreign"),
            refused: "may only write"),
        Row("in a namespace that only has the label", object("", "secrets", in: "labelled"), refused: "may only write"),
        Row("in a namespace without labels", object("", "secrets", in: "bare"), refused: "may only write"),
        Row("delete a pod elsewhere", object("", "pods", in: "team", operation: .delete), refused: "may only write"),
        Row(
            "exec elsewhere", object("", "pods", in: "team", operation: .connect, subresource: "exec"),
            refused: "may only write"),
        Row(
            "a cluster role", object("rbac.authorization.k8s.io", "clusterroles", in: ""), refused: "outside namespaces"
        ),
        Row("a node", object("", "nodes", in: "", operation: .update), refused: "outside namespaces"),
        Row(
            "status of a run in a team's namespace",
            object("codex-k8s.dev", "agentruns", in: "team", operation: .update, subresource: "status")),
        Row("an IssueNamespace", object("codex-k8s.dev", "issuenamespaces", in: "")),
        Row("an event in a team's namespace", object("", "events", in: "team")),
        Row("a token review", object("authentication.k8s.io", "tokenreviews", in: "")),
        Row("an administrator may", object("", "secrets", in: "default", user: "admin")),
        Row("the edge is held by RBAC", object("", "secrets", in: "default", user: edge)),
    ]

    // MARK: Role bindings

    static func binding(
        _ role: String, _ subjects: [JSONValue]?, in namespace: String, kind: String = "ClusterRole",
        user: String = controller
    ) -> AdmissionRequest {
        var object: JSONValue = ["metadata": ["name": "b"], "roleRef": ["kind": .string(kind), "name": .string(role)]]
        if let subjects { object["subjects"] = .array(subjects) }
        return AdmissionRequest(
            operation: .create, group: "rbac.authorization.k8s.io", version: "v1", kind: "RoleBinding",
            resource: "rolebindings", namespace: namespace, name: "b", userInfo: .init(username: user), object: object)
    }

    static func account(_ name: String, _ namespace: String) -> JSONValue {
        ["kind": "ServiceAccount", "name": .string(name), "namespace": .string(namespace)]
    }

    static let itself = account("codex-k8s-controller", "codex-k8s-system")
    static let runner = account("codex-runner", "codex-issue-1-dev-x")

    static let bindingFence: [Row] = [
        Row("itself in a run namespace", binding("codex-controller-run", [itself], in: "codex-issue-1-dev-x")),
        Row(
            "itself in an environment", binding("codex-controller-run", [itself], in: "codex-issue-1-dev-x-env"),
            refused: "may only be bound to the controller"),
        Row(
            "another in a run namespace", binding("codex-controller-run", [runner], in: "codex-issue-1-dev-x"),
            refused: "may only be bound to the controller"),
        Row(
            "itself and another", binding("codex-controller-run", [itself, runner], in: "codex-issue-1-dev-x"),
            refused: "may only be bound to the controller"),
        Row(
            "nobody", binding("codex-controller-run", nil, in: "codex-issue-1-dev-x"),
            refused: "may only be bound to the controller"),
        Row("the agent in its environment", binding("codex-agent-fullenv", [runner], in: "codex-issue-1-dev-x-env")),
        Row("the agent read-only", binding("codex-agent-readonly", [runner], in: "codex-issue-1-dev-x-env")),
        Row(
            "the agent in its run namespace", binding("codex-agent-fullenv", [runner], in: "codex-issue-1-dev-x"),
            refused: "only be bound in an environment"),
        Row(
            "another issue's agent",
            binding(
                "codex-agent-fullenv", [account("codex-runner", "codex-issue-9-dev-x")], in: "codex-issue-1-dev-x-env"),
            refused: "only be bound in an environment"),
        Row(
            "a person",
            binding("codex-agent-fullenv", [["kind": "User", "name": "eve"]], in: "codex-issue-1-dev-x-env"),
            refused: "only be bound in an environment"),
        Row(
            "cluster-admin", binding("cluster-admin", [itself], in: "codex-issue-1-dev-x"),
            refused: "installed agent roles"),
        Row(
            "a Role of that name",
            binding("codex-agent-fullenv", [runner], in: "codex-issue-1-dev-x-env", kind: "Role"),
            refused: "installed agent roles"),
        Row("outside the fence", binding("codex-controller-run", [itself], in: "default"), refused: "may only"),
        Row("an administrator may", binding("cluster-admin", [runner], in: "default", user: "admin")),
    ]
}

@Suite struct AdmissionPolicyTests {
    static func policy(_ spec: JSONValue) throws -> AdmissionPolicy {
        var spec = spec
        if spec["matchConstraints"] == nil {
            spec["matchConstraints"] = [
                "resourceRules": [
                    ["apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*"], "operations": ["*"]]
                ]
            ]
        }
        return try AdmissionPolicy(["metadata": ["name": "p"], "spec": spec])
    }

    static func decide(
        _ spec: JSONValue, actions: JSONValue = ["Deny"], match: JSONValue? = nil,
        _ request: AdmissionRequest = InstalledPolicyTests.object("", "pods", in: "team"),
        namespace: JSONValue? = ["metadata": ["name": "team", "labels": ["tier": "one"]]]
    ) throws -> AdmissionDecision {
        var binding: JSONValue = ["policyName": "p", "validationActions": actions]
        if let match { binding["matchResources"] = match }
        let policies = AdmissionPolicies(
            policies: [try policy(spec)],
            bindings: [try AdmissionPolicyBinding(["metadata": ["name": "b"], "spec": binding])])
        return policies.decide(request, namespaceObject: namespace)
    }

    static let allowed = AdmissionDecision.allowed(warnings: [])
    static func denied(_ text: String, _ reason: String = "Invalid", _ code: Int = 422) -> AdmissionDecision {
        .denied(
            message: "pods \"o\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: \(text)",
            reason: reason, code: code)
    }

    @Test func saysWhyByMessageExpressionMessageOrRule() throws {
        #expect(try Self.decide(["validations": [["expression": "false"]]]) == Self.denied("failed expression: false"))
        #expect(try Self.decide(["validations": [["expression": "false", "message": "no"]]]) == Self.denied("no"))
        let both: JSONValue = ["expression": "false", "message": "no", "messageExpression": "'no, ' + request.name"]
        #expect(try Self.decide(["validations": [both]]) == Self.denied("no, o"))
        let broken: JSONValue = ["expression": "false", "message": "no", "messageExpression": "object.nope"]
        #expect(try Self.decide(["validations": [broken]]) == Self.denied("no"))
        let reason: JSONValue = ["expression": "false", "message": "no", "reason": "Unauthorized"]
        #expect(try Self.decide(["validations": [reason]]) == Self.denied("no", "Unauthorized", 401))
    }

    @Test func followsTheFailurePolicyWhenAnExpressionFails() throws {
        let validations: JSONValue = [["expression": "object.nope == 1"]]
        #expect(
            try Self.decide(["validations": validations])
                == Self.denied("expression 'object.nope == 1' resulted in error: no such key: nope"))
        #expect(try Self.decide(["failurePolicy": "Ignore", "validations": validations]) == Self.allowed)
        let conditions: JSONValue = [["name": "c", "expression": "object.nope == 1"]]
        guard case .denied = try Self.decide(["matchConditions": conditions, "validations": [["expression": "true"]]])
        else {
            Issue.record("a condition without an answer must refuse")
            return
        }
        let decided: JSONValue = [
            ["name": "c", "expression": "object.nope == 1"], ["name": "d", "expression": "false"],
        ]
        #expect(
            try Self.decide(["matchConditions": decided, "validations": [["expression": "false"]]]) == Self.allowed)
    }

    @Test func worksVariablesOutWhenTheyAreUsed() throws {
        let variables: JSONValue = [
            ["name": "bad", "expression": "object.nope"], ["name": "name", "expression": "object.metadata.name"],
            ["name": "twice", "expression": "variables.name + variables.name"],
        ]
        #expect(
            try Self.decide(["variables": variables, "validations": [["expression": "variables.twice == 'oo'"]]])
                == Self.allowed)
        let failing = try Self.decide(["variables": variables, "validations": [["expression": "variables.bad == 1"]]])
        #expect(failing == Self.denied("expression 'variables.bad == 1' resulted in error: no such key: nope"))
    }

    @Test func warnsWhereTheBindingSaysSo() throws {
        let decision = try Self.decide(["validations": [["expression": "false", "message": "no"]]], actions: ["Warn"])
        #expect(
            decision
                == .allowed(warnings: ["Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': no"]))
        #expect(try Self.decide(["validations": [["expression": "false"]]], actions: ["Audit"]) == Self.allowed)
    }

    static let matches: [(String, JSONValue, Bool)] = [
        ("everything", ["resourceRules": [rule()]], true),
        ("other group", ["resourceRules": [rule(group: "apps")]], false),
        ("other resource", ["resourceRules": [rule(resource: "jobs")]], false),
        ("other operation", ["resourceRules": [rule(operation: "DELETE")]], false),
        ("other version", ["resourceRules": [rule(version: "v2")]], false),
        ("a subresource only", ["resourceRules": [rule(resource: "pods/status")]], false),
        ("resource with all subresources", ["resourceRules": [rule(resource: "pods/*")]], true),
        ("excluded", ["resourceRules": [rule()], "excludeResourceRules": [rule(resource: "pods")]], false),
        ("namespace label", ["resourceRules": [rule()], "namespaceSelector": ["matchLabels": ["tier": "one"]]], true),
        (
            "other namespace label",
            ["resourceRules": [rule()], "namespaceSelector": ["matchLabels": ["tier": "two"]]], false
        ),
        (
            "namespace expression",
            [
                "resourceRules": [rule()],
                "namespaceSelector": ["matchExpressions": [["key": "tier", "operator": "NotIn", "values": ["one"]]]],
            ], false
        ),
        ("object label", ["resourceRules": [rule()], "objectSelector": ["matchLabels": ["a": "b"]]], false),
        (
            "object without label",
            [
                "resourceRules": [rule()],
                "objectSelector": ["matchExpressions": [["key": "a", "operator": "DoesNotExist"]]],
            ], true
        ),
    ]

    static func rule(
        group: String = "*", version: String = "*", resource: String = "*", operation: String = "*"
    ) -> JSONValue {
        [
            "apiGroups": [.string(group)], "apiVersions": [.string(version)], "resources": [.string(resource)],
            "operations": [.string(operation)],
        ]
    }

    @Test(arguments: matches) func isAboutWhatItMatches(_ name: String, _ match: JSONValue, _ isAbout: Bool) throws {
        let validations: JSONValue = [["expression": "false", "message": "no"]]
        let byPolicy = try Self.decide(["matchConstraints": match, "validations": validations])
        #expect(byPolicy == (isAbout ? Self.denied("no") : Self.allowed))
        let byBinding = try Self.decide(["validations": validations], match: match)
        #expect(byBinding == (isAbout ? Self.denied("no") : Self.allowed))
    }

    @Test(
        arguments: [
            (
                ["validations": [["expression": "authorizer.path('/').check('get').allowed()"]]],
                "authorizer is not supported"
            ),
            (["validations": [["expression": "object.x =="]]], "Syntax error"),
            (["validations": [["expression": "1"]]], "must evaluate to bool"),
            (["validations": [["expression": "request.nope == ''"]]], "undefined field 'nope'"),
            (["validations": [["expression": "variables.nope"]]], "undeclared reference"),
            (["validations": []], "spec.validations"),
            (["paramKind": ["kind": "X"], "validations": [["expression": "true"]]], "paramKind is not supported"),
            (
                ["auditAnnotations": [["key": "a"]], "validations": [["expression": "true"]]],
                "auditAnnotations is not supported"
            ),
        ] as [(JSONValue, String)])
    func namesWhatItCannotDo(_ spec: JSONValue, _ words: String) {
        let error = #expect(throws: SchemaError.self) { try Self.policy(spec) }
        #expect(error?.description.contains(words) == true, "\(error.map(\.description) ?? "")")
    }

    @Test func bindingsNeedAPolicyAndAnAction() {
        #expect(throws: SchemaError.self) {
            try AdmissionPolicyBinding(["metadata": ["name": "b"], "spec": ["policyName": "p"]])
        }
        #expect(throws: SchemaError.self) {
            try AdmissionPolicyBinding(["metadata": ["name": "b"], "spec": ["validationActions": ["Deny"]]])
        }
        #expect(throws: SchemaError.self) {
            try AdmissionPolicyBinding([
                "metadata": ["name": "b"], "spec": ["policyName": "p", "validationActions": ["Shout"]],
            ])
        }
    }
}
