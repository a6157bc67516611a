// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding
import ServiceRuntime
import Testing

@testable import HTTPTransport

@Suite(.timeLimit(.minutes(1))) struct HTTPClientTests {
    /// Answers with what it saw.
    private static let echo: HTTPServer.Handler = { request in
        let fields: JSONObject = [
            "method": .string(request.method.rawValue), "target": .string(request.rawTarget),
            "body": .string(String(decoding: request.body, as: UTF8.self)),
            "contentType": request.headers["Content-Type"].map { .string($0) } ?? .null,
            "contentLength": request.headers["Content-Length"].map { .string($0) } ?? .null,
            "expect": request.headers["Expect"].map { .string($0) } ?? .null,
            "userAgent": request.headers["User-Agent"].map { .string($0) } ?? .null,
            "empty": request.headers["X-Empty"].map { .string($0) } ?? .null,
        ]
        var headers: HTTPHeaders = ["X-Twice": "one"]
        headers.add(name: "x-twice", value: "two")
        return .json(.object(fields), status: 418, headers: headers)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var method: HTTPMethod
        var body: String?
        var length: String?
        var testDescription: String { "\(method) with \(length ?? "no") bytes" }
    }

    @Test(arguments: [
        Case(method: .get), Case(method: .delete), Case(method: .options), Case(method: .post, length: "0"),
        Case(method: .post, body: "x=1", length: "3"), Case(method: .put, body: "a", length: "1"),
        Case(method: .patch, body: "äö", length: "4"), Case(method: .patch, length: "0"),
        Case(method: .delete, body: "{}", length: "2"), Case(method: .get, body: "q", length: "1"),
        Case(method: .post, body: String(repeating: "b", count: 200_000), length: "200000"),
    ])
    func sendsWhatItIsGivenAndNothingElse(_ request: Case) async throws {
        try await withServer(handler: Self.echo) { url in
            let client = HTTPClient(configuration: .init(userAgent: "tester/1"))
            let response = try await client.send(
                ClientRequest(
                    method: request.method, url: url + "/a/../b%2Fc?d=e%20f", headers: ["X-Empty": ""],
                    body: request.body.map { Array($0.utf8) }))
            let seen = try JSONValue.parse(response.body)
            #expect(response.status == 418)
            #expect(response.headers.values(for: "X-Twice") == ["one", "two"])
            #expect(seen["method"]?.stringValue == request.method.rawValue)
            #expect(seen["target"]?.stringValue == "/a/../b%2Fc?d=e%20f")
            #expect(seen["body"]?.stringValue == request.body ?? "")
            #expect(seen["contentLength"]?.stringValue == request.length)
            #expect(seen["contentType"] == .null && seen["expect"] == .null)
            #expect(seen["userAgent"] == "tester/1" && seen["empty"] == "")
        }
    }

    @Test func aHeadRequestHasNoBody() async throws {
        try await withServer(handler: { _ in .text("twelve bytes") }) { url in
            let response = try await HTTPClient().send(ClientRequest(method: .head, url: url))
            #expect(response.status == .ok && response.body.isEmpty && response.headers["Content-Length"] == "12")
        }
    }

    @Test func redirectsAreAnswers() async throws {
        try await withServer(handler: { _ in ServerResponse(status: .found, headers: ["Location": "/elsewhere"]) }) {
            url in
            let response = try await HTTPClient().send(ClientRequest(url: url))
            #expect(response.status == .found && response.headers["location"] == "/elsewhere")
        }
    }

    @Test func manyRequestsAtOnce() async throws {
        try await withServer(handler: { .text(String($0.rawTarget.dropFirst())) }) { url in
            let client = HTTPClient()
            let answers = try await withThrowingTaskGroup(of: (Int, String).self) { group in
                for number in 0..<100 {
                    group.addTask {
                        let response = try await client.send(ClientRequest(url: "\(url)/\(number)"))
                        return (number, String(decoding: response.body, as: UTF8.self))
                    }
                }
                return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
            }
            #expect(answers == Dictionary(uniqueKeysWithValues: (0..<100).map { ($0, "\($0)") }))
        }
    }

    @Test func connectionsAreUsedAgain() async throws {
        let ports = Shared<Set<String>>([])
        let handler: HTTPServer.Handler = { request in
            ports.update { _ = $0.insert(request.remoteAddress) }
            return .text(request.remoteAddress)
        }
        try await withServer(handler: handler) { url in
            let client = HTTPClient()
            for _ in 0..<20 { _ = try await client.send(ClientRequest(url: url)) }
        }
        #expect(ports.value.count == 1)
    }

    @Test func aBodyOverTheLimitIsRefused() async throws {
        try await withServer(handler: { _ in .text(String(repeating: "x", count: 100_001)) }) { url in
            let client = HTTPClient()
            let error = await #expect(throws: HTTPClientError.self) {
                try await client.send(ClientRequest(url: url), maximumBodyBytes: 100_000)
            }
            #expect(error?.code == .bodyTooLarge)
            let response = try await client.send(ClientRequest(url: url), maximumBodyBytes: 100_001)
            #expect(response.body.count == 100_001)
        }
    }

    @Test func aUnixSocketReplacesTheHost() async throws {
        try await withTemporaryDirectory { directory in
            let server = RawServer(unixSocket: "\(directory)/s") { connection in
                _ = connection.readRequest()
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
            }
            let response = try await HTTPClient().send(
                ClientRequest(url: "http://localhost/x", unixSocket: "\(directory)/s"))
            #expect(response.body == Array("hi".utf8))
            withExtendedLifetime(server) {}
        }
    }

    @Test(arguments: [
        ("X-A", "b\r\nX-Injected: 1"), ("X-A", "b\n"), ("X A", "b"), ("", "b"), ("X-A:", "b"), ("X-A\r\nX-B", "b"),
        ("X-A", "\u{0}"),
    ])
    func headerFieldsCannotSmuggleLines(name: String, value: String) async {
        let request = ClientRequest(url: "http://127.0.0.1:1/", headers: HTTPHeaders([(name, value)]))
        #expect(await HTTPClientError.code { try await HTTPClient().send(request) } == .invalidRequest)
    }

    @Test(arguments: [
        "", "nonsense", "http://", "ftp://127.0.0.1/", "file:///etc/passwd", "http://[::1/", "http://a b/",
    ])
    func badURLsAreMistakesOfTheCaller(url: String) async {
        #expect(await HTTPClientError.code { try await HTTPClient().send(ClientRequest(url: url)) } == .invalidRequest)
    }
}
