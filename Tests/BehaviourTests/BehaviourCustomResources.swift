// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Testing

extension Behaviour {
    @Suite struct BehaviourCustomResources {
        static func issueNamespaceName() -> String { TestCluster.uniqueName("codex-issue-42-dev") }

        static func issueNamespaceSpec() -> JSONValue {
            ["repository": "acme/shop", "repositoryID": 1, "issue": 42, "agent": "dev", "mode": "CodeOnly"]
        }

        @Test(arguments: ["agentruns.codex-k8s.dev", "issuenamespaces.codex-k8s.dev"])
        func `the product's types are established as they are written`(name: String) async throws {
            let definition = try await TestCluster.current.admin.resource(CustomResourceDefinition.self).get(name)
            #expect(definition.isEstablished)
            let conditions = definition.status.conditions
            #expect(!conditions.isTrue("NonStructuralSchema"), "\(conditions)")
            #expect(definition.spec.names.categories == ["codex"])
        }

        @Test func `defaults are filled in`() async throws {
            let cluster = try TestCluster.current
            let runs = cluster.admin.objects(.agentRun, namespace: try await cluster.makeNamespace())
            let made = try await runs.create(Samples.agentRun("a"))
            #expect(made.content.at("spec", "attempts") == 1)
            #expect(made.content.at("spec", "cancel") == false)
            #expect(made.content.at("spec", "trigger", "revise") == false)
        }

        @Test func `fields that the schema does not know are dropped, or refused when asked to`() async throws {
            let cluster = try TestCluster.current
            let runs = cluster.admin.objects(.agentRun, namespace: try await cluster.makeNamespace())
            var run = Samples.agentRun("a")
            run.content.setValue("x", at: ["spec", "unknown"])
            run.content.setValue("x", at: ["spec", "trigger", "unknown"])
            await refused(.badRequest) { try await runs.create(run, options: WriteOptions(fieldValidation: "Strict")) }
            let made = try await runs.create(run)
            #expect(made.content.at("spec", "unknown") == nil)
            #expect(made.content.at("spec", "trigger", "unknown") == nil)
        }

        @Test(
            arguments: [
                (["issue"], JSONValue.null, "spec.issue"), (["issue"], 0, "spec.issue"),
                (["issue"], "42", "spec.issue"),
                (["repository"], "no slash", "spec.repository"), (["repository"], "a/b/c", "spec.repository"),
                (["trigger", "kind"], "unknown", "spec.trigger.kind"), (["attempts"], 0, "spec.attempts"),
                (["attempts"], 21, "spec.attempts"), (["agent"], ["mode": "Whatever"], "spec.agent.mode"),
                (["agent"], [:], "spec.agent"), (["trigger", "pullRequest"], 7, "spec.trigger.revise"),
            ] as [([String], JSONValue, String)])
        func `wrong fields are named`(path: [String], value: JSONValue, field: String) async throws {
            let cluster = try TestCluster.current
            let runs = cluster.admin.objects(.agentRun, namespace: try await cluster.makeNamespace())
            var run = Samples.agentRun("a")
            run.content.setValue(value.isNull ? nil : value, at: ["spec"] + path)
            let error = await refused(.invalid) { try await runs.create(run) }
            #expect(error?.causes.contains { $0.field == field } == true, "\(String(describing: error?.causes))")
        }

        @Test func `a name that is too long is refused`() async throws {
            let cluster = try TestCluster.current
            let runs = cluster.admin.objects(.agentRun, namespace: try await cluster.makeNamespace())
            _ = try await runs.create(Samples.agentRun(String(repeating: "a", count: 52)))
            let error = await refused(.invalid) {
                try await runs.create(Samples.agentRun(String(repeating: "a", count: 53)))
            }
            #expect(error?.causes.first?.field == "metadata.name")
        }

        @Test(
            arguments: [
                (["repository"], "acme/other"), (["issue"], 43), (["trigger", "kind"], "qa"),
                (["agent"], ["mode": "CodeOnly"]), (["repositoryID"], 5), (["ttlSecondsAfterFinished"], 60),
            ] as [([String], JSONValue)])
        func `the spec is immutable`(path: [String], value: JSONValue) async throws {
            let cluster = try TestCluster.current
            let runs = cluster.admin.objects(.agentRun, namespace: try await cluster.makeNamespace())
            let made = try await runs.create(Samples.agentRun("a"))
            var changed = made
            changed.content.setValue(value, at: ["spec"] + path)
            let error = await refused(.invalid) { try await runs.replace(changed) }
            #expect(error?.message.contains("is immutable") == true)
            #expect(
                error?.causes.contains { $0.field == "spec.\(path[0])" } == true, "\(String(describing: error?.causes))"
            )
            #expect(try await runs.get("a")["spec"] == made["spec"])
        }

        @Test func `attempts only grow, and cancel is final`() async throws {
            let cluster = try TestCluster.current
            let runs = cluster.admin.objects(.agentRun, namespace: try await cluster.makeNamespace())
            _ = try await runs.create(Samples.agentRun("a"))
            _ = try await runs.patch("a", .merge(["spec": ["attempts": 3]]))
            await refused(.invalid) { try await runs.patch("a", .merge(["spec": ["attempts": 2]])) }
            _ = try await runs.patch("a", .merge(["spec": ["cancel": true]]))
            await refused(.invalid) { try await runs.patch("a", .merge(["spec": ["cancel": false]])) }
            // Removing a field with a default means the default.
            await refused(.invalid) { try await runs.patch("a", .merge(["spec": ["cancel": nil]])) }
        }

        @Test func `spec and status are written apart`() async throws {
            let cluster = try TestCluster.current
            let runs = cluster.admin.objects(.agentRun, namespace: try await cluster.makeNamespace())
            var run = Samples.agentRun("a")
            run["status"] = ["phase": "Succeeded"]
            #expect(try await runs.create(run)["status"] == nil)
            let viaMain = try await runs.patch("a", .merge(["status": ["phase": "Failed"]]))
            #expect(viaMain["status"] == nil)
            let viaStatus = try await runs.patchStatus(
                "a",
                .merge(["status": ["phase": "Running"], "spec": ["attempts": 5], "metadata": ["labels": ["k": "v"]]]))
            #expect(viaStatus.content.at("status", "phase") == "Running")
            #expect(viaStatus.content.at("spec", "attempts") == 1)
            let replaced = try await runs.patch("a", .merge(["spec": ["attempts": 2]]))
            #expect(replaced.content.at("status", "phase") == "Running")
        }

        @Test func `the status follows the schema`() async throws {
            let cluster = try TestCluster.current
            let runs = cluster.admin.objects(.agentRun, namespace: try await cluster.makeNamespace())
            _ = try await runs.create(Samples.agentRun("a"))
            await refused(.invalid) { try await runs.patchStatus("a", .merge(["status": ["phase": "Dancing"]])) }
            await refused(.invalid) {
                try await runs.patchStatus("a", .merge(["status": ["conditions": [["type": "Ready"]]]]))
            }
        }

        @Test func `conditions are a map by type for an apply`() async throws {
            let cluster = try TestCluster.current
            let runs = cluster.admin.objects(.agentRun, namespace: try await cluster.makeNamespace())
            _ = try await runs.create(Samples.agentRun("a"))
            func status(_ type: String) -> JSONValue {
                [
                    "status": [
                        "conditions": [
                            [
                                "type": .string(type), "status": "True", "reason": "Because", "message": "m",
                                "lastTransitionTime": "2026-11-22T21:00:00Z",
                            ]
                        ]
                    ]
                ]
            }
            _ = try await runs.apply(status("Accepted"), name: "a", fieldManager: "one", subresource: "status")
            let both = try await runs.apply(status("Ready"), name: "a", fieldManager: "two", subresource: "status")
            let types =
                both.content.at("status", "conditions")?.arrayValue?.compactMap { $0["type"]?.stringValue } ?? []
            #expect(types.sorted() == ["Accepted", "Ready"])
        }

        @Test func `cluster-scoped resources have no namespace`() async throws {
            let cluster = try TestCluster.current
            var place = DynamicObject(.issueNamespace, name: Self.issueNamespaceName())
            place["spec"] = Self.issueNamespaceSpec()
            let made = try await cluster.admin.objects(.issueNamespace).create(place)
            #expect(made.metadata.namespace == nil)
            try await cluster.admin.objects(.issueNamespace).delete(place.metadata.name)
        }

        @Test func `a definition that cannot be served is refused`() async throws {
            let cluster = try TestCluster.current
            func definition(_ schema: JSONValue) throws -> DynamicObject {
                var object = DynamicObject(.customResourceDefinition, name: "things.behaviour.dev")
                object["spec"] = [
                    "group": "behaviour.dev", "scope": "Namespaced",
                    "names": ["kind": "Thing", "plural": "things", "singular": "thing", "listKind": "ThingList"],
                    "versions": [
                        ["name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": schema]]
                    ],
                ]
                return object
            }
            let definitions = cluster.admin.objects(.customResourceDefinition)
            // Not structural: a property without a type.
            await refused(.invalid) {
                try await definitions.create(try definition(["type": "object", "properties": ["spec": [:]]]))
            }
            // A rule that does not compile.
            await refused(.invalid) {
                try await definitions.create(
                    try definition([
                        "type": "object",
                        "properties": [
                            "spec": [
                                "type": "object", "properties": ["n": ["type": "integer"]],
                                "x-kubernetes-validations": [["rule": "self.missing > 1"]],
                            ]
                        ],
                    ]))
            }
            #expect(try await definitions.find("things.behaviour.dev") == nil)
        }
    }
}
