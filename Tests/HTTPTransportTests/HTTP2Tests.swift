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

    @Test func aColdBurstSharesOneConnection() async throws {
        try await withAPIServer { server, client in
            try await withThrowingTaskGroup(of: HTTPStatus.self) { group in
                for _ in 0..<100 { group.addTask { try await client.send(server.list()).status } }
                for try await status in group { #expect(status == .ok) }
            }
            let connections = try server.connectionCount()
            #expect(connections == 1)
        }
    }

    /// The request's own time is far away: the probe finds out that the connection leads nowhere.
    @Test func aConnectionOnWhichRequestsWaitInVainIsGivenUp() async throws {
        let configuration = HTTPClient.Configuration(
            probe: .init(after: .milliseconds(300), timeout: .milliseconds(300)))
        try await withAPIServer(configuration) { server, client in
            #expect(try await client.send(server.list()).status == .ok)
            let patient = try await client.stream(server.watch())
            server.server.signal(.stop)
            let write = ClientRequest(
                method: .post, url: server.url + "/api/v1/namespaces",
                headers: ["Authorization": "Bearer test", "Content-Type": "application/json"],
                body: Array(#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"held"}}"#.utf8),
                timeout: .seconds(60), tls: server.tls)
            let error = await #expect(throws: HTTPClientError.self) { try await client.send(write) }
            #expect(error?.code == .connectionLost && error?.mayHaveBeenProcessed == true)
            #expect(await HTTPClientError.code { for try await _ in patient.body {} } == .connectionLost)
            server.server.signal(.resume)
            #expect(try await client.send(server.list()).status == .ok)
        }
    }

    @Test func aSlowAnswerIsNoReasonToGiveAConnectionUp() async throws {
        let configuration = HTTPClient.Configuration(
            probe: .init(after: .milliseconds(100), timeout: .seconds(5)))
        try await withAPIServer(configuration) { server, client in
            // A watch that begins with a version of the future has no answer for three seconds; then it is refused.
            let slow = server.request(
                "/api/v1/namespaces?resourceVersion=9999999999&resourceVersionMatch=NotOlderThan")
            #expect(try await client.send(slow).status == .gatewayTimeout)
            let connections = try server.connectionCount()
            #expect(connections == 1)
        }
    }

    /// What a rolling restart does, all the time: the server asks for a new connection after one request in fifty.
    @Test func aServerThatSaysGoodByeLosesNoRequest() async throws {
        try await withAPIServer(flags: ["--goaway-chance=0.02"]) { server, client in
            let watch = try await client.stream(server.watch())
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        for index in 0..<50 {
                            let write = ClientRequest(
                                method: .post, url: server.url + "/api/v1/namespaces/default/configmaps",
                                headers: ["Authorization": "Bearer test", "Content-Type": "application/json"],
                                body: Array(#"{"metadata":{"name":"map-\#(task)-\#(index)"}}"#.utf8),
                                tls: server.tls)
                            let status = try await client.send(write).status
                            #expect(status == .created)
                            #expect(try await client.send(server.list()).status == .ok)
                        }
                    }
                }
                try await group.waitForAll()
            }
            // The watch stays where the server said good-bye, the others went on.
            let connections = try server.connectionCount()
            #expect((2...5).contains(connections))
            withExtendedLifetime(watch) {}
        }
    }

    private func withAPIServer(
        _ configuration: HTTPClient.Configuration = .init(), flags: [String] = [],
        _ body: @Sendable (APIServerProcess, HTTPClient) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let server = try await APIServerProcess(
                directory: directory, client: HTTPClient(), flags: flags)
            defer { server.stop() }
            try await body(server, HTTPClient(configuration: configuration))
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
