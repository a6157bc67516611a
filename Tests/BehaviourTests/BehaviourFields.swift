// SPDX-License-Identifier: MIT
import HTTPTransport
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Testing

extension Behaviour {
    /// Which fields objects have, what is said about others, and who is recorded as their owner.
    @Suite struct BehaviourFields {
        private static let merge = "application/merge-patch+json"

        private func maps(_ cluster: TestCluster) async throws -> String {
            ResourceType.configMap.path(namespace: try await cluster.makeNamespace())
        }

        @Test func `unknown fields of built-in kinds are warned of and dropped, or refused`() async throws {
            let cluster = try TestCluster.current
            let path = try await maps(cluster)
            let body: JSONValue = ["metadata": ["name": "a", "bogus": 1], "data": ["k": "v"], "fake": true]
            let made = try await cluster.raw(.post, path, body: body)
            let warnings = made.headers.values(for: "Warning").joined(separator: "\n")
            #expect(warnings.contains(#"299 - "unknown field \"metadata.bogus\"""#), "\(warnings)")
            #expect(warnings.contains(#"unknown field \"fake\""#))
            let stored = try await cluster.rawJSON(.get, "\(path)/a")
            #expect(stored["fake"] == nil && stored.at("metadata", "bogus") == nil && stored["data"] == ["k": "v"])
            var other = body
            other.setValue("b", at: ["metadata", "name"])
            let error = await refused(.badRequest) {
                try await cluster.raw(.post, path, "fieldValidation=Strict", body: other)
            }
            #expect(error?.message.contains(#"strict decoding error: unknown field ""#) == true)
        }

        @Test func `a value of the wrong type cannot be handled`() async throws {
            let cluster = try TestCluster.current
            let path = try await maps(cluster)
            let error = await refused(.badRequest) {
                try await cluster.raw(.post, path, body: ["metadata": ["name": "a"], "data": ["k": 1]])
            }
            #expect(
                error?.message.contains(
                    #"ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go "#
                        + "struct field ConfigMap.data of type string") == true, "\(error?.message ?? "")")
        }

        @Test func `a patch that makes nonsense is invalid`() async throws {
            let cluster = try TestCluster.current
            let path = try await maps(cluster)
            _ = try await cluster.raw(.post, path, body: ["metadata": ["name": "a"], "data": ["k": "v"]])
            let error = await refused(.invalid) {
                try await cluster.raw(.patch, "\(path)/a", body: ["data": ["k": 1]], contentType: Self.merge)
            }
            #expect(error?.causes.first?.field == "patch")
            for operations: JSONValue in [
                [["op": "test", "path": "/data/k", "value": "w"]], [["op": "remove", "path": "/data/none"]],
                [["op": "bogus", "path": "/data/k"]],
            ] {
                let error = await refused(.invalid) {
                    try await cluster.raw(
                        .patch, "\(path)/a", body: operations, contentType: "application/json-patch+json")
                }
                #expect(error?.message.contains("the server rejected our request") == true)
            }
            #expect(try await cluster.rawJSON(.get, "\(path)/a").at("data", "k") == "v")
        }

        @Test func `an apply of a field that the type does not have fails`() async throws {
            let cluster = try TestCluster.current
            let path = try await maps(cluster)
            let error = await #expect(throws: APIError.self) {
                try await cluster.raw(
                    .patch, "\(path)/a", "fieldManager=tester",
                    body: ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a"], "bogus": 1],
                    contentType: "application/apply-patch+yaml")
            }
            #expect(error?.status?.rawValue == 500)
            #expect(error?.message.contains(".bogus: field not declared in schema") == true)
        }

        @Test func `a Secret's data is base 64`() async throws {
            let cluster = try TestCluster.current
            let path = ResourceType.secret.path(namespace: try await cluster.makeNamespace())
            let error = await refused(.badRequest) {
                try await cluster.raw(.post, path, body: ["metadata": ["name": "a"], "data": ["k": "no base64!"]])
            }
            #expect(error?.message.contains("illegal base64 data at input byte 2") == true)
        }

        @Test func `a dry run leaves no version behind`() async throws {
            let cluster = try TestCluster.current
            let path = try await maps(cluster)
            let body: JSONValue = ["metadata": ["name": "a"], "data": ["k": "v"]]
            let dry = try await cluster.rawJSON(.post, path, "dryRun=All", body: body)
            #expect(dry.at("metadata", "resourceVersion") == nil && dry.at("metadata", "uid") != nil)
            let made = try await cluster.rawJSON(.post, path, body: body)
            let patched = try await cluster.rawJSON(
                .patch, "\(path)/a", "dryRun=All", body: ["data": ["k": "w"]], contentType: Self.merge)
            #expect(patched.at("data", "k") == "w")
            #expect(patched.at("metadata", "resourceVersion") == made.at("metadata", "resourceVersion"))
            #expect(try await cluster.rawJSON(.get, "\(path)/a") == made)
        }

        @Test func `the record of fields can be handed over and cleared`() async throws {
            let cluster = try TestCluster.current
            let path = try await maps(cluster)
            let made = try await cluster.rawJSON(
                .post, path, "fieldManager=first", body: ["metadata": ["name": "a"], "data": ["k": "v"]])
            var entry = try #require(made.at("metadata", "managedFields")?[0])
            entry["manager"] = "second"
            entry["operation"] = "Apply"
            let handed = try await cluster.rawJSON(
                .patch, "\(path)/a", "fieldManager=first", body: ["metadata": ["managedFields": [entry]]],
                contentType: Self.merge)
            #expect(handed.at("metadata", "managedFields")?.arrayValue?.count == 1)
            #expect(handed.at("metadata", "managedFields")?[0]?["manager"] == "second")
            let cleared = try await cluster.rawJSON(
                .patch, "\(path)/a", body: ["metadata": ["managedFields": [[:]]]], contentType: Self.merge)
            #expect(cleared.at("metadata", "managedFields")?.arrayValue?.isEmpty ?? true)
        }

        @Test func `a rule that came later does not bar objects that broke it before`() async throws {
            let cluster = try TestCluster.current
            let type = try await cluster.defineType(["color": ["type": "string"], "size": ["type": "integer"]])
            let namespace = try await cluster.makeNamespace()
            var object = DynamicObject(type, name: "a")
            object["spec"] = ["color": "ultramarine", "size": 1]
            let widgets = cluster.admin.objects(type, namespace: namespace)
            _ = try await widgets.create(object)
            let stricter = TestCluster.specification(
                group: type.group, ["color": ["type": "string", "maxLength": 4], "size": ["type": "integer"]])
            _ = try await cluster.admin.objects(.customResourceDefinition).patch(
                "widgets.\(type.group)", .merge(["spec": ["versions": stricter["versions"] ?? []]]))
            try await cluster.untilTrue("the new schema is in force") {
                var fresh = DynamicObject(type, name: TestCluster.uniqueName("w"))
                fresh["spec"] = ["color": "ultramarine"]
                return (try? await widgets.create(fresh)) == nil
            }
            // Unrelated changes pass; the field itself must follow the rule once it is touched.
            #expect(try await widgets.patch("a", .merge(["spec": ["size": 2]])).content.at("spec", "size") == 2)
            await refused(.invalid) { try await widgets.patch("a", .merge(["spec": ["color": "aquamarine"]])) }
            _ = try await widgets.patch("a", .merge(["spec": ["color": "blue"]]))
        }

        @Test func `a deprecated version says so`() async throws {
            let cluster = try TestCluster.current
            let type = try await cluster.defineType(
                ["size": ["type": "integer"]], version: ["deprecated": true, "deprecationWarning": "use gadgets"])
            try await cluster.untilTrue("the warning is there") {
                let answer = try await cluster.raw(.get, type.path())
                return answer.headers.values(for: "Warning") == [#"299 - "use gadgets""#]
            }
        }
    }
}
