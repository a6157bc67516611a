// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Testing

extension Behaviour {
    @Suite struct BehaviourDeletion {
        private static let finalizer = "codex-k8s.dev/cleanup"

        private func withFinalizers(_ names: [String], _ name: String = "a") -> DynamicObject {
            var object = Samples.configMap(name)
            object.metadata.finalizers = names
            return object
        }

        @Test func `an object with a finalizer stays until it is taken off`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            _ = try await maps.create(withFinalizers([Self.finalizer, "codex-k8s.dev/other"]))
            try await maps.delete("a")
            let dying = try await maps.get("a")
            #expect(dying.metadata.deletionTimestamp != nil && dying.metadata.deletionGracePeriodSeconds == 0)

            try await maps.delete("a")
            #expect(try await maps.get("a").metadata.deletionTimestamp == dying.metadata.deletionTimestamp)

            for finalizer in dying.metadata.finalizers {
                let now = try await maps.get("a").metadata.finalizers
                _ = try await maps.patch("a", try #require(Patch.removingFinalizer(finalizer, from: now)))
            }
            #expect(try await maps.find("a") == nil)
        }

        @Test func `a dying object takes no new finalizer`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            _ = try await maps.create(withFinalizers([Self.finalizer]))
            try await maps.delete("a")
            let dying = try await maps.get("a")
            let patch = try #require(
                Patch.addingFinalizer(
                    "codex-k8s.dev/late", to: (dying.metadata.finalizers, dying.metadata.resourceVersion)))
            await refused(.invalid) { try await maps.patch("a", patch) }
            _ = try await maps.patch("a", .merge(["metadata": ["finalizers": nil]]))
            #expect(try await maps.find("a") == nil)
        }

        @Test func `a dying object can still be changed otherwise`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            _ = try await maps.create(withFinalizers([Self.finalizer]))
            try await maps.delete("a")
            #expect(try await maps.patch("a", .merge(["data": ["k": "w"]])).content.at("data", "k") == "w")
            _ = try await maps.patch("a", .merge(["metadata": ["finalizers": nil]]))
        }

        @Test func `finalizers of others are neither lost nor brought back`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            _ = try await maps.create(withFinalizers(["x.dev/keep"]))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<4 {
                    group.addTask {
                        let mine = "x.dev/worker-\(worker)"
                        var steps = 0
                        while steps < 20 {
                            let metadata = try await maps.get("a").metadata
                            let patch =
                                Patch.addingFinalizer(mine, to: (metadata.finalizers, metadata.resourceVersion))
                                ?? Patch.removingFinalizer(mine, from: metadata.finalizers)
                            do throws(APIError) {
                                _ = try await maps.patch("a", try patch.unwrapped())
                                steps += 1
                            } catch {
                                // Someone was faster: the patch's tests failed, and nothing was changed.
                                guard error.reason == .invalid || error.reason == .conflict else { throw error }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await maps.get("a").metadata.finalizers == ["x.dev/keep"])
        }

        @Test(.enabled(if: TestCluster.hasControllers, TestCluster.withoutControllers))
        func `what has no owner left is removed in the background`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            let maps = cluster.admin.objects(.configMap, namespace: namespace)
            let owner = try await maps.create(Samples.configMap("owner"))
            let other = try await maps.create(Samples.configMap("other"))
            let child = try await maps.create(Samples.owned(Samples.configMap("child"), by: owner))
            _ = try await maps.create(Samples.owned(Samples.configMap("grandchild"), by: child))
            var shared = Samples.owned(Samples.configMap("shared"), by: owner)
            shared.metadata.ownerReferences += [
                OwnerReference(apiVersion: "v1", kind: "ConfigMap", name: "other", uid: other.metadata.uid)
            ]
            _ = try await maps.create(shared)
            try await maps.delete("owner", options: DeleteOptions(propagation: .background))
            #expect(try await maps.find("owner") == nil)
            try await cluster.untilGone(.configMap, namespace, "child")
            try await cluster.untilGone(.configMap, namespace, "grandchild")
            let left = try await cluster.eventually(.configMap, namespace, "shared") {
                $0.metadata.ownerReferences.count == 1
            }
            #expect(left.metadata.isOwned(byUID: other.metadata.uid))
        }

        @Test(.enabled(if: TestCluster.hasControllers, TestCluster.withoutControllers))
        func `in the foreground the owner waits for what it owns`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            let maps = cluster.admin.objects(.configMap, namespace: namespace)
            let owner = try await maps.create(Samples.configMap("owner"))
            var child = Samples.owned(Samples.configMap("child"), by: owner, blocking: true)
            child.metadata.finalizers = [Self.finalizer]
            _ = try await maps.create(child)
            try await maps.delete("owner", options: DeleteOptions(propagation: .foreground))
            let waiting = try await maps.get("owner")
            #expect(waiting.metadata.finalizers == ["foregroundDeletion"] && waiting.metadata.isBeingDeleted)
            try await cluster.eventually(.configMap, namespace, "child") { $0.metadata.isBeingDeleted }
            #expect(try await maps.find("owner") != nil)
            _ = try await maps.patch("child", .merge(["metadata": ["finalizers": nil]]))
            try await cluster.untilGone(.configMap, namespace, "owner")
            #expect(try await maps.find("child") == nil)
        }

        @Test(.enabled(if: TestCluster.hasControllers, TestCluster.withoutControllers))
        func `orphans stay and lose their owner`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            let maps = cluster.admin.objects(.configMap, namespace: namespace)
            let owner = try await maps.create(Samples.configMap("owner"))
            _ = try await maps.create(Samples.owned(Samples.configMap("child"), by: owner))
            try await maps.delete("owner", options: DeleteOptions(propagation: .orphan))
            try await cluster.untilGone(.configMap, namespace, "owner")
            let child = try await maps.get("child")
            #expect(child.metadata.ownerReferences.isEmpty && !child.metadata.isBeingDeleted)
        }

        @Test(.enabled(if: TestCluster.hasControllers, TestCluster.withoutControllers))
        func `an owner that never was is no owner`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            let maps = cluster.admin.objects(.configMap, namespace: namespace)
            var ghost = DynamicObject(.configMap, name: "ghost")
            ghost.metadata.uid = "11111111-2222-3333-4444-555555555555"
            _ = try await maps.create(Samples.owned(Samples.configMap("child"), by: ghost))
            try await cluster.untilGone(.configMap, namespace, "child")
        }
    }
}

extension Optional where Wrapped == Patch {
    func unwrapped() throws(APIError) -> Patch {
        guard let patch = self else { throw APIError(reason: .conflict, message: "neither there nor not there") }
        return patch
    }
}
