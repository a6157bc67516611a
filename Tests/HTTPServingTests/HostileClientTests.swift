// SPDX-License-Identifier: MIT
import Foundation
import HTTPServing
import HTTPTypes
import Synchronization
import Testing

/// What strangers send, on the wire.
@Suite(.timeLimit(.minutes(1))) struct HostileClientTests {
    /// Every row must be refused, the connection closed, and nothing of it served as a second request.
    @Test(arguments: [
        ("400", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("400", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"),
        ("400", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\n"),
        ("400", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n"),
        ("400", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"),
        ("400", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 1\r\n\r\n"),
        ("501", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n"),
        ("501", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
        ("400", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n"),
        ("400", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("400", "GET / HTTP/1.1\r\n\r\n"),
        ("400", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        ("400", "GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
        ("400", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
        ("400", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("400", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("400", "GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("400", "GET / HTTP/1.1\r\nHost: a\r\nX-Signature: 1\r\nx-signature: 2\r\n\r\n"),
    ])
    func ambiguousFramingIsRefusedAndClosed(status: String, request: String) async throws {
        try await withServer {
            $0.singleHeaders = ["X-Signature"]
        } body: { port, _ in
            let client = try await RawClient(port: port)
            try await client.send(request + "GET /second HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let answer = try await client.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
            #expect(!answer.contains("hello"), "\(answer)")
        }
    }

    @Test func refusalsAreJSON() async throws {
        try await withServer { port, _ in
            let client = try await RawClient(port: port)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n")
            let answer = try await client.receiveAll()
            #expect(answer.contains("Content-Type: application/json"), "\(answer)")
            #expect(
                answer.hasSuffix(
                    #"{"status":"error","reason":"malformedRequest.repeatedField","#
                        + #""message":"the field content-length is there more than once"}"#), "\(answer)")
        }
    }

    @Test func longHeaderIsRefused() async throws {
        try await withServer { port, _ in
            let client = try await RawClient(port: port)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 60_000))\r\n\r\n")
            let answer = try await client.receiveAll()
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 431"), "\(answer)")
        }
    }

    @Test func silentClientIsCutOff() async throws {
        try await withServer {
            $0.headerDeadline = .milliseconds(300)
        } body: { port, _ in
            let client = try await RawClient(port: port)
            #expect(try await client.receive().isEmpty)
        }
    }

    /// One byte at a time is activity, but not progress enough.
    @Test(arguments: ["GET / HTTP/1.1\r\nX: ", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"])
    func drippingClientIsCutOff(start: String) async throws {
        try await withServer {
            $0.headerDeadline = .milliseconds(400)
            $0.bodyDeadline = .milliseconds(400)
        } body: { port, server in
            let client = try await RawClient(port: port)
            let begin = ContinuousClock.now
            try await client.send(start)
            while try await client.send("a") {
                guard ContinuousClock.now - begin < .seconds(15) else {
                    Issue.record("still open after 15 s")
                    return
                }
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(ContinuousClock.now - begin >= .milliseconds(400))
        }
    }

    @Test func secondRequestHasADeadlineToo() async throws {
        try await withServer {
            $0.headerDeadline = .milliseconds(500)
            $0.idleDeadline = .milliseconds(500)
        } body: { port, _ in
            let client = try await RawClient(port: port)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await client.receive(until: "hello")
            try await client.send("GET / HTTP/1.1\r\nHost")
            #expect(try await client.receive().isEmpty)
        }
    }

    @Test func longBodyIsRefusedByItsLength() async throws {
        let calls = Mutex(0)
        try await withServer {
            $0.maximumBodyBytes = 1000
        } handler: { _ in
            calls.withLock { $0 += 1 }
            return .text("hello")
        } body: { port, _ in
            let client = try await RawClient(port: port)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n")
            let answer = try await client.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 413 ") && answer.contains("at most 1000 bytes"), "\(answer)")
            #expect(calls.withLock { $0 } == 0)
            let exact = try await RawClient(port: port)
            try await exact.send(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + String(repeating: "x", count: 1000))
            #expect(try await exact.receive(until: "hello").hasSuffix("hello"))
        }
    }

    /// Such a client learns the answer only after it has sent everything: the connection must not be reset before.
    @Test(arguments: ["/", "/refused"]) func answerSurvivesABodyThatNobodyReads(path: String) async throws {
        try await withServer {
            $0.maximumBodyBytes = 1000
            $0.admit = { $0.path == "/refused" ? .text("refused", status: .forbidden) : nil }
        } body: { port, _ in
            let client = try await RawClient(port: port)
            let body = [UInt8](repeating: 0x78, count: 20 << 20)
            try await client.send("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n")
            #expect(try await client.send(body))
            let answer = try await client.receiveAll()
            #expect(answer.hasPrefix(path == "/" ? "HTTP/1.1 413 " : "HTTP/1.1 403 "), "\(answer)")
        }
    }

    @Test func longChunkedBodyIsRefusedWhenItIsThere() async throws {
        try await withServer {
            $0.maximumBodyBytes = 1000
        } body: { port, _ in
            let client = try await RawClient(port: port)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<11 { try await client.send("64\r\n\(String(repeating: "x", count: 100))\r\n") }
            try await client.send("0\r\n\r\n")
            let answer = try await client.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 413 ") && answer.contains("Connection: close"), "\(answer)")
        }
    }

    @Test func endlessChunkedBodyIsCutOff() async throws {
        try await withServer {
            $0.maximumBodyBytes = 1000
        } body: { port, _ in
            let client = try await RawClient(port: port)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "10000\r\n\(String(repeating: "x", count: 65536))\r\n"
            var sent = 0
            while sent < 64 << 20, try await client.send(chunk) { sent += chunk.utf8.count }
            #expect(sent < 64 << 20)
        }
    }

    @Test func bodiesShareABudget() async throws {
        try await withServer {
            $0.bodyBudgetBytes = 3000
            $0.maximumBodyBytes = 2500
        } body: { port, _ in
            let first = try await RawClient(port: port)
            try await first.send(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n" + String(repeating: "x", count: 1999))
            // By its length, once the first one's bytes are in.
            var refused = ""
            for _ in 0..<100 where !refused.contains("503") {
                refused = await curl("-i", "-d", String(repeating: "y", count: 2000), "http://127.0.0.1:\(port)/")
                    .output
            }
            #expect(refused.contains("503") && refused.contains("Retry-After"), "\(refused)")
            // Chunked: no promise to judge, so it is read, thrown away and refused.
            let chunked = await curl(
                "-i", "-H", "Transfer-Encoding: chunked", "-d", String(repeating: "y", count: 2000),
                "http://127.0.0.1:\(port)/")
            #expect(chunked.output.contains("503"), "\(chunked.output)")
            try await first.send("x")
            #expect(try await first.receive(until: "hello").contains("200 OK"))
            // What was held is free again, also what a broken-off client held.
            let broken = try await RawClient(port: port)
            try await broken.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\nxxx")
            broken.shutdown()
            var last = ""
            for _ in 0..<100 where !last.contains("200") {
                last = await curl("-i", "-d", String(repeating: "y", count: 2500), "http://127.0.0.1:\(port)/").output
            }
            #expect(last.contains("200 OK"), "\(last)")
        }
    }

    @Test func connectionsOfOneAddressAreLimited() async throws {
        try await withServer {
            $0.perAddressLimit = 3
        } body: { port, server in
            var clients: [RawClient] = []
            for _ in 0..<3 {
                let client = try await RawClient(port: port)
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await client.receive(until: "hello").contains("hello"))
                clients.append(client)
            }
            let fourth = try await RawClient(port: port)
            try await fourth.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await fourth.receiveAll() == "")
            #expect(server.connectionCount == 3)
            clients[0].shutdown()
            var answer = ""
            for _ in 0..<100 where answer != "hello\n" { answer = await curl("http://127.0.0.1:\(port)/").output }
            #expect(answer == "hello\n")
        }
    }

    @Test func connectionsWaitAtTheLimit() async throws {
        try await withServer {
            $0.connectionLimit = 2
        } body: { port, server in
            let first = try await RawClient(port: port)
            let second = try await RawClient(port: port)
            for client in [first, second] {
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try await client.receive(until: "hello")
            }
            let third = try await RawClient(port: port)
            try await third.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(server.connectionCount == 2)
            first.shutdown()
            #expect(try await third.receive(until: "hello").contains("hello"))
        }
    }

    /// Such a client has said all and waits for the answer; it has not left.
    @Test func clientMayCloseItsSendingSide() async throws {
        try await withServer(handler: { _ in
            try? await Task.sleep(for: .milliseconds(700))
            return .text("hello\n")
        }) { port, _ in
            let client = try await RawClient(port: port)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
            client.closeSending()
            #expect(try await client.receiveAll().hasSuffix("hello\n"))
        }
    }

    @Test func clientsThatLeaveEarlyAreForgotten() async throws {
        try await withServer { port, server in
            // The deadlines are ten seconds: only the clients' leaving can end these in time.
            let begun = ["", "GET", "GET / HTTP/1.1\r\nX", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na"]
            for request in (0..<10).flatMap({ _ in begun }) {
                let client = try await RawClient(port: port)
                try await client.send(request)
                client.shutdown()
            }
            #expect(await curl("http://127.0.0.1:\(port)/").output == "hello\n")
            for _ in 0..<200 where server.connectionCount > 0 { try await Task.sleep(for: .milliseconds(20)) }
            #expect(server.connectionCount == 0)
        }
    }
}
