// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Testing

extension Behaviour {
    @Suite struct BehaviourObjects {
        @Test func `creation fills in what the server owns`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            let made = try await maps.create(Samples.configMap("a"))
            #expect(!made.metadata.uid.isEmpty && !made.metadata.resourceVersion.isEmpty)
            #expect(made.metadata.creationTimestamp != nil)
            #expect(made.metadata.namespace == maps.namespace)
            #expect(made.kind == "ConfigMap" && made.apiVersion == "v1")
            let read = try await maps.get("a")
            #expect(read.content == made.content)
        }

        @Test func `a name is taken once`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            let first = try await maps.create(Samples.configMap("a"))
            await refused(.alreadyExists) { try await maps.create(Samples.configMap("a", data: ["other": "x"])) }
            #expect(try await maps.get("a").content == first.content)
        }

        @Test(arguments: ["UPPER", "a_b", "-a", "a/b", String(repeating: "a", count: 254)])
        func `names follow the rules`(name: String) async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            await refused(.invalid) {
                try await cluster.admin.objects(.configMap, namespace: namespace).create(Samples.configMap(name))
            }
        }

        @Test func `a missing object, a missing namespace and a missing type are not found`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            let error = await refused(.notFound) { try await maps.get("missing") }
            #expect(error?.details?.name == "missing" && error?.details?.kind == "configmaps")
            await refused(.notFound) { try await maps.delete("missing") }
            await refused(.notFound) {
                try await cluster.admin.objects(.configMap, namespace: "missing-namespace").create(
                    Samples.configMap("a"))
            }
            let unknown = ResourceType(group: "nobody.dev", version: "v1", kind: "X", plural: "xs", isNamespaced: true)
            await refused(.notFound) { try await cluster.admin.objects(unknown).list() }
        }

        @Test func `the server makes a name from a prefix`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            var object = Samples.configMap("")
            object.content["metadata"] = ["generateName": "made-"]
            let names = [try await maps.create(object).metadata.name, try await maps.create(object).metadata.name]
            #expect(names.allSatisfy { $0.hasPrefix("made-") && $0.count > 5 })
            #expect(names[0] != names[1])
        }

        @Test func `the body agrees with the path`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            var elsewhere = Samples.configMap("a")
            elsewhere.metadata.namespace = "default"
            await refused(.badRequest) { try await maps.create(elsewhere) }
            var otherKind = Samples.configMap("a")
            otherKind["kind"] = "Secret"
            await refused(.badRequest) { try await maps.create(otherKind) }
            _ = try await maps.create(Samples.configMap("a"))
            let path = ResourceType.configMap.path(namespace: maps.namespace, name: "a")
            await refused(.badRequest) {
                try await cluster.admin.request(.put, path, body: Samples.configMap("b").content)
            }
        }

        @Test func `deletion is final and can be bound to one object`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            let first = try await maps.create(Samples.configMap("a"))
            try await maps.delete("a", options: .exactly(first.metadata))
            #expect(try await maps.find("a") == nil)
            let second = try await maps.create(Samples.configMap("a"))
            #expect(second.metadata.uid != first.metadata.uid)
            await refused(.conflict) { try await maps.delete("a", options: .exactly(first.metadata)) }
            let changed = try await maps.patch("a", .merge(["data": ["k": "w"]]))
            await refused(.conflict) {
                try await maps.delete("a", options: DeleteOptions(resourceVersion: second.metadata.resourceVersion))
            }
            try await maps.delete("a", options: DeleteOptions(resourceVersion: changed.metadata.resourceVersion))
            #expect(try await maps.find("a") == nil)
        }

        @Test func `a collection is deleted by selector`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            for name in ["a", "b"] { _ = try await maps.create(Samples.configMap(name, labels: ["go": "yes"])) }
            _ = try await maps.create(Samples.configMap("c"))
            try await maps.deleteAll(ListOptions(labelSelector: LabelSelector(matchLabels: ["go": "yes"])))
            let left = try await maps.list(ListOptions(labelSelector: LabelSelector(matchLabels: ["go": "yes"])))
            #expect(left.items.isEmpty)
            #expect(try await maps.find("c") != nil)
        }

        @Test func `secrets take plain text and give base64`() async throws {
            let cluster = try TestCluster.current
            let secrets = cluster.admin.resource(KubernetesSecret.self, namespace: try await cluster.makeNamespace())
            let made = try await secrets.create(
                KubernetesSecret(metadata: ObjectMeta(name: "s"), stringData: ["k": "hello"]))
            #expect(made.data == ["k": "aGVsbG8="] && made.stringData.isEmpty)
            #expect(made.type == "Opaque")
        }

        @Test func `labels and annotations follow the rules`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            await refused(.invalid) { try await maps.create(Samples.configMap("a", labels: ["k": "not a value"])) }
            await refused(.invalid) { try await maps.create(Samples.configMap("a", labels: ["-k": "v"])) }
            await refused(.invalid) {
                try await maps.create(Samples.configMap("a", labels: ["k": String(repeating: "v", count: 64)]))
            }
        }

        @Test func `a dry run checks everything and keeps nothing`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            let dry = try await maps.create(Samples.configMap("a"), options: .dryRun)
            #expect(!dry.metadata.uid.isEmpty)
            #expect(try await maps.find("a") == nil)
            await refused(.invalid) { try await maps.create(Samples.configMap("UPPER"), options: .dryRun) }
            let real = try await maps.create(Samples.configMap("a"))
            let patched = try await maps.patch("a", .merge(["data": ["k": "dry"]]), options: .dryRun)
            #expect(patched.content.at("data", "k") == "dry")
            try await maps.delete("a", options: DeleteOptions(isDryRun: true))
            #expect(try await maps.get("a").content == real.content)
        }
    }
}
