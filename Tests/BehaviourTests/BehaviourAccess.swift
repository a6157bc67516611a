// SPDX-License-Identifier: MIT
import HTTPTransport
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import ServiceRuntime
import Testing

extension Behaviour {
    @Suite struct BehaviourAccess {
        @Test func `who has no role may do nothing, and is told so`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            let nobody = cluster.client(as: "nobody", groups: ["system:authenticated"])
            let error = await refused(.forbidden) { try await nobody.objects(.configMap, namespace: namespace).list() }
            #expect(error?.message.contains(#"User "nobody" cannot list resource "configmaps""#) == true)
        }

        @Test func `a role in a namespace gives what it says, there`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            let user = TestCluster.uniqueName("user")
            _ = try await cluster.admin.resource(Role.self, namespace: namespace).create(
                Role(
                    metadata: ObjectMeta(name: "reader"),
                    rules: [
                        PolicyRule(apiGroups: [""], resources: ["configmaps"], verbs: ["get", "create"]),
                        PolicyRule(apiGroups: [""], resources: ["secrets"], verbs: ["get"], resourceNames: ["one"]),
                    ]))
            _ = try await cluster.admin.resource(RoleBinding.self, namespace: namespace).create(
                RoleBinding(
                    metadata: ObjectMeta(name: "reader"), roleRef: RoleReference(kind: "Role", name: "reader"),
                    subjects: [RoleSubject(kind: "User", name: user, apiGroup: "rbac.authorization.k8s.io")]))
            let someone = cluster.client(as: user, groups: ["system:authenticated"])
            let maps = someone.objects(.configMap, namespace: namespace)
            // Roles become effective a moment after they are made.
            try await cluster.untilTrue("the role is in force") {
                do {
                    _ = try await maps.get("missing")
                    return false
                } catch let error as APIError { return error.reason == .notFound }
            }
            _ = try await maps.create(Samples.configMap("a"))
            await refused(.forbidden) { try await maps.delete("a") }
            await refused(.forbidden) { try await maps.list() }
            await refused(.forbidden) { try await maps.inNamespace("default").get("a") }
            let secrets = someone.objects(.secret, namespace: namespace)
            await refused(.notFound) { try await secrets.get("one") }
            await refused(.forbidden) { try await secrets.get("two") }

            let reviews = cluster.admin.objects(.subjectAccessReview)
            for (verb, allowed) in [("get", true), ("delete", false)] {
                var review = DynamicObject(.subjectAccessReview, name: "")
                review.content["metadata"] = [:]
                review["spec"] = [
                    "user": .string(user),
                    "resourceAttributes": [
                        "namespace": .string(namespace), "verb": .string(verb), "resource": "configmaps", "group": "",
                    ],
                ]
                let answer = try await reviews.create(review)
                #expect(answer.content.at("status", "allowed") == .bool(allowed))
            }
        }

        @Test func `a token that nobody issued is no one`() async throws {
            let cluster = try TestCluster.current
            var configuration = cluster.admin.configuration
            configuration.token = .value(Secret("nobody-issued-this"))
            let client = APIClient(configuration: configuration, http: cluster.http)
            await refused(.unauthorized) { try await client.objects(.configMap, namespace: "default").list() }
        }

        @Test func `a service account's token says who it is`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            _ = try await cluster.admin.objects(.serviceAccount, namespace: namespace).create(
                DynamicObject(.serviceAccount, name: "agent"))
            let path = ResourceType.serviceAccount.path(namespace: namespace, name: "agent", subresource: "token")
            let request = try await cluster.admin.request(
                .post, path,
                body: [
                    "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
                    "spec": ["expirationSeconds": 600],
                ])
            let token = try #require(request.at("status", "token")?.stringValue)
            var review = DynamicObject(.tokenReview, name: "")
            review.content["metadata"] = [:]
            review["spec"] = ["token": .string(token)]
            let answer = try await cluster.admin.objects(.tokenReview).create(review)
            #expect(answer.content.at("status", "authenticated") == true)
            let user = "system:serviceaccount:\(namespace):agent"
            #expect(answer.content.at("status", "user", "username")?.stringValue == user)
            let groups = answer.content.at("status", "user", "groups")?.arrayValue?.compactMap(\.stringValue) ?? []
            #expect(Set(groups).isSuperset(of: ["system:serviceaccounts", "system:serviceaccounts:\(namespace)"]))

            var configuration = cluster.admin.configuration
            configuration.token = .value(Secret(token))
            let agent = APIClient(configuration: configuration, http: cluster.http)
            let error = await refused(.forbidden) { try await agent.objects(.configMap, namespace: namespace).list() }
            #expect(error?.message.contains(user) == true)
        }

        @Test func `nobody gives away more than they have`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            let user = TestCluster.uniqueName("user")
            _ = try await cluster.admin.resource(Role.self, namespace: namespace).create(
                Role(
                    metadata: ObjectMeta(name: "maker"),
                    rules: [
                        PolicyRule(
                            apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles", "rolebindings"],
                            verbs: ["get", "create"])
                    ]))
            _ = try await cluster.admin.resource(RoleBinding.self, namespace: namespace).create(
                RoleBinding(
                    metadata: ObjectMeta(name: "maker"), roleRef: RoleReference(kind: "Role", name: "maker"),
                    subjects: [RoleSubject(kind: "User", name: user, apiGroup: "rbac.authorization.k8s.io")]))
            let someone = cluster.client(as: user, groups: ["system:authenticated"])
            let roles = someone.resource(Role.self, namespace: namespace)
            let more = Role(
                metadata: ObjectMeta(name: "more"),
                rules: [PolicyRule(apiGroups: [""], resources: ["secrets"], verbs: ["get"])])
            await refused(.forbidden) { try await roles.create(more) }
            await refused(.forbidden) {
                try await someone.resource(RoleBinding.self, namespace: namespace).create(
                    RoleBinding(
                        metadata: ObjectMeta(name: "more"),
                        roleRef: RoleReference(kind: "ClusterRole", name: "cluster-admin"),
                        subjects: [RoleSubject(kind: "User", name: user, apiGroup: "rbac.authorization.k8s.io")]))
            }
        }
    }
}
