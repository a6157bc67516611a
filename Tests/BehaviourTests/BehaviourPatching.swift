// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Testing

extension Behaviour {
    @Suite struct BehaviourPatching {
        private func pointer(_ tokens: String...) -> JSONPointer { JSONPointer(tokens: tokens) }

        @Test func `a merge patch replaces members, and null removes them`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            _ = try await maps.create(Samples.configMap("a", data: ["keep": "1", "change": "1", "remove": "1"]))
            let patched = try await maps.patch("a", .merge(["data": ["change": "2", "remove": nil, "add": "2"]]))
            #expect(patched["data"] == ["keep": "1", "change": "2", "add": "2"])
        }

        @Test func `a JSON patch is all or nothing`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            let made = try await maps.create(Samples.configMap("a", data: ["k": "1"]))
            let good = JSONPatch([
                .test(pointer("data", "k"), "1"), .replace(pointer("data", "k"), "2"), .add(pointer("data", "l"), "3"),
            ])
            #expect(try await maps.patch("a", .json(good))["data"] == ["k": "2", "l": "3"])
            let bad = JSONPatch([.add(pointer("data", "m"), "4"), .test(pointer("data", "k"), "1")])
            await refused(.invalid) { try await maps.patch("a", .json(bad)) }
            let now = try await maps.get("a")
            #expect(now["data"] == ["k": "2", "l": "3"] && now.metadata.uid == made.metadata.uid)
        }

        @Test func `a strategic patch merges lists by their keys`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            let accounts = cluster.admin.objects(.serviceAccount, namespace: namespace)
            var account = DynamicObject(.serviceAccount, name: "a")
            account["secrets"] = [["name": "one"], ["name": "two"]]
            account["imagePullSecrets"] = [["name": "one"], ["name": "two"]]
            _ = try await accounts.create(account)
            let patched = try await accounts.patch(
                "a",
                .strategicMerge([
                    "secrets": [["name": "three"], ["name": "one", "$patch": "delete"]],
                    "imagePullSecrets": [["name": "three"]],
                ]))
            func names(_ list: String) -> [String] {
                (patched[list]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []).sorted()
            }
            #expect(names("secrets") == ["three", "two"])
            // This list has no key by which to merge it.
            #expect(names("imagePullSecrets") == ["three"])
        }

        @Test func `custom resources take no strategic patch`() async throws {
            let cluster = try TestCluster.current
            let runs = cluster.admin.objects(.agentRun, namespace: try await cluster.makeNamespace())
            _ = try await runs.create(Samples.agentRun("a"))
            await refused(.unsupportedMediaType) {
                try await runs.patch("a", .strategicMerge(["spec": ["attempts": 2]]))
            }
        }

        @Test func `what is not there cannot be patched, but applied`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            await refused(.notFound) { try await maps.patch("a", .merge(["data": ["k": "v"]])) }
            let made = try await maps.apply(["data": ["k": "v"]], name: "a", fieldManager: "one")
            #expect(!made.metadata.uid.isEmpty)
            #expect(try await maps.get("a")["data"] == ["k": "v"])
        }

        @Test func `an apply owns its fields: what it leaves out goes, what others own stays`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            _ = try await maps.apply(["data": ["a": "1", "b": "1"]], name: "m", fieldManager: "one")
            _ = try await maps.apply(["data": ["c": "1"]], name: "m", fieldManager: "two")
            let applied = try await maps.apply(["data": ["a": "2"]], name: "m", fieldManager: "one")
            #expect(applied["data"] == ["a": "2", "c": "1"])
            let same = try await maps.apply(["data": ["a": "2"]], name: "m", fieldManager: "one")
            #expect(same.metadata.resourceVersion == applied.metadata.resourceVersion)
        }

        @Test func `a field of another owner is a conflict that names it, and can be taken by force`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            _ = try await maps.apply(["data": ["a": "1"]], name: "m", fieldManager: "one")
            let error = await refused(.conflict) {
                try await maps.apply(["data": ["a": "2"]], name: "m", fieldManager: "two")
            }
            #expect(error?.causes.first?.reason == "FieldManagerConflict")
            #expect(error?.causes.first?.field == ".data.a")
            #expect(error?.message.contains("one") == true)
            let forced = try await maps.apply(["data": ["a": "2"]], name: "m", fieldManager: "two", force: true)
            #expect(forced["data"] == ["a": "2"])
            // The first has lost it: what it no longer applies stays.
            let after = try await maps.apply([:], name: "m", fieldManager: "one")
            #expect(after["data"] == ["a": "2"])
            // Agreeing on a value is no conflict.
            _ = try await maps.apply(["data": ["a": "2"]], name: "m", fieldManager: "three")
        }

        @Test func `an apply with a uid never takes a namesake`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            let uid = JSONValue.string("11111111-2222-3333-4444-555555555555")
            let content: JSONValue = ["metadata": ["uid": uid], "data": ["a": "1"]]
            await refused(.conflict) { try await maps.apply(content, name: "missing", fieldManager: "one") }
            _ = try await maps.create(Samples.configMap("there"))
            await refused(.invalid) { try await maps.apply(content, name: "there", fieldManager: "one") }
        }

        @Test func `an apply needs a manager`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            let path = ResourceType.configMap.path(namespace: namespace, name: "a")
            await refused(.invalid) {
                try await cluster.admin.request(
                    .patch, path, body: ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a"]],
                    contentType: "application/apply-patch+yaml")
            }
        }

        @Test func `a patch of an unknown kind is refused`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            _ = try await cluster.admin.objects(.configMap, namespace: namespace).create(Samples.configMap("a"))
            let path = ResourceType.configMap.path(namespace: namespace, name: "a")
            await refused(.unsupportedMediaType) {
                try await cluster.admin.request(.patch, path, body: [:], contentType: "application/json")
            }
        }
    }
}
