// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Testing

@testable import AgentControllers

extension Behaviour {
    /// What the operator makes, made with its own rights: every server must take it.
    @Suite struct BehaviourOperator {
        private static let system = "codex-k8s-system"
        private static let account = "codex-k8s-controller"

        /// The controller with the rights that `manifests/` give it, and no more.
        private func controller(_ cluster: TestCluster) -> APIClient {
            cluster.client(
                as: "system:serviceaccount:\(Self.system):\(Self.account)",
                groups: ["system:serviceaccounts", "system:serviceaccounts:\(Self.system)", "system:authenticated"])
        }

        /// Creates as the controller does, waiting for rights that were given a moment ago.
        private func create(_ object: PlaceObject, _ client: APIClient, _ cluster: TestCluster) async throws {
            try await cluster.untilTrue("\(object.type) \(object.name) can be made") {
                do throws(APIError) {
                    _ = try await client.create(
                        object.json, type: object.type, namespace: object.namespace,
                        options: WriteOptions(fieldValidation: "Strict"))
                    return true
                } catch {
                    guard error.reason == .forbidden, !error.message.contains("violates") else { throw error }
                    return false
                }
            }
        }

        private func place(_ cluster: TestCluster, mode: AgentMode) async throws -> PlaceBuilder {
            let name = Names.runNamespace(
                repositoryID: .random(in: 1 ... .max), issue: 42, agent: "dev")
            let spec: JSONValue = [
                "repository": "acme/shop", "repositoryID": 1, "issue": 42, "agent": "dev",
                "mode": .string(mode.rawValue),
            ]
            var object = DynamicObject(.issueNamespace, name: name)
            object["spec"] = spec
            let made = try await controller(cluster).objects(.issueNamespace).create(object)
            return PlaceBuilder(
                place: try made.content.decode(IssueNamespace.self), controllerServiceAccount: Self.account,
                systemNamespace: Self.system)
        }

        @Test(arguments: AgentMode.allCases)
        func `a place is made with the controller's own rights`(mode: AgentMode) async throws {
            let cluster = try TestCluster.current
            let controller = controller(cluster)
            let builder = try await place(cluster, mode: mode)
            for object in builder.namespaces + [builder.controllerBinding] + builder.contents {
                try await create(object, controller, cluster)
            }
            for object in builder.contents {
                _ = try await controller.get(object.type, ObjectKey(namespace: object.namespace, name: object.name))
            }
            // The controller can write into the run namespace now, and still nowhere else.
            await refused(.forbidden) {
                try await controller.objects(.secret, namespace: "default").create(DynamicObject(.secret, name: "a"))
            }
            await refused(.forbidden) { try await controller.objects(.secret).list() }
        }

        @Test(arguments: AgentMode.allCases)
        func `a run's Job and its pod are taken`(mode: AgentMode) async throws {
            let cluster = try TestCluster.current
            let controller = controller(cluster)
            let builder = try await place(cluster, mode: mode)
            for object in builder.namespaces + [builder.controllerBinding] + builder.contents {
                try await create(object, controller, cluster)
            }
            let namespace = builder.runNamespace
            let run = try await cluster.admin.resource(AgentRun.self, namespace: "codex-k8s").create(
                try Samples.agentRun(TestCluster.uniqueName("run")).content.decode(AgentRun.self))
            let agent = try #require(AgentDefinition.defaults.first { $0.key == "dev" })
            let job = JobBuilder.job(
                JobInput(
                    run: run, attempt: 1, namespace: namespace, environmentNamespace: builder.environmentNamespace,
                    settings: AdmittedSettings(
                        kind: .dev, revise: false, agent: agent, mode: mode, image: "example.invalid/agent:1",
                        model: "some-model", reasoningEffort: "high", branch: "codex/issue-42",
                        timeout: .seconds(3600)),
                    baseBranch: "main", baseSHA: String(repeating: "a", count: 40), headBefore: nil,
                    gitURL: "https://example.invalid/acme/shop.git", committer: ("codex", "codex@example.invalid"),
                    issueTitle: "Say hello"))
            try await create(
                PlaceObject(type: .job, namespace: namespace, name: DynamicObject(job).metadata.name, json: job),
                controller, cluster)

            // What the Job controller makes of it.
            var pod = DynamicObject(.pod, name: "attempt")
            pod.content.setValue(job.at("spec", "template", "spec"), at: ["spec"])
            pod.content.setValue(job.at("spec", "template", "metadata", "finalizers"), at: ["metadata", "finalizers"])
            let made = try await cluster.admin.objects(.pod, namespace: namespace).create(
                pod, options: WriteOptions(fieldValidation: "Strict"))
            #expect(made["spec"]?["initContainers"]?[0]?["restartPolicy"] == "Always")

            // What the controller does at the end: time to live on the Job, finalizer off the pod.
            _ = try await controller.objects(.job, namespace: namespace).patch(
                DynamicObject(job).metadata.name, .merge(["spec": ["ttlSecondsAfterFinished": 600]]))
            let patch = try #require(Patch.removingFinalizer(Keys.resultFinalizer, from: made.metadata.finalizers))
            let freed = try await controller.objects(.pod, namespace: namespace).patch("attempt", patch)
            #expect(freed.metadata.finalizers.isEmpty)
        }

        @Test(arguments: ["configuration", "controller", "edge", "migrate", "network"])
        func `the installed workloads are taken, and so are their pods`(prefix: String) async throws {
            let cluster = try TestCluster.current
            let options = WriteOptions(isDryRun: true, fieldValidation: "Strict")
            for manifest in try TestCluster.manifests(in: "manifests", prefix: prefix) {
                let object = DynamicObject(manifest)
                let type = try #require(object.resourceType, "\(object) is of an unknown type")
                _ = try await cluster.admin.create(manifest, type: type, options: options)
                guard let template = manifest.at("spec", "template", "spec") else { continue }
                var pod = DynamicObject(.pod, name: "template", namespace: object.metadata.namespace)
                pod["spec"] = template
                _ = try await cluster.admin.objects(.pod).create(pod, options: options)
            }
        }
    }
}
