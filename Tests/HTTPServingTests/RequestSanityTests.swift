import HTTPTypes
import Testing

// SPDX-License-Identifier: MIT
@testable import HTTPServing

@Suite(.timeLimit(.minutes(1))) struct RequestSanityTests {
    private let sanity = RequestSanity(singleHeaders: ["X-Hub-Signature-256"])

    private func check(
        _ fields: [(String, String)], method: String = "POST", target: String = "/", version: String = "HTTP/1.1"
    ) -> Result<RequestSanity.Framing, HTTPError> {
        Result { () throws(HTTPError) in
            try sanity.check(
                method: method, target: target, version: version,
                fields: fields.map { (name: Array($0.0.utf8), value: Array($0.1.utf8)) })
        }
    }

    @Test(
        arguments: [
            ([("Host", "a")], .none), ([("Host", "a:80"), ("Content-Length", "0")], .none),
            ([("Host", "[::1]:80"), ("content-length", "12")], .length(12)),
            ([("HOST", "a"), ("Transfer-Encoding", "Chunked")], .chunked),
            ([("Host", "a"), ("X-Many", "1"), ("X-Many", "2")], .none),
            ([("Host", "a"), ("X-Text", "t\u{e4}b\tx")], .none),
        ] as [([(String, String)], RequestSanity.Framing)])
    func saneRequestsHaveAFraming(fields: [(String, String)], framing: RequestSanity.Framing) throws {
        #expect(try check(fields).get() == framing)
    }

    @Test func oldVersionNeedsNoHost() throws {
        #expect(try check([], version: "HTTP/1.0").get() == .none)
    }

    @Test(
        arguments: [
            ([], "host"), ([("Host", "a"), ("Host", "a")], "repeatedField"), ([("Host", "a/b")], "host"),
            ([("Host", "u@a")], "host"), ([("Host", "a"), ("host", "b")], "repeatedField"),
            ([("Host", "a"), ("Content-Length", "5"), ("Transfer-Encoding", "chunked")], "framing"),
            ([("Host", "a"), ("Content-Length", "5"), ("Content-Length", "5")], "repeatedField"),
            ([("Host", "a"), ("Content-Length", "5, 5")], "framing"),
            ([("Host", "a"), ("Content-Length", "+5")], "framing"),
            ([("Host", "a"), ("Content-Length", "-5")], "framing"),
            ([("Host", "a"), ("Content-Length", "")], "framing"),
            ([("Host", "a"), ("Content-Length", "0x5")], "framing"),
            ([("Host", "a"), ("Content-Length", "99999999999999999999")], "framing"),
            ([("Host", "a"), ("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")], "repeatedField"),
            ([("Host", "a"), ("X-Hub-Signature-256", "a"), ("x-hub-signature-256", "b")], "repeatedField"),
            ([("Host", "a"), ("Bad Name", "1")], "fieldName"), ([("Host ", "a")], "fieldName"),
            ([("Host", "a"), ("", "1")], "fieldName"), ([("Host", "a"), ("X", "a\u{0}b")], "fieldValue"),
            ([("Host", "a"), ("X", "a\rb")], "fieldValue"), ([("Host", "a"), ("X", "a\u{7f}")], "fieldValue"),
        ] as [([(String, String)], String)])
    func ambiguousRequestsAreRefused(fields: [(String, String)], reason: String) {
        guard case .failure(let error) = check(fields) else {
            Issue.record("accepted: \(fields)")
            return
        }
        #expect(error.status == .badRequest && error.reason == "malformedRequest.\(reason)", "\(error)")
    }

    @Test(arguments: ["xchunked", "gzip, chunked", "chunked, chunked", "identity", "", " chunked"])
    func otherCodingsAreRefused(coding: String) {
        guard case .failure(let error) = check([("Host", "a"), ("Transfer-Encoding", coding)]) else {
            Issue.record("accepted: \(coding)")
            return
        }
        #expect(error.status == .notImplemented)
    }

    @Test(arguments: [
        ("GET", "http://a/", "HTTP/1.1", "target"), ("OPTIONS", "*", "HTTP/1.1", "target"),
        ("GET", "/a b", "HTTP/1.1", "target"), ("GET", "/\u{e4}", "HTTP/1.1", "target"),
        ("GET", "/", "HTTP/2.0", "version"), ("GET", "/", "HTTP/1.2", "version"), ("G(T", "/", "HTTP/1.1", "method"),
        ("", "/", "HTTP/1.1", "method"), ("POST", "/", "HTTP/1.0", "framing"),
    ])
    func requestLineIsChecked(method: String, target: String, version: String, reason: String) {
        let fields = [("Host", "a")] + (version == "HTTP/1.0" ? [("Transfer-Encoding", "chunked")] : [])
        guard case .failure(let error) = check(fields, method: method, target: target, version: version) else {
            Issue.record("accepted: \(method) \(target)")
            return
        }
        #expect(error.reason == "malformedRequest.\(reason)")
    }
}
