// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Testing

extension Behaviour {
    /// The shapes in which objects are asked for, and the fields that objects are chosen by.
    @Suite struct BehaviourRepresentations {
        private func metadata(_ kind: String) -> String { "application/json;as=\(kind);g=meta.k8s.io;v=v1" }

        @Test func `metadata alone can be read, listed and watched`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            var secret = DynamicObject(.secret, name: "a")
            secret["stringData"] = ["k": "v"]
            _ = try await cluster.admin.objects(.secret, namespace: namespace).create(secret)
            let path = ResourceType.secret.path(namespace: namespace)
            let one = try await cluster.rawJSON(.get, "\(path)/a", accept: metadata("PartialObjectMetadata"))
            #expect(one["kind"] == "PartialObjectMetadata" && one["data"] == nil)
            let list = try await cluster.rawJSON(.get, path, accept: metadata("PartialObjectMetadataList"))
            #expect(list["kind"] == "PartialObjectMetadataList")
            #expect(list["items"]?[0]?["kind"] == "PartialObjectMetadata" && list["items"]?[0]?["data"] == nil)
            let events = try await cluster.events(path, "timeoutSeconds=1", accept: metadata("PartialObjectMetadata"))
            #expect(events.first?.at("object", "kind") == "PartialObjectMetadata")
            #expect(events.first?.at("object", "metadata", "name") == "a" && events.first?.at("object", "data") == nil)
        }

        @Test func `what nobody makes is not acceptable`() async throws {
            let cluster = try TestCluster.current
            let path = ResourceType.secret.path(namespace: "default")
            for accept in ["application/xml", metadata("Foo"), metadata("PartialObjectMetadata")] {
                let error = await #expect(throws: APIError.self) {
                    try await cluster.raw(.get, path, accept: accept)
                }
                #expect(error?.status?.rawValue == 406, "\(accept)")
            }
        }

        @Test func `tables are watched row by row, with the columns once`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            for name in ["a", "b"] {
                _ = try await cluster.admin.objects(.secret, namespace: namespace).create(
                    DynamicObject(.secret, name: name))
            }
            let events = try await cluster.events(
                ResourceType.secret.path(namespace: namespace), "timeoutSeconds=1",
                accept: "application/json;as=Table;v=v1;g=meta.k8s.io")
            #expect(events.count == 2 && events.allSatisfy { $0.at("object", "kind") == "Table" })
            let columns = events[0].at("object", "columnDefinitions")?.arrayValue ?? []
            #expect(columns.compactMap { $0["name"]?.stringValue } == ["Name", "Type", "Data", "Age"])
            #expect(events[1].at("object", "columnDefinitions")?.isNull == true)
            #expect(events[1].at("object", "rows")?[0]?["cells"]?[0] == "b")
        }

        @Test(arguments: [
            ("api/v1", "pods", "field label not supported: spec.bogus"),
            ("api/v1", "secrets", "field label not supported: spec.bogus"),
            ("api/v1", "configmaps", "\"spec.bogus\" is not a known field selector: only \"metadata.name\""),
            ("apis/batch/v1", "jobs", "field label \"spec.bogus\" not supported for Job"),
            ("apis/codex-k8s.dev/v1alpha1", "agentruns", "field label not supported: spec.bogus"),
        ])
        func `fields that a kind is not chosen by are refused`(
            _ group: String, _ plural: String, _ words: String
        ) async throws {
            let cluster = try TestCluster.current
            let error = await refused(.badRequest) {
                try await cluster.raw(.get, "/\(group)/\(plural)", "fieldSelector=spec.bogus=1")
            }
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        }

        @Test func `built-in kinds are chosen by their own fields`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            for (name, kind) in [("a", "example.dev/one"), ("b", "example.dev/two")] {
                var secret = DynamicObject(.secret, name: name)
                secret["type"] = .string(kind)
                _ = try await cluster.admin.objects(.secret, namespace: namespace).create(secret)
            }
            func names(_ plural: String, _ selector: String) async throws -> [String] {
                let list = try await cluster.rawJSON(
                    .get, "/api/v1/namespaces/\(namespace)/\(plural)", "fieldSelector=\(selector)")
                return (list["items"]?.arrayValue ?? []).compactMap { $0.at("metadata", "name")?.stringValue }
            }
            #expect(try await names("secrets", "type=example.dev/two") == ["b"])
            #expect(try await names("secrets", "type!=example.dev/two,metadata.name=a") == ["a"])
            _ = try await cluster.rawJSON(
                .post, "/api/v1/namespaces/\(namespace)/pods",
                body: [
                    "metadata": ["name": "p"],
                    "spec": ["containers": [["name": "a", "image": "example.invalid/nothing:1"]]],
                ])
            #expect(try await names("pods", "status.phase=Pending,spec.restartPolicy=Always") == ["p"])
            #expect(try await names("pods", "spec.nodeName=elsewhere") == [])
        }

        @Test func `a custom type is chosen by the fields that its definition names`() async throws {
            let cluster = try TestCluster.current
            let type = try await cluster.defineType(
                ["color": ["type": "string"]], version: ["selectableFields": [["jsonPath": ".spec.color"]]])
            let namespace = try await cluster.makeNamespace()
            for color in ["red", "blue"] {
                var object = DynamicObject(type, name: color)
                object["spec"] = ["color": .string(color)]
                _ = try await cluster.admin.objects(type, namespace: namespace).create(object)
            }
            let list = try await cluster.rawJSON(
                .get, type.path(namespace: namespace), "fieldSelector=spec.color=red")
            #expect(list["items"]?.arrayValue?.count == 1 && list["items"]?[0]?.at("metadata", "name") == "red")
        }

        @Test func `replicas are read and written apart`() async throws {
            let cluster = try TestCluster.current
            let type = try await cluster.defineType(
                ["replicas": ["type": "integer"], "color": ["type": "string"]],
                subresources: [
                    "status": [:],
                    "scale": ["specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"],
                ])
            let namespace = try await cluster.makeNamespace()
            var object = DynamicObject(type, name: "a")
            object["spec"] = ["replicas": 2, "color": "red"]
            _ = try await cluster.admin.objects(type, namespace: namespace).create(object)
            let path = type.path(namespace: namespace, name: "a", subresource: "scale")
            let scale = try await cluster.rawJSON(.get, path)
            #expect(scale["kind"] == "Scale" && scale["apiVersion"] == "autoscaling/v1")
            #expect(scale.at("spec", "replicas") == 2 && scale.at("status", "replicas") == 0)
            let changed = try await cluster.rawJSON(
                .patch, path, body: ["spec": ["replicas": 5]], contentType: "application/merge-patch+json")
            #expect(changed.at("spec", "replicas") == 5)
            let after = try await cluster.admin.objects(type, namespace: namespace).get("a")
            #expect(after["spec"] == ["replicas": 5, "color": "red"] && after.metadata.generation == 2)
        }
    }
}
