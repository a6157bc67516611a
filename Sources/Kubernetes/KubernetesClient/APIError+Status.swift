// SPDX-License-Identifier: MIT
package import HTTPTypes
import JSONCoding
import ServiceRuntime
package import KubernetesAPI

extension APIError {
    /// The error of an answer: from the `Status` in its body where there is one, else from the code alone.
    package init(status code: HTTPStatus, headers: HTTPHeaders, body: [UInt8], request: String) {
        let parsed = (try? JSONValue.parse(body)).flatMap { $0["kind"] == "Status" ? try? $0.decode(Status.self) : nil }
        let fromHeader = headers["Retry-After"].flatMap(Self.retryAfter)
        let fromBody = parsed?.details?.retryAfterSeconds.flatMap { $0 > 0 ? Duration.seconds($0) : nil }
        let text = String(decoding: body.prefix(512), as: UTF8.self)
        let message = parsed?.message ?? ""
        self.init(
            reason: Self.reason(code: code.rawValue, name: parsed?.reason ?? ""), status: code,
            message: !message.isEmpty ? message : text.isEmpty ? code.reasonPhrase : text,
            retryAfter: fromHeader ?? fromBody, details: parsed?.details, request: request)
    }

    /// The error of a `Status` that came inside a watch.
    package init(_ status: Status, request: String) {
        self.init(
            reason: Self.reason(code: status.code, name: status.reason), status: HTTPStatus(rawValue: status.code),
            message: status.message, retryAfter: status.details?.retryAfterSeconds.map { .seconds($0) },
            details: status.details, request: request)
    }

    /// The server's word decides; without one that we know, the code does.
    static func reason(code: Int, name: String) -> Reason {
        switch name {
        case "BadRequest": .badRequest
        case "Unauthorized": .unauthorized
        case "Forbidden": .forbidden
        case "NotFound": .notFound
        case "MethodNotAllowed": .methodNotSupported
        case "AlreadyExists": .alreadyExists
        case "Conflict": .conflict
        case "Invalid": .invalid
        case "Expired", "Gone": .expired
        case "TooManyRequests": .tooManyRequests
        case "RequestEntityTooLarge": .requestTooLarge
        case "UnsupportedMediaType": .unsupportedMediaType
        case "Timeout", "ServerTimeout": .timeout
        case "InternalError": .internalError
        case "ServiceUnavailable": .serviceUnavailable
        default: reason(code: code) ?? .other(name.isEmpty ? "HTTP \(code)" : name)
        }
    }

    private static func reason(code: Int) -> Reason? {
        switch code {
        case 400: .badRequest
        case 401: .unauthorized
        case 403: .forbidden
        case 404: .notFound
        case 405: .methodNotSupported
        case 409: .conflict
        case 410: .expired
        case 413: .requestTooLarge
        case 415: .unsupportedMediaType
        case 422: .invalid
        case 429: .tooManyRequests
        case 500: .internalError
        case 502, 503: .serviceUnavailable
        case 504: .timeout
        default: nil
        }
    }

    /// Reads the header (RFC 9110 §10.2.3): seconds or a date.
    static func retryAfter(_ text: String) -> Duration? {
        retryAfter(text, now: .now)
    }

    static func retryAfter(_ text: String, now: Timestamp) -> Duration? {
        if let seconds = Int64(text.filter { $0 != " " }) {
            return seconds >= 0 ? .seconds(min(seconds, 86_400)) : nil
        }
        guard let date = date(text) else { return nil }
        return max(.zero, min(date.since(now), .seconds(86_400)))
    }

    /// Reads the one form of date that senders may use (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func date(_ text: String) -> Timestamp? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2])) else {
            return nil
        }
        return Timestamp("\(words[3])-\(month < 9 ? "0" : "")\(month + 1)-\(words[1])T\(words[4])Z")
    }
}
