// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Testing

extension Behaviour {
    @Suite struct BehaviourNamespaces {
        @Test func `a namespace is active and labelled with its name`() async throws {
            let cluster = try TestCluster.current
            let name = try await cluster.makeNamespace()
            let namespace = try await cluster.admin.resource(Namespace.self).get(name)
            #expect(namespace.isActive && namespace.status.phase == .active)
            #expect(namespace.spec.finalizers == ["kubernetes"])
            #expect(namespace.metadata.labels["kubernetes.io/metadata.name"] == name)
        }

        @Test(.enabled(if: TestCluster.hasControllers, TestCluster.withoutControllers))
        func `deletion empties it first, and nothing new comes in meanwhile`() async throws {
            let cluster = try TestCluster.current
            let name = try await cluster.makeNamespace()
            let maps = cluster.admin.objects(.configMap, namespace: name)
            _ = try await maps.create(Samples.configMap("plain"))
            var held = Samples.configMap("held")
            held.metadata.finalizers = ["codex-k8s.dev/hold"]
            _ = try await maps.create(held)
            _ = try await cluster.admin.objects(.agentRun, namespace: name).create(Samples.agentRun("run"))
            try await cluster.admin.objects(.namespace).delete(name)
            try await cluster.eventually(.namespace, nil, name) { $0["status"]?["phase"] == "Terminating" }
            let error = await refused(.forbidden) { try await maps.create(Samples.configMap("late")) }
            #expect(error?.isNamespaceTerminating == true)
            try await cluster.untilGone(.configMap, name, "plain")
            try await cluster.untilGone(.agentRun, name, "run")
            try await cluster.eventually(.configMap, name, "held") { $0.metadata.isBeingDeleted }
            #expect(try await cluster.admin.objects(.namespace).find(name) != nil)
            _ = try await maps.patch("held", .merge(["metadata": ["finalizers": nil]]))
            try await cluster.untilGone(.namespace, nil, name)
            // The name is free again.
            _ = try await cluster.admin.objects(.namespace).create(DynamicObject(.namespace, name: name))
        }

        /// Whoever has to take a finalizer off a pod may have that right by a binding in the namespace.
        @Test(.enabled(if: TestCluster.hasControllers, TestCluster.withoutControllers))
        func `pods go before everything else`() async throws {
            let cluster = try TestCluster.current
            let name = try await cluster.makeNamespace()
            let pods = cluster.admin.objects(.pod, namespace: name)
            let maps = cluster.admin.objects(.configMap, namespace: name)
            _ = try await maps.create(Samples.configMap("needed"))
            var pod = DynamicObject(.pod, name: "held")
            pod["spec"] = ["containers": [["name": "a", "image": "example.com/a"]]]
            pod.metadata.finalizers = ["codex-k8s.dev/hold"]
            _ = try await pods.create(pod)
            try await cluster.admin.objects(.namespace).delete(name)
            try await cluster.eventually(.pod, name, "held") { $0.metadata.isBeingDeleted }
            #expect(try await maps.find("needed").map { !$0.metadata.isBeingDeleted } == true)
            _ = try await pods.patch("held", .merge(["metadata": ["finalizers": nil]]))
            try await cluster.untilGone(.namespace, nil, name)
        }

        @Test(.enabled(if: TestCluster.hasControllers, TestCluster.withoutControllers))
        func `a namespace owned by a cluster-scoped object goes with it`() async throws {
            let cluster = try TestCluster.current
            let places = cluster.admin.objects(.issueNamespace)
            var place = DynamicObject(.issueNamespace, name: BehaviourCustomResources.issueNamespaceName())
            place["spec"] = BehaviourCustomResources.issueNamespaceSpec()
            place = try await places.create(place)
            let name = TestCluster.uniqueName("owned")
            _ = try await cluster.admin.objects(.namespace).create(
                Samples.owned(DynamicObject(.namespace, name: name), by: place))
            try await places.delete(place.metadata.name)
            try await cluster.untilGone(.namespace, nil, name)
        }
    }
}
