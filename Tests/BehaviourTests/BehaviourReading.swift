// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Testing

extension Behaviour {
    @Suite struct BehaviourReading {
        @Test(arguments: [
            ("tier=web", ["a", "b"]), ("tier!=web", ["c", "d"]), ("tier in (web,db)", ["a", "b", "c"]),
            ("tier notin (web)", ["c", "d"]), ("tier", ["a", "b", "c"]), ("!tier", ["d"]),
            ("tier=web,stage=one", ["a"]), ("stage in (one),tier", ["a", "c"]),
        ])
        func `label selectors`(selector: String, names: [String]) async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            let labels = [
                "a": ["tier": "web", "stage": "one"], "b": ["tier": "web", "stage": "two"],
                "c": ["tier": "db", "stage": "one"],
                "d": ["other": "x"],
            ]
            for (name, labels) in labels { _ = try await maps.create(Samples.configMap(name, labels: labels)) }
            let page = try await maps.list(ListOptions(labelSelector: try LabelSelector(parsing: selector)))
            // A real namespace may hold a root certificate's map of its own.
            #expect(page.items.map(\.metadata.name).filter { labels[$0] != nil }.sorted() == names)
        }

        @Test func `field selectors`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            let maps = cluster.admin.objects(.configMap, namespace: namespace)
            for name in ["a", "b"] { _ = try await maps.create(Samples.configMap(name)) }
            let byName = try await maps.list(ListOptions(fieldSelector: .name("a")))
            #expect(byName.items.map(\.metadata.name) == ["a"])
            let everywhere = try await cluster.admin.objects(.configMap).list(
                ListOptions(
                    fieldSelector: try FieldSelector(parsing: "metadata.namespace=\(namespace),metadata.name!=a")))
            #expect(everywhere.items.map(\.metadata.name).contains("b"))
            #expect(!everywhere.items.map(\.metadata.name).contains("a"))
        }

        @Test(arguments: [
            "labelSelector=%3D%3D", "labelSelector=a%20within%20(b)", "fieldSelector=spec.unknown%3Dx",
            "fieldSelector=a",
        ])
        func `selectors that make no sense are refused`(query: String) async throws {
            let cluster = try TestCluster.current
            await refused(.badRequest) { try await cluster.admin.request(.get, "/api/v1/configmaps?" + query) }
        }

        @Test func `lists come in pages of one version, in a stable order`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            let names = (0..<7).map { "m\($0)" }
            for name in names { _ = try await maps.create(Samples.configMap(name, labels: ["page": "yes"])) }
            var options = ListOptions(labelSelector: LabelSelector(matchLabels: ["page": "yes"]), limit: 3)
            let first = try await maps.list(options)
            #expect(first.items.count == 3 && first.continueToken != nil)
            // What comes in between belongs to a later version.
            _ = try await maps.create(Samples.configMap("m55", labels: ["page": "yes"]))
            options.continueToken = first.continueToken
            let second = try await maps.list(options)
            options.continueToken = second.continueToken
            let third = try await maps.list(options)
            #expect((first.items + second.items + third.items).map(\.metadata.name) == names)
            #expect(third.continueToken == nil)
            #expect(first.resourceVersion == second.resourceVersion && second.resourceVersion == third.resourceVersion)
        }

        @Test func `a continuation that nobody gave is refused`() async throws {
            let cluster = try TestCluster.current
            await refused(.badRequest) {
                try await cluster.admin.objects(.configMap).list(ListOptions(limit: 1, continueToken: "!!!"))
            }
        }

        @Test func `lists say what they are, and items need not`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            let runs = cluster.admin.objects(.agentRun, namespace: namespace)
            _ = try await runs.create(Samples.agentRun("a"))
            let list = try await cluster.admin.request(.get, ResourceType.agentRun.path(namespace: namespace))
            #expect(list["kind"] == "AgentRunList" && list["apiVersion"] == "codex-k8s.dev/v1alpha1")
            #expect(list.at("metadata", "resourceVersion")?.stringValue?.isEmpty == false)
            let page = try await runs.list()
            #expect(page.items.first?.kind == "AgentRun")
        }

        @Test func `tables have the columns of the type`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            let runs = cluster.admin.objects(.agentRun, namespace: namespace)
            _ = try await runs.create(Samples.agentRun("a"))
            _ = try await runs.patchStatus(
                "a", .merge(["status": ["phase": "Running", "pullRequest": ["number": 7, "url": "https://x/7"]]]))
            let table = try await cluster.admin.json(
                APIRequest(
                    .get, ResourceType.agentRun.path(namespace: namespace),
                    accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"))
            #expect(table["kind"] == "Table" && table["apiVersion"] == "meta.k8s.io/v1")
            let columns = table["columnDefinitions"]?.arrayValue ?? []
            #expect(
                columns.compactMap { $0["name"]?.stringValue } == [
                    "Name", "Repository", "Issue", "Kind", "Phase", "PR", "Namespace", "Model", "Age",
                ])
            #expect(columns.compactMap { $0["priority"]?.integerValue } == [0, 0, 0, 0, 0, 0, 1, 1, 0])
            let cells = table["rows"]?[0]?["cells"]?.arrayValue ?? []
            #expect(Array(cells.prefix(6)) == ["a", "acme/shop", 42, "dev", "Running", 7])
            #expect(table["rows"]?[0]?["object"]?["kind"] == "PartialObjectMetadata")
        }

        @Test func `a built-in type has its own columns`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            _ = try await maps.create(Samples.configMap("a", data: ["x": "1", "y": "2"]))
            let table = try await cluster.admin.json(
                APIRequest(
                    .get, ResourceType.configMap.path(namespace: maps.namespace, name: "a"),
                    accept: "application/json;as=Table;v=v1;g=meta.k8s.io"))
            #expect(
                table["columnDefinitions"]?.arrayValue?.compactMap { $0["name"]?.stringValue } == [
                    "Name", "Data", "Age",
                ])
            #expect(table["rows"]?[0]?["cells"]?[1] == 2)
        }

        @Test func `discovery names the product's types`() async throws {
            let cluster = try TestCluster.current
            let list = try await cluster.admin.request(.get, "/apis/codex-k8s.dev/v1alpha1")
            let resources = list["resources"]?.arrayValue ?? []
            let runs = resources.first { $0["name"] == "agentruns" }
            #expect(runs?["kind"] == "AgentRun" && runs?["namespaced"] == true && runs?["singularName"] == "agentrun")
            #expect(runs?["shortNames"] == ["ar"] && runs?["categories"] == ["codex"])
            let verbs = Set(runs?["verbs"]?.arrayValue?.compactMap(\.stringValue) ?? [])
            #expect(verbs == ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"])
            #expect(resources.contains { $0["name"] == "agentruns/status" })
            let version = try await cluster.admin.version()
            #expect(version["major"] == "1" && version["gitVersion"]?.stringValue?.hasPrefix("v1.") == true)
        }
    }
}
