// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import ServiceRuntime
import Testing

extension Behaviour {
    /// Tokens of service accounts and questions about rights.
    @Suite struct BehaviourTokens {
        /// A namespace with a service account `robot`, and the path of its tokens.
        private func robot(_ cluster: TestCluster) async throws -> (namespace: String, path: String) {
            let namespace = try await cluster.makeNamespace()
            _ = try await cluster.admin.objects(.serviceAccount, namespace: namespace).create(
                DynamicObject(.serviceAccount, name: "robot"))
            return (
                namespace,
                ResourceType.serviceAccount.path(namespace: namespace, name: "robot", subresource: "token")
            )
        }

        private func review(_ cluster: TestCluster, _ spec: JSONValue) async throws -> JSONValue {
            try await cluster.rawJSON(.post, "/apis/authentication.k8s.io/v1/tokenreviews", body: ["spec": spec])[
                "status"] ?? [:]
        }

        @Test func `a token is for an audience, and for nobody else`() async throws {
            let cluster = try TestCluster.current
            let (namespace, path) = try await robot(cluster)
            let request = try await cluster.rawJSON(
                .post, path, body: ["spec": ["audiences": ["vault", "other"], "expirationSeconds": 600]])
            #expect(request["kind"] == "TokenRequest" && request.at("spec", "expirationSeconds") == 600)
            #expect(request.at("status", "expirationTimestamp")?.stringValue.flatMap { Timestamp($0) } != nil)
            let token = try #require(request.at("status", "token"))
            let yes = try await review(cluster, ["token": token, "audiences": ["vault", "third"]])
            #expect(yes["authenticated"] == true && yes["audiences"] == ["vault"])
            #expect(yes.at("user", "username")?.stringValue == "system:serviceaccount:\(namespace):robot")
            let no = try await review(cluster, ["token": token, "audiences": ["third"]])
            #expect(no["authenticated"] == nil && no["user"] == [:])
            #expect(
                no["error"]?.stringValue?.contains(
                    #"token audiences ["vault" "other"] is invalid for the target audiences ["third"]"#) == true)
            #expect(try await review(cluster, ["token": token])["authenticated"] == nil)
            var configuration = cluster.admin.configuration
            configuration.token = .value(Secret(token.stringValue ?? ""))
            let client = APIClient(configuration: configuration, http: cluster.http)
            await refused(.unauthorized) { try await client.objects(.configMap, namespace: namespace).list() }
        }

        @Test func `a token that asks for nothing is for the server, and for an hour`() async throws {
            let cluster = try TestCluster.current
            let (_, path) = try await robot(cluster)
            let request = try await cluster.rawJSON(.post, path, body: [:])
            #expect(request.at("spec", "expirationSeconds") == 3600)
            #expect(request.at("spec", "audiences")?.arrayValue?.isEmpty == false)
            let status = try await review(cluster, ["token": request.at("status", "token") ?? ""])
            #expect(status["authenticated"] == true && status["audiences"] == request.at("spec", "audiences"))
            let identity = status.at("user", "extra", "authentication.kubernetes.io/credential-id")?[0]?.stringValue
            #expect(identity?.hasPrefix("JTI=") == true)
        }

        @Test func `a token's life has bounds`() async throws {
            let cluster = try TestCluster.current
            let (_, path) = try await robot(cluster)
            for (seconds, words) in [(10, "a duration less than 10 minutes"), (9_999_999_999, "larger than 2^32 seconds")] {
                let error = await refused(.invalid) {
                    try await cluster.raw(.post, path, body: ["spec": ["expirationSeconds": .integer(Int64(seconds))]])
                }
                #expect(error?.message.contains(words) == true && error?.causes.first?.field == "spec.expirationSeconds")
            }
        }

        @Test func `a token is bound to an object that is there`() async throws {
            let cluster = try TestCluster.current
            let (namespace, path) = try await robot(cluster)
            let secret = try await cluster.admin.objects(.secret, namespace: namespace).create(
                DynamicObject(.secret, name: "s"))
            func ask(_ kind: String, _ name: String, uid: String? = nil) async throws(APIError) {
                var reference: JSONObject = ["apiVersion": "v1", "kind": .string(kind), "name": .string(name)]
                if let uid { reference["uid"] = .string(uid) }
                _ = try await cluster.raw(.post, path, body: ["spec": ["boundObjectRef": .object(reference)]])
            }
            try await ask("Secret", "s", uid: secret.metadata.uid)
            await refused(.notFound) { try await ask("Secret", "missing") }
            await refused(.conflict) { try await ask("Secret", "s", uid: "another") }
            await refused(.badRequest) { try await ask("ConfigMap", "s") }
            await refused(.notFound) {
                try await cluster.raw(
                    .post, path.replacing("/robot/", with: "/nobody/"), body: [:])
            }
        }

        @Test func `nonsense is nobody's token`() async throws {
            let cluster = try TestCluster.current
            let status = try await review(cluster, ["token": "nonsense"])
            #expect(status["authenticated"] == nil && status["error"] == "invalid bearer token")
            await refused(.badRequest) { try await review(cluster, [:]) }
        }

        @Test func `who one is can be asked`() async throws {
            let cluster = try TestCluster.current
            let ann = cluster.client(as: "ann", groups: ["makers", "system:authenticated"])
            let answer = try await ann.request(
                .post, "/apis/authentication.k8s.io/v1/selfsubjectreviews",
                body: ["apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"])
            #expect(answer.at("status", "userInfo", "username") == "ann")
            #expect(answer.at("status", "userInfo", "groups") == ["makers", "system:authenticated"])
        }

        @Test func `rights are explained by the binding that gives them`() async throws {
            let cluster = try TestCluster.current
            let (namespace, _) = try await robot(cluster)
            _ = try await cluster.admin.resource(Role.self, namespace: namespace).create(
                Role(
                    metadata: ObjectMeta(name: "reader"),
                    rules: [PolicyRule(apiGroups: [""], resources: ["pods"], verbs: ["get"])]))
            _ = try await cluster.admin.resource(RoleBinding.self, namespace: namespace).create(
                RoleBinding(
                    metadata: ObjectMeta(name: "readers"), roleRef: RoleReference(kind: "Role", name: "reader"),
                    subjects: [.serviceAccount("robot", namespace: namespace)]))
            let user = "system:serviceaccount:\(namespace):robot"
            let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
            func ask(_ verb: String) async throws -> JSONValue {
                try await cluster.rawJSON(
                    .post, path,
                    body: [
                        "spec": [
                            "user": .string(user),
                            "resourceAttributes": [
                                "namespace": .string(namespace), "verb": .string(verb), "resource": "pods",
                            ],
                        ]
                    ])["status"] ?? [:]
            }
            try await cluster.untilTrue("the role is in force") { try await ask("get")["allowed"] == true }
            let subject = #"ServiceAccount "robot/\#(namespace)""#
            #expect(
                try await ask("get")["reason"]?.stringValue
                    == #"RBAC: allowed by RoleBinding "readers/\#(namespace)" of Role "reader" to \#(subject)"#)
            #expect(try await ask("delete") == ["allowed": false])
            let rules = try await cluster.client(as: user, groups: ["system:authenticated"]).request(
                .post, "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
                body: ["spec": ["namespace": .string(namespace)]])
            let held = rules.at("status", "resourceRules")?.arrayValue ?? []
            #expect(held.contains { $0["resources"] == ["pods"] && $0["verbs"] == ["get"] })
            #expect(held.contains { $0["resources"]?.arrayValue?.contains("selfsubjectaccessreviews") == true })
        }

        @Test func `questions about rights must be whole`() async throws {
            let cluster = try TestCluster.current
            let root = "/apis/authorization.k8s.io/v1"
            let pods: JSONValue = ["verb": "get", "resource": "pods", "namespace": "default"]
            let nobody = await refused(.invalid) {
                try await cluster.raw(
                    .post, "\(root)/subjectaccessreviews", body: ["spec": ["resourceAttributes": pods]])
            }
            #expect(nobody?.message.contains("at least one of user or group must be specified") == true)
            let nothing = await refused(.invalid) {
                try await cluster.raw(.post, "\(root)/selfsubjectaccessreviews", body: ["spec": [:]])
            }
            #expect(nothing?.message.contains("exactly one of nonResourceAttributes or resourceAttributes") == true)
            let elsewhere = await refused(.invalid) {
                try await cluster.raw(
                    .post, "\(root)/namespaces/kube-system/localsubjectaccessreviews",
                    body: ["spec": ["resourceAttributes": pods, "user": "ann"]])
            }
            #expect(elsewhere?.causes.first?.field == "spec.resourceAttributes.namespace")
            await refused(.badRequest) {
                try await cluster.raw(.post, "\(root)/selfsubjectrulesreviews", body: ["spec": [:]])
            }
        }
    }
}
