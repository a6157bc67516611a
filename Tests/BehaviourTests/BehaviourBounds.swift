// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Testing

extension Behaviour {
    /// The arithmetic of quotas and limit ranges.
    @Suite struct BehaviourBounds {
        private func pod(_ name: String, _ resources: JSONValue...) -> DynamicObject {
            var pod = DynamicObject(.pod, name: name)
            pod["spec"] = [
                "restartPolicy": "Never",
                "containers": .array(
                    resources.enumerated().map { index, resources in
                        [
                            "name": .string("c\(index)"), "image": "example.invalid/nothing:1", "resources": resources,
                        ]
                    }),
            ]
            return pod
        }

        /// A namespace with a quota that is in force.
        private func bounded(_ cluster: TestCluster, by hard: JSONValue) async throws -> String {
            let namespace = try await cluster.makeNamespace()
            var quota = DynamicObject(.resourceQuota, name: "q")
            quota["spec"] = ["hard": hard]
            _ = try await cluster.admin.objects(.resourceQuota, namespace: namespace).create(quota)
            try await cluster.eventually(.resourceQuota, namespace, "q") { $0.content.at("status", "hard") == hard }
            return namespace
        }

        private func limited(_ cluster: TestCluster, _ items: JSONValue) async throws -> String {
            let namespace = try await cluster.makeNamespace()
            var range = DynamicObject(.limitRange, name: "l")
            range["spec"] = ["limits": items]
            _ = try await cluster.admin.objects(.limitRange, namespace: namespace).create(range)
            return namespace
        }

        @Test(.enabled(if: TestCluster.hasControllers, TestCluster.withoutControllers))
        func `a pod must say what a quota bounds, and stay within it`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await bounded(
                cluster, by: ["pods": "2", "requests.cpu": "1", "limits.memory": "1Gi"])
            let pods = cluster.admin.objects(.pod, namespace: namespace)
            let silent = await refused(.forbidden) { try await pods.create(pod("a", [:])) }
            #expect(
                silent?.message.contains("failed quota: q: must specify limits.memory for: c0; requests.cpu for: c0")
                    == true, "\(silent?.message ?? "")")
            let greedy = await refused(.forbidden) {
                try await pods.create(pod("a", ["requests": ["cpu": "1500m"], "limits": ["memory": "2Gi"]]))
            }
            #expect(
                greedy?.message.contains(
                    "exceeded quota: q, requested: limits.memory=2Gi,requests.cpu=1500m, used: limits.memory=0,"
                        + "requests.cpu=0, limited: limits.memory=1Gi,requests.cpu=1") == true,
                "\(greedy?.message ?? "")")
            _ = try await pods.create(
                pod(
                    "a", ["requests": ["cpu": "250m"], "limits": ["memory": "256Mi"]],
                    ["requests": ["cpu": "0.25"], "limits": ["memory": "256Mi"]]))
            let second = await refused(.forbidden) {
                try await pods.create(pod("b", ["requests": ["cpu": "600m"], "limits": ["memory": "128Mi"]]))
            }
            #expect(
                second?.message.contains(
                    "requested: requests.cpu=600m, used: requests.cpu=500m, limited: requests.cpu=1") == true)
            _ = try await pods.create(pod("b", ["requests": ["cpu": "500m"], "limits": ["memory": "128Mi"]]))
            let third = await refused(.forbidden) {
                try await pods.create(pod("c", ["requests": ["cpu": "0"], "limits": ["memory": "1Mi"]]))
            }
            #expect(third?.message.contains("requested: pods=1, used: pods=2, limited: pods=2") == true)
            try await cluster.eventually(.resourceQuota, namespace, "q") {
                $0.content.at("status", "used") == ["limits.memory": "640Mi", "pods": "2", "requests.cpu": "1"]
            }
        }

        @Test(.enabled(if: TestCluster.hasControllers, TestCluster.withoutControllers))
        func `objects of any kind are counted, and what goes is given back`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await bounded(
                cluster, by: ["count/secrets": "1", "count/agentruns.codex-k8s.dev": "1"])
            let secrets = cluster.admin.objects(.secret, namespace: namespace)
            _ = try await secrets.create(DynamicObject(.secret, name: "a"))
            let error = await refused(.forbidden) { try await secrets.create(DynamicObject(.secret, name: "b")) }
            #expect(
                error?.message.contains(
                    "exceeded quota: q, requested: count/secrets=1, used: count/secrets=1, limited: count/secrets=1")
                    == true)
            let runs = cluster.admin.objects(.agentRun, namespace: namespace)
            _ = try await runs.create(Samples.agentRun("a"))
            await refused(.forbidden) { try await runs.create(Samples.agentRun("b")) }
            try await cluster.eventually(.resourceQuota, namespace, "q") {
                $0.content.at("status", "used", "count/secrets") == "1"
            }
            try await secrets.delete("a")
            try await cluster.eventually(.resourceQuota, namespace, "q") {
                $0.content.at("status", "used", "count/secrets") == "0"
            }
            _ = try await secrets.create(DynamicObject(.secret, name: "b"))
        }

        @Test func `a limit range fills in what containers leave open`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await limited(
                cluster,
                [["type": "Container", "default": ["cpu": "1", "memory": "1Gi"], "defaultRequest": ["cpu": "250m"]]])
            let pods = cluster.admin.objects(.pod, namespace: namespace)
            let made = try await pods.create(pod("a", [:], ["limits": ["cpu": "2"]]))
            let containers = made.content.at("spec", "containers")
            #expect(
                containers?[0]?["resources"]
                    == ["limits": ["cpu": "1", "memory": "1Gi"], "requests": ["cpu": "250m", "memory": "1Gi"]])
            #expect(containers?[1]?.at("resources", "limits") == ["cpu": "2", "memory": "1Gi"])
            #expect(containers?[1]?.at("resources", "requests", "cpu") == "2")
            #expect(
                made.metadata.annotations["kubernetes.io/limit-ranger"]?.hasPrefix("LimitRanger plugin set: ") == true)
        }

        @Test func `a limit range names everything that is out of bounds`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await limited(
                cluster,
                [
                    [
                        "type": "Container", "max": ["cpu": "2"], "min": ["cpu": "100m"],
                        "maxLimitRequestRatio": ["cpu": "4"],
                    ], ["type": "Pod", "max": ["cpu": "3"]],
                ])
            let pods = cluster.admin.objects(.pod, namespace: namespace)
            func message(_ resources: JSONValue...) async -> String {
                let wanted = resources.count == 1 ? pod("a", resources[0]) : pod("a", resources[0], resources[1])
                return await refused(.forbidden) { try await pods.create(wanted) }?.message ?? ""
            }
            #expect(
                await message(["limits": ["cpu": "4"]]).contains(
                    "[maximum cpu usage per Container is 2, but limit is 4, "
                        + "maximum cpu usage per Pod is 3, but limit is 4]"))
            #expect(
                await message(["limits": ["cpu": "2"], "requests": ["cpu": "50m"]]).contains(
                    "[minimum cpu usage per Container is 100m, but request is 50m, "
                        + "cpu max limit to request ratio per Container is 4, but provided ratio is 40.000000]"))
            #expect(
                await message(["limits": ["cpu": "2"]], ["limits": ["cpu": "2"]]).contains(
                    "maximum cpu usage per Pod is 3, but limit is 4"))
            _ = try await pods.create(pod("a", ["limits": ["cpu": "2"], "requests": ["cpu": "500m"]]))
        }

        @Test func `bounds and amounts must make sense`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            var range = DynamicObject(.limitRange, name: "l")
            range["spec"] = ["limits": [["type": "Container", "max": ["cpu": "1"], "min": ["cpu": "2"]]]]
            let bad = range
            let error = await refused(.invalid) {
                try await cluster.admin.objects(.limitRange, namespace: namespace).create(bad)
            }
            #expect(error?.message.contains("min value 2 is greater than max value 1") == true)
            var quota = DynamicObject(.resourceQuota, name: "q")
            quota["spec"] = ["hard": ["pods": "-1"]]
            let negative = quota
            await refused(.invalid) {
                try await cluster.admin.objects(.resourceQuota, namespace: namespace).create(negative)
            }
            let more = await refused(.invalid) {
                try await cluster.admin.objects(.pod, namespace: namespace).create(
                    pod("a", ["requests": ["cpu": "2"], "limits": ["cpu": "1"]]))
            }
            #expect(more?.message.contains("must be less than or equal to cpu limit of 1") == true)
        }
    }
}
