// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import KubernetesTestSupport
import ServiceRuntime
import Synchronization
import SystemCalls
import Testing

@Suite(.timeLimit(.minutes(1))) struct ClientAgainstServerTests {
    private let maps = "/api/v1/namespaces/default/configmaps"

    /// Answers one after the other; the last one again and again.
    private func script(_ answers: ServerResponse...) -> ScriptedServer.Handler {
        let position = Mutex(0)
        return { _ in
            position.withLock { position in
                defer { position += 1 }
                return answers[min(position, answers.count - 1)]
            }
        }
    }

    @Test func `verbs, paths, bodies`() async throws {
        try await ScriptedServer.run({ _ in .json(configMapValue("a", version: 1)) }) { server in
            let client = server.client()
            let resource = client.resource(ConfigMap.self, namespace: "default")
            _ = try await resource.get("a")
            _ = try await resource.create(
                ConfigMap(metadata: ObjectMeta(name: "a")),
                options: WriteOptions(isDryRun: true, fieldManager: .codexK8s))
            _ = try await resource.patch("a", .merge(["data": ["k": "v"]]))
            _ = try await resource.patch("a", .json(JSONPatch([.remove(JSONPointer(tokens: ["data"]))])))
            _ = try await resource.patch("a", .strategicMerge(["data": ["k": "v"]]))
            _ = try await resource.apply(["data": ["k": "v"]], name: "a", force: true, subresource: "status")
            try await resource.delete(
                "a", options: DeleteOptions(uid: "u", resourceVersion: "7", propagation: .foreground))
            _ = try await client.version()
            #expect(
                server.requestLines == [
                    "GET \(maps)/a", "POST \(maps)?dryRun=All&fieldManager=codex-k8s", "PATCH \(maps)/a",
                    "PATCH \(maps)/a", "PATCH \(maps)/a", "PATCH \(maps)/a/status?fieldManager=codex-k8s&force=true",
                    "DELETE \(maps)/a", "GET /version",
                ])
            let requests = server.requests
            #expect(
                requests[2...5].map { $0.headers["Content-Type"] } == [
                    "application/merge-patch+json", "application/json-patch+json",
                    "application/strategic-merge-patch+json", "application/apply-patch+yaml",
                ])
            let parsed3 = try JSONValue.parse(requests[1].body)
            #expect(parsed3 == ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a"]])
            let applied = try JSONValue.parse(requests[5].body)
            #expect(
                applied
                    == ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a"], "data": ["k": "v"]])
            let deletion = try JSONValue.parse(requests[6].body)
            #expect(deletion["preconditions"] == ["uid": "u", "resourceVersion": "7"])
            #expect(deletion["propagationPolicy"] == "Foreground")
        }
    }

    @Test func `find is nil for what is not there, and only for that`() async throws {
        try await ScriptedServer.run(script(.failure(404, "NotFound"), .failure(403, "Forbidden"))) { server in
            let resource = server.client().resource(ConfigMap.self, namespace: "default")
            let found1 = try await resource.find("a")
            #expect(found1 == nil)
            await #expect { try await resource.find("a") } throws: { ($0 as? APIError)?.reason == .forbidden }
        }
    }

    @Test func `lists are read by pages, and poison is set apart`() async throws {
        var poison = configMapValue("bad", version: 3)
        poison["data"] = 5
        let handler = script(
            .json(listValue([configMapValue("a", version: 1)], version: 10, continue: "next")),
            .json(listValue([poison, configMapValue("b", version: 2)], version: 10)))
        try await ScriptedServer.run(handler) { server in
            let page = try await server.client().resource(ConfigMap.self).listAll(
                ListOptions(labelSelector: LabelSelector(matchLabels: ["x": "y"])))
            #expect(page.items.map(\.metadata.name) == ["a", "b"])
            #expect(page.poison.map(\.key) == [ObjectKey("default/bad")])
            #expect(page.resourceVersion == "10")
            #expect(
                server.requestLines == [
                    "GET /api/v1/configmaps?labelSelector=x%3Dy&limit=500",
                    "GET /api/v1/configmaps?labelSelector=x%3Dy&limit=500&continue=next",
                ])
        }
    }

    @Test func `a continuation that expired makes the list be read whole`() async throws {
        let handler = script(
            .json(listValue([configMapValue("a", version: 1)], version: 10, continue: "next")),
            .failure(410, "Expired"),
            .json(listValue([configMapValue("a", version: 1), configMapValue("b", version: 2)], version: 12)))
        try await ScriptedServer.run(handler) { server in
            let page = try await server.client().resource(ConfigMap.self).listAll()
            #expect(page.items.map(\.metadata.name) == ["a", "b"])
            #expect(page.resourceVersion == "12")
            #expect(server.requestLines.last == "GET /api/v1/configmaps")
        }
    }

    @Test func `reads are repeated, writes are not`() async throws {
        let policy = RetryPolicy(initialDelay: .milliseconds(1))
        let broken = script(.failure(500, "InternalError"), .failure(503, ""), .json(configMapValue("a", version: 1)))
        try await ScriptedServer.run(broken) { server in
            let resource = server.client(retryPolicy: policy).resource(ConfigMap.self, namespace: "default")
            let found2 = try await resource.get("a").metadata.name
            #expect(found2 == "a")
            #expect(server.requests.count == 3)
        }
        try await ScriptedServer.run(script(.failure(500, "InternalError"))) { server in
            let resource = server.client(retryPolicy: policy).resource(ConfigMap.self, namespace: "default")
            await #expect {
                try await resource.create(ConfigMap(metadata: ObjectMeta(name: "a")))
            } throws: { ($0 as? APIError)?.mayHaveBeenDone == true }
            #expect(server.requests.count == 1)
        }
    }

    @Test func `a write that was not taken is sent again`() async throws {
        let handler = script(
            .failure(429, "TooManyRequests", headers: ["Retry-After": "0"]), .json(configMapValue("a", version: 1)))
        try await ScriptedServer.run(handler) { server in
            let client = server.client(retryPolicy: RetryPolicy(initialDelay: .milliseconds(1)))
            _ = try await client.resource(ConfigMap.self, namespace: "default").create(
                ConfigMap(metadata: ObjectMeta(name: "a")))
            #expect(server.requests.count == 2)
        }
    }

    @Test func `a token that the server refuses is read again from its file`() async throws {
        let path = try Files.temporaryDirectory(prefix: "token") + "/token"
        try Files.writeAtomically(path, Array("old\n".utf8), mode: 0o600)
        let handler: ScriptedServer.Handler = { request in
            if request.headers["Authorization"] == "Bearer new" { return .json(configMapValue("a", version: 1)) }
            // Rotated just now.
            try? Files.writeAtomically(path, Array("new\n".utf8), mode: 0o600)
            return .failure(401, "Unauthorized")
        }
        try await ScriptedServer.run(handler) { server in
            let resource = server.client(token: .file(path)).resource(ConfigMap.self, namespace: "default")
            _ = try await resource.get("a")
            _ = try await resource.get("a")
            #expect(server.requests.map { $0.headers["Authorization"] } == ["Bearer old", "Bearer new", "Bearer new"])
        }
    }

    @Test func `a refused token that stays the same is an error, after one request`() async throws {
        try await ScriptedServer.run(script(.failure(401, "Unauthorized"))) { server in
            let resource = server.client(token: .value(Secret("t"))).resource(ConfigMap.self, namespace: "default")
            await #expect { try await resource.get("a") } throws: { ($0 as? APIError)?.reason == .unauthorized }
            #expect(server.requests.count == 1)
        }
    }

    @Test func `requests are counted without names`() async throws {
        let metrics = MetricsRegistry()
        try await ScriptedServer.run(
            script(.json(configMapValue("secret-name", version: 1)), .failure(404, "NotFound"))
        ) {
            server in
            let resource = server.client(metrics: metrics).resource(ConfigMap.self, namespace: "default")
            _ = try await resource.get("secret-name")
            _ = try? await resource.get("secret-name")
        }
        let text = metrics.render()
        #expect(text.contains(#"rest_client_requests_total{code="200""#))
        #expect(text.contains(#"code="404""#) && text.contains(#"method="GET""#))
        #expect(!text.contains("secret-name"))
    }

    @Test func `an answer that cannot be read is an error that says where`() async throws {
        var bad = configMapValue("a", version: 1)
        bad["data"] = ["k": 1]
        try await ScriptedServer.run(script(.json(bad), .text("<html>"))) { server in
            let resource = server.client().resource(ConfigMap.self, namespace: "default")
            for words in ["data.k", "JSON"] {
                await #expect { try await resource.get("a") } throws: { error in
                    (error as? APIError)?.reason == .undecodable && "\(error)".contains(words)
                }
            }
        }
    }

    @Test func `cancellation ends a request`() async throws {
        let arrived = Collector<Bool>()
        let handler: ScriptedServer.Handler = { _ in
            arrived.append(true)
            try? await Task.sleep(for: .seconds(3600))
            return .empty(.ok)
        }
        try await ScriptedServer.run(handler) { server in
            let resource = server.client(retryPolicy: RetryPolicy()).resource(ConfigMap.self, namespace: "default")
            let task = Task { try await resource.get("a") }
            await arrived.wait(count: 1)
            task.cancel()
            await #expect { try await task.value } throws: { ($0 as? APIError)?.reason == .cancelled }
        }
    }
}
