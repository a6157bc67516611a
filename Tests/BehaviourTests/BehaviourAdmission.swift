// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Testing

extension Behaviour {
    /// The admission policies of `manifests/`, as servers evaluate them.
    @Suite struct BehaviourAdmission {
        private static let controller = "system:serviceaccount:codex-k8s-system:codex-k8s-controller"
        private static let edge = "system:serviceaccount:codex-k8s-system:codex-k8s-edge"

        /// Policies become effective some time after they are made.
        private func untilEffective(_ cluster: TestCluster) async throws {
            let namespaces = cluster.client(as: Self.controller).objects(.namespace)
            let alice = cluster.client(as: "alice").objects(.agentRun, namespace: "default")
            try await cluster.untilTrue("the policies are in force") {
                do {
                    _ = try await namespaces.create(DynamicObject(.namespace, name: "probe"), options: .dryRun)
                    return false
                } catch let error as APIError where error.reason == .forbidden {}
                do {
                    _ = try await alice.create(
                        Samples.agentRun("probe", trigger: ["kind": "dev", "label": "x"]), options: .dryRun)
                    return false
                } catch let error as APIError where error.reason == .forbidden { return true }
            }
        }

        struct Claim: Sendable, CustomTestStringConvertible {
            var user: String
            var trigger: JSONValue
            var words: String?
            var testDescription: String { "\(user) \(trigger)" }
        }

        @Test(arguments: [
            Claim(user: "alice", trigger: ["kind": "dev"]),
            Claim(user: "alice", trigger: ["kind": "dev", "requestedBy": "alice"]),
            Claim(user: "alice", trigger: ["kind": "dev", "requestedBy": "bob"], words: "your own user name, alice"),
            Claim(user: "alice", trigger: ["kind": "dev", "actor": "octocat"], words: "spec.trigger.actor"),
            Claim(user: "alice", trigger: ["kind": "dev", "label": "run:dev"], words: "spec.trigger.label"),
            Claim(user: "alice", trigger: ["kind": "dev", "deliveryID": "d-1"], words: "spec.trigger.deliveryID"),
            Claim(user: edge, trigger: ["kind": "dev", "actor": "octocat", "label": "run:dev", "deliveryID": "d-1"]),
            Claim(user: controller, trigger: ["kind": "dev", "actor": "octocat", "labelEventID": 5]),
        ])
        func `nobody makes up who asked for a run`(claim: Claim) async throws {
            let cluster = try TestCluster.current
            try await untilEffective(cluster)
            let namespace = try await cluster.makeNamespace()
            let runs = cluster.client(as: claim.user).objects(.agentRun, namespace: namespace)
            let run = Samples.agentRun("a", trigger: claim.trigger)
            if let words = claim.words {
                let error = await refused(.forbidden) { try await runs.create(run) }
                #expect(error?.message.contains(words) == true, "\(String(describing: error))")
            } else {
                _ = try await runs.create(run)
            }
        }

        @Test func `no run lives in the operator's own namespace`() async throws {
            let cluster = try TestCluster.current
            try await untilEffective(cluster)
            await refused(.forbidden) {
                try await cluster.client(as: "alice").objects(.agentRun, namespace: "codex-k8s-system").create(
                    Samples.agentRun("a"))
            }
        }

        @Test func `the controller stays inside its fence`() async throws {
            let cluster = try TestCluster.current
            try await untilEffective(cluster)
            let controller = cluster.client(as: Self.controller)
            let purpose = "codex-k8s.dev/namespace-purpose"
            func namespace(_ name: String, _ labels: [String: String]) -> DynamicObject {
                var object = DynamicObject(.namespace, name: name)
                object.metadata.labels = labels
                return object
            }
            let ours = TestCluster.uniqueName("codex-issue")
            let strangers = try await cluster.makeNamespace()
            await refused(.forbidden) {
                try await controller.objects(.namespace).create(namespace("stranger", [purpose: "run"]))
            }
            await refused(.forbidden) { try await controller.objects(.namespace).create(namespace(ours, [:])) }
            await refused(.forbidden) { try await controller.objects(.namespace).delete(strangers) }
            _ = try await controller.objects(.namespace).create(namespace(ours, [purpose: "run"]))
            await refused(.forbidden) {
                try await controller.objects(.namespace).patch(ours, .merge(["metadata": ["labels": [purpose: "env"]]]))
            }
            _ = try await controller.objects(.configMap, namespace: ours).create(Samples.configMap("a"))
            await refused(.forbidden) {
                try await controller.objects(.configMap, namespace: strangers).create(Samples.configMap("a"))
            }
            // Others are not concerned.
            _ = try await cluster.client(as: "alice").objects(.configMap, namespace: strangers).create(
                Samples.configMap("a"))
        }

        @Test func `the controller binds only the installed roles, each where it belongs`() async throws {
            let cluster = try TestCluster.current
            try await untilEffective(cluster)
            let controller = cluster.client(as: Self.controller)
            let name = TestCluster.uniqueName("codex-issue")
            for (suffix, purpose) in [("", "run"), ("-env", "env")] {
                var object = DynamicObject(.namespace, name: name + suffix)
                object.metadata.labels = ["codex-k8s.dev/namespace-purpose": purpose]
                _ = try await controller.objects(.namespace).create(object)
            }
            func bind(_ role: String, in namespace: String, to subject: RoleSubject) async throws {
                let binding = RoleBinding(
                    metadata: ObjectMeta(name: TestCluster.uniqueName("b")),
                    roleRef: RoleReference(kind: "ClusterRole", name: role), subjects: [subject])
                _ = try await controller.resource(RoleBinding.self, namespace: namespace).create(binding)
            }
            let itself = RoleSubject.serviceAccount("codex-k8s-controller", namespace: "codex-k8s-system")
            let agent = RoleSubject.serviceAccount("agent", namespace: name)
            try await bind("codex-controller-run", in: name, to: itself)
            try await bind("codex-agent-fullenv", in: name + "-env", to: agent)
            await refused(.forbidden) { try await bind("codex-controller-run", in: name + "-env", to: itself) }
            await refused(.forbidden) { try await bind("codex-controller-run", in: name, to: agent) }
            await refused(.forbidden) { try await bind("codex-agent-fullenv", in: name, to: agent) }
            await refused(.forbidden) {
                try await bind(
                    "codex-agent-fullenv", in: name + "-env", to: .serviceAccount("agent", namespace: "default"))
            }
            await refused(.forbidden) { try await bind("cluster-admin", in: name + "-env", to: agent) }
        }
    }
}
