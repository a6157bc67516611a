// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import ServiceRuntime
import SystemCalls
import Testing

@testable import DevCluster

/// The node on a whole API server, with its tokens, garbage collection and namespaces.
@Suite(.timeLimit(.minutes(1)))
struct DevNodeTests {
    static func with(_ body: @escaping @Sendable (any ClusterStore, DevAPIServer.Access, String) async throws -> Void)
        async throws
    {
        let folder = try Files.temporaryDirectory(prefix: "dev-node-test")
        defer { try? Files.remove(folder) }
        let server = try DevAPIServer(configuration: .init(directory: "\(folder)/cluster"), logger: .disabled)
        let node = DevNode(server: server, stateDirectory: "\(folder)/kubelet", logger: .disabled)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            group.addTask { try await node.run() }
            try await body(server.cluster, try await server.waitUntilReady(), folder)
            group.cancelAll()
            while try await group.next() != nil {}
        }
    }

    static func wait(
        _ cluster: any ClusterStore, _ type: ResourceType, _ namespace: String?, _ name: String,
        until predicate: (JSONValue) -> Bool
    ) async throws -> JSONValue {
        for await event in cluster.watch(type, namespace: namespace, initial: true) where event.object.name == name {
            if event.kind != .deleted, predicate(event.object) { return event.object }
        }
        throw CancellationError()
    }

    @Test func containersAreToldTheServerAndGetATokenForIt() async throws {
        try await Self.with { cluster, access, _ in
            let sources: JSONValue = [
                ["serviceAccountToken": ["path": "token", "expirationSeconds": 3600]],
                ["configMap": ["name": "kube-root-ca.crt", "items": [["key": "ca.crt", "path": "ca.crt"]]]],
            ]
            let script = """
                curl --silent --show-error --cacert "$T/ca.crt" --header "Authorization: Bearer $(cat $T/token)" \
                    --header 'Content-Type: application/json' \
                    --data '{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}' \
                    "https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT/apis/authentication.k8s.io/v1/selfsubjectreviews" \
                    > "$M"
                """
            let container = Make.container(
                "main", script,
                [
                    "env": [["name": "T", "value": "/token"], ["name": "M", "value": "/dev/termination-log"]],
                    "volumeMounts": [["name": "t", "mountPath": "/token"]],
                ])
            let volumes: JSONValue = [["name": "t", "projected": ["sources": sources]]]
            _ = try cluster.create(
                Make.pod("p", [container], spec: ["volumes": volumes]), type: .pod, namespace: "default")
            let pod = try await Self.wait(cluster, .pod, "default", "p") { $0.end("main") != nil }
            let message = try JSONValue.parse(pod.end("main")?["message"]?.stringValue ?? "")
            let user = message.at("status", "userInfo")
            #expect(user?["username"]?.stringValue == "system:serviceaccount:default:default", "\(message)")
            #expect(user?.at("extra", "authentication.kubernetes.io/pod-name")?.strings == ["p"])
        }
    }

    @Test func aNamespaceThatGoesTakesItsJobsProcessesWithIt() async throws {
        try await Self.with { cluster, _, folder in
            _ = try cluster.create(
                ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "n"]], type: .namespace, namespace: nil)
            let file = "\(folder)/pid"
            _ = try cluster.create(
                Make.job("j", "echo $$$$ > \(file).x; mv \(file).x \(file); exec sleep 100"), type: .job, namespace: "n"
            )
            try await eventually { Files.exists(file) }
            let identity = ProcessTable.identity(of: Int32(try Files.readText(file).dropLast()) ?? 0)
            #expect(identity != nil)
            let events = cluster.watch(.namespace, namespace: nil, initial: false)
            try cluster.delete(.namespace, namespace: nil, name: "n")
            for await event in events where event.object.name == "n" && event.kind == .deleted { break }
            if let identity { try await eventually { !ProcessTable.isRunning(identity) } }
            #expect(try cluster.list(.pod, namespace: "n").items.isEmpty)
        }
    }

    @Test func deletingAJobRemovesItsPods() async throws {
        try await Self.with { cluster, _, _ in
            _ = try cluster.create(Make.job("j", "exec sleep 100"), type: .job, namespace: "default")
            let job = try await Self.wait(cluster, .job, "default", "j") { $0.at("status", "ready")?.integerValue == 1 }
            let events = cluster.watch(.pod, namespace: "default", initial: false)
            try cluster.delete(.job, namespace: "default", name: job.name)
            for await event in events where event.kind == .deleted { break }
            #expect(try cluster.list(.pod, namespace: "default").items.isEmpty)
        }
    }
}
