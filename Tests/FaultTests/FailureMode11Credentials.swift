// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTransport
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import KubernetesTestSupport
import ServiceRuntime
import SystemCalls
import Testing

@testable import ControllerRuntime

extension FailureMode {
    /// Tokens and certificates that change while they are in use.
    @Suite struct FailureMode11Credentials {
        /// Makes a service account that may read config maps in the namespace of the test.
        private func account(_ name: String, _ cluster: FaultCluster) async throws -> String {
            let namespace = cluster.namespace
            let accounts = cluster.admin.objects(.serviceAccount, namespace: namespace)
            _ = try await accounts.create(DynamicObject(.serviceAccount, name: name))
            var role = DynamicObject(.role, name: name)
            role["rules"] = [["apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"]]]
            _ = try await cluster.admin.objects(.role, namespace: namespace).create(role)
            var binding = DynamicObject(.roleBinding, name: name)
            binding["roleRef"] = [
                "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": .string(name),
            ]
            binding["subjects"] = [
                ["kind": "ServiceAccount", "name": .string(name), "namespace": .string(namespace)]
            ]
            _ = try await cluster.admin.objects(.roleBinding, namespace: namespace).create(binding)
            let request: JSONValue = [
                "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": ["expirationSeconds": 600],
            ]
            let answer = try await cluster.admin.request(
                .post, "/api/v1/namespaces/\(namespace)/serviceaccounts/\(name)/token", body: request)
            return try #require(answer.at("status", "token")?.stringValue)
        }

        /// Puts a token where kubelets put it: a link to a link, of which the inner one is replaced in one step.
        private func publish(_ token: String, version: Int, in folder: String) throws {
            try Files.createDirectory("\(folder)/v\(version)")
            try Files.writeAtomically("\(folder)/v\(version)/token", Array(token.utf8), durable: false)
            try Files.linkSymbolically("\(folder)/..data.new", to: "v\(version)")
            try Files.rename("\(folder)/..data.new", to: "\(folder)/..data")
            if version == 1 { try Files.linkSymbolically("\(folder)/token", to: "..data/token") }
        }

        @Test func `a token that is replaced and revoked fails no request`() async throws {
            try await FaultCluster.run { cluster in
                let folder = try Files.temporaryDirectory(prefix: "token")
                defer { try? Files.remove(folder) }
                try await cluster.create("a")
                try publish(try await account("first", cluster), version: 1, in: folder)
                let metrics = MetricsRegistry()
                var configuration = try Kubeconfig.load(path: cluster.backend.kubeconfig)
                configuration.token = .file("\(folder)/token")
                let http = HTTPClient(configuration: .init(userAgent: "\(cluster.namespace)/rotating"))
                defer { http.shutdown() }
                let client = APIClient(configuration: configuration, http: http, metrics: metrics)
                let maps = client.resource(ConfigMap.self, namespace: cluster.namespace)
                // The rights may take a moment.
                try await cluster.eventually("the first token works") { (try? await maps.get("a")) != nil }
                let informer = Informer(client, ConfigMap.self, namespace: cluster.namespace)
                let running = Task { try await informer.run() }
                try await informer.waitUntilSynced()

                let second = try await account("second", cluster)
                let check = APIClient(
                    configuration: ClusterConfiguration(
                        server: configuration.server, certificateAuthorityPEM: configuration.certificateAuthorityPEM,
                        certificateAuthorityFile: configuration.certificateAuthorityFile,
                        token: .value(Secret(second))),
                    http: http)
                try await cluster.eventually("the second token works") {
                    (try? await check.resource(ConfigMap.self, namespace: cluster.namespace).get("a")) != nil
                }
                let before = refusals(metrics)
                try publish(second, version: 2, in: folder)
                try await cluster.admin.delete(
                    .serviceAccount, ObjectKey(namespace: cluster.namespace, name: "first"))
                // A real server takes what it took a moment ago for ten more seconds.
                let end = ContinuousClock.now + .seconds(cluster.isReal ? 14 : 2)
                while ContinuousClock.now < end {
                    _ = try await maps.get("a")
                    try await Task.sleep(for: .milliseconds(20))
                }
                let after = refusals(metrics)
                #expect(after - before == 1, "one refusal told it to look")
                try await cluster.update("a", "after")
                try await cluster.eventually("the cache follows on") {
                    informer.store.get(ObjectKey(namespace: cluster.namespace, name: "a"))?.data["value"] == "after"
                }
                running.cancel()
                try await running.value
            }
        }

        /// How often the server did not know the token.
        private func refusals(_ metrics: MetricsRegistry) -> Int {
            metrics.render().split(separator: "\n").filter {
                $0.hasPrefix("rest_client_requests_total") && $0.contains("code=\"401\"")
            }.compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.map { Int($0) }.reduce(0, +)
        }

        // A scripted server: it is asked which tokens it saw.
        @Test func `a token file that is empty or gone keeps the last token`() async throws {
            let folder = try Files.temporaryDirectory(prefix: "token")
            defer { try? Files.remove(folder) }
            try Files.writeAtomically("\(folder)/token", Array("first".utf8))
            let seen = Collector<String>()
            try await ScriptedServer.run { request in
                let token = request.headers["Authorization"] ?? "none"
                seen.append(token)
                return token.hasSuffix("third") || seen.values.count <= 1
                    ? .json(configMapValue("a", version: 1)) : .failure(401, "Unauthorized")
            } _: { server in
                let maps = server.client(token: .file("\(folder)/token")).objects(.configMap, namespace: "n")
                _ = try await maps.get("a")
                // Each refusal makes it look, and what it finds is no token.
                try Files.writeAtomically("\(folder)/token", [])
                _ = try? await maps.get("a")
                try Files.remove("\(folder)/token")
                _ = try? await maps.get("a")
                #expect(Set(seen.values) == ["Bearer first"])
                try Files.writeAtomically("\(folder)/token", Array("third\n".utf8))
                _ = try await maps.get("a")
                #expect(seen.values.last == "Bearer third")
            }
        }
    }
}
