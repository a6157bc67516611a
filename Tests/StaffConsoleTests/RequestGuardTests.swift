// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import ServiceRuntime
import Testing

@testable import StaffConsole

/// What a request has to be, and what is kept in the browser.
@Suite(.timeLimit(.minutes(1))) struct RequestGuardTests {
    private static func status(_ request: ServerRequest, isLoopback: Bool = true) -> Int? {
        RequestGuard(isLoopback: isLoopback).objection(to: request)?.status.rawValue
    }

    private static func request(_ headers: HTTPHeaders, method: HTTPMethod = .get) throws -> ServerRequest {
        ServerRequest(method: method, target: try #require(RequestTarget("/runs")), headers: headers)
    }

    @Test(
        "On loopback other names are refused",
        arguments: [
            ("127.0.0.1:8083", true), ("127.0.0.1", true), ("localhost:1", true), ("LOCALHOST", true),
            ("[::1]:8083", true),
            ("127.9.8.7:1", true), ("evil.example", false), ("127.0.0.1.evil.example", false),
            ("localhost.evil.example", false),
            ("127.0.0.1:80:x", false), ("127.0.0.1@evil.example", false), ("", false), ("[::1].evil.example", false),
            ("[::2]", false), ("128.0.0.1", false), ("127.0.0", false), ("127.0.0.256", false), ("127.0.0.+1", false),
        ])
    func hosts(host: String, isOurs: Bool) throws {
        let request = try Self.request(HTTPHeaders([("Host", host)]))
        #expect((Self.status(request) == nil) == isOurs)
        if !isOurs { #expect(Self.status(request) == 421) }
        // Elsewhere the ingress decides which names lead here.
        #expect(Self.status(request, isLoopback: false) == nil)
    }

    @Test func aRequestWithoutAHostIsRefusedOnLoopback() throws {
        #expect(Self.status(try Self.request([:])) == 421)
    }

    @Test(
        "Forms come from here",
        arguments: [
            (["Sec-Fetch-Site": "same-origin", "Origin": "null"], nil), (["Sec-Fetch-Site": "same-site"], 403),
            (["Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:9"], 403), (["Sec-Fetch-Site": "none"], 403),
            (["Origin": "http://127.0.0.1:9"], nil), (["Origin": "https://127.0.0.1:9"], nil),
            (["Origin": "null"], 403),
            (["Origin": "http://127.0.0.1:10"], 403), (["Origin": "http://evil.example"], 403), ([:], 403),
        ] as [([String: String], Int?)])
    func forms(headers: [String: String], expected: Int?) throws {
        var fields: HTTPHeaders = [
            "Host": "127.0.0.1:9", "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        ]
        for (name, value) in headers { fields[name] = value }
        #expect(Self.status(try Self.request(fields, method: .post)) == expected)
    }

    @Test func aFormHasTheTypeOfOne() throws {
        for type in ["text/plain", "multipart/form-data", "application/json"] {
            let headers: HTTPHeaders = ["Host": "localhost", "Sec-Fetch-Site": "same-origin", "Content-Type": type]
            #expect(Self.status(try Self.request(headers, method: .post)) == 415, "\(type)")
        }
    }

    @Test func cookiesHaveABound() throws {
        var headers: HTTPHeaders = ["Host": "localhost", "Cookie": String(repeating: "a", count: 4000)]
        #expect(Self.status(try Self.request(headers)) == nil)
        headers.add(name: "Cookie", value: String(repeating: "b", count: 4193))
        #expect(Self.status(try Self.request(headers)) == 431)
    }

    @Test func theCookieHasItsFlags() throws {
        let token = try BearerToken("abc.def")
        #expect(
            SessionCookie(isSecure: false).keeping(token)
                == "codex-k8s-token=abc.def; Path=/; HttpOnly; SameSite=Strict")
        let secure = SessionCookie(isSecure: true)
        #expect(secure.keeping(token) == "__Host-codex-k8s-token=abc.def; Path=/; HttpOnly; SameSite=Strict; Secure")
        #expect(secure.forgetting == "__Host-codex-k8s-token=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0")
    }

    @Test(
        "The token is found among other cookies",
        arguments: [
            ("codex-k8s-token=abc", "abc"), ("a=b; codex-k8s-token=abc==; c=d", "abc=="),
            ("a=b;codex-k8s-token=x", "x"),
            ("xcodex-k8s-token=abc", nil), ("codex-k8s-token", nil), ("codex-k8s-token=", nil),
            ("codex-k8s-token=a b", nil),
            ("__Host-codex-k8s-token=abc", nil), ("", nil),
        ] as [(String, String?)])
    func cookies(field: String, expected: String?) {
        var headers = HTTPHeaders()
        headers.add(name: "Cookie", value: field)
        let found = SessionCookie(isSecure: false).token(in: headers)?.secret.reveal()
        #expect(found == expected)
    }

    @Test func onlyWhatCanBeATokenIsSentOn() {
        func outcome(_ text: String) -> String {
            do throws(BearerToken.Refusal) { return try BearerToken(text).secret.reveal() } catch { return "\(error)" }
        }
        #expect(outcome(" \n abc-._~+/=\t") == "abc-._~+/=")
        #expect(outcome("") == "empty" && outcome(" \n") == "empty")
        #expect(
            outcome("a\r\nX-Evil: 1") == "malformed" && outcome("a=b") == "malformed" && outcome("=") == "malformed")
        #expect(outcome("é") == "malformed")
        #expect(outcome(String(repeating: "a", count: 4000)).utf8.count == 4000)
        #expect(outcome(String(repeating: "a", count: 4001)) == "tooLong")
        // No way of showing the value shows the token.
        if let token = try? BearerToken("abc") { #expect(!"\(token)".contains("abc")) }
    }
}
