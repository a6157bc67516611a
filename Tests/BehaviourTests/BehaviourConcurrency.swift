// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Testing

extension Behaviour {
    @Suite struct BehaviourConcurrency {
        @Test func `a stale version cannot be written`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            var stale = try await maps.create(Samples.configMap("a"))
            var fresh = stale
            fresh["data"] = ["k": "first"]
            fresh = try await maps.replace(fresh)
            stale["data"] = ["k": "second"]
            await refused(.conflict) { try await maps.replace(stale) }
            #expect(try await maps.get("a").content == fresh.content)
        }

        @Test func `a custom resource needs its version to be replaced`() async throws {
            let cluster = try TestCluster.current
            let runs = cluster.admin.objects(.agentRun, namespace: try await cluster.makeNamespace())
            var run = try await runs.create(Samples.agentRun("a"))
            run.metadata.resourceVersion = ""
            await refused(.invalid) { try await runs.replace(run) }
        }

        @Test func `of writers that read the same version one wins`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            let base = try await maps.create(Samples.configMap("a"))
            let wins = await withTaskGroup(of: Bool.self) { group in
                for index in 0..<10 {
                    group.addTask {
                        var mine = base
                        mine["data"] = ["k": .string("writer \(index)")]
                        return (try? await maps.replace(mine)) != nil
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(wins == 1)
        }

        @Test func `writing what is there changes nothing`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            let made = try await maps.create(Samples.configMap("a"))
            #expect(try await maps.replace(made).metadata.resourceVersion == made.metadata.resourceVersion)
            let patched = try await maps.patch("a", .merge(["data": ["k": "v"]]))
            #expect(patched.metadata.resourceVersion == made.metadata.resourceVersion)
        }

        @Test func `a patch can be bound to a version`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            let made = try await maps.create(Samples.configMap("a"))
            func patch(_ value: String) -> Patch {
                .merge([
                    "metadata": ["resourceVersion": .string(made.metadata.resourceVersion)],
                    "data": ["k": .string(value)],
                ])
            }
            _ = try await maps.patch("a", patch("first"))
            await refused(.conflict) { try await maps.patch("a", patch("second")) }
        }

        @Test func `what the server owns cannot be changed`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            let made = try await maps.create(Samples.configMap("a"))
            let patched = try await maps.patch(
                "a", .merge(["metadata": ["creationTimestamp": "2001-01-01T00:00:00Z"], "data": ["k": "w"]]))
            #expect(patched.metadata.creationTimestamp == made.metadata.creationTimestamp)
            await refused(.invalid) { try await maps.patch("a", .merge(["metadata": ["uid": "other"]])) }
        }

        @Test func `generation counts changes of the desired state alone`() async throws {
            let cluster = try TestCluster.current
            let runs = cluster.admin.objects(.agentRun, namespace: try await cluster.makeNamespace())
            let made = try await runs.create(Samples.agentRun("a"))
            #expect(made.metadata.generation == 1)
            let labelled = try await runs.patch("a", .merge(["metadata": ["labels": ["k": "v"]]]))
            #expect(labelled.metadata.generation == 1)
            let status = try await runs.patchStatus("a", .merge(["status": ["phase": "Running"]]))
            #expect(status.metadata.generation == 1)
            #expect(status.metadata.resourceVersion != labelled.metadata.resourceVersion)
            let grown = try await runs.patch("a", .merge(["spec": ["attempts": 2]]))
            #expect(grown.metadata.generation == 2)
        }
    }
}
