// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding
import KubernetesAPI
import ServiceRuntime
import Testing

@testable import DevCluster

/// The API over HTTP's shapes, without a socket.
struct TestHandler {
    let cluster: TestCluster
    let handler: APIHandler

    init(
        historyLimit: Int = 1000, bookmarkInterval: Duration = .seconds(60), freshnessTimeout: Duration = .seconds(3)
    ) throws {
        cluster = try TestCluster(historyLimit: historyLimit)
        handler = APIHandler(
            api: cluster.api, logger: .disabled, metrics: MetricsRegistry(), bookmarkInterval: bookmarkInterval,
            freshnessTimeout: freshnessTimeout)
    }

    func request(
        _ method: HTTPMethod, _ target: String, _ body: JSONValue? = nil, token: String? = "admin",
        headers: [(String, String)] = []
    ) throws -> ServerRequest {
        var fields = HTTPHeaders(headers)
        if let token { fields["Authorization"] = "Bearer \(token)" }
        return ServerRequest(
            method: method, target: try #require(RequestTarget(target)), rawTarget: target, headers: fields,
            body: body?.encoded() ?? [])
    }

    func send(
        _ method: HTTPMethod, _ target: String, _ body: JSONValue? = nil, token: String? = "admin",
        headers: [(String, String)] = []
    ) async throws -> (status: Int, json: JSONValue) {
        let response = await handler.handle(
            try request(method, target, body, token: token, headers: headers))
        guard case .bytes(let bytes) = response.body else { return (response.status.rawValue, .null) }
        return (
            response.status.rawValue, (try? JSONValue.parse(bytes)) ?? .string(String(decoding: bytes, as: UTF8.self))
        )
    }
}

@Suite(.timeLimit(.minutes(3))) struct APIHandlerTests {
    @Test(arguments: [
        ("GET", "/api/v1/namespaces", "list", "", "namespaces", "", ""),
        ("GET", "/api/v1/namespaces/a", "get", "a", "namespaces", "a", ""),
        ("PUT", "/api/v1/namespaces/a/finalize", "update", "a", "namespaces", "a", "finalize"),
        ("GET", "/api/v1/namespaces/a/pods?watch=true", "watch", "a", "pods", "", ""),
        ("GET", "/api/v1/namespaces/a/pods/b/log", "get", "a", "pods", "b", "log"),
        ("POST", "/apis/batch/v1/namespaces/a/jobs", "create", "a", "jobs", "", ""),
        ("PATCH", "/apis/batch/v1/namespaces/a/jobs/j/status", "patch", "a", "jobs", "j", "status"),
        ("DELETE", "/apis/batch/v1/namespaces/a/jobs", "deletecollection", "a", "jobs", "", ""),
        ("GET", "/api/v1/namespaces/status/pods/x", "get", "status", "pods", "x", ""),
    ])
    func pathsMeanWhatKubernetesSays(
        method: String, target: String, verb: String, namespace: String, plural: String, name: String,
        subresource: String
    ) throws {
        let parsed = try #require(RequestTarget(target))
        let info = RequestInfo(
            method: HTTPMethod(rawValue: method), path: parsed.path, segments: parsed.segments.filter { !$0.isEmpty },
            isWatch: parsed["watch"] == "true")
        #expect(info.verb == verb && info.namespace == namespace && info.plural == plural)
        #expect(info.name == name && info.subresource == subresource)
    }

    @Test func nobodyIsLetInWithoutAToken() async throws {
        let api = try TestHandler()
        #expect(try await api.send(.get, "/api/v1/namespaces", token: nil).status == 401)
        #expect(try await api.send(.get, "/api/v1/namespaces", token: "wrong").status == 401)
        #expect(try await api.send(.get, "/version", token: nil).status == 200)
        #expect(try await api.send(.get, "/readyz", token: nil).status == 200)
    }

    @Test func rolesDecide() async throws {
        let api = try TestHandler()
        try api.cluster.make(.serviceAccount, "robot")
        let account = try api.cluster.api.get(.serviceAccount, namespace: "default", name: "robot")
        let token = try api.cluster.api.tokens.issue(account: account, audiences: [], lifetime: 600).token
        let path = "/api/v1/namespaces/default/configmaps"
        let refused = try await api.send(.get, path, token: token)
        #expect(refused.status == 403)
        #expect(refused.json["reason"] == "Forbidden")
        try api.cluster.make(
            .role, "reader",
            ["rules": [["apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]]]])
        try api.cluster.make(
            .roleBinding, "reader",
            [
                "roleRef": ["kind": "Role", "name": "reader"],
                "subjects": [["kind": "ServiceAccount", "name": "robot"]],
            ])
        #expect(try await api.send(.get, path, token: token).status == 200)
        #expect(try await api.send(.post, path, ["metadata": ["name": "x"]], token: token).status == 403)
        #expect(try await api.send(.get, "/api/v1/configmaps", token: token).status == 403)
        try api.cluster.api.delete(.serviceAccount, namespace: "default", name: "robot")
        #expect(try await api.send(.get, path, token: token).status == 401)
    }

    @Test func nobodyGivesAwayWhatTheyDoNotHave() async throws {
        let api = try TestHandler()
        let rules: JSONValue = [
            ["apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"], "verbs": ["create"]],
            ["apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]],
            [
                "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"], "verbs": ["bind"],
                "resourceNames": ["view"],
            ],
        ]
        try api.cluster.make(.clusterRole, "granter", ["rules": rules])
        try api.cluster.make(
            .clusterRoleBinding, "granter",
            ["roleRef": ["kind": "ClusterRole", "name": "granter"], "subjects": [["kind": "User", "name": "ann"]]])
        let asAnn = [("Impersonate-User", "ann")]
        let roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles"
        func role(_ name: String, _ resource: String, _ verb: String) -> JSONValue {
            [
                "metadata": ["name": .string(name)],
                "rules": [["apiGroups": [""], "resources": [.string(resource)], "verbs": [.string(verb)]]],
            ]
        }
        #expect(try await api.send(.post, roles, role("a", "configmaps", "get"), headers: asAnn).status == 201)
        #expect(try await api.send(.post, roles, role("b", "secrets", "get"), headers: asAnn).status == 403)
        #expect(try await api.send(.post, roles, role("c", "configmaps", "*"), headers: asAnn).status == 403)
        let bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings"
        func binding(_ name: String, _ role: String) -> JSONValue {
            ["metadata": ["name": .string(name)], "roleRef": ["kind": "ClusterRole", "name": .string(role)]]
        }
        #expect(try await api.send(.post, bindings, binding("v", "view"), headers: asAnn).status == 201)
        #expect(try await api.send(.post, bindings, binding("x", "cluster-admin"), headers: asAnn).status == 403)
    }

    @Test func bodiesThatAreNoObjectsAreRefused() async throws {
        let api = try TestHandler()
        let path = "/api/v1/namespaces/default/configmaps"
        #expect(try await api.send(.post, path, "text").status == 400)
        #expect(try await api.send(.post, path, ["kind": "Secret", "apiVersion": "v1"]).status == 400)
        #expect(try await api.send(.post, path, ["metadata": "x"]).status == 400)
        #expect(try await api.send(.post, path, ["metadata": ["name": "a", "namespace": "other"]]).status == 400)
        let type = [("Content-Type", "application/cbor")]
        #expect(try await api.send(.post, path, ["metadata": ["name": "a"]], headers: type).status == 415)
        #expect(try await api.send(.get, "/apis/none.dev/v1/things").status == 404)
        #expect(try await api.send(.put, path, ["metadata": ["name": "a"]]).status == 405)
    }

    @Test func tablesHaveTheDefinedColumns() async throws {
        let api = try TestHandler()
        let widget = try api.cluster.installWidgets()
        try api.cluster.make(widget, "w", ["spec": ["size": 3]])
        let accept = [("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json")]
        let table = try await api.send(.get, "/apis/example.dev/v1/widgets", headers: accept).json
        #expect(table["kind"] == "Table")
        #expect(table["columnDefinitions"]?.arrayValue?.map { $0["name"]?.stringValue } == ["Name", "Size"])
        #expect(table["rows"]?[0]?["cells"] == ["w", 3])
        #expect(table["rows"]?[0]?.at("object", "kind") == "PartialObjectMetadata")
    }

    @Test func reviewsAnswer() async throws {
        let api = try TestHandler()
        let account = try api.cluster.api.get(.serviceAccount, namespace: "default", name: "default")
        let pod = try api.cluster.make(.pod, "p", ["spec": ["containers": [["name": "a", "image": "x"]]]])
        let token = try api.cluster.api.tokens.issue(
            account: account, audiences: [], lifetime: 600, bound: .init(kind: .pod, object: pod)
        ).token
        let path = "/apis/authentication.k8s.io/v1/tokenreviews"
        let review = try await api.send(.post, path, ["spec": ["token": .string(token)]]).json
        #expect(review.at("status", "authenticated") == true)
        #expect(
            review.at("status", "user", "extra", "authentication.kubernetes.io/pod-uid") == [.string(pod.uid)])
        try api.cluster.api.delete(.pod, namespace: "default", name: "p")
        let gone = try await api.send(.post, path, ["spec": ["token": .string(token)]]).json
        #expect(gone.at("status", "authenticated") == nil && gone.at("status", "error") == "invalid bearer token")
        let access = try await api.send(
            .post, "/apis/authorization.k8s.io/v1/subjectaccessreviews",
            [
                "spec": [
                    "user": "ann",
                    "resourceAttributes": ["verb": "get", "resource": "pods", "namespace": "default"],
                ]
            ]
        ).json
        #expect(access.at("status", "allowed") == false)
    }

    @Test func policiesSeeTheRealUser() async throws {
        let api = try TestHandler()
        try api.cluster.make(
            .validatingAdmissionPolicy, "named",
            [
                "spec": [
                    "matchConstraints": [
                        "resourceRules": [
                            [
                                "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"],
                                "resources": ["configmaps"],
                            ]
                        ]
                    ],
                    "validations": [
                        [
                            "expression": "object.metadata.name.startsWith(request.userInfo.username)",
                            "message": "name it after yourself",
                        ]
                    ],
                ]
            ])
        try api.cluster.make(
            .validatingAdmissionPolicyBinding, "named",
            ["spec": ["policyName": "named", "validationActions": ["Deny"]]])
        let path = "/api/v1/namespaces/default/configmaps"
        let refused = try await api.send(.post, path, ["metadata": ["name": "mine"]])
        #expect(refused.status == 422 || refused.status == 403)
        #expect(refused.json["message"]?.stringValue?.contains("name it after yourself") == true)
        #expect(try await api.send(.post, path, ["metadata": ["name": "admin-mine"]]).status == 201)
        let broken = try await api.send(
            .post, "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
            [
                "metadata": ["name": "broken"],
                "spec": [
                    "matchConstraints": [
                        "resourceRules": [
                            ["apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]]
                        ]
                    ], "validations": [["expression": "object.metadata.name.nonsense("]],
                ],
            ])
        #expect(broken.status == 422)
    }

    @Test func discoveryFollowsDefinitions() async throws {
        let api = try TestHandler()
        let before = try await api.send(.get, "/apis/example.dev/v1")
        #expect(before.status == 404)
        _ = try api.cluster.installWidgets()
        let after = try await api.send(.get, "/apis/example.dev/v1").json
        #expect(after["resources"]?.arrayValue?.map { $0["name"]?.stringValue } == ["widgets", "widgets/status"])
        #expect(after["resources"]?[0]?["categories"] == ["codex"])
        let aggregated = try await api.send(
            .get, "/apis",
            headers: [("Accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")]
        ).json
        #expect(aggregated["kind"] == "APIGroupDiscoveryList")
        let openAPI = try await api.send(.get, "/openapi/v3/apis/example.dev/v1").json
        let schema = openAPI.at("components", "schemas", "dev.example.v1.Widget")
        #expect(schema?.at("properties", "spec", "properties", "size", "type") == "integer")
    }
}
