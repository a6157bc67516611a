// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesTestSupport
import Testing

@testable import KubernetesClient

@Suite struct APIErrorTests {
    @Test(arguments: [
        (404, "NotFound", APIError.Reason.notFound), (409, "AlreadyExists", .alreadyExists),
        (409, "Conflict", .conflict), (409, "", .conflict), (410, "Expired", .expired), (410, "Gone", .expired),
        (410, "", .expired), (422, "Invalid", .invalid), (403, "Forbidden", .forbidden),
        (401, "Unauthorized", .unauthorized), (429, "TooManyRequests", .tooManyRequests), (500, "", .internalError),
        (503, "", .serviceUnavailable), (504, "Timeout", .timeout), (504, "", .timeout),
        (418, "Teapot", .other("Teapot")), (418, "", .other("HTTP 418")), (400, "BadRequest", .badRequest),
        (405, "", .methodNotSupported), (413, "", .requestTooLarge), (415, "", .unsupportedMediaType),
    ])
    func `reasons`(code: Int, name: String, reason: APIError.Reason) {
        let body = statusValue(code, name, "why").encoded()
        let error = APIError(status: HTTPStatus(rawValue: code), headers: [:], body: body, request: "get x")
        #expect(error.reason == reason)
        #expect(error.message == "why")
    }

    @Test func `a body that is no status is shown, cut`() {
        let error = APIError(status: 502, headers: [:], body: Array("bad gateway".utf8), request: "get x")
        #expect(error.message == "bad gateway" && error.reason == .serviceUnavailable)
        let long = APIError(status: 502, headers: [:], body: .init(repeating: 65, count: 9999), request: "get x")
        #expect(long.message.utf8.count == 512)
        #expect(APIError(status: 404, headers: [:], body: [], request: "x").message == "Not Found")
    }

    @Test func `causes are kept`() throws {
        var value = statusValue(422, "Invalid")
        value["details"] = [
            "causes": [["reason": "FieldValueRequired", "message": "Required value", "field": "spec.issue"]]
        ]
        let error = APIError(status: 422, headers: [:], body: value.encoded(), request: "create x")
        #expect(
            error.causes == [StatusCause(reason: "FieldValueRequired", message: "Required value", field: "spec.issue")])
    }

    @Test func `a terminating namespace and a version ahead are told by their causes`() {
        var terminating = statusValue(403, "Forbidden")
        terminating["details"] = [
            "causes": [["reason": "NamespaceTerminating", "message": "m", "field": "metadata.namespace"]]
        ]
        #expect(APIError(status: 403, headers: [:], body: terminating.encoded(), request: "").isNamespaceTerminating)
        var tooLarge = statusValue(504, "Timeout")
        tooLarge["details"] = ["causes": [["reason": "ResourceVersionTooLarge", "message": "m"]]]
        #expect(APIError(status: 504, headers: [:], body: tooLarge.encoded(), request: "").isResourceVersionTooLarge)
    }

    @Test(arguments: [
        ("5", Duration.seconds(5)), (" 5 ", .seconds(5)), ("0", .zero), ("999999999", .seconds(86_400)), ("-1", nil),
        ("soon", nil), ("", nil), ("Sun, 22 Nov 2026 21:00:30 GMT", .seconds(30)),
        ("Sun, 22 Nov 2026 20:00:30 GMT", .zero), ("Sun, 22 Nov 2026 21:00:30 CET", nil),
        ("Sun, 32 Nov 2026 21:00:30 GMT", nil),
    ])
    func `the header's time`(text: String, expected: Duration?) throws {
        let now = try #require(Timestamp("2026-11-22T21:00:00Z"))
        #expect(APIError.retryAfter(text, now: now) == expected)
    }

    @Test func `the server's time is found in header and body`() {
        var value = statusValue(429, "TooManyRequests")
        value["details"] = ["retryAfterSeconds": 7]
        #expect(APIError(status: 429, headers: [:], body: value.encoded(), request: "").retryAfter == .seconds(7))
        let header: HTTPHeaders = ["Retry-After": "3"]
        #expect(APIError(status: 429, headers: header, body: value.encoded(), request: "").retryAfter == .seconds(3))
    }

    @Test func `what may have been done is told from what was not`() {
        for reason in [APIError.Reason.timeout, .internalError, .transport, .cancelled, .undecodable] {
            #expect(APIError(reason: reason, message: "").mayHaveBeenDone)
        }
        for reason in [APIError.Reason.conflict, .invalid, .notFound, .tooManyRequests] {
            #expect(!APIError(reason: reason, message: "").mayHaveBeenDone)
        }
        #expect(!APIError(reason: .transport, message: "", mayHaveBeenDone: false).mayHaveBeenDone)
    }
}
