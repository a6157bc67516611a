// SPDX-License-Identifier: MIT
import HTTPTypes
import SystemCalls
import Testing

@testable import HTTPTransport

/// libcurl repeats a request by itself when its kept connection ends without an answer.
@Suite(.timeLimit(.minutes(1))) struct RepetitionTests {
    /// Answers the first request of its first connection, takes the second one wholly, and hangs up without an answer;
    /// answers everything on later connections.
    private func forgetfulServer(_ log: Shared<[String]>) -> RawServer {
        let connections = Shared(0)
        return RawServer { connection in
            let number = connections.update { count in
                count += 1
                return count
            }
            while true {
                let request = connection.readWholeRequest()
                guard !request.isEmpty else { return }
                let isForgotten = log.update { log in
                    log.append(String(request.prefix { $0 != "\r\n" }))
                    return number == 1 && log.count == 2
                }
                if isForgotten { return }
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
        }
    }

    @Test(arguments: [HTTPMethod.post, .put, .patch, .delete])
    func aWriteThatWasSentIsNeverRepeated(method: HTTPMethod) async throws {
        for body in [Array("hello".utf8), nil] as [[UInt8]?] {
            let log = Shared<[String]>([])
            let server = forgetfulServer(log)
            let client = HTTPClient()
            _ = try await client.send(ClientRequest(url: server.url))
            let error = await #expect(throws: HTTPClientError.self) {
                try await client.send(ClientRequest(method: method, url: server.url, body: body))
            }
            #expect(error?.code == .connectionLost && error?.mayHaveBeenProcessed == true)
            let requests = log.value
            #expect(requests == ["GET / HTTP/1.1", "\(method) / HTTP/1.1"])
        }
    }

    @Test func aReadIsRepeated() async throws {
        let log = Shared<[String]>([])
        let server = forgetfulServer(log)
        let client = HTTPClient()
        for _ in 0..<2 { #expect(try await client.send(ClientRequest(url: server.url)).status == .ok) }
        #expect(log.value.count == 3)
    }

    @Test func aRequestThatWaitsForAConnectionIsLimitedInTime() async throws {
        let arrived = Milestone()
        let server = RawServer { connection in
            _ = connection.readRequest()
            arrived.reach()
            connection.waitForClose()
        }
        let client = HTTPClient(
            configuration: .init(maximumConnectionsPerHost: 1, maximumHTTP1ConnectionsPerHost: 1))
        let first = Task { try await client.send(ClientRequest(url: server.url, timeout: nil)) }
        await arrived.wait()
        let error = await #expect(throws: HTTPClientError.self) {
            try await client.send(
                ClientRequest(method: .post, url: server.url, timeout: .milliseconds(100)))
        }
        #expect(error?.code == .connectionFailed && error?.mayHaveBeenProcessed == false)
        #expect(error?.detail.hasPrefix("no connection within 0.1 seconds") == true)
        first.cancel()
        #expect(await HTTPClientError.code { try await first.value } == .cancelled)
    }

    @Test func aServerThatHangsUpInTheHandshakeIsAFailureToConnect() async throws {
        let server = RawServer { _ = $0.read(1) }
        let request = ClientRequest(method: .post, url: "https://127.0.0.1:\(server.port)/")
        let error = await #expect(throws: HTTPClientError.self) { try await HTTPClient().send(request) }
        #expect(error?.code == .connectionFailed && error?.isRetryable == true)
    }

    @Test func twoClientsHaveAConnectionEach() async throws {
        let connections = Shared(0)
        let server = RawServer { connection in
            connections.update { $0 += 1 }
            while !connection.readRequest().isEmpty {
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
        }
        let (one, other) = (HTTPClient(), HTTPClient())
        for client in [one, one, other, other] {
            #expect(try await client.send(ClientRequest(url: server.url)).status == .ok)
        }
        #expect(connections.value == 2)
    }

    /// The kernel gives up a peer that acknowledges nothing.
    @Test func socketsHaveAUserTimeout() throws {
        let server = RawServer { $0.waitForClose() }
        let multi = MultiHandle()
        let easy = try #require(EasyHandle())
        try easy.prepare(
            Route(origin: server.url, tls: nil, proxy: .none, unixSocket: nil), .init(), isShared: false)
        multi.sockets.follow(easy)
        #expect(multi.add(easy))
        while multi.sockets.userTimeouts.isEmpty {
            multi.perform()
            multi.poll(milliseconds: 10)
        }
        #expect(multi.sockets.userTimeouts == [30_000])
        multi.remove(easy)
    }
}
