// SPDX-License-Identifier: MIT
import Foundation
import HTTPServing
import HTTPTypes
import JSONCoding
import ServiceRuntime
import Testing

@Suite(.timeLimit(.minutes(1))) struct HTTPServerTests {
    @Test func answersWithWhatTheHandlerSaw() async throws {
        let handler: HTTPServer.Handler = { request in
            .json([
                "method": .string(request.method.rawValue), "path": .string(request.path),
                "raw": .string(request.rawTarget), "q": .string(request.query["q"] ?? ""),
                "segments": .array(request.segments.map { .string($0) }),
                "header": .string(request.headers["x-test"] ?? ""),
                "body": .string(String(decoding: request.body, as: UTF8.self)),
                "remote": .string(request.remoteAddress),
            ])
        }
        try await withServer(handler: handler) { port, _ in
            let (code, output) = await curl(
                "-X", "PUT", "-H", "X-Test: ä b", "--data-binary", "content", "-w", "\n%{content_type} %{http_code}",
                "http://127.0.0.1:\(port)/a%2Fb/c?q=x+y%26")
            #expect(code == 0, "\(output)")
            let lines = output.split(separator: "\n")
            let seen = try JSONValue.parse(String(lines[0]))
            #expect(
                seen == [
                    "method": "PUT", "path": "/a/b/c", "raw": "/a%2Fb/c?q=x+y%26", "q": "x y&",
                    "segments": ["a/b", "c"], "header": "ä b", "body": "content", "remote": "127.0.0.1",
                ])
            #expect(lines[1] == "application/json 200")
        }
    }

    @Test func connectionIsUsedAgain() async throws {
        try await withServer { port, _ in
            let url = "http://127.0.0.1:\(port)/"
            let (_, output) = await curl("-w", "%{num_connects} ", url, url, url)
            #expect(output == "hello\n1 hello\n0 hello\n0 ")
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        try await withServer(handler: { .text($0.path + "\n") }) { port, _ in
            let client = try await RawClient(port: port)
            try await client.send(
                "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                    + "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let all = try await client.receiveAll()
            let order = ["/1\n", "/2\n", "/3\n"].compactMap { all.range(of: $0)?.lowerBound }
            #expect(order.count == 3 && order == order.sorted(), "\(all)")
        }
    }

    @Test func headHasNoContent() async throws {
        try await withServer { port, _ in
            let (code, output) = await curl("-I", "http://127.0.0.1:\(port)/")
            #expect(code == 0 && output.contains("Content-Length: 6") && !output.contains("hello"), "\(output)")
        }
    }

    @Test(arguments: [204, 304]) func statusWithoutContentSendsNone(status: Int) async throws {
        try await withServer(handler: { _ in
            ServerResponse(status: HTTPStatus(rawValue: status), body: .bytes(Array("stray".utf8)))
        }) { port, _ in
            let url = "http://127.0.0.1:\(port)/"
            let (code, output) = await curl("-w", "%{http_code};", url, url)
            #expect(code == 0 && output == "\(status);\(status);", "\(output)")
        }
    }

    @Test func fieldsThatWouldBreakTheAnswerAreLeftOut() async throws {
        let headers: HTTPHeaders = [
            "X-Bad": "a\r\nX-Injected: yes", "X-Good": "b", "Content-Length": "1", "Transfer-Encoding": "chunked",
        ]
        try await withServer(handler: { _ in
            ServerResponse(headers: headers, body: .bytes(Array("whole".utf8)))
        }) { port, _ in
            let (code, output) = await curl("-i", "http://127.0.0.1:\(port)/")
            #expect(code == 0 && output.hasSuffix("whole"), "\(output)")
            #expect(output.contains("X-Good: b") && !output.contains("Injected"), "\(output)")
        }
    }

    @Test func bigBodiesGoBothWays() async throws {
        try await withServer(handler: { ServerResponse(body: .bytes($0.body)) }) { port, _ in
            let bytes = Data((0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 8) })
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let (sent, received) = (folder.appendingPathComponent("sent"), folder.appendingPathComponent("received"))
            try bytes.write(to: sent)
            for extra in [["-H", "X: y"], ["-H", "Transfer-Encoding: chunked"]] {
                let (code, output) = await curl(
                    "--data-binary", "@\(sent.path)", "-o", received.path, extra[0], extra[1],
                    "http://127.0.0.1:\(port)/")
                #expect(code == 0, "\(output)")
                #expect(try Data(contentsOf: received) == bytes)
            }
        }
    }

    @Test func tapSeesTheBodyBeforeTheHandlerDoes() async throws {
        struct Sum: BodyTap {
            var sum: UInt8 = 0
            mutating func update(_ bytes: [UInt8]) { for byte in bytes { sum &+= byte } }
            func finish() -> [UInt8] { [sum] }
        }
        try await withServer {
            $0.bodyTap = { $0.path == "/tap" ? Sum() : nil }
        } handler: {
            .text("\($0.tapResult.map { "\($0)" } ?? "none")")
        } body: { port, _ in
            #expect(await curl("-d", "abc", "http://127.0.0.1:\(port)/tap").output == "[38]")
            #expect(await curl("http://127.0.0.1:\(port)/tap").output == "[0]")
            #expect(await curl("-d", "abc", "http://127.0.0.1:\(port)/").output == "none")
        }
    }

    @Test func refusalComesBeforeTheBody() async throws {
        try await withServer {
            $0.admit = { $0.headers["x-key"] == nil ? .text("no key", status: .unauthorized) : nil }
        } body: { port, _ in
            let client = try await RawClient(port: port)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
            let answer = try await client.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 401") && answer.contains("Connection: close"), "\(answer)")
            #expect(await curl("-H", "X-Key: 1", "-d", "x", "http://127.0.0.1:\(port)/").output == "hello\n")
        }
    }

    @Test func whatNeedsNoTaskIsAnsweredAtOnce() async throws {
        try await withServer {
            $0.answerAtOnce = { request in
                request.path == "/now" ? .text("now \(request.body.count)\n") : nil
            }
        } body: { port, _ in
            let url = "http://127.0.0.1:\(port)"
            let (_, output) = await curl("-d", "abc", "\(url)/now", "\(url)/later", "\(url)/now")
            #expect(output == "now 3\nhello\nnow 3\n")
        }
    }

    @Test func takenPortIsSaid() async throws {
        try await withServer { port, _ in
            let second = HTTPServer(configuration: .init(host: "127.0.0.1", port: port), logger: .disabled) { _ in
                .text("")
            }
            let error = try await #require(throws: HTTPServerError.self) { try await second.run() }
            #expect(error.code == .bindFailed && error.description.contains("127.0.0.1:\(port)"))
            await #expect(throws: HTTPServerError.self) { try await second.waitUntilListening() }
        }
    }

    @Test(arguments: ["example.com", "127.0.0.1.1", ""]) func hostMustBeNumeric(host: String) async throws {
        let server = HTTPServer(configuration: .init(host: host), logger: .disabled) { _ in .text("") }
        let error = await #expect(throws: HTTPServerError.self) { try await server.run() }
        #expect(error?.code == .invalidAddress)
    }

    @Test func serverRunsOnce() async throws {
        try await withServer { _, server in
            let error = await #expect(throws: HTTPServerError.self) { try await server.run() }
            #expect(error?.code == .alreadyRunning)
        }
    }

    @Test func listensOnIPv6() async throws {
        try await withServer {
            $0.host = "::1"
        } body: { port, _ in
            #expect(await curl("http://[::1]:\(port)/").output == "hello\n")
        }
    }
}
