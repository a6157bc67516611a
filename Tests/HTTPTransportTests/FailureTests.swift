// SPDX-License-Identifier: MIT
import HTTPTypes
import Testing

@testable import HTTPTransport

@Suite(.timeLimit(.minutes(1))) struct FailureTests {
    /// Accepts, reads the request, and says what it is told to, then stays silent until the client leaves.
    private func silentServer(after text: String = "") -> RawServer {
        RawServer { connection in
            _ = connection.readRequest()
            connection.write(text)
            connection.waitForClose()
        }
    }

    private func server(_ text: String) -> RawServer {
        RawServer { connection in
            _ = connection.readRequest()
            connection.write(text)
        }
    }

    @Test func aRefusedConnectionSaysWhere() async throws {
        await RawServer.withClosedPort { port in
            let error = await #expect(throws: HTTPClientError.self) {
                try await HTTPClient().send(ClientRequest(url: "http://user:hunter2@127.0.0.1:\(port)/a?token=hunter2"))
            }
            #expect(error?.code == .connectionFailed)
            #expect(error?.isRetryable == true && error?.mayHaveBeenProcessed == false)
            let text = error?.description ?? ""
            #expect(
                text.hasPrefix(
                    "http://127.0.0.1:\(port)/a: cannot connect: Failed to connect to 127.0.0.1 port \(port)"))
            #expect(!text.contains("hunter2"))
        }
    }

    @Test func anUnknownHostIsAnErrorOfResolution() async {
        // A label longer than DNS has: it fails without asking a server.
        let request = ClientRequest(url: "http://\(String(repeating: "a", count: 64)).invalid/")
        #expect(await HTTPClientError.code { try await HTTPClient().send(request) } == .resolve)
    }

    @Test func theWholeTimeIsLimited() async {
        let server = silentServer()
        let request = ClientRequest(url: server.url, timeout: .milliseconds(100))
        #expect(await HTTPClientError.code { try await HTTPClient().send(request) } == .timeout)
    }

    @Test func theWholeTimeCoversTheBodyOfAStream() async throws {
        let server = silentServer(after: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        let response = try await HTTPClient().stream(ClientRequest(url: server.url, timeout: .milliseconds(200)))
        #expect(await HTTPClientError.code { try await response.body.collect(maximumBytes: 100) } == .timeout)
    }

    @Test func silenceIsLimitedBeforeTheHead() async {
        let server = silentServer()
        let request = ClientRequest(url: server.url, timeout: nil, idleTimeout: .milliseconds(100))
        #expect(await HTTPClientError.code { try await HTTPClient().send(request) } == .idleTimeout)
    }

    @Test func silenceIsLimitedWithinTheBody() async throws {
        let server = silentServer(after: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        let request = ClientRequest(url: server.url, timeout: nil, idleTimeout: .milliseconds(100))
        let response = try await HTTPClient().stream(request)
        var chunks: [[UInt8]] = []
        let code = await HTTPClientError.code {
            for try await chunk in response.body { chunks.append(chunk) }
        }
        #expect(code == .idleTimeout)
        #expect(chunks == [Array("abc".utf8)])
    }

    @Test func theTimeInWhichTheReaderWaitsIsNotSilence() async throws {
        let size = 8 << 20
        let server = RawServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            connection.write(Array(repeating: 7, count: size))
        }
        let client = HTTPClient()
        let response = try await client.stream(
            ClientRequest(url: server.url, timeout: nil, idleTimeout: .milliseconds(500)))
        // Another request that takes longer than the silence allowed to the first serves as the timer.
        let silent = silentServer()
        _ = await HTTPClientError.code {
            try await client.send(ClientRequest(url: silent.url, timeout: .seconds(1)))
        }
        #expect(try await response.body.collect(maximumBytes: size).count == size)
    }

    @Test func aHandshakeThatNeverEndsIsAFailureToConnect() async {
        let server = RawServer { $0.waitForClose() }
        let client = HTTPClient(configuration: .init(connectTimeout: .milliseconds(100)))
        let request = ClientRequest(url: "https://127.0.0.1:\(server.port)/")
        #expect(await HTTPClientError.code { try await client.send(request) } == .connectionFailed)
    }

    @Test(arguments: [
        ("", HTTPClientError.Code.connectionLost),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", .connectionLost),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", .connectionLost),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", .connectionLost),
        ("SSH-2.0-OpenSSH_9.2p1\r\n", .protocolViolation),
    ])
    func anAnswerThatIsCutOffOrNoneIsAnError(text: String, code: HTTPClientError.Code) async {
        let server = server(text)
        #expect(await HTTPClientError.code { try await HTTPClient().send(ClientRequest(url: server.url)) } == code)
    }

    @Test func interimAnswersAndTrailersAreNotTheHead() async throws {
        let server = server(
            "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 201 Created\r\nX-Late: 2\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Trailer: 3\r\n\r\n")
        let response = try await HTTPClient().send(ClientRequest(url: server.url))
        #expect(response.status == .created && response.body == Array("ok".utf8))
        #expect(response.headers["X-Late"] == "2")
        #expect(response.headers["X-Early"] == nil && response.headers["X-Trailer"] == nil)
    }

    @Test func aFloodOfHeadersIsRefused() async {
        let server = server(
            "HTTP/1.1 200 OK\r\n" + String(repeating: "X-Flood: \(String(repeating: "x", count: 1000))\r\n", count: 300)
                + "\r\n")
        #expect(
            await HTTPClientError.code { try await HTTPClient().send(ClientRequest(url: server.url)) }
                == .protocolViolation)
    }

    @Test func cancellingATaskEndsItsRequest() async {
        let arrived = Milestone()
        let left = Milestone()
        let server = RawServer { connection in
            _ = connection.readRequest()
            arrived.reach()
            connection.waitForClose()
            left.reach()
        }
        let client = HTTPClient()
        let task = Task { try await client.send(ClientRequest(url: server.url, timeout: nil)) }
        await arrived.wait()
        task.cancel()
        #expect(await HTTPClientError.code { try await task.value } == .cancelled)
        await left.wait()
    }

    @Test func aCancelledTaskSendsNothing() async {
        let server = silentServer()
        let client = HTTPClient()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await client.send(ClientRequest(url: server.url, timeout: nil))
        }
        #expect(await HTTPClientError.code { try await task.value } == .cancelled)
    }

    @Test func shutdownEndsRequestsInFlight() async {
        let arrived = AsyncStream.makeStream(of: Void.self)
        let server = RawServer { connection in
            _ = connection.readRequest()
            arrived.continuation.yield()
            connection.waitForClose()
        }
        let client = HTTPClient()
        let codes = await withTaskGroup(of: HTTPClientError.Code?.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    await HTTPClientError.code { try await client.send(ClientRequest(url: server.url, timeout: nil)) }
                }
            }
            var arrivals = arrived.stream.makeAsyncIterator()
            for _ in 0..<10 { await arrivals.next() }
            client.shutdown()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes == Array(repeating: .shutDown, count: 10))
        #expect(await HTTPClientError.code { try await client.send(ClientRequest(url: server.url)) } == .shutDown)
        #expect(await HTTPClientError.code { try await client.stream(ClientRequest(url: server.url)) } == .shutDown)
        client.shutdown()
    }

    @Test func aServerThatClosedAnIdleConnectionIsNoError() async throws {
        let server = server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        let client = HTTPClient()
        for _ in 0..<5 { #expect(try await client.send(ClientRequest(url: server.url)).status == .ok) }
    }

    @Test func theLastReferenceClosesTheConnections() async throws {
        let closed = Milestone()
        let server = RawServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            connection.waitForClose()
            closed.reach()
        }
        do {
            let client = HTTPClient()
            #expect(try await client.send(ClientRequest(url: server.url)).status == .ok)
        }
        await closed.wait()
    }
}
