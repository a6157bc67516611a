// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Testing

extension Behaviour {
    /// Jobs, pods and the bounds of a namespace, as far as the operator relies on them.
    @Suite struct BehaviourWorkloads {
        private func podSpec(resources: JSONValue? = nil) -> JSONValue {
            var container: JSONValue = ["name": "main", "image": "example.invalid/nothing:1"]
            if let resources { container["resources"] = resources }
            return ["restartPolicy": "Never", "containers": [container]]
        }

        private func job(_ name: String) -> DynamicObject {
            var job = DynamicObject(.job, name: name)
            job["spec"] = [
                "backoffLimit": 0, "activeDeadlineSeconds": 600,
                "template": ["metadata": ["labels": ["mine": "yes"]], "spec": podSpec()],
            ]
            return job
        }

        private func pod(_ name: String, resources: JSONValue? = nil) -> DynamicObject {
            var pod = DynamicObject(.pod, name: name)
            pod["spec"] = podSpec(resources: resources)
            return pod
        }

        @Test func `a Job gets a selector of its own and the usual defaults`() async throws {
            let cluster = try TestCluster.current
            let jobs = cluster.admin.objects(.job, namespace: try await cluster.makeNamespace())
            let made = try await jobs.create(job("a"))
            let spec = made["spec"]
            #expect(spec?["completions"] == 1 && spec?["parallelism"] == 1 && spec?["backoffLimit"] == 0)
            #expect(spec?["completionMode"] == "NonIndexed" && spec?["suspend"] == false)
            let uid = JSONValue.string(made.metadata.uid)
            #expect(spec?.at("selector", "matchLabels", "batch.kubernetes.io/controller-uid") == uid)
            let labels = spec?.at("template", "metadata", "labels")
            #expect(labels?["batch.kubernetes.io/controller-uid"] == uid)
            #expect(labels?["batch.kubernetes.io/job-name"] == "a" && labels?["mine"] == "yes")
        }

        @Test func `a Job's template is immutable, its deadline and time to live are not`() async throws {
            let cluster = try TestCluster.current
            let jobs = cluster.admin.objects(.job, namespace: try await cluster.makeNamespace())
            _ = try await jobs.create(job("a"))
            await refused(.invalid) {
                try await jobs.patch(
                    "a", .merge(["spec": ["template": ["spec": ["restartPolicy": "OnFailure"]]]]))
            }
            let patched = try await jobs.patch(
                "a", .merge(["spec": ["ttlSecondsAfterFinished": 600, "activeDeadlineSeconds": 900]]))
            #expect(patched.content.at("spec", "ttlSecondsAfterFinished") == 600)
            #expect(patched.content.at("spec", "activeDeadlineSeconds") == 900)
        }

        @Test(arguments: ["Always", "Sometimes"])
        func `a Job's pods cannot run for ever`(policy: JSONValue) async throws {
            let cluster = try TestCluster.current
            let jobs = cluster.admin.objects(.job, namespace: try await cluster.makeNamespace())
            var bad = job("a")
            bad.content.setValue(policy, at: ["spec", "template", "spec", "restartPolicy"])
            await refused(.invalid) { try await jobs.create(bad) }
        }

        @Test func `a pod without containers is refused`() async throws {
            let cluster = try TestCluster.current
            let pods = cluster.admin.objects(.pod, namespace: try await cluster.makeNamespace())
            var bad = pod("a")
            bad["spec"] = ["containers": []]
            let error = await refused(.invalid) { try await pods.create(bad) }
            #expect(error?.causes.contains { $0.field == "spec.containers" } == true)
        }

        @Test func `a limit range gives defaults and refuses what is beyond its bounds`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            _ = try await cluster.admin.resource(LimitRange.self, namespace: namespace).create(
                LimitRange(
                    metadata: ObjectMeta(name: "bounds"),
                    limits: [
                        LimitRangeItem(
                            type: "Container", max: ["cpu": "2"], default: ["cpu": "500m", "memory": "256Mi"],
                            defaultRequest: ["cpu": "100m"])
                    ]))
            let pods = cluster.admin.objects(.pod, namespace: namespace)
            // The limit range becomes effective a moment after it is made.
            try await cluster.untilTrue("the limit range is in force") {
                let made = try await pods.create(pod("probe"), options: .dryRun)
                return made["spec"]?["containers"]?[0]?["resources"]?["limits"] != nil
            }
            let made = try await pods.create(pod("a"))
            let resources = made["spec"]?["containers"]?[0]?["resources"]
            #expect(resources?["limits"] == ["cpu": "500m", "memory": "256Mi"])
            #expect(resources?["requests"] == ["cpu": "100m", "memory": "256Mi"])
            await refused(.forbidden) { try await pods.create(pod("b", resources: ["limits": ["cpu": "2500m"]])) }
        }

        @Test(.enabled(if: TestCluster.hasControllers, TestCluster.withoutControllers))
        func `a quota counts what is there and refuses what is too much`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            _ = try await cluster.admin.resource(ResourceQuota.self, namespace: namespace).create(
                ResourceQuota(metadata: ObjectMeta(name: "few"), hard: ["count/secrets": "2", "requests.cpu": "1"]))
            try await cluster.eventually(.resourceQuota, namespace, "few") {
                $0.content.at("status", "used", "count/secrets") == "0"
            }
            let pods = cluster.admin.objects(.pod, namespace: namespace)
            // Admission learns of the quota a moment after the quota is there.
            try await cluster.untilTrue("the quota is in force") {
                do {
                    _ = try await pods.create(pod("probe"), options: .dryRun)
                    return false
                } catch let error as APIError { return error.reason == .forbidden }
            }
            let secrets = cluster.admin.resource(KubernetesSecret.self, namespace: namespace)
            for name in ["a", "b"] { _ = try await secrets.create(KubernetesSecret(metadata: ObjectMeta(name: name))) }
            let error = await refused(.forbidden) {
                try await secrets.create(KubernetesSecret(metadata: ObjectMeta(name: "c")))
            }
            #expect(error?.message.contains("exceeded quota: few") == true)

            let missing = await refused(.forbidden) { try await pods.create(pod("none")) }
            #expect(missing?.message.contains("must specify requests.cpu") == true)
            _ = try await pods.create(pod("most", resources: ["requests": ["cpu": "600m"]]))
            await refused(.forbidden) { try await pods.create(pod("more", resources: ["requests": ["cpu": "0.5"]])) }
            _ = try await pods.create(pod("rest", resources: ["requests": ["cpu": "400m"]]))
            try await cluster.eventually(.resourceQuota, namespace, "few") {
                $0.content.at("status", "used", "requests.cpu") == "1"
            }
        }

        struct PodCase: Sendable, CustomTestStringConvertible {
            var level: String
            /// Where to put what, in a pod that the level takes.
            var path: [String]
            var value: JSONValue
            var isAllowed = false
            var testDescription: String { "\(level) \(path.joined(separator: ".")) \(value)" }
        }

        @Test(arguments: [
            PodCase(level: "restricted", path: [], value: nil, isAllowed: true),
            PodCase(level: "restricted", path: ["container", "allowPrivilegeEscalation"], value: true),
            PodCase(level: "restricted", path: ["container", "allowPrivilegeEscalation"], value: nil),
            PodCase(level: "restricted", path: ["container", "capabilities"], value: ["drop": ["CHOWN"]]),
            PodCase(
                level: "restricted", path: ["container", "capabilities"],
                value: ["drop": ["ALL"], "add": ["NET_BIND_SERVICE"]], isAllowed: true),
            PodCase(
                level: "restricted", path: ["container", "capabilities"], value: ["drop": ["ALL"], "add": ["CHOWN"]]),
            PodCase(level: "restricted", path: ["container", "runAsUser"], value: 0),
            PodCase(level: "restricted", path: ["container", "runAsNonRoot"], value: false),
            PodCase(level: "restricted", path: ["spec", "securityContext", "runAsNonRoot"], value: nil),
            PodCase(level: "restricted", path: ["spec", "securityContext", "seccompProfile"], value: nil),
            PodCase(
                level: "restricted", path: ["spec", "volumes"], value: [["name": "v", "emptyDir": [:]]], isAllowed: true
            ),
            PodCase(
                level: "restricted", path: ["spec", "volumes"],
                value: [["name": "v", "nfs": ["server": "s", "path": "/"]]]),
            PodCase(
                level: "restricted", path: ["spec", "initContainers"], value: [["name": "init", "image": "x"]]),
            PodCase(level: "restricted", path: ["spec", "hostNetwork"], value: true),
            PodCase(level: "baseline", path: ["container", "allowPrivilegeEscalation"], value: nil, isAllowed: true),
            PodCase(level: "baseline", path: ["container", "runAsUser"], value: 0, isAllowed: true),
            PodCase(level: "baseline", path: ["container", "privileged"], value: true),
            PodCase(
                level: "baseline", path: ["container", "capabilities"], value: ["add": ["CHOWN"]], isAllowed: true),
            PodCase(level: "baseline", path: ["container", "capabilities"], value: ["add": ["NET_ADMIN"]]),
            PodCase(level: "baseline", path: ["container", "seccompProfile"], value: ["type": "Unconfined"]),
            PodCase(level: "baseline", path: ["spec", "hostPID"], value: true),
            PodCase(
                level: "baseline", path: ["spec", "volumes"], value: [["name": "v", "hostPath": ["path": "/"]]]),
            PodCase(level: "privileged", path: ["container", "privileged"], value: true, isAllowed: true),
        ])
        func `a namespace's pod security decides which pods it takes`(test: PodCase) async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace(labels: ["pod-security.kubernetes.io/enforce": test.level])
            let pods = cluster.admin.objects(.pod, namespace: namespace)
            var container: JSONValue = [
                "name": "main", "image": "example.invalid/nothing:1",
                "securityContext": ["allowPrivilegeEscalation": false, "capabilities": ["drop": ["ALL"]]],
            ]
            var pod = DynamicObject(.pod, name: "a")
            pod["spec"] = [
                "restartPolicy": "Never",
                "securityContext": ["runAsNonRoot": true, "seccompProfile": ["type": "RuntimeDefault"]],
            ]
            let value = test.value.isNull ? nil : test.value
            if test.path.first == "container" {
                // Privileged and no escalation contradict each other.
                if test.path.last == "privileged" {
                    container.setValue(nil, at: ["securityContext", "allowPrivilegeEscalation"])
                }
                container.setValue(value, at: ["securityContext"] + test.path.dropFirst())
            } else if !test.path.isEmpty {
                pod.content.setValue(value, at: test.path)
            }
            pod.content.setValue([container], at: ["spec", "containers"])
            if test.isAllowed {
                _ = try await pods.create(pod)
            } else {
                let error = await refused(.forbidden) { try await pods.create(pod) }
                let words = "violates PodSecurity \"\(test.level):latest\""
                #expect(error?.message.contains(words) == true, "\(String(describing: error))")
            }
        }

        @Test func `the status of a pod is written apart from its spec`() async throws {
            let cluster = try TestCluster.current
            let pods = cluster.admin.objects(.pod, namespace: try await cluster.makeNamespace())
            var first = pod("a")
            first["status"] = ["phase": "Succeeded"]
            let made = try await pods.create(first)
            #expect(made.content.at("status", "phase") == "Pending")
            let patched = try await pods.patchStatus("a", .strategicMerge(["status": ["phase": "Running"]]))
            #expect(patched.content.at("status", "phase") == "Running")
            await refused(.invalid) {
                try await pods.patch("a", .merge(["spec": ["restartPolicy": "Always"]]))
            }
        }
    }
}
