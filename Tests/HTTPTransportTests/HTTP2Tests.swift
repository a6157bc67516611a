// SPDX-License-Identifier: MIT
import ChildProcesses
import HTTPTypes
import Testing

@testable import HTTPTransport

@Suite(.enabled(if: APIServerProcess.assets != nil), .serialized, .timeLimit(.minutes(3))) struct HTTP2Tests {
    @Test func manyStreamsAndRequestsShareFewConnections() async throws {
        try await withAPIServer { server, client in
            let streams = try await withThrowingTaskGroup(of: StreamingResponse.self) { group in
                for _ in 0..<150 { group.addTask { try await client.stream(server.watch()) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            try await withThrowingTaskGroup(of: HTTPStatus.self) { group in
                for _ in 0..<100 { group.addTask { try await client.send(server.list()).status } }
                for try await status in group { #expect(status == .ok) }
            }
            let connections = try server.connectionCount()
            #expect((1...4).contains(connections))
            withExtendedLifetime(streams) {}
        }
    }

    @Test func aDeadConnectionIsNotUsedAgain() async throws {
        try await withAPIServer { server, client in
            let impatient = try await client.stream(server.watch(idleTimeout: .seconds(2)))
            let patient = try await client.stream(server.watch())
            let connections = try server.connectionCount()
            #expect(connections == 1)
            // Frozen, the server still acknowledges what it gets: only its silence tells.
            server.server.signal(.stop)
            #expect(await HTTPClientError.code { for try await _ in impatient.body {} } == .idleTimeout)
            #expect(await HTTPClientError.code { for try await _ in patient.body {} } == .connectionLost)
            server.server.signal(.resume)
            #expect(try await client.send(server.list()).status == .ok)
        }
    }

    @Test func aConnectionThatAnswersOthersSurvivesASilentStream() async throws {
        try await withAPIServer { server, client in
            let silent = try await client.stream(server.watch(idleTimeout: .seconds(1)))
            let patient = try await client.stream(server.watch())
            let ended = Shared(false)
            let listing = Task {
                while !ended.value { _ = try await client.send(server.list()) }
            }
            #expect(await HTTPClientError.code { for try await _ in silent.body {} } == .idleTimeout)
            ended.value = true
            try await listing.value
            let connections = try server.connectionCount()
            #expect(connections == 1)
            withExtendedLifetime(patient) {}
        }
    }

    private func withAPIServer(_ body: @Sendable (APIServerProcess, HTTPClient) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let server = try await APIServerProcess(directory: directory, client: HTTPClient())
            defer { server.stop() }
            try await body(server, HTTPClient())
        }
    }
}

extension APIServerProcess {
    fileprivate func list() -> ClientRequest {
        request("/api/v1/namespaces")
    }

    /// A watch in which nothing happens.
    fileprivate func watch(idleTimeout: Duration? = nil) -> ClientRequest {
        request("/api/v1/namespaces/nothing/configmaps?watch=1", timeout: nil, idleTimeout: idleTimeout)
    }
}
