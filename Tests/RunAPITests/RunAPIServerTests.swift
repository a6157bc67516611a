// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import Compression
import Cryptography
import HTTPTransport
import HTTPTypes
import JSONCoding
import RunAPI
import RunAPITestSupport
import ServiceRuntime
import Testing

/// Calls a run API as a pod does.
struct PodClient: Sendable {
    let url: String
    var token: String? = "good"
    let http: HTTPClient

    func send(
        _ method: HTTPMethod, _ path: String, _ body: [UInt8]? = nil, headers: HTTPHeaders = [:]
    ) async throws -> (status: Int, body: [UInt8]) {
        var headers = headers
        if let token { headers["Authorization"] = "Bearer \(token)" }
        let answer = try await http.send(
            ClientRequest(method: method, url: url + path, headers: headers, body: body, timeout: .seconds(20)))
        return (answer.status.rawValue, answer.body)
    }

    /// The answer's status and its stable word.
    func outcome(_ method: HTTPMethod, _ path: String, _ body: [UInt8]? = nil) async throws -> String {
        let answer = try await send(method, path, body)
        let reason = (try? JSONValue.parse(answer.body))?["reason"]?.stringValue
        return reason.map { "\(answer.status) \($0)" } ?? "\(answer.status)"
    }
}

private func withAPI(
    _ fixture: RunAPIFixture, _ body: @Sendable (RunAPIFixture, PodClient) async throws -> Void
) async throws {
    let http = HTTPClient()
    defer { http.shutdown() }
    try await fixture.serve { url async throws in try await body(fixture, PodClient(url: url, http: http)) }
}

private func manifest(_ files: [(String, [[UInt8]])], sequence: Int64 = 1) -> SessionManifest {
    SessionManifest(
        sequence: sequence,
        files: files.map { path, chunks in
            .init(
                path: path, size: chunks.reduce(0) { $0 + $1.count }, sha256: SHA256.hexDigest(chunks.flatMap(\.self)),
                chunks: chunks.map(SHA256.hexDigest))
        })
}

private func bytes(_ manifest: SessionManifest) throws -> [UInt8] { try JSONValue(encoding: manifest).encoded() }

@Suite(.timeLimit(.minutes(1))) struct RunAPIServerTests {
    @Test func onlyThePodOfARunGetsIn() async throws {
        let fixture = RunAPIFixture()
        fixture.tokens.set("ended", .failure(.forbidden("the run name-1 has ended")))
        fixture.tokens.set("early", .failure(.notYet("the run name-1 does not know its Job yet")))
        try await withAPI(fixture) { fixture, good async throws in
            for path in ["/v1/run/session/s", "/v1/mcp", "/v1/run/progress"] {
                let method: HTTPMethod = path.contains("session") ? .get : .post
                for (token, expected) in [
                    (nil, "401 unauthenticated"), ("wrong", "401 unauthenticated"), ("ended", "403 notARunsPod"),
                    ("early", "503 notYet"),
                ] {
                    var client = good
                    client.token = token
                    #expect(try await client.outcome(method, path, method == .post ? [] : nil) == expected)
                }
            }
            var basic = good
            basic.token = nil
            let answer = try await basic.send(.get, "/v1/run/session/s", headers: ["Authorization": "Basic Z29vZA=="])
            #expect(answer.status == 401)
            #expect(fixture.progress.reports("run-1", 1).isEmpty)
        }
    }

    @Test func whoTriesTokensMakesUsAskNoMore() async throws {
        try await withAPI(RunAPIFixture()) { fixture, client async throws in
            #expect(try await client.outcome(.get, "/v1/run/session") == "404 sessionNotFound")
            var thief = client
            var outcomes: [String] = []
            for number in 1...50 {
                thief.token = "guess-\(number)"
                outcomes.append(try await thief.outcome(.get, "/v1/run/session"))
            }
            #expect(outcomes.prefix(30).allSatisfy { $0 == "401 unauthenticated" })
            #expect(outcomes.dropFirst(30).allSatisfy { $0 == "429 tooManyRefusals" })
            #expect(fixture.tokens.count == 31)
            // The one whose token is good is not kept out.
            #expect(try await client.outcome(.get, "/v1/run/session") == "404 sessionNotFound")
        }
    }

    @Test func aReportIsBroughtIntoBounds() async throws {
        try await withAPI(RunAPIFixture()) { fixture, client async throws in
            func post(_ text: String) async throws -> String {
                try await client.outcome(.post, "/v1/run/progress", Array(text.utf8))
            }
            #expect(try await post("{}") == "204")
            let long = String(repeating: "x", count: 150)
            #expect(try await post(#"{"line":" one\n two\tthree ","sessionID":"s-1","sessionResumed":true}"#) == "204")
            #expect(
                try await post(
                    #"{"line":"\#(long)","usage":{"inputTokens":3,"cachedInputTokens":1,"outputTokens":2,"reasoningTokens":0}}"#
                ) == "204")
            // Without a line, the last one stays.
            #expect(try await post(#"{"waiting":{"state":"WaitingRateLimit","reason":"a\nb","until":5}}"#) == "204")
            for (body, expected) in [
                ("", "400 malformed"), ("[]", "400 malformed"), (#"{"line":5}"#, "400 malformed"),
                (#"{"sessionID":"../x"}"#, "422 invalid"),
                (#"{"waiting":{"state":"Sleeping","reason":""}}"#, "422 invalid"),
                (
                    #"{"usage":{"inputTokens":-1,"cachedInputTokens":0,"outputTokens":0,"reasoningTokens":0}}"#,
                    "422 invalid"
                ),
                (#"{"line":"\#(String(repeating: "y", count: 20_000))"}"#, "413 bodyTooLarge"),
            ] { #expect(try await post(body) == expected, "\(body.prefix(60))") }
            let reports = fixture.progress.reports("run-1", 1)
            #expect(reports.count == 4)
            #expect(
                reports[1].line == "one two three" && reports[1].sessionID == "s-1" && reports[1].sessionResumed == true
            )
            #expect(reports[2].line?.count == 100 && reports[2].usage?.inputTokens == 3)
            #expect(reports[3].line == reports[2].line && reports[3].waiting?.reason == "a b")
        }
    }

    @Test func aSessionIsSavedAndComesBack() async throws {
        try await withAPI(RunAPIFixture()) { _, client async throws in
            let (first, second) = (Array("first\n".utf8), Array(repeating: UInt8(7), count: 1 << 20))
            let snapshot = manifest([("2026/rollout.jsonl", [first, second]), ("empty", [])])
            #expect(try await client.outcome(.get, "/v1/run/session/s") == "404 sessionNotFound")
            let missing = try await client.send(.put, "/v1/run/session/s", bytes(snapshot))
            #expect(missing.status == 409)
            let answer = try JSONValue.parse(missing.body)
            #expect(answer["reason"] == "incomplete" && answer["missing"]?.arrayValue?.count == 2)
            for chunk in [first, second, first] {
                let path = "/v1/run/session/s/chunks/\(SHA256.hexDigest(chunk))"
                #expect(try await client.outcome(.put, path, Zlib.compress(chunk)) == "204")
                // Not before there is a snapshot.
                #expect(try await client.outcome(.get, path) == "404 chunkNotFound")
            }
            #expect(try await client.outcome(.put, "/v1/run/session/s", bytes(snapshot)) == "204")
            let got = try await client.send(.get, "/v1/run/session/s")
            #expect(try JSONValue.parse(got.body).decode(SessionManifest.self) == snapshot)
            let chunk = try await client.send(.get, "/v1/run/session/s/chunks/\(SHA256.hexDigest(second))")
            #expect(try Zlib.decompress(chunk.body, limit: 1 << 20) == second)
        }
    }

    @Test func whatIsNotWhatItSaysIsRefused() async throws {
        try await withAPI(RunAPIFixture(sessionLimit: 100)) { fixture, client async throws in
            let content = Array("content".utf8)
            let digest = SHA256.hexDigest(content)
            let path = "/v1/run/session/s/chunks/\(digest)"
            let bomb = Zlib.compress([UInt8](repeating: 0, count: 8 << 20), level: 9)
            let noise = [UInt8](repeating: 9, count: (2 << 20) + 1)
            for (target, body, expected) in [
                (path, content, "422 invalidChunk"), (path, Zlib.compress(Array("other".utf8)), "422 digestMismatch"),
                (path, bomb, "422 invalidChunk"), (path, [], "422 invalidChunk"),
                ("/v1/run/session/s/chunks/\(SHA256.hexDigest([]))", Zlib.compress([]), "422 digestMismatch"),
                ("/v1/run/session/s/chunks/\(digest.uppercased())", Zlib.compress(content), "400 invalidDigest"),
                ("/v1/run/session/.s/chunks/\(digest)", Zlib.compress(content), "400 invalidSession"),
                ("/v1/run/session/a%2Fb", [], "400 invalidSession"), ("/v1/run/session/s", [], "400 malformed"),
                ("/v1/run/session/s", try bytes(manifest([("../x", [content])])), "422 invalid"),
                ("/v1/run/session/s", try bytes(manifest([("x", [[UInt8](repeating: 1, count: 101)])])), "422 invalid"),
                ("/v1/run/elsewhere", [], "404 notFound"),
            ] { #expect(try await client.outcome(.put, target, body) == expected, "\(target) \(expected)") }
            #expect(try await client.outcome(.put, path, noise).hasPrefix("413"))
            var other = manifest([])
            other.work = .init(
                runUID: "run-2", start: String(repeating: "1", count: 40), head: String(repeating: "2", count: 40),
                bundle: .init(path: "work.bundle", size: 0, sha256: digest, chunks: []))
            #expect(try await client.outcome(.put, "/v1/run/session/s", bytes(other)) == "422 invalid")
            #expect(fixture.sessions.commits == 0)
        }
    }

    /// One byte in a stream of a megabyte: blocks that hold nothing, which a decompressor passes over.
    @Test func paddingIsNotKept() async throws {
        try await withAPI(RunAPIFixture()) { fixture, client async throws in
            let content: [UInt8] = [65]
            let packed = Zlib.compress(content)
            let empty: [UInt8] = [0, 0, 0, 0xFF, 0xFF]
            let padded = packed.prefix(2) + (0..<200_000).flatMap { _ in empty } + packed.dropFirst(2)
            let path = "/v1/run/session/s/chunks/\(SHA256.hexDigest(content))"
            #expect(try Zlib.decompress(Array(padded), limit: 10) == content)
            #expect(try await client.outcome(.put, path, Array(padded)) == "422 invalidChunk")
            #expect(fixture.sessions.chunksPut.isEmpty)
            let noise = (0..<(1 << 20)).map { _ in UInt8.random(in: 0...255) }
            let name = "/v1/run/session/s/chunks/\(SHA256.hexDigest(noise))"
            for level in 0...1 {
                #expect(try await client.outcome(.put, name, Zlib.compress(noise, level: level)) == "204")
            }
        }
    }

    @Test func anotherIssueIsAStranger() async throws {
        let fixture = RunAPIFixture(["good": .pod(), "stranger": .pod(run: "run-2", issue: 43)])
        try await withAPI(fixture) { _, client async throws in
            let content = Array("content".utf8)
            let path = "/v1/run/session/s/chunks/\(SHA256.hexDigest(content))"
            #expect(try await client.outcome(.put, path, Zlib.compress(content)) == "204")
            #expect(try await client.outcome(.put, "/v1/run/session/s", bytes(manifest([("a", [content])]))) == "204")
            let own = try await client.send(.get, "/v1/run/session")
            #expect(try JSONValue.parse(own.body) == ["session": "s"])
            var stranger = client
            stranger.token = "stranger"
            #expect(try await stranger.outcome(.get, "/v1/run/session") == "404 sessionNotFound")
            #expect(try await stranger.outcome(.get, "/v1/run/session/s") == "404 sessionNotFound")
            #expect(try await stranger.outcome(.get, path) == "404 chunkNotFound")
            #expect(try await stranger.outcome(.put, path, Zlib.compress(content)) == "403 foreignSession")
            #expect(try await stranger.outcome(.put, "/v1/run/session/s", bytes(manifest([]))) == "403 foreignSession")
        }
    }

    @Test func anOlderSnapshotDoesNotWin() async throws {
        let fixture = RunAPIFixture(["old": .pod(created: 1), "new": .pod(created: 2)])
        try await withAPI(fixture) { fixture, client async throws in
            var (old, new) = (client, client)
            (old.token, new.token) = ("old", "new")
            #expect(try await new.outcome(.put, "/v1/run/session/s", bytes(manifest([], sequence: 1))) == "204")
            #expect(
                try await old.outcome(.put, "/v1/run/session/s", bytes(manifest([], sequence: 9))) == "409 superseded")
            #expect(fixture.sessions.committed["s"]?.sequence == 1)
        }
    }

    @Test func aStoreThatIsAwayIsSaidSo() async throws {
        let memory = LogMemory()
        let fixture = RunAPIFixture()
        let http = HTTPClient()
        defer { http.shutdown() }
        try await fixture.serve(logger: Logger(label: "t", sink: memory.sink)) { url async throws in
            let client = PodClient(url: url, http: http)
            fixture.sessions.fail(1)
            #expect(try await client.outcome(.get, "/v1/run/session/s") == "503 storeUnavailable")
            #expect(try await client.outcome(.get, "/v1/run/session/s") == "404 sessionNotFound")
            var wrong = client
            wrong.token = "a-token-that-must-not-be-seen"
            #expect(try await wrong.outcome(.get, "/v1/run/session/s") == "401 unauthenticated")
        }
        let text = memory.records.map { LogFormat.json.line($0) }.map { String(decoding: $0, as: UTF8.self) }.joined()
        #expect(text.contains("what a pod left could not be kept"))
        #expect(!text.contains("must-not-be-seen") && !text.contains("Bearer"))
        let shown = fixture.metrics.render()
        #expect(shown.contains(#"codexk8s_run_api_requests_total{route="session",status="404"} 1"#))
    }
}
