// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTransport
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesTestSupport
import ServiceRuntime
import Synchronization
import Testing

@testable import KubernetesClient

@Suite(.timeLimit(.minutes(1))) struct WriteGuardTests {
    /// Lets a number of writes pass.
    private final class Allowance: WriteGuard {
        private let left: Mutex<Int>

        init(_ count: Int) { left = Mutex(count) }

        func checkWrite() throws(APIError) {
            let isAllowed = left.withLock { left in
                left -= 1
                return left >= 0
            }
            if !isAllowed { throw APIError(reason: .notLeading, message: "used up") }
        }
    }

    private func client(_ server: ScriptedServer, _ http: HTTPClient, _ writeGuard: any WriteGuard) -> APIClient {
        APIClient(
            configuration: ClusterConfiguration(server: server.url), http: http,
            retryPolicy: RetryPolicy(initialDelay: .zero), writeGuard: writeGuard)
    }

    @Test func `what is refused is never sent, and reading is always allowed`() async throws {
        try await ScriptedServer.run({ _ in .json(configMapValue("a", version: 1)) }) { server in
            let http = HTTPClient()
            defer { http.shutdown() }
            let maps = client(server, http, Allowance(0)).objects(.configMap, namespace: "default")
            _ = try await maps.get("a")
            let object = DynamicObject.decode(configMapValue("a", version: 1))
            for write: @Sendable () async throws -> Void in [
                { _ = try await maps.create(object) }, { _ = try await maps.replace(object) },
                { _ = try await maps.patch("a", .merge([:])) }, { _ = try await maps.delete("a") },
            ] {
                let error = await #expect(throws: APIError.self) { try await write() }
                #expect(error?.reason == .notLeading)
                #expect(error?.mayHaveBeenDone == false)
            }
            #expect(server.requests.map(\.method) == [.get])
        }
    }

    @Test func `it is asked again before a request is repeated`() async throws {
        try await ScriptedServer.run(
            { _ in .failure(429, "TooManyRequests", headers: ["Retry-After": "0"]) },
            { server in
                let http = HTTPClient()
                defer { http.shutdown() }
                let maps = client(server, http, Allowance(2)).objects(.configMap, namespace: "default")
                let error = await #expect(throws: APIError.self) { _ = try await maps.patch("a", .merge([:])) }
                #expect(error?.reason == .notLeading)
                #expect(server.requests.count == 2)
            })
    }
}
