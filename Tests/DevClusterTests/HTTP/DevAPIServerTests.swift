// SPDX-License-Identifier: MIT
import HTTPTransport
import HTTPTypes
import JSONCoding
import KubernetesAPI
import ServiceRuntime
import SystemCalls
import Testing

@testable import DevCluster

@Suite(.timeLimit(.minutes(3))) struct DevAPIServerTests {
    /// Runs a server on a folder while the closure runs.
    private func withServer(
        _ directory: String, _ body: @escaping @Sendable (DevAPIServer, DevAPIServer.Access) async throws -> Void
    ) async throws {
        let server = try DevAPIServer(configuration: .init(directory: directory), logger: .disabled)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            try await body(server, server.waitUntilReady())
            group.cancelAll()
            while await group.nextResult() != nil {}
        }
    }

    private func get(_ path: String, _ access: DevAPIServer.Access, token: String?) async throws -> ClientResponse {
        let client = HTTPClient(configuration: .init())
        defer { client.shutdown() }
        var request = ClientRequest(method: .get, url: access.url + path)
        request.tls = TLSOptions(caPEM: access.authorityPEM)
        if let token { request.headers["Authorization"] = "Bearer \(token)" }
        return try await client.send(request)
    }

    @Test func aRestartKeepsObjectsTokensAndTrust() async throws {
        let directory = try Files.temporaryDirectory(prefix: "dev-api-server")
        defer { try? Files.remove(directory) }
        try await withServer(directory) { server, access in
            _ = try server.cluster.create(["metadata": ["name": "kept"]], type: .configMap, namespace: "default")
            let path = "/api/v1/namespaces/default/configmaps/kept"
            #expect(try await get(path, access, token: access.token.reveal()).status == .ok)
            #expect(try await get(path, access, token: nil).status == .unauthorized)
            try Files.writeAtomically(directory + "/first-token", Array(access.token.reveal().utf8))
            try Files.writeAtomically(directory + "/first-ca", Array(access.authorityPEM.utf8))
        }
        try await withServer(directory) { _, access in
            #expect(try Files.readText(directory + "/first-ca") == access.authorityPEM)
            let token = try Files.readText(directory + "/first-token")
            let kept = try await get("/api/v1/namespaces/default/configmaps/kept", access, token: token)
            #expect(kept.status == .ok)
            #expect(try JSONValue.parse(kept.body).name == "kept")
        }
    }

    @Test func aTakenPortIsReplacedByAnother() async throws {
        let first = try Files.temporaryDirectory(prefix: "dev-api-server")
        let second = try Files.temporaryDirectory(prefix: "dev-api-server")
        defer {
            try? Files.remove(first)
            try? Files.remove(second)
        }
        try await withServer(first) { _, taken in
            try Files.writeAtomically(second + "/port", Files.readBytes(first + "/port"))
            try await withServer(second) { _, access in #expect(access.url != taken.url) }
        }
    }

    @Test func aServiceAccountIsLetInByItsKubeconfig() async throws {
        let directory = try Files.temporaryDirectory(prefix: "dev-api-server")
        defer { try? Files.remove(directory) }
        try await withServer(directory) { server, access in
            let token = try server.issueToken(namespace: "default", serviceAccount: "default")
            try await server.writeKubeconfig(to: directory + "/robot", user: "robot", token: token)
            #expect(try Files.readText(directory + "/robot").contains(token.reveal()))
            #expect(try Files.status(directory + "/robot").mode & 0o077 == 0)
            #expect(try await get("/api", access, token: token.reveal()).status == .ok)
            let secrets = try await get("/api/v1/namespaces/default/secrets", access, token: token.reveal())
            #expect(secrets.status == .forbidden)
        }
    }
}
